// What is in the tarball, and what tools that look at packages say about it.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { capture } from '../../scripts/run.mjs'
import { root } from '../../scripts/tools.mjs'
import { content, tarball } from './project.mjs'

const tool = (name, ...args) => capture(join(root, 'node_modules', '.bin', name), args, { cwd: root, limit: 120 })
const folder = await content()
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

test('the tarball has what is needed and nothing else', () => {
  const names = readdirSync(folder, { recursive: true }).filter(name => statSync(join(folder, name)).isFile())
  for (const needed of ['README.md', 'LICENSE', 'dist/elanus.wasm', 'dist/elanus-fast.wasm', 'dist/worker.js', 'dist/node.js', 'dist/browser.js', 'dist/inline.js', 'dist/workerd.js', 'dist/remote.js', 'dist/cli.js', 'dist/cli.licenses.txt', 'dist/elanus-server.wasm']) {
    assert.ok(names.includes(needed), needed)
  }
  const strangers = names.filter(name => !/^(README\.md|LICENSE|package\.json|dist\/|src\/)/.test(name) || /\.test\.|testing|node_modules|\.tgz$/.test(name))
  assert.deepEqual(strangers, [])
})

test('it depends on nothing and runs nothing when it is installed', () => {
  for (const key of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundledDependencies']) assert.equal(manifest[key], undefined, key)
  for (const script of ['preinstall', 'install', 'postinstall']) assert.equal(manifest.scripts?.[script], undefined, script)
})

test('every file that the manifest exports is there', () => {
  const places = value => (typeof value === 'string' ? [value] : Object.values(value).flatMap(places))
  for (const place of places(manifest.exports)) assert.ok(statSync(join(folder, place)).isFile(), place)
})

test('the worker is one file that imports nothing, and no entry waits at its top level', async () => {
  for (const entry of ['worker', 'browser', 'inline', 'node', 'workerd']) {
    // An immediately called function cannot wait, so esbuild refuses to make one of a module that does.
    const { metafile } = await build({
      entryPoints: [join(folder, 'dist', `${entry}.js`)], bundle: true, write: false, metafile: true, format: 'iife', platform: 'node',
      external: ['*.wasm', 'cloudflare:*'], logLevel: 'silent', logOverride: { 'empty-import-meta': 'silent' },
    })
    const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    // The road to servers is a file of its own for browsers alone, which a bundler follows.
    const strangers = imported.filter(path => !(entry === 'browser' && path.endsWith('dist/remote.js')) && !(entry === 'node' && path.startsWith('node:')) && !(entry === 'workerd' && (path.endsWith('.wasm') || path === 'cloudflare:workers')))
    assert.deepEqual(strangers, [], entry)
  }
})

test('nothing but the command knows the module of the server, and nothing but the entry for Node the fast one', () => {
  const names = readdirSync(join(folder, 'dist')).filter(name => name.endsWith('.js'))
  const knowing = module => names.filter(name => readFileSync(join(folder, 'dist', name), 'utf8').includes(module))
  assert.deepEqual(knowing('elanus-server'), ['cli.js'])
  assert.deepEqual(knowing('elanus-fast'), ['node.js'])
  assert.ok(names.length >= 7)
})

test('the command can be started, and brings the licences of all that is in it', async () => {
  assert.deepEqual(manifest.bin, { elanus: './dist/cli.js' })
  assert.ok(statSync(join(folder, 'dist', 'cli.js')).mode & 0o100)
  const { code, output } = await capture(process.execPath, [join(folder, 'dist', 'cli.js'), '--version'])
  assert.deepEqual([code, output.trim()], [0, manifest.version])
  const licences = readFileSync(join(folder, 'dist', 'cli.licenses.txt'), 'utf8')
  for (const name of ['commander', 'cli-table3', 'cli-progress', 'csv-parse', 'string-width']) assert.match(licences, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(MIT\\)$`, 'm'))
})

test('publint finds nothing', async () => {
  const { code, output } = await tool('publint', 'run', await tarball(), '--strict')
  assert.equal(code, 0, output)
})

test('are-the-types-wrong finds nothing', async () => {
  const { code, output } = await tool('attw', await tarball(), '--profile', 'esm-only', '--no-emoji', '--exclude-entrypoints', 'wasm', 'wasm/fast')
  assert.equal(code, 0, output)
})

test('the shipped wasm modules compute with v128', () => {
  for (const name of ['elanus.wasm', 'elanus-fast.wasm', 'elanus-server.wasm']) {
    const count = v128Arithmetic(readFileSync(join(folder, 'dist', name)))
    assert.ok(count > 9, `${name}: ${count} SIMD instructions on floats`)
  }
})

test('the shipped wasm modules name no folder of the machine that built them', () => {
  for (const name of ['elanus.wasm', 'elanus-fast.wasm', 'elanus-server.wasm']) {
    const text = readFileSync(join(folder, 'dist', name), 'latin1')
    assert.match(text, /crates\/hashbrown-/, `${name} names the crates that panics come from`)
    assert.doesNotMatch(text, /\.cargo\/|registry\/src/, name)
  }
})

test('the fast module can be handed in, as the small one can', async () => {
  for (const place of ['elanus.wasm', 'elanus-fast.wasm']) {
    const program = `import { open } from './dist/node.js'
      import { readFile } from 'node:fs/promises'
      const db = await open(':memory:', { wasm: readFile('dist/${place}') })
      await db.createCollection({ collectionName: 'c', dimension: 2 })
      await db.collection('c').insert([{ id: 1, vector: [1, 0] }])
      console.log(await db.collection('c').count())
      await db.close()`
    const { code, output } = await capture(process.execPath, ['--input-type=module', '-e', program], { cwd: folder })
    assert.deepEqual([code, output], [0, '1\n'], place)
  }
})

/**
 * How many f32x4.add and f32x4.mul instructions the code section has. Instructions are not decoded: the three bytes of
 * each (prefix 0xfd, opcode as LEB128) are counted, which chance produces rarely.
 */
function v128Arithmetic(bytes) {
  const leb = at => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return { value, at }
    }
  }
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at]
    const size = leb(at + 1)
    if (id === 10) {
      const code = bytes.subarray(size.at, size.at + size.value)
      let count = 0
      // f32x4.add is 0xe4 and f32x4.mul 0xe6; as LEB128 each takes a second byte, 0x01.
      for (let byte = 0; byte + 2 < code.length; byte++) if (code[byte] === 0xfd && (code[byte + 1] === 0xe4 || code[byte + 1] === 0xe6) && code[byte + 2] === 0x01) count++
      return count
    }
    at = size.at + size.value
  }
  return 0
}
