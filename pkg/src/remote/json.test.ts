import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ElanusError } from '../error.js'
import { parseJson, printJson } from './json.js'

const cases: [string, unknown][] = [
  ['{"a":9007199254740993}', { a: 9007199254740993n }],
  ['[-9223372036854775808,9223372036854775807,9007199254740991]', [-9223372036854775808n, 9223372036854775807n, 9007199254740991]],
  ['{"9007199254740993":"9007199254740993","n":1}', { '9007199254740993': '9007199254740993', n: 1 }],
  ['["\\\\\\"9007199254740993\\"", 9007199254740993]', ['\\"9007199254740993"', 9007199254740993n]],
  ['[0.9007199254740993123,9007199254740993.5,9007199254740993e2,1e-9007199254740993,12345678901234567890]', [0.9007199254740993, 9007199254740994, 900719925474099300, 0, 12345678901234567890n]],
  ['{"int64":"9007199254740993","x":{"y":[{"z":9007199254740993}]}}', { int64: '9007199254740993', x: { y: [{ z: 9007199254740993n }] } }],
]

test('whole numbers stay exact, and only whole numbers', () => {
  for (const [text, value] of cases) assert.deepEqual(parseJson(text), value, text)
})

test('a key called __proto__ stays a key', () => {
  for (const text of ['{"__proto__":{"a":1},"b":9007199254740993}', '{"__proto__":{"a":1}}']) {
    const value = parseJson(text) as object
    assert.ok(Object.hasOwn(value, '__proto__'))
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
  }
})

test('what is printed reads back the same', () => {
  const value = { a: [1, -0.5, 1e300, 9223372036854775807n, null, true], 'k"\n': { v: new Float32Array([0.5, 1]) }, gone: undefined }
  assert.deepEqual(parseJson(printJson(value)), { a: [1, -0.5, 1e300, 9223372036854775807n, null, true], 'k"\n': { v: [0.5, 1] } })
})

test('numbers that JSON has not are refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, [[Number.NEGATIVE_INFINITY]], new Float32Array([Number.NaN])]) {
    assert.throws(() => printJson(value), (error) => error instanceof ElanusError && error.kind === 'INVALID')
  }
})
