// A changed source must rebuild; an untouched or merely touched one must not.
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { filesUnder, fingerprint, isFresh, remember } from '../../scripts/fingerprint.mjs'
import { root } from '../../scripts/tools.mjs'

const folder = 'target/fingerprint-test'
const write = (name, text) => writeFileSync(join(root, folder, name), text)
const inputs = () => fingerprint(filesUnder(`${folder}/in`), ['version 1'])
const outputs = () => filesUnder(`${folder}/out`)

before(() => {
  rmSync(join(root, 'target', 'stamps', 'fingerprint-test'), { force: true })
  mkdirSync(join(root, folder, 'in', 'deep'), { recursive: true })
  mkdirSync(join(root, folder, 'out'), { recursive: true })
})
after(() => rmSync(join(root, folder), { recursive: true }))

test('only content decides', () => {
  write('in/a', 'one')
  write('in/deep/b', 'two')
  write('out/c', 'three')
  assert.equal(isFresh('fingerprint-test', inputs(), outputs()), false)
  remember('fingerprint-test', inputs(), outputs())
  assert.equal(isFresh('fingerprint-test', inputs(), outputs()), true)

  utimesSync(join(root, folder, 'in', 'a'), new Date(), new Date())
  assert.equal(isFresh('fingerprint-test', inputs(), outputs()), true)

  write('in/deep/b', 'owt')
  assert.equal(isFresh('fingerprint-test', inputs(), outputs()), false, 'a changed source')
  write('in/deep/b', 'two')
  write('in/new', '')
  assert.equal(isFresh('fingerprint-test', inputs(), outputs()), false, 'a new source')
  rmSync(join(root, folder, 'in', 'new'))
  write('out/c', 'damaged')
  assert.equal(isFresh('fingerprint-test', inputs(), outputs()), false, 'a changed output')
  rmSync(join(root, folder, 'out', 'c'))
  assert.equal(isFresh('fingerprint-test', inputs(), outputs()), false, 'no output')
})
