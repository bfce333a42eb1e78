import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDatabaseName, textOf } from './database.js'

const found = (json: string, name = 'dbName') => textOf(new TextEncoder().encode(json), name)

test('the key is found wherever it stands, and nothing else is taken for it', () => {
  assert.equal(found('{"dbName":"a"}'), 'a')
  assert.equal(found(' { "x" : [1, {"dbName":"b"}, "dbName"] , "dbName" : "a" } '), 'a')
  assert.equal(found('{"x":{"dbName":"b"}}'), undefined)
  assert.equal(found('{"x":"dbName","y":"\\"dbName\\":\\"b\\""}'), undefined)
  assert.equal(found('{"dbName":["b"],"x":"c"}'), undefined)
  assert.equal(found('[{"dbName":"b"}]'), undefined)
  assert.equal(found('{"db\\u004eame":"\\u0061"}'), 'a')
})

test('which of several keys counts is what the engine takes', () => {
  assert.equal(found('{"dbName":"a","dbName":"b"}'), 'b')
  assert.equal(found('{"dbname":"a","dbName":"b"}'), 'b')
  assert.equal(found('{"dbName":"b","DBNAME":"a"}'), 'b')
  assert.equal(found('{"DBNAME":"a"}'), 'a')
  for (const none of ['{"dbName":""}', '{"dbName":null}', '{"dbName":7}', '{}', '', 'null', '{"dbName":']) assert.equal(found(none), undefined, none)
})

test('whatever the object, the answer is that of a parser', () => {
  let state = 7
  const chance = (count: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % count
  const texts = ['', 'a', 'dbName', '"', '\\', '\\"dbName":"x"', '{', '}]', ',', ':', 'ä\u2028', '\n']
  const value = (depth: number): unknown => {
    const kind = chance(depth > 3 ? 4 : 6)
    if (kind === 4) return Array.from({ length: chance(4) }, () => value(depth + 1))
    if (kind === 5) return object(depth + 1)
    return [texts[chance(texts.length)], chance(1000) / 7, null, chance(2) === 0][kind]
  }
  const object = (depth: number): Record<string, unknown> => Object.fromEntries(Array.from({ length: chance(5) }, () => [texts[chance(texts.length)], value(depth)]))
  for (let round = 0; round < 5000; round++) {
    const made = object(0)
    const { dbName } = made
    const expected = typeof dbName === 'string' && dbName !== '' ? dbName : undefined
    const json = JSON.stringify(made, undefined, chance(2) * 2)
    assert.equal(found(json), expected, json)
  }
})

test('names follow the rule of Milvus', () => {
  for (const name of ['default', '_', 'a1', 'A'.repeat(255)]) assert.ok(isDatabaseName(name), name)
  for (const name of ['', '1', 'a-b', 'a.b', 'ä', ':directory', 'a\n', 'A'.repeat(256)]) assert.ok(!isDatabaseName(name), name)
})
