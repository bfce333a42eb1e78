import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ElanusError } from './error.js'
import { encodeColumns, encodeQueries, encodeRows, isVector, type Packed, type RowsFrame } from './frame.js'
import { decodeColumn, decodeHits, decodeRows } from './unframe.js'

function columnOf({ frame, planes }: Packed<RowsFrame>, name: string) {
  const column = frame.columns.find((column) => column.name === name)
  assert.ok(column, `there is a column ${name}`)
  return { ...column, data: column.plane === undefined ? undefined : planes[column.plane] }
}

function back(packed: Packed<RowsFrame>): Record<string, unknown>[] {
  return decodeRows(packed.frame, packed.planes, 'number')
}

test('each kind of value gets the layout that suits it', () => {
  const packed = encodeRows([
    { n: 1, b: 2n, t: 'ä', ok: true, f: Float32Array.of(1, 2), l: [1.5, 2.5], x: { a: [1, null] } },
    { n: 1.5, b: -(2n ** 63n), t: '', ok: false, f: Float32Array.of(3, 4), l: [0, -1], x: null },
  ])
  const kinds = Object.fromEntries(packed.frame.columns.map(({ name, kind, dim }) => [name, dim === undefined ? kind : `${kind}×${dim}`]))
  assert.deepEqual(kinds, { n: 'f64', b: 'i64', t: 'text', ok: 'bool', f: 'f32×2', l: 'f64×2', x: 'value' })
  assert.deepEqual(columnOf(packed, 'f').data, Float32Array.of(1, 2, 3, 4))
  assert.deepEqual(columnOf(packed, 'b').data, BigInt64Array.of(2n, -(2n ** 63n)))
  assert.deepEqual(columnOf(packed, 'x').values, [{ a: [1, null] }, null])
  assert.equal(packed.frame.count, 2)
})

test('rows come back as they went in', () => {
  const rows = [
    { id: 1, t: 'one', v: Float32Array.of(1, 2), flag: true, only: 'first' },
    { id: 2, t: 'zwei 🪁', v: Float32Array.of(3, 4), flag: false },
    { id: 3, t: '', v: Float32Array.of(5, 6), flag: true, late: [1, 2] },
  ]
  assert.deepEqual(back(encodeRows(rows)), rows)
})

test('a key that not every row has names the rows that have it', () => {
  const packed = encodeRows([{ a: 1 }, { b: 'x' }, { a: 2, b: undefined }, { b: 'y' }])
  const a = columnOf(packed, 'a')
  const b = columnOf(packed, 'b')
  assert.deepEqual(packed.planes[a.present as number], Uint32Array.of(0, 2))
  assert.deepEqual(packed.planes[b.present as number], Uint32Array.of(1, 3))
  assert.deepEqual(back(packed), [{ a: 1 }, { b: 'x' }, { a: 2 }, { b: 'y' }])
})

test('a column of mixed values falls back to the values, those before included', () => {
  for (const odd of [null, 'text', 7, 7n, true, { deep: 1 }, [1, 'x']]) {
    for (const usual of ['text', 7, 7n, true, Float32Array.of(1), [1, 2]]) {
      if (typeof odd === typeof usual && !(odd !== null && typeof odd === 'object')) continue
      const packed = encodeRows([{ x: usual }, {}, { x: odd }])
      const column = columnOf(packed, 'x')
      assert.equal(column.kind, 'value', `${String(usual)} then ${String(odd)}`)
      const plain = ArrayBuffer.isView(usual) ? Array.from(usual as Float32Array) : usual
      assert.deepEqual(column.values, [plain, odd])
      assert.deepEqual(packed.planes[column.present as number], Uint32Array.of(0, 2))
    }
  }
})

