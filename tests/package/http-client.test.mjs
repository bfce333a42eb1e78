// The HttpClient of Milvus's own SDK for Node, on a database inside a page and inside Node: every call that it has, with
// the database's fetch in place of the network's.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { build } from 'esbuild'
import { serve } from '../../scripts/serve.mjs'
import { newContext } from './page.mjs'
import { project } from './project.mjs'

const folder = await project('http-client', { '@zilliz/milvus2-sdk-node': '3.0.6' }, {})
const site = join(folder, 'site')
mkdirSync(site)
cpSync(join(folder, 'node_modules', 'elanus', 'dist'), join(site, 'elanus'), { recursive: true })
writeFileSync(join(folder, 'entry.mjs'), "export { HttpClient } from '@zilliz/milvus2-sdk-node/dist/milvus/HttpClient.js'\n")
const bundled = { entryPoints: [join(folder, 'entry.mjs')], bundle: true, format: 'esm', logLevel: 'warning' }
await build({ ...bundled, platform: 'browser', outfile: join(site, 'sdk.js') })
cpSync(new URL('./tour.mjs', import.meta.url), join(site, 'tour.mjs'))
writeFileSync(join(site, 'index.html'), '<!doctype html><meta charset="utf-8"><title>sdk</title><link rel="icon" href="data:,">')
const server = await serve(site, 0)
after(() => server.close())

/** Whatever the tour calls is a method of the client; this many it calls. */
const CALLS_MIN = 60

function check({ failures, called, missed }) {
  assert.deepEqual(failures, [])
  assert.deepEqual(missed, [])
  assert.ok(called >= CALLS_MIN, `${called} calls`)
}

for (const worker of [true, false]) {
  test(`the SDK's HttpClient in a page, the engine ${worker ? 'in a worker' : 'in the thread'}`, async () => {
    const context = await newContext()
    try {
      const page = await context.newPage()
      const requests = []
      await page.goto(server.url)
      page.on('request', request => requests.push(request.url()))
      const outcome = await page.evaluate(async ({ worker }) => {
        const [{ open }, { HttpClient }, { tour }] = await Promise.all([import('./elanus/browser.js'), import('./sdk.js'), import('./tour.mjs')])
        const db = await open('tour', { worker })
        try {
          return await tour(db, HttpClient)
        } finally {
          await db.close()
        }
      }, { worker })
      check(outcome)
      // The address that the client was given is nobody's: only files of the page were fetched.
      assert.deepEqual(requests.filter(url => !url.startsWith(server.url)), [])
    } finally {
      await context.close()
    }
  })
}

test("the SDK's HttpClient in Node", async () => {
  const [{ open }, { HttpClient }, { tour }] = await Promise.all([import(join(site, 'elanus', 'node.js')), import(join(site, 'sdk.js')), import('./tour.mjs')])
  const db = await open(':memory:')
  try {
    check(await tour(db, HttpClient))
  } finally {
    await db.close()
  }
})

test('fetch takes what fetch takes, and gives what fetch gives', async () => {
  const { open } = await import(join(site, 'elanus', 'node.js'))
  const db = await open(':memory:')
  const { fetch } = db
  const path = '/v2/vectordb/collections/list'
  const expected = { code: 0, data: [] }
  for (const input of [path, `http://127.0.0.1:1${path}`, new URL(path, 'https://milvus.example')]) {
    const response = await fetch(input, { method: 'POST', body: '{}' })
    assert.ok(response instanceof Response && response.ok)
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.deepEqual(await response.json(), expected)
  }
  const request = new Request(`http://h${path}`, { method: 'POST', body: new Blob(['{}']), headers: { 'DB-Name': 'zz' } })
  assert.deepEqual(await (await fetch(request)).json(), { code: 800, message: 'database not found[database=zz]' })
  assert.equal(await (await fetch('/healthz')).text(), 'OK')
  const unknown = await fetch(`${path}s`, { method: 'POST', body: '{}' })
  assert.deepEqual([unknown.status, await unknown.text()], [404, '404 page not found'])
  assert.equal((await fetch(path)).status, 404)
  const aborted = fetch(path, { method: 'POST', body: '{}', signal: AbortSignal.abort() })
  await assert.rejects(aborted, { name: 'AbortError' })
  await db.close()
  await assert.rejects(fetch(path, { method: 'POST', body: '{}' }), { code: 1, kind: 'CLOSED' })
})

/**
 * Ways in which clients write a vector, and how many times its size a body may take: 32-bit floats in the digits of
 * doubles, and the shortest numbers that there are, whose vectors alone are twice as large as their text.
 */
const vectors = [
  ['long fractions', 6, (id, at) => Math.fround(Math.sin(id * 257 + at))],
  ['single digits', 10, (id, at) => (id + at) % 2],
]

for (const [name, timesMax, element] of vectors) {
  test(`a body of 64 MB takes at most ${timesMax} times its size: ${name}`, async context => {
    const { open } = await import(join(site, 'elanus', 'node.js'))
    const db = await open(':memory:')
    context.after(() => db.close())
    await db.createCollection({ collectionName: 'c', dimension: 256 })
    const rows = []
    let length = 0
    for (let id = 0; length < 63 << 20; id++) {
      const row = JSON.stringify({ id, vector: Array.from({ length: 256 }, (_, at) => element(id, at)), text: `row ${id}` })
      length += row.length + 1
      rows.push(row)
    }
    const body = new TextEncoder().encode(`{"collectionName":"c","data":[${rows.join(',')}]}`)
    const before = (await db.stats()).linearMemoryBytes
    const answer = await (await db.fetch('/v2/vectordb/entities/insert', { method: 'POST', body })).json()
    assert.deepEqual([answer.code, answer.data?.insertCount], [0, rows.length], answer.message)
    const times = ((await db.stats()).linearMemoryBytes - before) / body.length
    console.log(`a body of ${body.length} bytes, ${name}: ${times.toFixed(1)} times its size in memory`)
    assert.ok(times <= timesMax, `${times} times`)
  })
}
