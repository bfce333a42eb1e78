// The packed package in pages: what happens when something is missing, taken, gone or damaged.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { serve } from '../../scripts/serve.mjs'
import { newContext } from './page.mjs'
import { project } from './project.mjs'

const blank = '<!doctype html><meta charset="utf-8"><title>blank</title><link rel="icon" href="data:,">'
const loader = entry => `<script type="module">import * as elanus from './elanus/${entry}.js'; globalThis.elanus = elanus</script>`
const policy = text => `<meta http-equiv="Content-Security-Policy" content="${text}">`

const folder = await project('pages', {}, {})
const site = join(folder, 'site')
mkdirSync(site)
cpSync(join(folder, 'node_modules', 'elanus', 'dist'), join(site, 'elanus'), { recursive: true })
writeFileSync(join(site, 'index.html'), blank + loader('browser'))
writeFileSync(join(site, 'inline.html'), blank + loader('inline'))
writeFileSync(join(site, 'load.js'), "import * as elanus from './elanus/inline.js'; globalThis.elanus = elanus")
writeFileSync(join(site, 'strict.html'), `${blank}${policy("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'")}<script type="module" src="load.js"></script>`)
writeFileSync(join(site, 'closed.html'), `${blank}${policy("script-src 'self'")}<script type="module" src="load.js"></script>`)
// Without the worker file and the wasm module, as after a bundler that copies neither.
mkdirSync(join(site, 'bare', 'elanus'), { recursive: true })
cpSync(join(site, 'elanus', 'browser.js'), join(site, 'bare', 'elanus', 'browser.js'))
writeFileSync(join(site, 'bare', 'index.html'), blank + loader('browser'))
const server = await serve(site, 0)
after(() => server.close())

async function page(context, path = '') {
  const page = await context.newPage()
  await page.goto(server.url + path)
  await page.waitForFunction(() => globalThis.elanus)
  return page
}

/** Runs `work` in a fresh profile. */
async function profile(work) {
  const context = await newContext()
  try {
    await work(context)
  } finally {
    await context.close()
  }
}

/** What tests do in pages, as functions there: `make` opens a database with a row, `kind` gives the kind of a failure. */
async function helpers(page) {
  await page.evaluate(() => {
    globalThis.kind = promise => promise.then(() => 'done', error => error.kind ?? String(error))
    globalThis.make = async (name, options) => {
      const db = await elanus.open(name, options)
      await db.createCollection({ collectionName: 'c', dimension: 2 })
      await db.collection('c').insert([{ id: 1, vector: [1, 0] }])
      return db
    }
  })
  return page
}

test('a database that vanished is told apart from a new one', () => profile(async context => {
  const it = await helpers(await page(context))
  const seen = await it.evaluate(async () => {
    const db = await make('library')
    const first = (await db.stats()).wasEvicted
    await db.close()
    for (const { name } of await indexedDB.databases()) {
      await new Promise((resolve, reject) => Object.assign(indexedDB.deleteDatabase(name), { onsuccess: resolve, onerror: reject, onblocked: reject }))
    }
    const refused = await kind(elanus.open('library', { whenEvicted: 'fail' }))
    for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name)
    const said = []
    const again = await elanus.open('library', { logger: { warn: message => said.push(message) } })
    const { wasEvicted } = await again.stats()
    await again.close()
    return [first, refused, wasEvicted, said.length]
  })
  assert.deepEqual(seen, [false, 'EVICTED', true, 1])
}))

test('a database is removed for good, once nobody has it open', () => profile(async context => {
  const [first, second] = [await helpers(await page(context)), await helpers(await page(context))]
  await first.evaluate(async () => { globalThis.db = await make('library') })
  assert.equal(await second.evaluate(() => kind(elanus.destroy('library'))), 'LOCKED')
  assert.equal(await first.evaluate(() => db.collection('c').count()), 1)
  await first.evaluate(() => db.close())
  const seen = await second.evaluate(async () => {
    await elanus.destroy('library')
    await elanus.destroy('library')
    const names = (await indexedDB.databases()).map(({ name }) => name)
    const again = await elanus.open('library', { whenEvicted: 'fail' })
    const collections = await again.listCollections()
    await again.close()
    return [names, collections, await kind(elanus.destroy(':memory:')), await kind(elanus.destroy('http://127.0.0.1:1'))]
  })
  assert.deepEqual(seen, [[], [], 'UNSUPPORTED', 'UNSUPPORTED'])
}))