test('lists of unequal lengths, and with holes in their numbers, are values', () => {
  assert.equal(columnOf(encodeRows([{ v: [1, 2] }, { v: [1] }]), 'v').kind, 'value')
  assert.deepEqual(columnOf(encodeRows([{ v: [1, 2] }, { v: [1, null] }]), 'v').values, [[1, 2], [1, null]])
  assert.equal(columnOf(encodeRows([{ v: [] }]), 'v').kind, 'value')
  assert.deepEqual(columnOf(encodeRows([{ v: Float32Array.of(1, 2) }, { v: Float32Array.of(1) }]), 'v').values, [[1, 2], [1]])
})

test('a column of Float32Arrays that meets doubles keeps all their digits', () => {
  const packed = encodeRows([{ v: Float32Array.of(1, 2) }, { v: [0.1, 0.2] }])
  assert.equal(columnOf(packed, 'v').kind, 'f64')
  assert.deepEqual(columnOf(packed, 'v').data, Float64Array.of(1, 2, 0.1, 0.2))
})

test('NaN passes through, for the engine to refuse', () => {
  assert.ok(Number.isNaN((columnOf(encodeRows([{ v: Float32Array.of(Number.NaN) }]), 'v').data as Float32Array)[0]))
})

test('long texts grow the buffer and lose nothing', () => {
  const texts = ['a', 'é'.repeat(5000), '', '🪁'.repeat(3000), 'z'.repeat(100_000), '\ufeffbom']
  const rows = texts.map((t) => ({ t }))
  assert.deepEqual(back(encodeRows(rows)), rows)
})

test('values that no store can hold are refused with their place', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  let deep: unknown = 1
  for (let level = 0; level < 65; level++) deep = [deep]
  const cases: [unknown, RegExp][] = [
    [cyclic, /field x, row 1: it is nested deeper than 64 levels, or refers to itself/],
    [deep, /nested deeper than 64/],
    [() => 1, /a function cannot be stored/],
    [Symbol('s'), /a symbol cannot be stored/],
    [{ a: 2n ** 63n }, /9223372036854775808 is beyond Int64/],
    [2n ** 63n, /beyond Int64/],
    [new Map(), /a Map cannot be stored/],
  ]
  for (const [x, message] of cases) {
    assert.throws(() => encodeRows([{ x: 'fine' }, { x }]), (error: ElanusError) => {
      assert.match(error.message, message)
      assert.equal(error.kind, 'SCHEMA')
      assert.equal(error.code, 1804)
      assert.deepEqual(error.details, { field: 'x', row: 1 })
      return true
    })
  }
  let fits: unknown = 1
  for (let level = 0; level < 64; level++) fits = [fits]
  assert.doesNotThrow(() => encodeRows([{ x: fits }]))
  assert.throws(() => encodeRows([{ a: 1 }, null as unknown as object]), /row 1: expected an object, got null/)
})

test('dates and the like become what JSON makes of them, and nothing of the user is changed', () => {
  const row = Object.freeze({ when: new Date(0), tags: Object.freeze([1, 'x']), v: Float32Array.of(1, 2) })
  const packed = encodeRows([row])
  assert.deepEqual(columnOf(packed, 'when').values, ['1970-01-01T00:00:00.000Z'])
  ;(columnOf(packed, 'v').data as Float32Array)[0] = 9
  assert.deepEqual(row.v, Float32Array.of(1, 2))
})

test('a key called __proto__ is a key like any other', () => {
  const row = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as object
  const [copy] = back(encodeRows([row]))
  assert.deepEqual(Object.keys(copy as object), ['__proto__', 'a'])
  assert.equal(({} as { polluted?: boolean }).polluted, undefined)
  assert.equal(Object.getPrototypeOf(copy), Object.prototype)
})

