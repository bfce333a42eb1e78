import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Elanus } from './client.js'
import { encodeRows } from './frame.js'
import type { Transport } from './transport.js'
import type { Int64Mode } from './unframe.js'

const KEYS = [1n, 2n, 2n ** 60n, 2n ** 60n + 1n]

/** A database of four rows whose Int64 keys are `KEYS`, and what it was asked. */
function database<I extends Int64Mode>(int64: I, type = 'Int64') {
  const asked: Record<string, unknown>[] = []
  const transport = {
    thread: 'page',
    call: async (operation: string, head: Record<string, unknown>) => {
      if (operation === 'describeCollection') return { head: { fields: [{ name: 'id', type, primaryKey: true }] }, planes: [] }
      asked.push(head)
      const after = (head['exprParams'] as { elanus_last_key?: bigint } | undefined)?.elanus_last_key
      const keys = KEYS.filter((key) => after === undefined || key > after).slice(0, head['limit'] as number)
      const { frame, planes } = encodeRows(keys.map((id) => ({ id })))
      return { head: { rows: frame }, planes }
    },
    close: async () => {},
  } as unknown as Transport
  return { db: new Elanus(transport, int64, { name: 'test', facts: async () => ({}), persist: async () => false }), asked }
}

for (const int64 of ['number', 'bigint', 'string'] as const) {
  test(`an iterator goes past its first batch when Int64 comes as ${int64}`, async () => {
    const { db, asked } = database(int64)
    const seen: unknown[] = []
    for await (const batch of db.queryIterator({ collectionName: 'c', batchSize: 2 })) seen.push(...batch.map(({ id }) => id))
    assert.deepEqual(seen.map((id) => BigInt(id as string)), KEYS)
    assert.deepEqual(asked.map(({ exprParams }) => exprParams), [undefined, { elanus_last_key: 2n }, { elanus_last_key: KEYS[3] }])
  })
}

test('a limit of an iterator is a whole number, or it is refused', async () => {
  const { db } = database('number')
  for (const limit of [Number.NaN, -1, 1.5, '3', null]) {
    await assert.rejects(db.queryIterator({ collectionName: 'c', limit: limit as number }).next(), { kind: 'INVALID', message: /limit/ }, String(limit))
  }
  const batches: unknown[][] = []
  for await (const batch of db.queryIterator({ collectionName: 'c', limit: 3 })) batches.push(batch)
  assert.deepEqual(batches.flat().length, 3)
})

test('calls that make no sense reject with an error of the package', async () => {
  const { db } = database('number')
  const odd = db as unknown as Record<string, (body?: unknown) => Promise<unknown>>
  const calls: [string, unknown][] = [
    ['get', undefined], ['get', null], ['search', undefined], ['search', { collectionName: 'c', data: 3 }], ['hybridSearch', undefined],
    ['hybridSearch', { collectionName: 'c' }], ['hybridSearch', { collectionName: 'c', search: [null] }],
    ['hybridSearch', { collectionName: 'c', search: [{ annsField: 'v' }] }], ['insert', undefined], ['insert', { columns: null }],
    ['insert', { columns: { id: null } }], ['insert', { columns: { id: [1], v: null } }], ['insert', { columns: { id: [1], v: { dim: 2 } } }],
    ['upsert', { columns: { id: 7 } }], ['query', null], ['delete', undefined],
  ]
  for (const [operation, body] of calls) {
    const told = `${operation} of ${JSON.stringify(body)}`
    const answer: unknown = odd[operation]?.call(db, body)
    assert.ok(answer instanceof Promise, told)
    await assert.rejects(answer, { name: 'ElanusError', kind: /^(INVALID|SCHEMA)$/ }, told)
  }
  await assert.rejects(db.queryIterator(undefined as never).next(), { name: 'ElanusError', kind: 'INVALID' })
})
