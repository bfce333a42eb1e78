// The packed package through other bundlers, and through none.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import { serve } from '../../scripts/serve.mjs'
import { run } from '../../scripts/run.mjs'
import { html, pageScript, visit } from './page.mjs'
import { project, scenario } from './project.mjs'

const files = {
  'scenario.mjs': scenario,
  'files.js': pageScript('elanus'),
  'inline.js': pageScript('elanus/inline'),
  'thread.js': pageScript('elanus/inline', { options: { worker: false } }),
  'program.js': `
    import * as elanus from 'elanus'
    import { scenario } from './scenario.mjs'
    scenario(elanus, ':memory:', { isDurable: false }).then(stats => console.log(stats.host))`,
}

const dependencies = { webpack: '^5.112.0', esbuild: '^0.28.2', rollup: '^4.68.7', '@rollup/plugin-node-resolve': '^16.0.0' }
const folder = await project('bundlers', dependencies, files)
const load = name => import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve(name)).href)

async function visitFolder(dist) {
  writeFileSync(join(dist, 'index.html'), html('main.js'))
  const server = await serve(dist, 0)
  try {
    const { host, thread } = await visit(server.url)
    return [host, thread]
  } finally {
    await server.close()
  }
}

test('webpack copies the wasm module and the worker by itself', async () => {
  const { default: webpack } = await load('webpack')
  const dist = join(folder, 'webpack')
  const stats = await new Promise((resolve, reject) => {
    webpack({ context: folder, mode: 'production', entry: './files.js', output: { path: dist, filename: 'main.js' } }, (error, stats) => (error ? reject(error) : resolve(stats)))
  })
  assert.equal(stats.hasErrors(), false, stats.toString())
  assert.deepEqual(await visitFolder(dist), ['indexeddb', 'worker'])
})

test('esbuild bundles elanus/inline', async () => {
  const { build } = await load('esbuild')
  const dist = join(folder, 'esbuild')
  await build({ absWorkingDir: folder, entryPoints: ['inline.js'], bundle: true, minify: true, format: 'esm', outfile: join(dist, 'main.js'), logLevel: 'error' })
  assert.deepEqual(await visitFolder(dist), ['indexeddb', 'worker'])
})

test('Rollup bundles elanus/inline, in the thread too', async () => {
  const { rollup } = await load('rollup')
  const { nodeResolve } = await load('@rollup/plugin-node-resolve')
  for (const [input, thread] of [['inline.js', 'worker'], ['thread.js', 'in-thread']]) {
    const dist = join(folder, `rollup-${thread}`)
    const bundle = await rollup({ input: join(folder, input), plugins: [nodeResolve({ browser: true })] })
    await bundle.write({ file: join(dist, 'main.js'), format: 'es' })
    await bundle.close()
    assert.deepEqual(await visitFolder(dist), ['indexeddb', thread])
  }
})

test('a plain script loads elanus/inline, and the default entry too', async () => {
  for (const file of ['inline.js', 'browser.js']) {
    const dist = join(folder, `plain-${file}`)
    mkdirSync(dist)
    cpSync(join(folder, 'node_modules', 'elanus', 'dist'), join(dist, 'elanus'), { recursive: true })
    writeFileSync(join(dist, 'scenario.mjs'), scenario)
    writeFileSync(join(dist, 'main.js'), pageScript(`./elanus/${file}`))
    assert.deepEqual(await visitFolder(dist), ['indexeddb', 'worker'])
  }
})

test('webpack copies the modules of a program for Node by itself', async () => {
  const { default: webpack } = await load('webpack')
  const dist = join(folder, 'webpack-node')
  const stats = await new Promise((resolve, reject) => {
    webpack({ context: folder, mode: 'production', target: 'node20', entry: './program.js', output: { path: dist, filename: 'main.cjs' } }, (error, stats) => (error ? reject(error) : resolve(stats)))
  })
  assert.equal(stats.hasErrors(), false, stats.toString())
  assert.equal(readdirSync(dist).filter(name => name.endsWith('.wasm')).length, 2)
  assert.equal(await run(process.execPath, ['main.cjs'], { cwd: dist, limit: 120 }), 'memory\n')
})

test('a program for Node that esbuild bundled takes either module that was put beside it', async () => {
  const { build } = await load('esbuild')
  const { resolve } = createRequire(join(folder, 'package.json'))
  for (const [name, place] of [['elanus-fast.wasm', 'elanus/wasm/fast'], ['elanus.wasm', 'elanus/wasm']]) {
    const dist = join(folder, `esbuild-${name}`)
    await build({ absWorkingDir: folder, entryPoints: ['program.js'], bundle: true, platform: 'node', format: 'esm', outfile: join(dist, 'main.mjs'), logLevel: 'error' })
    await assert.rejects(run(process.execPath, ['main.mjs'], { cwd: dist, limit: 120 }), /elanus\.wasm/)
    cpSync(resolve(place), join(dist, name))
    assert.equal(await run(process.execPath, ['main.mjs'], { cwd: dist, limit: 120 }), 'memory\n', name)
  }
})