test('columns go as they are, copied unless given away', () => {
  const values = Float32Array.of(1, 2, 3, 4)
  const packed = encodeColumns({ id: [1, 2], v: { dim: 2, values }, w: values, t: ['a', 'b'] })
  assert.deepEqual(packed.frame.columns.map(({ name, kind, dim }) => [name, kind, dim]), [['id', 'f64', undefined], ['v', 'f32', 2], ['w', 'f32', 2], ['t', 'text', undefined]])
  assert.notEqual(columnOf(packed, 'v').data, values)
  assert.equal(columnOf(encodeColumns({ id: BigInt64Array.of(1n, 2n), v: values }, true), 'v').data, values)
  assert.equal(encodeColumns({ v: { dim: 2, values } }).frame.count, 2)
  assert.throws(() => encodeColumns({ id: [1, 2], t: ['a'] }), /field t: expected 2 values, got 1/)
  assert.throws(() => encodeColumns({ id: [1, 2], v: { dim: 3, values } }), /field v: expected 6 values, got 4/)
})

test('query vectors are one vector or several, never of unequal length', () => {
  assert.equal(isVector([1, 2]), true)
  assert.equal(isVector(Float32Array.of(1)), true)
  assert.equal(isVector([[1, 2]]), false)
  assert.equal(isVector([Float32Array.of(1)]), false)
  const own = Float32Array.of(1, 2)
  const packed = encodeQueries([own])
  assert.deepEqual([packed.plane, packed.dim, packed.count], [own, 2, 1])
  assert.notEqual(packed.plane, own)
  assert.deepEqual(encodeQueries([[1, 2], Float64Array.of(3, 4)]).plane, Float32Array.of(1, 2, 3, 4))
  assert.throws(() => encodeQueries([[1, 2], [1]]), { kind: 'DIMENSION', details: { row: 1, expected: 2, got: 1 } })
  assert.throws(() => encodeQueries([[1, '2' as unknown as number]]), /query 0, element 1: expected a number, got string/)
  assert.throws(() => encodeQueries([null as unknown as number[]]), /query 0: expected a Float32Array or a list of numbers/)
})

test('Int64 comes back as the option says', () => {
  const column = { name: 'id', kind: 'i64' as const, plane: 0 }
  const planes = [BigInt64Array.of(1n, 2n ** 53n, -(2n ** 63n))]
  assert.deepEqual(decodeColumn(column, planes, 'number'), [1, 2n ** 53n, -(2n ** 63n)])
  assert.deepEqual(decodeColumn(column, planes, 'bigint'), [1n, 2n ** 53n, -(2n ** 63n)])
  assert.deepEqual(decodeColumn(column, planes, 'string'), ['1', '9007199254740992', '-9223372036854775808'])
})

test('hits are cut by query, with key, distance and fields; nulls and absent keys stay apart', () => {
  const hits = decodeHits(
    {
      counts: [2, 0, 1],
      primaryField: 'pk',
      ids: { name: 'pk', kind: 'text', plane: 0, offsets: 1 },
      scores: 2,
      rows: { count: 3, columns: [{ name: 'year', kind: 'f64', plane: 3, nulls: 4 }, { name: 'tag', kind: 'value', values: ['x'], present: 5 }] },
    },
    [new TextEncoder().encode('aäb'), Uint32Array.of(0, 1, 3, 4), Float32Array.of(0.5, 0.25, 1), Float64Array.of(1965, 0, 7), Uint8Array.of(0, 1, 0), Uint32Array.of(2)],
    'number',
  )
  assert.deepEqual(hits, [[{ pk: 'a', distance: 0.5, year: 1965 }, { pk: 'ä', distance: 0.25, year: null }], [], [{ pk: 'b', distance: 1, year: 7, tag: 'x' }]])
})