test('a second tab is refused while the first has the database, and gets it when the first closes or dies', () => profile(async context => {
  const [first, second] = [await helpers(await page(context)), await helpers(await page(context))]
  await first.evaluate(async () => { globalThis.db = await make('library') })
  assert.equal(await second.evaluate(() => kind(elanus.open('library'))), 'LOCKED')
  const waiting = second.evaluate(async () => { globalThis.db = await elanus.open('library'); return db.collection('c').count() })
  await first.evaluate(() => db.close())
  assert.equal(await waiting, 1)
  await second.evaluate(() => db.collection('c').insert([{ id: 2, vector: [0, 1] }]))
  await second.close()
  assert.equal(await first.evaluate(async () => (await elanus.open('library')).collection('c').count()), 2)
}))

test('init takes the module in every form, once for all who ask', () => profile(async context => {
  for (const form of [
    () => new URL('elanus/elanus.wasm', location.href),
    () => fetch('elanus/elanus.wasm'),
    async () => (await fetch('elanus/elanus.wasm')).arrayBuffer(),
    async () => WebAssembly.compile(await (await fetch('elanus/elanus.wasm')).arrayBuffer()),
  ]) {
    const it = await page(context)
    const fetched = []
    it.on('request', request => fetched.push(request.url()))
    assert.equal(await it.evaluate(`(async () => {
      const wasm = (${form})()
      await Promise.all([elanus.init({ wasm }), elanus.init(), elanus.init({ wasm })])
      const db = await elanus.open(':memory:')
      const names = await db.listCollections()
      await db.close()
      return names.length
    })()`), 0)
    assert.equal(fetched.filter(url => url.endsWith('.wasm')).length, 1, String(form))
    await it.close()
  }
}))

test('a wasm module that is not there says what to do, and another attempt may succeed', () => profile(async context => {
  const it = await helpers(await page(context))
  assert.deepEqual(await it.evaluate(async () => {
    const messages = []
    for (const wasm of ['/nothing.wasm', '/index.html', new Uint8Array(9)]) await elanus.init({ wasm }).catch(error => messages.push(`${error.kind}: ${error.message}`))
    return [messages.map(message => /^WASM_LOAD: .*elanus\/inline/.test(message)), /HTML page/.test(messages[1]), await kind(elanus.init())]
  }), [[true, true, true], true, 'done'])
}))

test('files that a bundler left behind are missed with words, in an instant', () => profile(async context => {
  const it = await helpers(await page(context, 'bare/'))
  assert.equal(await it.evaluate(() => kind(elanus.open(':memory:'))), 'WASM_LOAD')
  assert.equal(await it.evaluate(() => kind(elanus.open(':memory:', { worker: true, wasm: '/elanus/elanus.wasm' }))), 'WASM_LOAD')
  assert.equal(await it.evaluate(async () => (await (await elanus.open(':memory:', { wasm: '/elanus/elanus.wasm' })).stats()).thread), 'in-thread')
  assert.equal(await it.evaluate(async () => (await (await elanus.open(':memory:', { worker: '/elanus/worker.js' })).stats()).thread), 'worker')
}))

test('under a policy without blobs elanus/inline runs on the thread; without wasm-unsafe-eval it says so', () => profile(async context => {
  const strict = await helpers(await page(context, 'strict.html'))
  assert.deepEqual(await strict.evaluate(async () => [(await (await make('a')).stats()).thread, await kind(elanus.open('b', { worker: true }))]), ['in-thread', 'WASM_LOAD'])
  const closed = await page(context, 'closed.html')
  assert.match(await closed.evaluate(() => elanus.init().catch(error => error.message)), /wasm-unsafe-eval/)
}))

