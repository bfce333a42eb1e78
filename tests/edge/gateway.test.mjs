// A Worker in front of its objects: who is let in, which object a request reaches, and Milvus's HttpClient on all of it.
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { test } from 'node:test'
import { join } from 'node:path'
import { build } from 'esbuild'
import { tour } from '../package/tour.mjs'
import { project } from '../package/project.mjs'
import { TOKEN, start } from './worker.mjs'

const worker = await start()
const { ask, probe, url } = worker

test("the SDK's HttpClient finds a Milvus", async () => {
  const folder = await project('edge-client', { '@zilliz/milvus2-sdk-node': '3.0.6' }, { 'entry.mjs': "export { HttpClient } from '@zilliz/milvus2-sdk-node/dist/milvus/HttpClient.js'\n" })
  await build({ entryPoints: [join(folder, 'entry.mjs')], bundle: true, format: 'esm', platform: 'browser', outfile: join(folder, 'sdk.mjs'), logLevel: 'warning' })
  const { HttpClient } = await import(join(folder, 'sdk.mjs'))
  const { failures, called, missed } = await tour({ fetch }, HttpClient, { endpoint: url.replace(/\/$/, ''), token: TOKEN })
  assert.deepEqual([failures, missed], [[], []])
  assert.ok(called >= 60, `${called} calls`)
})

test('only the token lets in, in any of the forms in which clients send it', async () => {
  const post = authorization => fetch(`${url}v2/vectordb/collections/list`, { method: 'POST', body: '{}', headers: authorization === undefined ? {} : { authorization } })
  for (const refused of [undefined, '', 'Bearer', 'Bearer ', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(0, -1)}`, 'Basic !', `Basic ${btoa('root:milvus')}`, TOKEN]) {
    const response = await post(refused)
    assert.deepEqual([response.status, await response.json()], [401, { code: 1800, message: "user hasn't authenticated" }], String(refused))
  }
  for (const taken of [`Bearer ${TOKEN}`, `bearer  ${TOKEN}`, `Basic ${btoa(TOKEN)}`]) assert.equal((await post(taken)).status, 200, taken)
  assert.equal(await (await fetch(`${url}healthz`)).text(), 'OK')
})

test('a Worker whose token is not set lets nobody in', async () => {
  const { ask, dispose } = await start({ token: '' })
  const answer = await ask('collections/list', {})
  assert.equal(answer.status, 503)
  assert.match(answer.message, /has no token.*wrangler secret put/)
  await dispose()
})

test('each database is an object of its own, and the directory lists them', async () => {
  for (const dbName of ['one', 'two']) {
    assert.deepEqual(await ask('databases/create', { dbName }), { status: 200, code: 0, data: {} })
    await ask('collections/create', { dbName, collectionName: `of_${dbName}`, dimension: 2 })
  }
  assert.deepEqual((await ask('databases/list', {})).data, ['default', 'one', 'two'])
  assert.deepEqual((await ask('collections/list', { dbName: 'one' })).data, ['of_one'])
  assert.deepEqual((await ask('collections/list', {}, { headers: { 'DB-Name': 'two' } })).data, ['of_two'])
  // The body goes before the header, in whatever case and with whatever escapes its key is written.
  for (const body of ['{"dbName":"one"}', '{"x":{"dbName":"two"},"DBNAME":"one"}', '{"db\\u004eame":"one"}', '{"dbname":"zz","dbName":"\\u006fne"}', '{"a":"\\"dbName\\":\\"zz\\"","dbName":"two","dbName":"one"}']) {
    assert.deepEqual((await ask('collections/list', body, { headers: { 'DB-Name': 'two' } })).data, ['of_one'], body)
  }
  for (const body of ['{"dbName":""}', '{"dbName":null}', '{}']) assert.deepEqual((await ask('collections/list', body, { headers: { 'DB-Name': 'two' } })).data, ['of_two'], body)
  assert.match((await ask('databases/create', { dbName: 'one' })).message, /^database already exist: one/)
  assert.match((await ask('databases/drop', { dbName: 'one' })).message, /^database:one not empty/)
  const moved = await ask('collections/rename', { dbName: 'one', collectionName: 'of_one', newCollectionName: 'x', newDbName: 'two' })
  assert.equal(moved.code, 3000)
  assert.equal((await ask('collections/rename', { dbName: 'one', collectionName: 'of_one', newCollectionName: 'x', newDbName: 'one' })).code, 0)
  await ask('collections/drop', { dbName: 'one', collectionName: 'x' })
  assert.equal((await ask('databases/drop', { dbName: 'one' })).code, 0)
  assert.deepEqual((await ask('databases/list', {})).data, ['default', 'two'])
  assert.deepEqual(await ask('collections/list', { dbName: 'one' }), { status: 200, code: 800, message: 'database not found[database=one]' })
  assert.equal((await ask('databases/drop', { dbName: 'one' })).code, 0)
  assert.equal((await ask('databases/drop', { dbName: 'default' })).code, 1100)
})

test('a creation or a removal that was cut off can be repeated', async () => {
  // As if the Worker had ended after its first step.
  const header = { 'elanus-object': 'default' }
  const within = (object, path, body) => worker.miniflare.getDurableObjectNamespace('ELANUS').then(objects => objects.get(objects.idFromName(object)).fetch(`http://x/v2/vectordb/${path}`, { method: 'POST', body: JSON.stringify(body), headers: { ...header, 'elanus-object': object === ':directory' ? 'default' : object } })).then(response => response.json())
  assert.equal((await within(':directory', 'databases/create', { dbName: 'half' })).code, 0)
  assert.equal((await ask('databases/create', { dbName: 'half' })).code, 0)
  assert.match((await ask('databases/create', { dbName: 'half' })).message, /already exist/)
  assert.equal((await within('half', 'databases/drop', { dbName: 'half' })).code, 0)
  assert.ok((await ask('databases/list', {})).data.includes('half'))
  assert.equal((await ask('databases/drop', { dbName: 'half' })).code, 0)
  assert.ok(!(await ask('databases/list', {})).data.includes('half'))
})

test('hostile names never become objects, and what does not exist keeps nothing', async () => {
  const names = ['a b', '../x', ':directory', 'x'.repeat(300), 'ä', '\u0000', 'a\nb', '1a', "x'; DROP TABLE elanus_blobs", '__proto__ ', '%2e%2e']
  for (const dbName of names) {
    const read = await ask('collections/list', { dbName })
    assert.deepEqual([read.status, read.code], [200, 800], dbName)
    const made = await ask('databases/create', { dbName })
    assert.deepEqual([made.status, made.code], [200, 802], dbName)
    assert.notEqual((await ask('collections/create', { dbName, collectionName: 'c', dimension: 2 })).code, 0)
  }
  const byHeader = await ask('collections/create', { collectionName: 'c', dimension: 2 }, { headers: { 'DB-Name': 'no name' } })
  assert.equal(byHeader.code, 800)
  assert.deepEqual((await ask('collections/list', {}, { headers: { 'elanus-object': 'two' } })).code, 0)
  assert.deepEqual((await ask('databases/list', {})).data, ['default', 'two'])
  assert.equal((await ask('collections/list', { dbName: 'nowhere' })).code, 800)
  assert.deepEqual([await probe('nowhere', 'tables'), await probe('nowhere', 'alarmTime')], [[], null])
  assert.deepEqual(await probe('one', 'tables'), [])
  assert.deepEqual(await probe('two', 'tables'), ['elanus_blobs'])
})

test('many at a time for a database that is not there, and for one that is made meanwhile', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => ask(at === 10 ? 'databases/create' : 'collections/list', { dbName: 'busy' })))
  for (const { status, code } of answers) assert.ok(status === 200 && (code === 0 || code === 800), `${status} ${code}`)
  assert.equal(answers[10].code, 0)
  assert.deepEqual((await ask('collections/list', { dbName: 'busy' })).data, [])
  assert.equal((await ask('databases/drop', { dbName: 'busy' })).code, 0)
})

