// One port for both protocols, and how it begins and ends.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:http2'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { open } from '../../pkg/dist/node.js'
import { grpc } from './grpc-client.mjs'
import { raw, request } from './raw.mjs'
import { elanus, rest, scratch, serve } from './process.mjs'

test('gRPC and REST answer on one port, byte by byte too', async context => {
  const server = await serve(context, '--memory')
  const { call } = grpc(context, server.port)
  const unknown = await call('NoSuchMethod', Buffer.alloc(0))
  assert.equal(unknown.code, 12)
  const stranger = await call('Check', Buffer.alloc(0), {}, 'grpc.health.v1.Health')
  assert.equal(stranger.code, 12)
  assert.match(stranger.details, /unknown service grpc\.health\.v1\.Health/)
  assert.equal((await rest(server.url, 'collections/list')).body.code, 0)
  const slow = raw(server.port)
  for (const character of request('GET', '/healthz', { host: 'localhost', connection: 'close' })) {
    slow.write(character)
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.match(await slow.read(/OK$/), /^HTTP\/1\.1 200 /)
})

test('a method that begins like the preface of HTTP/2 is HTTP/1', async context => {
  const server = await serve(context, '--memory')
  const visitor = raw(server.port)
  visitor.write('PR')
  await new Promise(resolve => setTimeout(resolve, 50))
  visitor.write(request('OPFIND', '/', { host: 'localhost', connection: 'close' }))
  assert.match(await visitor.read(/\r\n\r\n/), /^HTTP\/1\.1 \d{3} /)
  await visitor.closed
})

test('HTTP/2 without gRPC is told so, and broken frames end their connection only', async context => {
  const server = await serve(context, '--memory')
  const session = connect(server.url)
  const status = await new Promise((resolve, reject) => {
    session.on('error', reject)
    session.request({ ':path': '/healthz' }).on('response', headers => resolve(headers[':status'])).resume()
  })
  session.close()
  assert.equal(status, 415)
  const broken = raw(server.port)
  broken.write(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\xff'.repeat(1000)}`)
  await broken.closed
  assert.equal((await rest(server.url, 'collections/list')).body.code, 0)
})

test('messages that are cut, doubled or missing are refused', async context => {
  const server = await serve(context, '--memory')
  const session = connect(server.url)
  context.after(() => session.destroy())
  const send = bytes => new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/milvus.proto.milvus.MilvusService/Connect', 'content-type': 'application/grpc', te: 'trailers' })
    stream.on('response', headers => resolve(headers['grpc-status']))
    stream.on('error', reject)
    stream.end(bytes)
  })
  assert.equal(await send(Buffer.alloc(0)), '13')
  assert.equal(await send(Buffer.from([0, 0, 0, 0, 9, 1])), '13')
  assert.equal(await send(Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0])), '13')
  assert.equal(await send(Buffer.from([1, 0, 0, 0, 1, 7])), '12')
})

test('the health port answers and nothing else does there', async context => {
  const taken = createServer()
  await new Promise(resolve => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address()
  await new Promise(resolve => taken.close(resolve))
  await serve(context, '--memory', '--health-port', String(port))
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text(), 'OK')
  assert.equal((await rest(`http://127.0.0.1:${port}`, 'collections/list')).status, 404)
})

test('a port that is taken is told, and leaves the folder free', async context => {
  const folder = join(await scratch(context), 'data')
  const server = await serve(context, '--memory')
  const { code, stderr } = await elanus(['serve', folder, '--port', String(server.port)])
  assert.equal(code, 1)
  assert.match(stderr, /127\.0\.0\.1:\d+ is taken: another server .* choose another port with --port/)
  await (await open(folder)).close()
})

test('a folder that is taken is told, and leaves the port free', async context => {
  const folder = join(await scratch(context), 'data')
  const server = await serve(context, folder)
  const { code, stderr } = await elanus(['serve', folder, '--port', '0'])
  assert.equal(code, 1)
  assert.match(stderr, new RegExp(`is open elsewhere \\(process ${server.pid}\\)`))
  assert.equal((await rest(server.url, 'collections/list')).body.code, 0)
})

