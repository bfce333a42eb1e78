// The packed package in new Vite projects without any configuration, served and built.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import { serve } from '../../scripts/serve.mjs'
import { html, pageScript, visit } from './page.mjs'
import { project, scenario } from './project.mjs'

const files = {
  'index.html': html('/worker.js'),
  'thread.html': html('/thread.js'),
  'worker.js': pageScript('elanus'),
  'thread.js': pageScript('elanus', { options: { worker: false } }),
  'scenario.mjs': scenario,
}

for (const major of [7, 8]) {
  const folder = await project(`vite-${major}`, { vite: `^${major}.3.8` }, files)
  const vite = await import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve('vite')).href)

  test(`Vite ${major}, served: in a worker and in the thread`, async () => {
    const server = await vite.createServer({ root: folder, configFile: false, logLevel: 'error', server: { port: 0, host: '127.0.0.1' } })
    try {
      await server.listen()
      const url = `http://127.0.0.1:${server.httpServer.address().port}/`
      assert.deepEqual(facts(await visit(url)), ['indexeddb', 'relaxed', 'worker'])
      assert.deepEqual(facts(await visit(`${url}thread.html`)), ['indexeddb', 'relaxed', 'in-thread'])
    } finally {
      await server.close()
    }
  })

  test(`Vite ${major}, built: in a worker and in the thread`, async () => {
    await vite.build({ root: folder, configFile: false, logLevel: 'error', build: { rollupOptions: { input: [join(folder, 'index.html'), join(folder, 'thread.html')] } } })
    const server = await serve(join(folder, 'dist'), 0)
    try {
      assert.deepEqual(facts(await visit(server.url)), ['indexeddb', 'relaxed', 'worker'])
      assert.deepEqual(facts(await visit(`${server.url}thread.html`)), ['indexeddb', 'relaxed', 'in-thread'])
    } finally {
      await server.close()
    }
  })
}

function facts({ host, durability, thread }) {
  return [host, durability, thread]
}
