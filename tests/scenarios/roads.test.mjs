// Every scenario on every road of the package: a folder and memory under Node, IndexedDB in a worker and in the thread.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import * as elanus from '../../pkg/dist/node.js'
import { serve } from '../../scripts/serve.mjs'
import { newContext } from '../package/page.mjs'
import { RestError, expressible, overHttp } from './rest.mjs'
import { walk } from './walk.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const files = (await readdir(here)).filter(name => name.endsWith('.json') && name !== 'expressions.json').sort()
const scenarios = (await Promise.all(files.map(async name => JSON.parse(await readFile(join(here, name), 'utf8'))))).flat()

function isKept({ steps }) {
  return steps.some(step => step.reopen)
}

test('scenarios in a folder', async context => {
  const root = await mkdtemp(join(tmpdir(), 'elanus-scenarios-'))
  context.after(() => rm(root, { recursive: true, force: true }))
  const failures = []
  for (const [at, scenario] of scenarios.entries()) {
    failures.push(...(await walk(scenario, () => elanus.open(join(root, String(at))), elanus.ElanusError)))
  }
  assert.deepEqual(failures, [])
})

test('scenarios in memory', async () => {
  const failures = []
  for (const scenario of scenarios.filter(scenario => !isKept(scenario))) {
    failures.push(...(await walk(scenario, () => elanus.open(':memory:'), elanus.ElanusError)))
  }
  assert.deepEqual(failures, [])
})

test('scenarios over RESTful v2', async context => {
  const root = await mkdtemp(join(tmpdir(), 'elanus-scenarios-'))
  context.after(() => rm(root, { recursive: true, force: true }))
  const failures = []
  const said = expressible(scenarios)
  for (const [at, scenario] of said.entries()) {
    const open = async () => overHttp(await elanus.open(join(root, String(at))))
    failures.push(...(await walk(scenario, open, RestError)))
  }
  console.log(`road rest: ${said.length} of ${scenarios.length} scenarios`)
  assert.deepEqual(failures, [])
  assert.ok(said.length >= 40, `${said.length} scenarios can be said`)
})

for (const worker of [true, false]) {
  test(`scenarios over IndexedDB ${worker ? 'in a worker' : 'in the thread'}`, async () => {
    const server = await serve(join(here, '../..'), 0)
    const context = await newContext()
    try {
      const page = await context.newPage()
      await page.goto(new URL('tests/scenarios/page.html', server.url).href)
      const failures = await page.evaluate(
        async ({ scenarios, worker }) => {
          const { open, ElanusError } = await import('/pkg/dist/browser.js')
          const { walk } = await import('/tests/scenarios/walk.mjs')
          const failures = []
          for (const [at, scenario] of scenarios.entries()) {
            failures.push(...(await walk(scenario, () => open(`scenario-${at}`, { worker }), ElanusError)))
          }
          return failures
        },
        { scenarios, worker },
      )
      assert.deepEqual(failures, [])
    } finally {
      await context.close()
      await server.close()
    }
  })
}

// A scenario cannot tell a key called __proto__ from a prototype, so this is asked here.
test('a key called __proto__ is only a key in what comes back', async () => {
  const db = await elanus.open(':memory:')
  await db.createCollection({ collectionName: 'c', dimension: 2 })
  await db.insert({ collectionName: 'c', data: [{ id: 1, vector: [1, 1], j: JSON.parse('{"__proto__":{"x":1},"y":2}') }] })
  const [row] = await db.get({ collectionName: 'c', id: 1 })
  await db.close()
  assert.equal(JSON.stringify(row.j), '{"__proto__":{"x":1},"y":2}')
  assert.equal(Object.getPrototypeOf(row.j), Object.prototype)
  assert.equal(row.j.x, undefined)
})
