// Who may ask: pages of strangers, names that lead here, tokens, addresses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grpc } from './grpc-client.mjs'
import { raw, request } from './raw.mjs'
import { elanus, rest, scratch, serve } from './process.mjs'

const collection = { collectionName: 'kept', dimension: 2 }

async function withCollection(context, ...args) {
  const server = await serve(context, '--memory', ...args)
  assert.equal((await rest(server.url, 'collections/create', collection)).body.code, 0)
  return server
}

const has = async ({ url }) => (await rest(url, 'collections/has', collection)).body.data.has

test("a foreign page's simple POST does not drop a collection", async context => {
  const server = await withCollection(context)
  // What a form or a fetch without preflight sends.
  for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', `http://localhost.evil.example:${server.port}`]) {
    const { status, body, headers } = await rest(server.url, 'collections/drop', collection, { origin, 'content-type': 'text/plain' })
    assert.equal(status, 403, origin)
    assert.equal(body.code, 1401)
    assert.match(body.message, /pages of .* may not ask/)
    assert.equal(headers.get('access-control-allow-origin'), null)
    assert.equal(await has(server), true)
  }
  // The same request without the header does: the refusal was the reason.
  assert.equal((await rest(server.url, 'collections/drop', collection)).status, 200)
  assert.equal(await has(server), false)
})

test('it is refused before the body is read', async context => {
  const server = await withCollection(context)
  const visitor = raw(server.port)
  visitor.write(request('POST', '/v2/vectordb/collections/drop', { host: `127.0.0.1:${server.port}`, origin: 'http://evil.example', 'content-length': 1000 }))
  assert.match(await visitor.read(/may not ask/), /^HTTP\/1\.1 403 /)
  visitor.destroy()
})

test('a name that leads here by DNS is refused, our own names are not', async context => {
  const server = await withCollection(context)
  const ask = async host => {
    const visitor = raw(server.port)
    visitor.write(request('POST', '/v2/vectordb/collections/has', { host, 'content-length': 25, connection: 'close' }, '{"collectionName":"kept"}'))
    return Number(/^HTTP\/1\.1 (\d+)/.exec(await visitor.read(/\}$/))[1])
  }
  for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1.evil.example', '10.1.2.3', 'localhost:x', '']) assert.equal(await ask(host), 403, host)
  for (const host of [`127.0.0.1:${server.port}`, 'localhost', `LOCALHOST:${server.port}`, '[::1]:80', 'localhost.']) assert.equal(await ask(host), 200, host)
})

test('a host of the list may be asked for', async context => {
  const server = await serve(context, '--memory', '--allow-host', 'milvus.internal')
  const visitor = raw(server.port)
  visitor.write(request('GET', '/healthz', { host: 'milvus.internal:19530', connection: 'close' }))
  assert.match(await visitor.read(/OK$/), /^HTTP\/1\.1 200 /)
})

test('a page of an allowed origin asks with what the official client sends, and reads the answer', async context => {
  const origin = 'http://localhost:5173'
  const server = await withCollection(context, '--allow-origin', `${origin}/`)
  const preflight = await fetch(`${server.url}/v2/vectordb/collections/list`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,contenttype,accept-type-allow-int64', 'access-control-request-private-network': 'true' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), origin)
  assert.equal(preflight.headers.get('access-control-allow-private-network'), 'true')
  const allowed = preflight.headers.get('access-control-allow-headers').split(', ')
  for (const name of ['authorization', 'accept', 'content-type', 'contenttype', 'accept-type-allow-int64']) assert.ok(allowed.includes(name), name)
  const { status, body, headers } = await rest(server.url, 'collections/list', {}, { origin })
  assert.equal(status, 200)
  assert.deepEqual(body.data, ['kept'])
  assert.equal(headers.get('access-control-allow-origin'), origin)
  assert.match(headers.get('vary'), /Origin/)
  const stranger = await fetch(`${server.url}/v2/vectordb/collections/list`, { method: 'OPTIONS', headers: { origin: 'http://localhost:5174', 'access-control-request-method': 'POST' } })
  assert.equal(stranger.status, 403)
})

test('every origin at once cannot be allowed', async () => {
  const { code, stderr } = await elanus(['serve', '--memory', '--port', '0', '--allow-origin', '*'])
  assert.equal(code, 1)
  assert.match(stderr, /--allow-origin \*: expected an origin.*every page of the web/)
})

test('an address that others can reach needs a token', async context => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
    const { code, stderr } = await elanus(['serve', '--memory', '--port', '0', '--host', host])
    assert.equal(code, 1)
    assert.match(stderr, /can be reached from other machines: choose a password with --token/)
  }
  const server = await serve(context, '--memory', '--host', '0.0.0.0', '--token', 'root:secret')
  assert.equal((await rest(server.url, 'collections/list')).status, 401)
})

