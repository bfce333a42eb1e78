// The example's project, as its README says: types, build, test.
import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { capture } from '../../scripts/run.mjs'
import { root } from '../../scripts/tools.mjs'
import { DATE } from './process.mjs'
import { startMiniflare } from './miniflare.mjs'
import { edgeProject } from './worker.mjs'

const folder = join(await edgeProject(), 'example')

test('the example is sound TypeScript with the types of Workers', async () => {
  const { code, output } = await capture(join(folder, '..', 'node_modules', '.bin', 'tsc'), ['--noEmit'], { cwd: folder, limit: 120 })
  assert.equal(code, 0, output)
})

test("the example's own test passes", async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { code, output } = await capture('npm', ['test'], { cwd: folder, limit: 240, env: { ...env, PATH: `${join(root, 'node_modules', '.bin')}:${env.PATH}` } })
  assert.equal(code, 0, output)
  assert.match(output, /pass 2\b/)
})

/** The object of the README, made to be asked over HTTP. */
function notes() {
  const [, shown] = /^```ts\n(import \{ DurableObject \}[^]*?)^```$/m.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  assert.ok(shown, 'the README has no object of its own')
  return `${shown}
interface Env { NOTES: DurableObjectNamespace<Tried>; BUCKET: R2Bucket }
export class Tried extends Notes {
  async fill() {
    const db = await this.notes
    await db.createCollection({ collectionName: 'notes', dimension: 2 })
    await db.collection('notes').insert([{ id: 1, vector: [1, 0], text: 'one' }, { id: 2, vector: [0, 1], text: 'two' }])
  }
}
export class Prebuilt extends DurableObject<Env> {
  db = open(this.ctx.storage, { from: async () => (await this.env.BUCKET.get('books.elanus'))!.body })
}
export default {
  async fetch(_: Request, env: Env) {
    const object = env.NOTES.get(env.NOTES.idFromName('x'))
    await object.fill()
    return Response.json((await object.similar([0, 1])).map(hit => hit.text))
  },
}
`
}

test("the README's object of one's own is sound TypeScript, and works", async () => {
  writeFileSync(join(folder, 'src', 'notes.ts'), notes())
  const { code, output } = await capture(join(folder, '..', 'node_modules', '.bin', 'tsc'), ['--noEmit'], { cwd: folder, limit: 120 })
  assert.equal(code, 0, output)
  const dist = join(folder, 'notes')
  await build({ absWorkingDir: folder, entryPoints: ['src/notes.ts'], bundle: true, format: 'esm', outfile: join(dist, 'notes.mjs'), external: ['cloudflare:*', './elanus.wasm'], logLevel: 'error' })
  cpSync(join(folder, '..', 'dist', 'elanus.wasm'), join(dist, 'elanus.wasm'))
  const miniflare = await startMiniflare({
    rootPath: dist, modules: true, modulesRoot: dist, scriptPath: join(dist, 'notes.mjs'),
    modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }, { type: 'ESModule', include: ['**/*.mjs'] }],
    compatibilityDate: DATE, durableObjects: { NOTES: { className: 'Tried', useSQLite: true } }, cf: false,
  })
  try {
    assert.deepEqual(await (await miniflare.dispatchFetch('http://x/')).json(), ['two', 'one'])
  } finally {
    await miniflare.dispose()
  }
})

test('the README shows the files of the example', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  for (const file of ['wrangler.jsonc', 'src/index.ts']) {
    const text = readFileSync(join(root, 'examples', 'worker', file), 'utf8')
    assert.ok(readme.includes(`\n// ${file}\n${text}\`\`\`\n`), file)
  }
})
