// The packed package in workerd, through Miniflare: the module is imported, data is kept in memory.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { startMiniflare } from '../edge/miniflare.mjs'
import { project, scenario } from './project.mjs'

const worker = `
import * as elanus from 'elanus'
import { scenario } from './scenario.mjs'
export default {
  async fetch() {
    try {
      return Response.json({ stats: await scenario(elanus, ':memory:', { isDurable: false }) })
    } catch (error) {
      return Response.json({ error: String(error?.stack ?? error) })
    }
  },
}
`

test('a Worker imports the package by the condition workerd', async () => {
  const folder = await project('workerd', {}, { 'worker.mjs': worker, 'scenario.mjs': scenario })
  const dist = join(folder, 'dist')
  // What Wrangler does: its conditions, the runtime's own modules, and .wasm files left as modules beside the bundle.
  await build({
    absWorkingDir: folder, entryPoints: ['worker.mjs'], bundle: true, format: 'esm', outfile: join(dist, 'worker.mjs'),
    conditions: ['workerd', 'worker', 'browser'], external: ['*.wasm', 'cloudflare:*'], logLevel: 'error',
  })
  cpSync(join(folder, 'node_modules', 'elanus', 'dist', 'elanus.wasm'), join(dist, 'elanus.wasm'))
  const miniflare = await startMiniflare({
    rootPath: dist, modules: true, modulesRoot: dist, scriptPath: join(dist, 'worker.mjs'),
    modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }, { type: 'ESModule', include: ['**/*.mjs'] }],
    compatibilityDate: '2026-07-01', host: '127.0.0.1', port: 0, cf: false,
  })
  try {
    const { stats, error } = await (await miniflare.dispatchFetch('http://worker/')).json()
    assert.equal(error, undefined)
    assert.deepEqual([stats.host, stats.thread, stats.memoryLimitBytes], ['memory', 'in-thread', 96 * 2 ** 20])
  } finally {
    await miniflare.dispose()
  }
})
