// Prebuilt databases: exported by one object or by Node, kept in R2, and read by objects that are new.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open } from '../../pkg/dist/node.js'
import { start } from './worker.mjs'

const collectionName = 'books'

/** A database as a build makes it, as a file. */
async function prebuilt() {
  const db = await open(':memory:')
  await db.createCollection({ collectionName, dimension: 8 })
  const rows = Array.from({ length: 3000 }, (_, id) => ({ id, vector: Array.from({ length: 8 }, (_, at) => Math.sin(id * 8 + at)), title: `book ${id}` }))
  await db.collection(collectionName).insert(rows)
  await db.flush({ collectionName })
  await db.settled()
  const file = await new Response(db.export()).arrayBuffer()
  const expected = await db.collection(collectionName).search(rows[77].vector, { limit: 5, outputFields: ['title'] })
  await db.close()
  return { file, query: rows[77].vector, expected }
}

test('an object that is new is filled from R2, answers as the original does, and keeps what is written to it', async () => {
  const { file, query, expected } = await prebuilt()
  const worker = await start()
  const bucket = await worker.miniflare.getR2Bucket('BUCKET')
  await bucket.put('prebuilt.elanus', file)
  const ask = (path, body) => worker.ask(path, body, { query: '?filled' })
  const found = await ask('entities/search', { collectionName, data: [query], limit: 5, outputFields: ['title'] })
  assert.deepEqual(found.data?.map(({ id, title, distance }) => [Number(id), title, Math.fround(distance)]), expected.map(({ id, title, distance }) => [id, title, distance]), found.message)
  assert.equal((await ask('entities/insert', { collectionName, data: [{ id: 9999, vector: query, title: 'mine' }] })).code, 0)
  // The bucket is read once: what is in the object goes before what is in the bucket.
  await bucket.delete('prebuilt.elanus')
  assert.equal((await ask('entities/get', { collectionName, id: [9999], outputFields: ['title'] })).data[0].title, 'mine')
  await worker.dispose()
})

test('an object is exported to R2, and Node opens the file', async () => {
  const worker = await start()
  await worker.ask('collections/create', { collectionName, dimension: 2 })
  await worker.ask('entities/insert', { collectionName, data: [{ id: 1, vector: [1, 0], title: 'Dune' }, { id: 2, vector: [0, 1], title: 'Emma' }] })
  await worker.probe('default', 'export', 'backup.elanus')
  const file = await (await (await worker.miniflare.getR2Bucket('BUCKET')).get('backup.elanus')).arrayBuffer()
  const db = await open(':memory:', { from: file })
  assert.deepEqual((await db.collection(collectionName).query('', { limit: 10, outputFields: ['title'] })).map(({ title }) => title), ['Dune', 'Emma'])
  await db.close()
  await worker.dispose()
})

test('a file that is damaged, or absent, fills nothing', async () => {
  const { file } = await prebuilt()
  const worker = await start()
  const bucket = await worker.miniflare.getR2Bucket('BUCKET')
  const list = () => worker.ask('collections/list', {}, { query: '?filled' })
  assert.notEqual((await list()).code, 0)
  const bytes = new Uint8Array(file)
  bytes[bytes.length >> 1] ^= 1
  await bucket.put('prebuilt.elanus', bytes)
  assert.equal((await list()).code, 1009)
  bytes[bytes.length >> 1] ^= 1
  await bucket.put('prebuilt.elanus', bytes)
  assert.deepEqual(await list(), { status: 200, code: 0, data: [collectionName] })
  await worker.dispose()
})