test('half of a surrogate pair is refused with its place, wherever it is', () => {
  const lone = 'a\ud800'
  for (const text of [lone, '\udc00b', '\udc00\ud800', `ä${lone}`]) {
    const at = { kind: 'SCHEMA', details: { field: 't', row: 1 } }
    assert.throws(() => encodeRows([{ t: 'x' }, { t: text }]), at)
    assert.throws(() => encodeRows([{ t: 1 }, { t: text }]), at)
    assert.throws(() => encodeRows([{ t: {} }, { t: { deep: [text] } }]), at)
    assert.throws(() => encodeRows([{ t: {} }, { t: { [text]: 1 } }]), at)
    assert.throws(() => encodeRows([{ t: 1 }, { [text]: 1 }]), { kind: 'SCHEMA', details: { field: text, row: 1 } })
    assert.throws(() => encodeColumns({ t: ['x', text] }), at)
    assert.throws(() => encodeColumns({ [text]: Float64Array.of(1) }), { kind: 'SCHEMA', details: { field: text } })
  }
  const whole = [{ t: '🪁', '🪁': { '🪁': ['🪁'] } }]
  assert.deepEqual(back(encodeRows(whole)), whole)
})

test('unsigned 64-bit integers beyond Int64 are refused in lists too', () => {
  assert.deepEqual(columnOf(encodeRows([{ l: BigUint64Array.of(0n, 2n ** 63n - 1n) }]), 'l').values, [[0n, 2n ** 63n - 1n]])
  assert.throws(() => encodeRows([{ l: BigUint64Array.of(1n, 2n ** 63n) }]), { kind: 'SCHEMA', details: { field: 'l', row: 0 } })
})

test('columns that few rows have take room for few, and grow to all that come', () => {
  const values: [string, (at: number) => unknown][] = [
    ['n', (at) => at + 0.5], ['b', (at) => BigInt(at)], ['t', (at) => `text ${at} ä`], ['ok', (at) => at % 3 === 0],
    ['f', (at) => Float32Array.of(at, -at)], ['l', (at) => [at, 0.5]],
  ]
  const rows = Array.from({ length: 300 }, (_, at) => (at === 0 ? { id: 0 } : { id: at, ...Object.fromEntries(values.map(([name, value]) => [name, value(at)])) }))
  const packed = encodeRows(rows)
  assert.deepEqual(decodeRows(packed.frame, packed.planes, 'bigint'), rows)
  const sparse = encodeRows(Array.from({ length: 2000 }, (_, at) => ({ [`key ${at}`]: at })))
  const bytes = sparse.planes.reduce((sum, plane) => sum + plane.buffer.byteLength, 0)
  assert.ok(bytes < 2000 * 100, `${bytes} bytes`)
})

test('in a hit, the score hides fields of its name', () => {
  const { frame: rows, planes } = encodeRows([{ distance: 'far', a: 1 }])
  const scores = planes.push(Float32Array.of(0.5)) - 1
  const ids = { name: 'distance', kind: 'i64' as const, plane: planes.push(BigInt64Array.of(7n)) - 1 }
  assert.deepEqual(decodeHits({ counts: [1], primaryField: 'distance', ids, scores, rows }, planes, 'number'), [[{ distance: 0.5, a: 1 }]])
})

test('Int64 comes back in one form, beside nulls and in lists too, and integers of documents as they are', () => {
  const frame = {
    count: 3,
    columns: [
      { name: 'n', kind: 'value' as const, int64: true, values: [1, null, 2n ** 60n] },
      { name: 'l', kind: 'value' as const, int64: true, values: [[1, 2n ** 60n], null, []] },
      { name: 'doc', kind: 'value' as const, values: [1, null, [2]] },
    ],
  }
  const all = (int64: 'number' | 'bigint' | 'string') => decodeRows(frame, [], int64).flatMap(({ n, l, doc }) => [n, l, doc])
  assert.deepEqual(all('number'), [1, [1, 2n ** 60n], 1, null, null, null, 2n ** 60n, [], [2]])
  assert.deepEqual(all('bigint'), [1n, [1n, 2n ** 60n], 1, null, null, null, 2n ** 60n, [], [2]])
  assert.deepEqual(all('string'), ['1', ['1', '1152921504606846976'], 1, null, null, null, '1152921504606846976', [], [2]])
})
