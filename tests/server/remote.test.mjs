// The typed client over REST: every scenario, and what differs when there is a network between.
import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ElanusError, open } from '../../pkg/dist/node.js'
import { walk } from '../scenarios/walk.mjs'
import { serve } from './process.mjs'

const folder = fileURLToPath(new URL('../scenarios/', import.meta.url))
const files = (await readdir(folder)).filter(name => name.endsWith('.json') && name !== 'expressions.json').sort()
const scenarios = (await Promise.all(files.map(async name => JSON.parse(await readFile(folder + name, 'utf8'))))).flat()

/** Where Milvus's RESTful door refuses in words of its own, before the engine is asked; by scenario and step. */
const words = {
  'rows that do not fit are refused with the row, the field, expected and got, and nothing is written': { 16: { code: 1804, says: 'missing required parameters' } },
  'pages are cut by ascending key': { 7: { code: 1100, says: 'empty expression should be used with limit' } },
}

/** What is missing has its name, but in Milvus's own structures it begins with a capital. */
const asWire = error => (error.code === 1802 ? { ...error, says: error.says.slice(1) } : error)

for (const { name, steps } of scenarios) {
  test(`over REST: ${name}`, async context => {
    const server = await serve(context, '--memory')
    const scenario = { name, steps: steps.map((step, at) => (step.error ? { ...step, error: words[name]?.[at] ?? asWire(step.error) } : step)) }
    // Connecting again is all that opening again can be; waiting for background work is the server's own affair.
    const connect = async () => Object.assign(await open(server.url), { settled: async () => {} })
    assert.deepEqual(await walk(scenario, connect, ElanusError), [])
  })
}

