/**
 * Rows on their way to the engine: a small head and flat planes of numbers and text, so that nothing is encoded twice
 * and planes can be transferred to a worker. Everything here runs on the calling thread and leaves the user's values as
 * they are; what a column means is decided by the schema, in the engine.
 */

import { ElanusError } from './error.js'
import { LONE_SURROGATE, isWellFormed, plain } from './plain.js'

/** A run of numbers or bytes that travels beside a head, named there by its number. */
export type Plane = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | BigInt64Array

/** How the values of a column are laid out. */
export type ColumnKind = 'f32' | 'f64' | 'i32' | 'i64' | 'bool' | 'text' | 'value'

/** One column: what its values are and in which planes they lie. */
export interface ColumnFrame {
  name: string
  kind: ColumnKind
  /** The plane of the values (of `text`: its UTF-8 bytes, end to end). */
  plane?: number
  /** Of `text`: the plane of a `Uint32Array` with one offset more than there are texts. */
  offsets?: number
  /** Elements of each value when the values are lists. */
  dim?: number
  /** Of `value`: the values themselves. */
  values?: unknown[]
  /** In replies, of `value`: all integers in it are of an Int64 field. */
  int64?: boolean
  /** The plane of a `Uint32Array` of the rows that have the key; without it, all have. */
  present?: number
  /** In replies: the plane of a `Uint8Array` with 1 for null. */
  nulls?: number
}

/** A batch of rows, by column. */
export interface RowsFrame {
  count: number
  columns: ColumnFrame[]
}

/** A frame with its planes. All planes are ours to give away. */
export interface Packed<Frame> {
  frame: Frame
  planes: Plane[]
}

/** Columns as users hand them in: lists of values, flat numbers, or flat vectors with their length. */
export type ColumnInput = readonly unknown[] | Plane | { readonly dim: number; readonly values: Float32Array | Float64Array }

/** Lays rows out by column. Keys whose value is `undefined` count as absent. */
export function encodeRows(rows: readonly object[]): Packed<RowsFrame> {
  const columns = new Map<string, Column>()
  for (let row = 0; row < rows.length; row++) {
    const entity = rows[row] as Record<string, unknown> | null | undefined
    if (typeof entity !== 'object' || entity === null || Array.isArray(entity)) {
      throw new ElanusError('SCHEMA', `fail to deal the insert data, error: row ${row}: expected an object, got ${told(entity)}`, {
        details: { row },
      })
    }
    for (const name of Object.keys(entity)) {
      const value = entity[name]
      if (value === undefined) continue
      let column = columns.get(name)
      if (column === undefined) {
        if (!isWellFormed(name)) refuseText(name, row)
        const isDense = row === 0 && columns.size < DENSE_COLUMNS
        column = new Column(name, rows.length, isDense ? rows.length : SPARSE_ROWS, (at) => (rows[at] as Record<string, unknown>)[name])
        columns.set(name, column)
      }
      column.push(value, row)
    }
  }
  const planes: Plane[] = []
  const frames = [...columns.values()].map((column) => column.finish(planes))
  return { frame: { count: rows.length, columns: frames }, planes }
}

/** So many keys of the first row get room for every row at once; all others grow as they are met. */
const DENSE_COLUMNS = 64

/** Rows that a column has room for at first when few may have its key. */
const SPARSE_ROWS = 4