test('a file fills only an empty database, damage leaves it empty, and a function is asked on the first visit alone', () => profile(async context => {
  const it = await helpers(await page(context))
  const seen = await it.evaluate(async () => {
    const source = await make(':memory:')
    const file = new Uint8Array(await new Response(source.export()).arrayBuffer())
    await source.close()
    const damaged = file.slice()
    damaged[file.length >> 1] ^= 1
    const results = [await kind(elanus.open('copy', { from: damaged })), await kind(elanus.open('copy', { from: file.slice(0, -5) }))]
    let askedCount = 0
    const progress = []
    const from = () => (askedCount++, new Blob([file]))
    const first = await elanus.open('copy', { from, onProgress: step => progress.push(step) })
    results.push(await first.collection('c').count())
    await first.close()
    const second = await elanus.open('copy', { from })
    results.push(await second.collection('c').count(), askedCount)
    await second.close()
    results.push(await kind(elanus.open('copy', { from: file })))
    results.push(progress.at(-1).done === file.length && progress.at(-1).total === file.length)
    return results
  })
  assert.deepEqual(seen, ['CORRUPT', 'CORRUPT', 1, 1, 1, 'EXISTS', true])
}))

for (const worker of [true, false]) {
  test(`a trap ${worker ? 'in a worker' : 'in the thread'} loses nothing that was acknowledged, and answers whoever waits`, () => profile(async context => {
    const it = await helpers(await page(context))
    const seen = await it.evaluate(async worker => {
      const db = await make('library', { worker })
      const c = db.collection('c')
      const results = []
      for (let round = 0; round < 5; round++) {
        await c.insert([{ id: 10 + round, vector: [1, 1] }])
        const inFlight = [c.insert([{ id: 100 + round, vector: [1, 1] }]), c.count(), db[Symbol.for('elanus.trap')]()]
        const kinds = await Promise.all(inFlight.map(kind))
        results.push(kinds.every(kind => kind === 'PANIC' || kind === 'done') && kinds[2] === 'PANIC')
        results.push((await c.get([10 + round])).length)
      }
      const { restartCount, thread } = await db.stats()
      const count = await c.count()
      await db.close()
      const again = await elanus.open('library', { worker })
      results.push(restartCount, thread, (await again.collection('c').count()) === count)
      await again.close()
      return results
    }, worker)
    assert.deepEqual(seen, [...Array(5).fill([true, 1]).flat(), 5, worker ? 'worker' : 'in-thread', true])
  }))
}

test('whoever gives up opening leaves no lock behind', () => profile(async context => {
  const it = await helpers(await page(context))
  assert.deepEqual(await it.evaluate(async () => {
    const reasons = []
    for (const delay of [0, 1, 5, 20]) {
      const controller = new AbortController()
      setTimeout(() => controller.abort('given up'), delay)
      await elanus.open('library', { signal: controller.signal }).then(db => db.close(), reason => reasons.push(reason))
    }
    const db = await elanus.open('library')
    await db.close()
    return [reasons.every(reason => reason === 'given up'), reasons.length > 0]
  }), [true, true])
}))

test('rows may be given away, and are untouched otherwise', () => profile(async context => {
  const it = await helpers(await page(context))
  assert.deepEqual(await it.evaluate(async () => {
    const db = await make(':memory:')
    const c = db.collection('c')
    const kept = { id: BigInt64Array.of(7n), vector: { dim: 2, values: Float32Array.of(1, 2) } }
    await c.insert({ columns: kept })
    const given = { id: BigInt64Array.of(8n), vector: { dim: 2, values: Float32Array.of(1, 2) } }
    await c.insert({ columns: given }, { transfer: true })
    const query = Float32Array.of(1, 2)
    await c.search(query)
    return [kept.id.length, kept.vector.values.length, given.id.length, given.vector.values.length, query.length, await c.count()]
  }), [1, 2, 0, 0, 2, 3])
}))