test('a lock of another machine is told, and can be broken on request', async context => {
  const folder = join(await scratch(context), 'data')
  await (await open(folder)).close()
  const foreign = { id: 'x', pid: 1, started: '1', machine: 'elsewhere', boot: 'b', space: 's' }
  await writeFile(join(folder, 'lock'), JSON.stringify(foreign))
  const { code, stderr } = await elanus(['serve', folder, '--port', '0'])
  assert.equal(code, 1)
  assert.match(stderr, /on elsewhere, of which this process cannot tell whether it still runs; if it does not, remove/)
  const server = await serve(context, folder, '--break-lock')
  assert.equal((await rest(server.url, 'collections/list')).body.code, 0)
})

test('a folder of the server opens embedded, and the other way round', async context => {
  const folder = join(await scratch(context), 'data')
  const embedded = await open(folder)
  await embedded.createCollection({ collectionName: 'c', dimension: 2, metricType: 'L2' })
  await embedded.insert({ collectionName: 'c', data: [{ id: 1, vector: [1, 2], word: 'one' }] })
  await embedded.close()
  const server = await serve(context, folder)
  assert.deepEqual((await rest(server.url, 'entities/query', { collectionName: 'c', filter: 'id > 0' })).body.data, [{ id: '1', vector: [1, 2], word: 'one' }])
  assert.equal((await rest(server.url, 'entities/insert', { collectionName: 'c', data: [{ id: 2, vector: [3, 4], word: 'two' }] })).body.data.insertCount, 1)
  assert.deepEqual(await server.stop(), { code: 0, signal: null })
  const again = await open(folder)
  context.after(() => again.close())
  assert.deepEqual((await again.collection('c').query('', { outputFields: ['word'] })).map(({ word }) => word), ['one', 'two'])
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  test(`${signal} answers what was asked, stores what was acknowledged, and ends with 0`, async context => {
    const folder = join(await scratch(context), 'data')
    const server = await serve(context, folder)
    await rest(server.url, 'collections/create', { collectionName: 'c', dimension: 2 })
    const idle = raw(server.port)
    idle.write(request('GET', '/healthz', { host: 'localhost' }))
    await idle.read(/OK$/)
    const { client } = grpc(context, server.port)
    await new Promise((resolve, reject) => client.waitForReady(Date.now() + 5000, error => (error ? reject(error) : resolve())))
    let acknowledged = 0
    let isStopping = false
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let at = 0; !isStopping || at < 3; at++) {
        try {
          const { body } = await rest(server.url, 'entities/insert', { collectionName: 'c', data: [{ id: writer * 100_000 + at, vector: [1, at] }] })
          assert.equal(body.code, 0)
          acknowledged++
        } catch (error) {
          assert.ok(isStopping, String(error))
          return
        }
      }
    })
    while (acknowledged < 20) await new Promise(resolve => setTimeout(resolve, 10))
    isStopping = true
    assert.deepEqual(await server.stop(signal), { code: 0, signal: null })
    await Promise.all(writers)
    assert.match(server.log(), new RegExp(`${signal}: stopping[^]*stopped; what was acknowledged is stored`))
    const db = await open(folder)
    context.after(() => db.close())
    const kept = await db.collection('c').count()
    // What was stored and not acknowledged any more is at most one row a writer.
    assert.ok(kept >= acknowledged && kept <= acknowledged + 4, `${kept} of ${acknowledged}`)
  })
}

test('a killed server loses nothing that it acknowledged', async context => {
  const folder = join(await scratch(context), 'data')
  const server = await serve(context, folder)
  await rest(server.url, 'collections/create', { collectionName: 'c', dimension: 2 })
  for (let id = 0; id < 20; id++) await rest(server.url, 'entities/insert', { collectionName: 'c', data: [{ id, vector: [1, id] }] })
  await server.stop('SIGKILL')
  const next = await serve(context, folder)
  assert.deepEqual((await rest(next.url, 'entities/query', { collectionName: 'c', filter: '', outputFields: ['count(*)'] })).body.data, [{ 'count(*)': '20' }])
})
