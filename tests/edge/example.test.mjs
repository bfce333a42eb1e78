// The example's project, as its README says: types, build, test.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { capture } from '../../scripts/run.mjs'
import { root } from '../../scripts/tools.mjs'
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
