// How much and how slowly one may send.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { grpc } from './grpc-client.mjs'
import { raw, request, within } from './raw.mjs'
import { rest, serve } from './process.mjs'

const MIB = 1 << 20
const post = (url, body, headers = {}) => fetch(`${url}/v2/vectordb/collections/list`, { method: 'POST', body, headers })
const json = bytes => `{"filler":"${'x'.repeat(bytes - 13)}"}`
const residentMiB = async pid => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

test('64 MiB and a little above pass over REST; more is refused, announced or not', async context => {
  const server = await serve(context, '--memory')
  assert.equal((await (await post(server.url, json(64 * MIB + 1000))).json()).code, 0)
  const announced = raw(server.port)
  announced.write(request('POST', '/v2/vectordb/collections/list', { host: 'localhost', 'content-length': 66 * MIB }))
  assert.match(await announced.read(/bytes"/), /^HTTP\/1\.1 413 /)
  announced.destroy()
  // In chunks, whose sum shows at the end only.
  const chunk = Buffer.alloc(MIB, ' ')
  const chunked = raw(server.port)
  chunked.write(request('POST', '/v2/vectordb/collections/list', { host: 'localhost', 'transfer-encoding': 'chunked' }))
  for (let at = 0; at < 66; at++) {
    chunked.write(`${chunk.length.toString(16)}\r\n`)
    chunked.write(chunk)
    chunked.write('\r\n')
  }
  assert.match(await chunked.read(/bytes"/), /^HTTP\/1\.1 413 /)
  chunked.destroy()
  assert.equal((await rest(server.url, 'collections/list')).body.code, 0)
})

test('64 MiB and a little above pass over gRPC; more is RESOURCE_EXHAUSTED, and the connection goes on', async context => {
  const server = await serve(context, '--memory')
  const { call } = grpc(context, server.port)
  assert.notEqual((await call('NoSuchMethod', Buffer.alloc(64 * MIB + 1000))).code, 8)
  const refused = await call('NoSuchMethod', Buffer.alloc(66 * MIB))
  assert.equal(refused.code, 8)
  assert.match(refused.details, /a message may have \d+ bytes/)
  assert.equal((await call('NoSuchMethod', Buffer.alloc(0))).code, 12)
})

test('compressed bodies are read, and their bombs are not', async context => {
  const server = await serve(context, '--memory')
  const bomb = Buffer.alloc(200 * MIB, ' ')
  for (const [encoding, compress] of [['gzip', gzipSync], ['deflate', deflateSync], ['br', bytes => brotliCompressSync(bytes, { params: { 1: 1 } })]]) {
    const headers = { 'content-encoding': encoding }
    assert.deepEqual(await (await post(server.url, compress(Buffer.from('{}')), headers)).json(), { code: 0, data: [] }, encoding)
    assert.equal((await post(server.url, compress(bomb), headers)).status, 413, encoding)
    assert.equal((await post(server.url, Buffer.from('neither nor'), headers)).status, 400, encoding)
  }
  assert.equal((await post(server.url, '{}', { 'content-encoding': 'zstd' })).status, 415)
  assert.ok((await residentMiB(server.pid)) < 600)
})

test('compressed messages are read over gRPC, and their bombs are not', async context => {
  const server = await serve(context, '--memory')
  const { call } = grpc(context, server.port, { gzip: true })
  assert.equal((await call('NoSuchMethod', Buffer.alloc(MIB))).code, 12)
  assert.equal((await call('NoSuchMethod', Buffer.alloc(200 * MIB))).code, 8)
})

test('half-sent requests are ended, over both protocols, and do not hold others up', async context => {
  const server = await serve(context, '--memory', '--request-timeout', '1')
  const silent = raw(server.port)
  const headers = raw(server.port)
  headers.write('POST /v2/vectordb/collections/list HTTP/1.1\r\nhost: localhost\r\n')
  const body = raw(server.port)
  body.write(request('POST', '/v2/vectordb/collections/list', { host: 'localhost', 'content-length': 100 }, '{"a'))
  const zipped = raw(server.port)
  zipped.write(request('POST', '/v2/vectordb/collections/list', { host: 'localhost', 'content-length': 100, 'content-encoding': 'gzip' }, '\x1f\x8b'))
  const { client } = grpc(context, server.port)
  const open = new Promise(resolve => {
    const call = client.makeClientStreamRequest('/milvus.proto.milvus.MilvusService/Insert', bytes => bytes, bytes => bytes, error => resolve(error.code))
    call.write(Buffer.alloc(1000))
  })
  // Another one is answered meanwhile.
  assert.equal((await rest(server.url, 'collections/list')).body.code, 0)
  for (const [name, visitor] of Object.entries({ headers, body, zipped })) assert.ok(await within(visitor.closed, 10_000), name)
  assert.equal(await open, 4)
  silent.destroy()
})

test('a connection that says nothing is dropped', async context => {
  const server = await serve(context, '--memory', '--greeting-timeout', '1')
  const silent = raw(server.port)
  const slow = raw(server.port)
  slow.write('PRI * HT')
  assert.ok(await within(silent.closed, 5000))
  assert.ok(await within(slow.closed, 5000))
})

test('slow senders of large requests give way to others when room is short', async context => {
  const server = await serve(context, '--memory', '--max-in-flight', '8')
  const hoarders = Array.from({ length: 12 }, () => {
    const hoarder = raw(server.port)
    hoarder.write(request('POST', '/v2/vectordb/collections/list', { host: 'localhost', 'content-length': 60 * MIB }, 'x'.repeat(MIB)))
    return hoarder
  })
  await new Promise(resolve => setTimeout(resolve, 300))
  // A small request passes, and a large one as soon as the slow ones are given up, long before their own 120 s are over.
  const small = rest(server.url, 'collections/list')
  assert.ok(await within(small, 60_000), 'a small request')
  assert.equal((await small).body.code, 0)
  const large = post(server.url, json(20 * MIB)).then(response => response.json())
  assert.ok(await within(large, 60_000), 'a large request')
  assert.equal((await large).code, 0)
  assert.match(await hoarders[0].read(/while others waited/), /^HTTP\/1\.1 408 /)
  for (const hoarder of hoarders) hoarder.destroy()
})

test('many large requests at a time keep memory bounded and are all answered', async context => {
  const server = await serve(context, '--memory', '--max-in-flight', '64')
  const body = json(16 * MIB)
  const answers = await Promise.all(Array.from({ length: 16 }, async () => (await (await post(server.url, body)).json()).code))
  assert.deepEqual(answers, Array.from({ length: 16 }, () => 0))
  assert.ok((await residentMiB(server.pid)) < 700, `${await residentMiB(server.pid)} MiB`)
})
