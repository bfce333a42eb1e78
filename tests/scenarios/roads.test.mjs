// Every scenario on every road of the package: a folder and memory under Node, RESTful v2 in the process and on a socket, gRPC
// from a real client on a socket, IndexedDB in a worker and in the thread. Each road says how many it took.
import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import * as elanus from '../../pkg/dist/node.js'
import { serve } from '../../scripts/serve.mjs'
import { newContext } from '../package/page.mjs'
import { scratch, serve as startServer } from '../server/process.mjs'
import { GrpcError, expressible as sayableOverGrpc, grpcRoad } from './grpc.mjs'
import { RestError, expressible as sayableOverHttp, overHttp } from './rest.mjs'
import { walk } from './walk.mjs'

/** What every road has to take. */
const COUNT_MIN = 40

const here = fileURLToPath(new URL('.', import.meta.url))
const files = (await readdir(here)).filter(name => name.endsWith('.json') && name !== 'expressions.json').sort()
const scenarios = (await Promise.all(files.map(async name => JSON.parse(await readFile(join(here, name), 'utf8'))))).flat()

/** Goes through `said`, each scenario in a store of its own; `open` gets its number and gives what opens it. */
async function travel(road, said, open, ErrorClass) {
  const failures = []
  for (const [at, scenario] of said.entries()) failures.push(...(await walk(scenario, open(at), ErrorClass)))
  conclude(road, said, failures)
}

/** A database some of whose methods are others. */
function behind(db, others) {
  return new Proxy(db, {
    get(_, name) {
      if (name in others) return others[name]
      const member = db[name]
      return typeof member === 'function' ? member.bind(db) : member
    },
  })
}

function conclude(road, said, failures) {
  console.log(`road ${road}: ${said.length} of ${scenarios.length} scenarios`)
  assert.deepEqual(failures, [])
  assert.ok(said.length >= COUNT_MIN, `${said.length} scenarios can be said`)
}

test('scenarios in a folder', async context => {
  const root = await scratch(context)
  await travel('folder', scenarios, at => () => elanus.open(join(root, String(at))), elanus.ElanusError)
})

test('scenarios in memory', async () => {
  // To open it again is to begin with what was exported at its end.
  const opener = () => {
    let kept
    return async () => {
      const db = await elanus.open(':memory:', kept === undefined ? {} : { from: kept })
      const close = async () => {
        kept = await new Response(db.export()).blob()
        await db.close()
      }
      return behind(db, { close })
    }
  }
  await travel('memory', scenarios, opener, elanus.ElanusError)
})

test('scenarios over RESTful v2 in the process', async context => {
  const root = await scratch(context)
  const open = at => async () => overHttp(await elanus.open(join(root, String(at))))
  await travel('rest in the process', sayableOverHttp(scenarios), open, RestError)
})

/**
 * Opens a server on a scenario's folder: `reach` makes what has the operations out of its address. To open it again is to stop
 * the server and start another.
 */
function behindServer(context, root, reach) {
  return at => async () => {
    const server = await startServer(context, join(root, String(at)))
    const road = reach(server.url)
    const close = async () => {
      await road.close()
      const { code } = await server.stop()
      if (code !== 0) throw new Error(`the server ended with ${code}: ${server.log()}`)
    }
    // Flushing a server seals; nothing else has to be waited for.
    return behind(road, { settled: async () => {}, close })
  }
}

test('scenarios over RESTful v2 on a socket', async context => {
  const reach = url => overHttp({
    fetch: (asked, init) => fetch(new URL(new URL(asked).pathname, url), init),
    close: async () => {},
  })
  await travel('rest on a socket', sayableOverHttp(scenarios), behindServer(context, await scratch(context), reach), RestError)
})

test('scenarios over gRPC from pymilvus on a socket', async context => {
  const reach = await grpcRoad(context)
  await travel('grpc on a socket', sayableOverGrpc(scenarios), behindServer(context, await scratch(context), reach), GrpcError)
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
      conclude(`browser ${worker ? 'worker' : 'thread'}`, scenarios, failures)
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
