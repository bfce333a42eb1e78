// The packed package under Node: import, require, folder and memory.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from '../../scripts/run.mjs'
import { root } from '../../scripts/tools.mjs'
import { npmProject, scenario } from './project.mjs'

/** The first code block of the README that is JavaScript, and the first block without a language, which it prints. */
function readmeExample() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  return { code: /```js\n([\s\S]*?)```/.exec(readme)[1], output: /```\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf('prints')))[1] }
}

const files = {
  'scenario.mjs': scenario,
  'import.mjs': `
    import * as elanus from 'elanus'
    import { scenario } from './scenario.mjs'
    console.log(JSON.stringify(await scenario(elanus, process.argv[2], { isDurable: process.argv[2] !== ':memory:' })))`,
  'require.cjs': `
    const elanus = require('elanus')
    import('./scenario.mjs').then(({ scenario }) => scenario(elanus, process.argv[2], { isDurable: true })).then(stats => console.log(JSON.stringify(stats)))`,
  'quiet.mjs': `
    const before = new Set(Object.getOwnPropertyNames(globalThis))
    for (const name of ['indexedDB', 'navigator', 'Worker', 'self', 'window', 'localStorage', 'fetch', 'setImmediate']) {
      Object.defineProperty(globalThis, name, { configurable: true, get() { throw new Error('import read ' + name) } })
      before.add(name)
    }
    await import(process.argv[2])
    const added = Object.getOwnPropertyNames(globalThis).filter(name => !before.has(name))
    if (added.length > 0) throw new Error('import added ' + added)
    console.log('quiet')`,
  'idle.mjs': `
    import { open } from 'elanus'
    const db = await open('idle-store')
    await db.createCollection({ collectionName: 'c', dimension: 2 })
    await db.collection('c').insert([{ id: 1, vector: [1, 0] }])
    console.log('left open')`,
  'example.mjs': readmeExample().code,
}

const folder = await npmProject('node', files)
const node = (...args) => run(process.execPath, args, { cwd: folder, limit: 120 })

test('import, in a folder that is opened again', async () => {
  const stats = JSON.parse(await node('import.mjs', 'store'))
  assert.deepEqual([stats.host, stats.durability, stats.thread], ['folder', 'strict', 'in-thread'])
  assert.ok(stats.storageBytes > 0 && stats.linearMemoryBytes > 0)
  assert.ok(readdirSync(join(folder, 'store')).every(name => name === 'root' || name.endsWith('.pack')), 'a closed folder has no journal and no lock')
})

test('import, in memory', async () => {
  const stats = JSON.parse(await node('import.mjs', ':memory:'))
  assert.deepEqual([stats.host, stats.durability], ['memory', 'none'])
})

test('require', async () => {
  assert.equal(JSON.parse(await node('require.cjs', 'store-required')).host, 'folder')
})

test('importing touches nothing, in any entry that a server may import', async () => {
  for (const entry of ['elanus', 'elanus/node', 'elanus/inline', './node_modules/elanus/dist/browser.js']) {
    assert.equal(await node('quiet.mjs', entry), 'quiet\n', entry)
  }
})

test('an open database keeps no process alive, and what was acknowledged is there afterwards', async () => {
  assert.equal(await node('idle.mjs'), 'left open\n')
  const count = await node('--input-type=module', '-e', `import { open } from 'elanus'
    const db = await open('idle-store'); console.log(await db.collection('c').count()); await db.close()`)
  assert.equal(count, '1\n')
})

test('the example of the README prints what the README says', async () => {
  assert.equal(await node('example.mjs'), readmeExample().output)
})
