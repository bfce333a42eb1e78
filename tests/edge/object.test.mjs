// A Durable Object that is a database: evicted, woken by its alarm, full.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PATIENCE_MS, start } from './worker.mjs'

const kept = mkdtempSync(join(tmpdir(), 'elanus-edge-'))
after(() => rmSync(kept, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))

/** Asks again until the answer is as wanted. */
async function until(ask, isWanted) {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(answer)}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** Ends an object with all that it has in memory, as an eviction does. */
const evict = (worker, object) => worker.probe(object, 'end').catch(error => assert.match(String(error), /ended by a test/))

const collectionName = 'big'
const rows = (from, count) => Array.from({ length: count }, (_, at) => ({ id: from + at, vector: [Math.sin(from + at), 1, at % 7, 0], text: `row ${from + at}` }))

test('what was answered is there after an eviction, and after the runtime has ended', async () => {
  let worker = await start({ kept })
  await worker.ask('collections/create', { collectionName, dimension: 4 })
  const count = async () => Number((await worker.ask('entities/query', { collectionName, filter: '', outputFields: ['count(*)'] })).data[0]['count(*)'])
  for (let round = 0; round < 5; round++) {
    assert.equal((await worker.ask('entities/insert', { collectionName, data: rows(round * 100, 100) })).code, 0)
    await evict(worker, 'default')
    assert.equal(await count(), (round + 1) * 100)
  }
  await worker.dispose()
  worker = await start({ kept })
  assert.equal(await count(), 500)
  const { data } = await worker.ask('entities/get', { collectionName, id: [0, 250, 499], outputFields: ['text'] })
  assert.deepEqual(data.map(({ text }) => text), ['row 0', 'row 250', 'row 499'])
  await worker.dispose()
})

test('the alarm does the background work, and wakes an object that was evicted meanwhile', async () => {
  const worker = await start()
  await worker.ask('collections/create', { collectionName, dimension: 4 })
  await worker.ask('entities/insert', { collectionName, data: rows(0, 500) })
  assert.equal((await worker.ask('collections/flush', { collectionName })).code, 0)
  assert.ok((await worker.probe('default', 'alarmTime')) !== null)
  // Nothing but the alarm works here: asking for statistics is no reason to.
  const { growingSegments, sealedSegments, rowCount } = await until(() => worker.probe('default', 'stats'), ({ sealedSegments }) => sealedSegments > 0)
  assert.deepEqual([growingSegments, sealedSegments, rowCount], [0, 1, 500])
  await until(() => worker.probe('default', 'alarmTime'), time => time === null)

  await worker.ask('entities/insert', { collectionName, data: rows(500, 500) })
  const alarms = await worker.probe('default', 'alarmCount')
  assert.ok((await worker.probe('default', 'alarmTime')) !== null)
  await evict(worker, 'default')
  await until(() => worker.probe('default', 'alarmCount'), count => count > alarms)
  assert.equal(Number((await worker.ask('entities/query', { collectionName, outputFields: ['count(*)'] })).data[0]['count(*)']), 1000)
  await worker.dispose()
})

test('what was asked for is done though the object was evicted before it could be', async () => {
  const worker = await start()
  const stats = () => worker.probe('default', 'stats')
  await worker.ask('collections/create', { collectionName, dimension: 4 })
  await worker.ask('entities/insert', { collectionName, data: rows(0, 500) })
  for (const path of ['flush', 'compact']) {
    // Fewer than would be removed without being asked to.
    if (path === 'compact') assert.equal((await worker.ask('entities/delete', { collectionName, filter: 'id < 50' })).code, 0)
    assert.equal((await worker.ask(`collections/${path}`, { collectionName })).code, 0)
    assert.deepEqual(await worker.probe('default', 'asked'), [path], 'it was evicted too late for this test')
    await evict(worker, 'default')
    const { growingSegments, deletedCount, rowCount } = await until(stats, ({ growingSegments, deletedCount }) => growingSegments === 0 && deletedCount === 0)
    assert.deepEqual([growingSegments, deletedCount, rowCount], [0, 0, path === 'flush' ? 500 : 450])
    await until(() => worker.probe('default', 'asked'), asked => asked.length === 0)
  }
  assert.equal((await worker.ask('collections/flush', { collectionName: 'none' })).code, 100)
  assert.deepEqual(await worker.probe('default', 'asked'), [])
  await worker.dispose()
})