/** Lays columns out; typed arrays go as they are, copied unless `transfer` gives them away. */
export function encodeColumns(columns: Readonly<Record<string, ColumnInput>>, transfer = false): Packed<RowsFrame> {
  const count = countRows(columns)
  const planes: Plane[] = []
  const frames: ColumnFrame[] = []
  for (const [name, input] of Object.entries(columns)) {
    if (!isWellFormed(name)) refuseText(name)
    if (Array.isArray(input)) {
      expectLength(name, input.length, count)
      const column = new Column(name, count, count, (at) => input[at])
      for (let row = 0; row < count; row++) if (input[row] !== undefined) column.push(input[row], row)
      frames.push(column.finish(planes))
      continue
    }
    const flat = ArrayBuffer.isView(input) ? (input as Plane) : (input as { values: Float32Array } | null)?.values
    const kind = ArrayBuffer.isView(flat) ? FLAT_KINDS[flat.constructor.name] : undefined
    if (flat === undefined || kind === undefined) throw noColumn(name)
    const frame: ColumnFrame = { name, kind, plane: planes.length }
    if (!ArrayBuffer.isView(input)) {
      frame.dim = (input as { dim: number }).dim
      expectLength(name, flat.length, count * frame.dim)
    } else if (flat.length !== count && (kind === 'f32' || kind === 'f64') && count > 0 && flat.length % count === 0) {
      frame.dim = flat.length / count
    } else {
      expectLength(name, flat.length, count)
    }
    planes.push(transfer ? flat : flat.slice())
    frames.push(frame)
  }
  return { frame: { count, columns: frames }, planes }
}

const FLAT_KINDS: Record<string, ColumnKind | undefined> = {
  Float32Array: 'f32',
  Float64Array: 'f64',
  Int32Array: 'i32',
  BigInt64Array: 'i64',
}

/** Lists and `{ dim, values }` tell how many rows there are; failing those, the shortest typed array does. */
function countRows(columns: Readonly<Record<string, ColumnInput>>): number {
  let shortest: number | undefined
  for (const [name, input] of Object.entries(columns)) {
    if (Array.isArray(input)) return input.length
    if (typeof input !== 'object' || input === null) throw noColumn(name)
    if (!ArrayBuffer.isView(input)) {
      const { dim, values } = input as { dim: number; values: Float32Array }
      if (Number.isInteger(dim) && dim > 0 && ArrayBuffer.isView(values)) return values.length / dim
      throw new ElanusError('SCHEMA', 'fail to deal the insert data, error: a flat column of vectors is { dim, values } with dim > 0')
    }
    const { length } = input as Plane
    if (shortest === undefined || length < shortest) shortest = length
  }
  return shortest ?? 0
}

function noColumn(name: string): ElanusError {
  return new ElanusError('SCHEMA', `fail to deal the insert data, error: field ${name}: expected a list, a typed array of numbers or { dim, values }`, {
    details: { field: name },
  })
}

function refuseText(field: string, row?: number): never {
  const place = row === undefined ? `field ${field}` : `field ${field}, row ${row}`
  throw new ElanusError('SCHEMA', `fail to deal the insert data, error: ${place}: ${LONE_SURROGATE}`, {
    details: { field, ...(row === undefined ? {} : { row }) },
  })
}

function expectLength(name: string, got: number, expected: number): void {
  if (got === expected) return
  throw new ElanusError('SCHEMA', `fail to deal the insert data, error: field ${name}: expected ${expected} values, got ${got}`, {
    details: { field: name, expected, got },
  })
}

function told(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
}

const INITIAL_TEXT_BYTES = 1024
const UTF8_BYTES_MAX = 3
const encoder = /* @__PURE__ */ new TextEncoder()

/**
 * One column as it fills. It starts with the layout of its first value and, when a value does not fit it, falls back to
 * the values themselves, read again from the rows.
 */
class Column {
  readonly #name: string
  readonly #rowCount: number
  /** Values that there is room for. */
  #room: number
  readonly #valueAt: (row: number) => unknown
  #kind: ColumnKind | undefined
  #count = 0
  #dim = 0
  #flat: Float32Array | Float64Array | BigInt64Array | Uint8Array = new Uint8Array(0)
  #offsets = new Uint32Array(0)
  #values: unknown[] = []
  /** Rows that have the key, once a row without it has been seen. */
  #present: number[] | undefined

  constructor(name: string, rowCount: number, room: number, valueAt: (row: number) => unknown) {
    this.#name = name
    this.#rowCount = rowCount
    this.#room = Math.min(room, rowCount)
    this.#valueAt = valueAt
  }

