// The Worker as it is deployed, in workerd on this machine: `npm test`.
import assert from 'node:assert/strict'
import { copyFileSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { after, test } from 'node:test'
import { Miniflare } from 'miniflare'

const config = JSON.parse(readFileSync(new URL('../wrangler.jsonc', import.meta.url), 'utf8').replace(/^\s*\/\/.*$/gm, ''))
const dist = fileURLToPath(new URL('../dist/', import.meta.url))
copyFileSync(fileURLToPath(import.meta.resolve('elanus/wasm')), `${dist}elanus.wasm`)

const miniflare = new Miniflare({
  rootPath: dist,
  modules: true,
  modulesRoot: dist,
  scriptPath: `${dist}index.mjs`,
  modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }, { type: 'ESModule', include: ['**/*.mjs'] }],
  compatibilityDate: config.compatibility_date,
  durableObjects: Object.fromEntries(config.durable_objects.bindings.map(({ name, class_name }) => [name, { className: class_name, useSQLite: config.migrations.some(({ new_sqlite_classes }) => new_sqlite_classes.includes(class_name)) }])),
  bindings: { ELANUS_TOKEN: 'secret' },
  host: '127.0.0.1',
  port: 0,
  cf: false,
})
after(() => miniflare.dispose())

async function ask(path, body, token = 'secret') {
  const response = await miniflare.dispatchFetch(`http://worker/v2/vectordb/${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) })
  return { status: response.status, ...(await response.json()) }
}

test('what is written is read at once', async () => {
  assert.equal((await ask('collections/create', { collectionName: 'books', dimension: 3 })).code, 0)
  const data = [
    { id: 1, vector: [0.9, 0.1, 0], title: 'Dune' },
    { id: 2, vector: [0.1, 0.9, 0], title: 'Emma' },
  ]
  assert.equal((await ask('entities/insert', { collectionName: 'books', data })).data.insertCount, 2)
  const found = await ask('entities/search', { collectionName: 'books', data: [[1, 0, 0]], limit: 1, outputFields: ['title'] })
  assert.deepEqual(found.data.map(({ id, title }) => [id, title]), [['1', 'Dune']])
})

test('nobody is let in without the token', async () => {
  assert.deepEqual(await ask('collections/list', {}, 'guess'), { status: 401, code: 1800, message: "user hasn't authenticated" })
})
