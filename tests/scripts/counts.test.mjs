// What `npm test` reports is read from the output of other runners: each form is tried here on real lines of theirs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countTests } from '../../scripts/counts.mjs'
import { hostLines } from '../../scripts/hosts.mjs'
import { roadLines } from '../../scripts/roads.mjs'

test('cargo test and wasm-pack: one line a binary', () => {
  const output = 'test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.09s\n'
    + 'test result: FAILED. 1 passed; 2 failed; 3 ignored; 0 measured; 0 filtered out\n'
  assert.deepEqual(countTests(output), { passed: 13, failed: 2, skipped: 3 })
})

test('node --test, with and without colours', () => {
  assert.deepEqual(countTests('# tests 5\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 2\n# todo 0\n'), { passed: 3, failed: 2, skipped: 2 })
  assert.deepEqual(countTests('\x1b[34mℹ pass 3\x1b[39m\n\x1b[34mℹ fail 0\x1b[39m\n'), { passed: 3, failed: 0, skipped: 0 })
})

test('the plain line, and nothing that only looks like it', () => {
  assert.deepEqual(countTests('7 passed, 1 failed\n'), { passed: 7, failed: 1, skipped: 0 })
  assert.deepEqual(countTests('said: 7 passed, 1 failed\nno tests to run!\n'), { passed: 0, failed: 0, skipped: 0 })
})

test('every host has its line, and all counts are equal', () => {
  const line = (name, count) => `host suite: ${name}: ${count} passed\n`
  const all = ['memory', 'simulated', 'indexeddb', 'folder', 'durable-object'].map(name => line(name, 9)).join('')
  assert.deepEqual(hostLines(all).failures, [])
  assert.equal(hostLines(all.replace(line('folder', 9), '')).failures.length, 1)
  assert.equal(hostLines(all.replace(line('folder', 9), line('folder', 8))).failures.length, 1)
})

test('every road has its line, and takes forty scenarios', () => {
  const line = (name, count) => `# road ${name}: ${count} of 47 scenarios\n`
  const roads = ['native', 'folder', 'memory', 'rest in the process', 'rest on a socket', 'grpc on a socket', 'browser worker', 'browser thread']
  const all = roads.map(name => line(name, 40)).join('')
  assert.deepEqual(roadLines(all), { lines: roads.map(name => `  ${name.padEnd(24)} 40 of 47`), failures: [] })
  assert.equal(roadLines(all.replace(line('native', 40), '')).failures.length, 1)
  assert.equal(roadLines(all.replace(line('grpc on a socket', 40), line('grpc on a socket', 39))).failures.length, 1)
})
