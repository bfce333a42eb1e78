// The static server of `npm start`: right types, and nothing outside its folder.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { serve } from '../../scripts/serve.mjs'

let base
let server
before(async () => {
  base = mkdtempSync(join(tmpdir(), 'elanus-serve-'))
  mkdirSync(join(base, 'site', 'deep'), { recursive: true })
  writeFileSync(join(base, 'secret.txt'), 'secret')
  writeFileSync(join(base, 'site', 'index.html'), 'home')
  writeFileSync(join(base, 'site', 'a b.wasm'), 'wasm')
  symlinkSync(join(base, 'secret.txt'), join(base, 'site', 'link.txt'))
  server = await serve(join(base, 'site'), 0)
})
after(async () => {
  await server.close()
  rmSync(base, { recursive: true })
})

/** Status, type and body of a path that is sent as it is: fetch would resolve the dots itself. */
function request(path, method = 'GET') {
  return new Promise((resolve, reject) => {
    const call = get(server.url, { path, method }, response => {
      let body = ''
      response.on('data', chunk => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], body }))
    })
    call.on('error', reject)
  })
}

test('files are served with types that browsers insist on', async () => {
  assert.deepEqual(await request('/'), { status: 200, type: 'text/html; charset=utf-8', body: 'home' })
  assert.deepEqual(await request('/a%20b.wasm?v=1'), { status: 200, type: 'application/wasm', body: 'wasm' })
})

test('nothing outside the folder is served, by dots or by links', async () => {
  for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/deep/../../secret.txt', '/link.txt', '//secret.txt', '/%00', '/%ff']) {
    assert.deepEqual(await request(path), { status: 404, type: 'text/plain; charset=utf-8', body: 'not found\n' }, path)
  }
})

test('a folder without an index and a method that writes are refused', async () => {
  assert.equal((await request('/deep/')).status, 404)
  assert.equal((await request('/', 'POST')).status, 405)
})

test('a taken port is passed over', async () => {
  const taken = Number(new URL(server.url).port)
  const second = await serve(join(base, 'site'), taken)
  assert.notEqual(second.url, server.url)
  await second.close()
})