test('a token is wanted by every call, in each of its spellings', async context => {
  const server = await serve(context, '--memory', '--token', 'root:secret')
  const asked = authorization => rest(server.url, 'collections/list', {}, authorization === undefined ? {} : { authorization })
  const basic = text => Buffer.from(text).toString('base64')
  for (const wrong of [undefined, '', 'Bearer', 'Bearer root:', 'Bearer root:secret2', 'Bearer root', `Basic ${basic('root:other')}`]) {
    const { status, body } = await asked(wrong)
    assert.equal(status, 401, wrong)
    assert.equal(body.code, 1800)
  }
  for (const right of ['Bearer root:secret', `Basic ${basic('root:secret')}`]) assert.deepEqual((await asked(right)).body.data, [], right)
  // Whether it is healthy is nobody's secret.
  assert.equal(await (await fetch(`${server.url}/healthz`)).text(), 'OK')
})

test('over gRPC a token is wanted too', async context => {
  const server = await serve(context, '--memory', '--token', 'root:secret')
  const { call } = grpc(context, server.port)
  const as = token => call('ShowCollections', Buffer.alloc(0), token === undefined ? {} : { authorization: Buffer.from(token).toString('base64') })
  for (const wrong of [undefined, 'root:other', 'root']) assert.equal((await as(wrong)).code, 16, wrong)
  assert.equal((await as('root:secret')).code, 0)
})

test('users of a server are kept in its folder, and may what their roles say', async context => {
  const folder = await scratch(context)
  const asRoot = { authorization: 'Bearer root:secret' }
  const asAnn = { authorization: 'Bearer ann:longenough' }
  const first = await serve(context, folder, '--token', 'root:secret')
  const all = [
    ['collections/create', collection],
    ['users/create', { userName: 'ann', password: 'longenough' }],
    ['roles/create', { roleName: 'reader' }],
    ['roles/grant_privilege_v2', { roleName: 'reader', privilege: 'Query', dbName: '*', collectionName: '*' }],
    ['users/grant_role', { userName: 'ann', roleName: 'reader' }],
  ]
  for (const [path, body] of all) assert.deepEqual((await rest(first.url, path, body, asRoot)).body.code, 0, path)
  await first.stop()
  const server = await serve(context, folder, '--token', 'root:secret')
  const query = { collectionName: 'kept', filter: 'id > 0' }
  assert.deepEqual((await rest(server.url, 'entities/query', query, asAnn)).body.data, [])
  assert.equal((await rest(server.url, 'entities/query', query, { authorization: 'Bearer ann:other' })).status, 401)
  for (const [path, body] of [['collections/drop', collection], ['entities/insert', { collectionName: 'kept', data: [{ id: 1, vector: [1, 2] }] }], ['users/list', {}]]) {
    assert.equal((await rest(server.url, path, body, asAnn)).status, 403, path)
  }
  assert.equal((await rest(server.url, 'collections/has', collection, asRoot)).body.data.has, true)
})
