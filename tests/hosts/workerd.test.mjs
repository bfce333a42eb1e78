// The host of Durable Objects, in workerd through Miniflare, with the bounds of production: the suite of all hosts, and
// what is this host's own.
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { build } from 'esbuild'
import { startMiniflare } from '../edge/miniflare.mjs'
import { run } from '../../scripts/run.mjs'
import { root, wasmTarget } from '../../scripts/tools.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'elanus-object-'))
let miniflare

/** Compiles the suite and bundles it with the host; esbuild leaves the module beside the bundle, as Wrangler does. */
async function bundle() {
  await run('cargo', ['build', '--example', 'host-suite', '--target', wasmTarget], { cwd: root })
  const built = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), wasmTarget, 'debug', 'examples', 'host_suite.wasm')
  await run('wasm-bindgen', ['--target', 'web', '--omit-default-module-path', '--out-dir', scratch, '--out-name', 'suite', built], { cwd: root })
  copyFileSync(join(scratch, 'suite_bg.wasm'), join(scratch, 'suite.wasm'))
  await build({
    entryPoints: [fileURLToPath(new URL('object.mjs', import.meta.url))], outfile: join(scratch, 'object.mjs'), bundle: true, format: 'esm', target: 'es2022',
    external: ['cloudflare:*', './suite.wasm'], alias: { 'host-suite': join(scratch, 'suite.js') }, logLevel: 'warning',
  })
}

before(async () => {
  await bundle()
  miniflare = await startMiniflare({
    rootPath: scratch, modules: true, modulesRoot: scratch, scriptPath: join(scratch, 'object.mjs'),
    modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }, { type: 'ESModule', include: ['**/*.mjs'] }],
    compatibilityDate: '2026-07-01', durableObjects: { SUITE: { className: 'Suite', useSQLite: true } },
    durableObjectsPersist: join(scratch, 'objects'), host: '127.0.0.1', port: 0, cf: false,
  })
})

after(async () => {
  await miniflare?.dispose()
  rmSync(scratch, { recursive: true, force: true })
})

async function ask(what) {
  const answer = await (await miniflare.dispatchFetch(`http://object/${what}`)).json()
  assert.equal(answer.error, undefined)
  return answer
}

test('the storage of a Durable Object keeps the promises of a host', async () => {
  const { line } = await ask('suite')
  assert.match(line, /^host suite: durable-object: \d+ passed$/)
  console.log(line)
})

test('blobs beyond the size of a row are split and joined, and one that lost a row is refused', async () => {
  const { wrong, largest, short, gone, parts, keys, damages } = await ask('sizes')
  assert.deepEqual(wrong, [])
  assert.equal(largest, 1_900_000)
  assert.deepEqual([short, gone, parts], [true, true, 1])
  assert.deepEqual(keys, [0, 1, 2, 3, 4, 5, 6, 8])
  assert.deepEqual(damages, ['CORRUPT', 'CORRUPT', 'CORRUPT'])
})

test('a commit that fails in its midst changes nothing, and the bounds of production are in force here', async () => {
  const { kind, texts, refusals, second } = await ask('failures')
  assert.deepEqual([kind, texts], ['QUOTA', ['old', 'old', 'old']])
  assert.deepEqual(refusals, ['string or blob too big', 'too many SQL variables', 'statement too long'])
  assert.equal(second, 'LOCKED')
})