  push(value: unknown, row: number): void {
    if (this.#kind === undefined) this.#begin(value)
    else if (this.#count === this.#room) this.#grow()
    if (!this.#fits(value, row)) {
      this.#fallBack()
      this.#values.push(plain(value, this.#name, row))
    }
    if (row !== this.#count && this.#present === undefined) {
      this.#present = Array.from({ length: this.#count }, (_, at) => at)
    }
    this.#present?.push(row)
    this.#count++
  }

  finish(planes: Plane[]): ColumnFrame {
    const add = (plane: Plane): number => planes.push(plane) - 1
    const frame: ColumnFrame = { name: this.#name, kind: this.#kind ?? 'value' }
    if (frame.kind === 'value') {
      frame.values = this.#values
    } else if (frame.kind === 'text') {
      frame.plane = add(this.#flat.subarray(0, this.#offsets[this.#count]) as Uint8Array)
      frame.offsets = add(this.#offsets.subarray(0, this.#count + 1))
    } else {
      frame.plane = add(this.#flat.subarray(0, this.#count * (this.#dim || 1)))
      if (this.#dim > 0) frame.dim = this.#dim
    }
    if (this.#present === undefined && this.#count < this.#rowCount) {
      this.#present = Array.from({ length: this.#count }, (_, at) => at)
    }
    if (this.#present !== undefined) frame.present = add(Uint32Array.from(this.#present))
    return frame
  }

  /** Chooses the layout that suits the first value. */
  #begin(value: unknown): void {
    const rows = this.#room
    this.#kind = 'value'
    if (typeof value === 'number') {
      this.#kind = 'f64'
      this.#flat = new Float64Array(rows)
    } else if (typeof value === 'string') {
      this.#kind = 'text'
      this.#flat = new Uint8Array(Math.max(INITIAL_TEXT_BYTES, value.length * Math.min(rows, 16)))
      this.#offsets = new Uint32Array(rows + 1)
    } else if (typeof value === 'bigint') {
      this.#kind = 'i64'
      this.#flat = new BigInt64Array(rows)
    } else if (typeof value === 'boolean') {
      this.#kind = 'bool'
      this.#flat = new Uint8Array(rows)
    } else if (value instanceof Float32Array && value.length > 0) {
      this.#kind = 'f32'
      this.#dim = value.length
      this.#flat = new Float32Array(rows * value.length)
    } else if (isNumberList(value) && value.length > 0) {
      this.#kind = 'f64'
      this.#dim = value.length
      this.#flat = new Float64Array(rows * value.length)
    }
  }

  /** Makes room for as many values again. */
  #grow(): void {
    const room = Math.min(this.#room * 2, this.#rowCount)
    if (this.#kind === 'text') this.#offsets = grown(this.#offsets, room + 1)
    else if (this.#kind !== 'value') this.#flat = grown(this.#flat, room * (this.#dim || 1))
    this.#room = room
  }

  /** Appends a value if the layout can hold it. */
  #fits(value: unknown, row: number): boolean {
    const at = this.#count
    switch (this.#kind) {
      case 'text':
        if (typeof value !== 'string') return false
        this.#appendText(value, row)
        return true
      case 'i64':
        if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return false
        this.#flat[at] = value
        return true
      case 'bool':
        if (typeof value !== 'boolean') return false
        this.#flat[at] = value ? 1 : 0
        return true
      case 'f32':
      case 'f64':
        if (this.#dim > 0) return this.#appendList(value)
        if (typeof value !== 'number') return false
        this.#flat[at] = value
        return true
      default:
        return false
    }
  }

  #appendText(text: string, row: number): void {
    const at = this.#offsets[this.#count] as number
    let bytes = this.#flat as Uint8Array
    let result = encoder.encodeInto(text, bytes.subarray(at))
    if (result.read < text.length) {
      this.#flat = bytes = grown(bytes.subarray(0, at), Math.max(bytes.length * 2, at + text.length * UTF8_BYTES_MAX))
      result = encoder.encodeInto(text, bytes.subarray(at))
    }
    // ASCII, which most text is, need not be looked at again.
    if (result.written !== text.length && !isWellFormed(text)) refuseText(this.#name, row)
    this.#offsets[this.#count + 1] = at + result.written
  }

  #appendList(value: unknown): boolean {
    const dim = this.#dim
    if (!isNumberList(value) || value.length !== dim) return false
    if (this.#kind === 'f32' && !(value instanceof Float32Array)) {
      this.#kind = 'f64'
      this.#flat = Float64Array.from(this.#flat as Float32Array)
    }
    const flat = this.#flat as Float64Array
    const start = this.#count * dim
    if (ArrayBuffer.isView(value)) {
      flat.set(value, start)
      return true
    }
    for (let at = 0; at < dim; at++) {
      const element = value[at]
      if (typeof element !== 'number') return false
      flat[start + at] = element
    }
    return true
  }

  #fallBack(): void {
    if (this.#kind === 'value') return
    this.#kind = 'value'
    for (let at = 0; at < this.#count; at++) {
      const row = this.#present === undefined ? at : (this.#present[at] as number)
      this.#values.push(plain(this.#valueAt(row), this.#name, row))
    }
    this.#flat = new Uint8Array(0)
    this.#offsets = new Uint32Array(0)
  }
}

/** A copy of an array with zeros behind. */
function grown<A extends Float32Array | Float64Array | BigInt64Array | Uint8Array | Uint32Array>(array: A, length: number): A {
  const copy = new (array.constructor as new (length: number) => A)(length)
  copy.set(array as never)
  return copy
}

/** Whether a value is a list whose elements may be numbers; of plain lists only the first element is looked at. */
function isNumberList(value: unknown): value is ArrayLike<number> {
  if (Array.isArray(value)) return typeof value[0] === 'number'
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof BigInt64Array) && !(value instanceof BigUint64Array)
}

/** Query vectors: one flat plane, and whether it was one vector or a list of them. */
export interface PackedQueries {
  plane: Float32Array
  dim: number
  count: number
}

/** A vector as users hand it in. */
export type VectorInput = Float32Array | Float64Array | readonly number[]

/** Whether `data` is a single vector rather than a list of vectors. */
export function isVector(data: VectorInput | readonly VectorInput[]): data is VectorInput {
  return ArrayBuffer.isView(data) || (Array.isArray(data) && typeof data[0] === 'number')
}

/** Flattens query vectors. Vectors of unequal length cannot be laid out and are refused here. */
export function encodeQueries(vectors: readonly VectorInput[]): PackedQueries {
  if (!Array.isArray(vectors)) {
    throw new ElanusError('INVALID', `data: expected a vector or a list of vectors, got ${told(vectors)}: invalid parameter`)
  }
  const first = vectors[0] as VectorInput | null | undefined
  const dim = first?.length ?? 0
  if (vectors.length === 1 && first instanceof Float32Array) return { plane: first.slice(), dim, count: 1 }
  const plane = new Float32Array(dim * vectors.length)
  for (let row = 0; row < vectors.length; row++) {
    const given: unknown = vectors[row]
    const vector = given as VectorInput
    if (!isNumberList(given) && (given as { length?: unknown } | null | undefined)?.length !== 0) {
      throw new ElanusError('INVALID', `query ${row}: expected a Float32Array or a list of numbers: invalid parameter`, { details: { row } })
    }
    if (vector.length !== dim) {
      throw new ElanusError('DIMENSION', `query ${row} has ${vector.length} elements and query 0 has ${dim}: invalid parameter[expected=${dim}][actual=${vector.length}]`, {
        details: { row, expected: dim, got: vector.length },
      })
    }
    if (ArrayBuffer.isView(vector)) {
      plane.set(vector, row * dim)
      continue
    }
    for (let at = 0; at < dim; at++) {
      const element: unknown = vector[at]
      if (typeof element !== 'number') {
        throw new ElanusError('INVALID', `query ${row}, element ${at}: expected a number, got ${told(element)}: invalid parameter`, {
          details: { row, at },
        })
      }
      plane[row * dim + at] = element
    }
  }
  return { plane, dim, count: vectors.length }
}