test('pages of strangers are refused before anything else, and those on the list may read', async () => {
  const post = (origin, headers = {}) => fetch(`${url}v2/vectordb/collections/list`, { method: 'POST', body: '{}', headers: { origin, authorization: `Bearer ${TOKEN}`, ...headers } })
  for (const origin of ['https://evil.example', 'null', 'https://allowed.example.evil.example', 'http://allowed.example']) {
    const response = await post(origin)
    assert.deepEqual([response.status, (await response.json()).code, response.headers.get('access-control-allow-origin')], [403, 1401, null], origin)
  }
  const allowed = await post('https://allowed.example')
  assert.deepEqual([allowed.status, allowed.headers.get('access-control-allow-origin'), allowed.headers.get('vary')], [200, 'https://allowed.example', 'Origin'])
  const ask = origin => fetch(`${url}v2/vectordb/collections/list`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } })
  const asked = await ask('https://allowed.example')
  assert.equal(asked.status, 204)
  assert.match(asked.headers.get('access-control-allow-headers'), /authorization/)
  assert.equal((await ask('https://evil.example')).status, 403)
  assert.equal((await post(new URL(url).origin)).status, 200)
})

test('bodies that are too large, compressed, or none', async () => {
  const large = new Uint8Array((8 << 20) + 1).fill(32)
  const refused = await ask('collections/list', large)
  assert.deepEqual([refused.status, refused.code], [413, 1100])
  // 20 MB of blanks in 20 kB, which must be noticed while they unfold.
  const bomb = await ask('collections/list', gzipSync(new Uint8Array(20 << 20).fill(32)), { headers: { 'content-encoding': 'gzip' } })
  assert.equal(bomb.status, 413)
  assert.deepEqual((await ask('collections/list', gzipSync('{"dbName":"two"}'), { headers: { 'content-encoding': 'gzip' } })).data, ['of_two'])
  assert.equal((await ask('collections/list', 'no gzip', { headers: { 'content-encoding': 'gzip' } })).status, 400)
  assert.equal((await ask('collections/list', 'x', { headers: { 'content-encoding': 'br' } })).status, 415)
  for (const body of ['', '[]', '{', 'null', '{"dbName":7}', '{"dbName":"two"', '"dbName"', '[{"dbName":"two"}]', '{"dbName":"\\ud800"}', new Uint8Array([0xff, 0xfe]), '{'.repeat(100_000)]) {
    const { status, code } = await ask('collections/describe', body)
    assert.ok(status === 200 && code !== 0, `${String(body).slice(0, 30)}: ${status} ${code}`)
  }
  const get = await fetch(`${url}v2/vectordb/collections/list`, { headers: { authorization: `Bearer ${TOKEN}` } })
  assert.deepEqual([get.status, await get.text()], [404, '404 page not found'])
  assert.equal((await fetch(`${url}v2/vectordb/collections/lists`, { method: 'POST', body: '{}', headers: { authorization: `Bearer ${TOKEN}` } })).status, 404)
})