test('a database is removed from an object, and what else the object has stays', async () => {
  const worker = await start()
  await worker.ask('collections/create', { collectionName, dimension: 4 })
  await worker.ask('entities/insert', { collectionName, data: rows(0, 10) })
  await worker.ask('collections/flush', { collectionName })
  assert.deepEqual(await worker.probe('default', 'destroys'), ['LOCKED', ['mine']])
  await evict(worker, 'default')
  assert.deepEqual((await worker.ask('collections/list', {})).data, [])
  await worker.dispose()
})

test('an object whose answers are lost keeps its database, also when it does not know yet which it has', async () => {
  const worker = await start()
  await worker.ask('databases/create', { dbName: 'kept' })
  await worker.ask('collections/create', { dbName: 'kept', collectionName, dimension: 4 })
  const lost = path => worker.ask(path, { dbName: 'kept', collectionName, data: rows(0, 10) }, { headers: { 'x-lost': '1' } })
  for (const paths of [['collections/list'], ['entities/insert'], ['collections/list', 'entities/insert', 'databases/drop']]) {
    await evict(worker, 'kept')
    for (const { code, message } of await Promise.all(paths.map(lost))) assert.ok(code === 0 || /^the answer was lost|not empty/.test(message), message)
    assert.deepEqual((await worker.ask('collections/list', { dbName: 'kept' })).data, [collectionName])
  }
  await worker.dispose()
})

test('statistics say where data is, and an object has one open database', async () => {
  const worker = await start()
  const { host, durability, thread, memoryLimitBytes, storageBytes } = await worker.probe('default', 'stats')
  assert.deepEqual([host, durability, thread, memoryLimitBytes], ['durable-object', 'strict', 'in-thread', 96 << 20])
  assert.ok(storageBytes > 0)
  assert.equal(await worker.probe('default', 'second'), 'LOCKED')
  await worker.dispose()
})

test('what does not fit is refused before anything grows, and the rest goes on', async () => {
  const worker = await start({ bindings: { LIMIT: 24 << 20 } })
  const count = async () => Number((await worker.ask('entities/query', { collectionName, outputFields: ['count(*)'] })).data[0]['count(*)'])
  await worker.ask('collections/create', { collectionName, dimension: 384 })
  let stored = 0
  let answer
  for (;;) {
    answer = await worker.probe('default', 'inserts', 500, 384, stored)
    if (answer !== 'stored') break
    stored += 500
  }
  assert.match(answer, /^MEMORY 3: .*limit/)
  assert.ok(stored >= 5000, `${stored} rows`)
  assert.equal(await count(), stored)
  // A body whose values alone would not fit: refused by its size, and the instance has not grown for it.
  const before = await worker.probe('default', 'stats')
  const data = Array.from({ length: 1000 }, (_, id) => ({ id, vector: Array.from({ length: 384 }, (_, at) => Math.fround(Math.sin(id * at))) }))
  const refused = await worker.ask('entities/insert', { collectionName, data })
  assert.deepEqual([refused.status, refused.code], [200, 3])
  assert.match(refused.message, /memory limit: a call with \d+ bytes beside collections of \d+ bytes needs about \d+, and the limit is 25165824: write fewer rows/)
  const { memoryBytes, linearMemoryBytes } = await worker.probe('default', 'stats')
  assert.deepEqual([memoryBytes, linearMemoryBytes], [before.memoryBytes, before.linearMemoryBytes])
  assert.ok(memoryBytes <= 24 << 20)
  // Room that was freed can be used again.
  assert.equal((await worker.ask('collections/drop', { collectionName })).code, 0)
  await worker.ask('collections/create', { collectionName, dimension: 384 })
  assert.equal(await worker.probe('default', 'inserts', 500, 384, 0), 'stored')
  assert.equal(await count(), 500)
  await worker.dispose()
})

test('a collection that would not fit into a smaller object is refused when it is asked for, and others are not', async () => {
  const folder = join(kept, 'small')
  let worker = await start({ kept: folder })
  await worker.ask('collections/create', { collectionName, dimension: 384 })
  for (let from = 0; from < 12_000; from += 2000) assert.equal(await worker.probe('default', 'inserts', 2000, 384, from), 'stored')
  await worker.ask('collections/create', { collectionName: 'small', dimension: 4 })
  await worker.ask('entities/insert', { collectionName: 'small', data: rows(0, 10) })
  await worker.dispose()
  worker = await start({ kept: folder, bindings: { LIMIT: 8 << 20 } })
  const refused = await worker.ask('entities/search', { collectionName, data: [Array(384).fill(1)], limit: 1 })
  assert.equal(refused.code, 3)
  assert.equal((await worker.ask('entities/get', { collectionName: 'small', id: [3], outputFields: ['text'] })).data[0].text, 'row 3')
  assert.equal((await worker.ask('collections/drop', { collectionName })).code, 0)
  await worker.dispose()
})