test('every operation of the engine has its endpoint', async () => {
  const source = path => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
  const operations = [...(await source('src/wire/request/mod.rs')).matchAll(/^    \("(\w+)",/gm)].map(([, name]) => name)
  const endpoints = [...(await source('pkg/src/remote/endpoints.ts')).matchAll(/^  (\w+): '/gm)].map(([, name]) => name)
  assert.ok(operations.length > 40)
  assert.deepEqual(operations.filter(name => name !== 'stats' && !endpoints.includes(name)), [])
})

test('every refusal in other words belongs to a scenario', () => {
  const names = scenarios.map(({ name }) => name)
  for (const [name, steps] of Object.entries(words)) {
    assert.ok(names.includes(name), name)
    for (const at of Object.keys(steps)) assert.ok(scenarios.find(scenario => scenario.name === name).steps[at].error, `${name}, step ${at}`)
  }
})

const people = { collectionName: 'c', schema: { enableDynamicField: true, fields: [
  { fieldName: 'id', dataType: 'Int64', isPrimary: true },
  { fieldName: 'big', dataType: 'Int64', nullable: true },
  { fieldName: 'bigs', dataType: 'Array', elementDataType: 'Int64', elementTypeParams: { max_capacity: 4 }, nullable: true },
  { fieldName: 'f', dataType: 'Float', nullable: true },
  { fieldName: 'doc', dataType: 'JSON', nullable: true },
  { fieldName: 'v', dataType: 'FloatVector', elementTypeParams: { dim: 2 } },
] }, indexParams: [{ fieldName: 'v', metricType: 'L2' }] }
const row = { id: 9007199254740993n, big: -9223372036854775808n, bigs: [1, 9223372036854775807n], f: 0.1, doc: { 'a"b': [1, { c: null }], deep: '12345678901234567890', n: 9007199254740993n }, v: [0.1, 1], x: { y: [true] } }

for (const int64 of ['number', 'bigint', 'string']) {
  test(`rows come back as from an embedded database when Int64 comes as ${int64}`, async context => {
    const server = await serve(context, '--memory')
    const answers = []
    for (const place of [server.url, ':memory:']) {
      const db = await open(place, { int64 })
      await db.createCollection(people)
      const c = db.collection('c')
      const inserted = await c.insert([row, { id: 2, v: new Float32Array([3, 4]) }])
      const iterated = []
      for await (const one of c.iterate('', { batchSize: 1 })) iterated.push(one)
      answers.push({
        inserted,
        rows: await c.query('', { limit: 10 }),
        got: await c.get([9007199254740993n, '2']),
        hits: await c.search([[0, 1], [3, 4]], { limit: 1, outputFields: ['*'] }),
        byIds: await c.search({ ids: ['9007199254740993', 2] }, { limit: 2, groupingField: 'big' }),
        none: await c.search({ ids: [2] }, { limit: 1, filter: 'id == 77' }),
        ordered: await c.query('', { orderByFields: ['big:desc'], outputFields: [] }),
        nothing: await c.search([[0, 1], [3, 4]], { limit: 1, filter: 'id == 77' }),
        fused: await c.hybridSearch([{ data: [0, 1], annsField: 'v', limit: 2 }, { data: [3, 4], annsField: 'v', limit: 2 }], { limit: 2, rerank: { strategy: 'rrf' } }),
        iterated,
        deleted: await c.delete({ ids: ['9007199254740993'] }),
        count: await c.count(),
      })
      await db.close()
    }
    assert.deepEqual(answers[0], answers[1])
    assert.equal(answers[0].count, 1)
    assert.deepEqual(answers[0].nothing, [[], []])
    assert.deepEqual(answers[0].none, [[]])
    assert.deepEqual(answers[0].byIds.map(hits => hits.map(({ distance }) => distance === 0)), [[true, false], [true, false]])
    assert.equal(Number(answers[0].ordered[1].id), 2)
  })
}

test('what a server cannot do is refused as unsupported', async context => {
  const server = await serve(context, '--memory')
  const db = await open(server.url)
  const isUnsupported = error => error instanceof ElanusError && error.kind === 'UNSUPPORTED' && error.code === 3000
  await assert.rejects(db.settled(), isUnsupported)
  await assert.rejects(db.persist(), isUnsupported)
  await assert.rejects(db.stats(), isUnsupported)
  await assert.rejects(db.export().getReader().read(), isUnsupported)
  await assert.rejects(open(server.url, { from: new Uint8Array(8) }), isUnsupported)
  await assert.rejects(open('ftp://127.0.0.1/x'), isUnsupported)
  await db.close()
  await assert.rejects(db.listCollections(), { kind: 'CLOSED' })
})

test('a token is sent, and asked for when it is missing or wrong', async context => {
  const server = await serve(context, '--memory', '--token', 'root:s:ecret')
  await assert.rejects(open(server.url), { code: 1800, message: /token: 'user:password'/ })
  await assert.rejects(open(server.url, { token: 'root:other' }), { code: 1800 })
  const db = await open(server.url, { token: 'root:s:ecret' })
  assert.deepEqual(await db.listCollections(), [])
  const same = await open(server.url.replace('http://', 'http://root:s%3Aecret@'))
  assert.deepEqual(await same.listDatabases(), ['default'])
})

test('fetch of a remote database asks the server, as whoever opened it', async context => {
  const server = await serve(context, '--memory', '--token', 'root:secret')
  const db = await open(server.url, { token: 'root:secret' })
  const response = await db.fetch('/v2/vectordb/databases/list', { method: 'POST', body: '{}' })
  assert.deepEqual([response.status, await response.json()], [200, { code: 0, data: ['default'] }])
  assert.equal((await db.fetch('/v2/vectordb/databases/list', { method: 'POST', body: '{}', headers: { authorization: 'Bearer root:other' } })).status, 401)
})

test('nobody there, and somebody else there, are told in words', async () => {
  await assert.rejects(open('http://127.0.0.1:9'), { kind: 'STORAGE', message: /127\.0\.0\.1:9.*cannot be reached.*Is a server running there\?/ })
  const stranger = createServer((_request, response) => response.writeHead(404).end('<h1>nothing</h1>'))
  await new Promise(resolve => stranger.listen(0, '127.0.0.1', resolve))
  try {
    await assert.rejects(open(`http://127.0.0.1:${stranger.address().port}/`), { message: /answered 404 '<h1>nothing<\/h1>', which is no answer of Milvus's RESTful API v2/ })
  } finally {
    stranger.close()
  }
})

test('what a server and Milvus answer when they fail keeps code and words', async context => {
  const answers = [
    { code: 0, data: [] },
    { code: 65535, message: 'something odd' },
    { code: 100, message: "can't find collection[database=default][collection=x]" },
  ]
  const server = createServer((_request, response) => response.end(JSON.stringify(answers.shift())))
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const db = await open(`http://127.0.0.1:${server.address().port}`)
  await assert.rejects(db.listDatabases(), { code: 65535, kind: 'INVALID', message: 'something odd' })
  await assert.rejects(db.describeCollection({ collectionName: 'x' }), { code: 100, kind: 'NOT_FOUND' })
})
