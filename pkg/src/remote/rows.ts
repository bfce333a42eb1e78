/** Rows between frames and the JSON of Milvus's RESTful API, by the schema. */

import type { ColumnFrame, Plane, RowsFrame } from '../frame.js'
import { setOwn } from '../plain.js'
import type { CollectionDescription, DataType, FieldDescription } from '../types/operations.js'
import { decodeRows, type HitsFrame } from '../unframe.js'
import { parseJson } from './json.js'

/** A row as it goes over the wire. */
type WireRow = Record<string, unknown>

/** A score's key in a hit. */
const SCORE = 'distance'

/** The rows of a frame that is to be written. */
export function wireRows(frame: RowsFrame, planes: readonly Plane[]): WireRow[] {
  return decodeRows(frame, planes, 'bigint')
}

/** The query vectors of a head. */
export function wireQueries({ plane, dim, count }: { plane: number; dim: number; count: number }, planes: readonly Plane[]): Plane[] {
  const flat = planes[plane] as Float32Array
  return Array.from({ length: count }, (_, at) => flat.subarray(at * dim, (at + 1) * dim))
}

/** Primary keys in an answer: numbers are of Int64, texts of VarChar. */
export function keyColumn(keys: readonly unknown[]): ColumnFrame {
  return { name: '', kind: 'value', values: [...keys], int64: keys.some((key) => typeof key !== 'string') }
}

/** Rows of an answer as a frame; `planes` takes what goes beside it. */
export function rowsFrame(rows: readonly WireRow[], schema: CollectionDescription, planes: Plane[]): RowsFrame {
  const columns = new Map<string, { values: unknown[]; present: number[] }>()
  const fields = new Map(schema.fields.map((field) => [field.name, field]))
  for (let row = 0; row < rows.length; row++) {
    for (const [name, value] of Object.entries(rows[row] as WireRow)) {
      let column = columns.get(name)
      if (column === undefined) {
        column = { values: [], present: [] }
        columns.set(name, column)
      }
      column.values.push(natural(value, fields.get(name)))
      column.present.push(row)
    }
  }
  const frames = [...columns].map(([name, { values, present }]): ColumnFrame => ({
    name,
    kind: 'value',
    values,
    ...(isInt64(fields.get(name)) ? { int64: true } : {}),
    ...(present.length === rows.length ? {} : { present: planes.push(Uint32Array.from(present)) - 1 }),
  }))
  return { count: rows.length, columns: frames }
}

/** Hits of an answer as a frame: all queries in one run, and how many each has. */
export function hitsFrame(hits: readonly WireRow[], counts: number[], schema: CollectionDescription, planes: Plane[]): HitsFrame {
  const primaryField = (schema.fields.find((field) => field.primaryKey) as FieldDescription).name
  const ids = keyColumn(hits.map((hit) => hit[primaryField]))
  const scores = planes.push(Float32Array.from(hits, (hit) => Number(hit[SCORE]))) - 1
  const others = hits.map((hit) => {
    const rest: WireRow = {}
    for (const [name, value] of Object.entries(hit)) if (name !== SCORE && name !== primaryField) setOwn(rest, name, value)
    return rest
  })
  return { counts, primaryField, ids, scores, rows: rowsFrame(others, schema, planes) }
}

/** What `describeCollection` answers, with default values as they were given. */
export function naturalSchema(schema: CollectionDescription): CollectionDescription {
  const fields = schema.fields.map((field) => ('defaultValue' in field ? { ...field, defaultValue: natural(unwrap(field.defaultValue), field) } : field))
  return { ...schema, fields }
}

function isInt64(field: FieldDescription | undefined): boolean {
  return field !== undefined && (field.type === 'Int64' || (field.type === 'Array' && field.elementType === 'Int64'))
}

/** A value as the embedded API gives it. */
function natural(value: unknown, field: FieldDescription | undefined): unknown {
  if (value === null || field === undefined) return value
  if (field.type !== 'Array') return ofType(value, field.type)
  const list = unwrap(value)
  return Array.isArray(list) ? list.map((element: unknown) => ofType(element, field.elementType as DataType)) : list
}

function ofType(value: unknown, type: DataType): unknown {
  switch (type) {
    case 'JSON':
      return typeof value === 'string' ? parseJson(value) : value
    case 'Float':
      return typeof value === 'number' ? Math.fround(value) : value
    case 'FloatVector':
      return Array.isArray(value) ? Float32Array.from(value as number[]) : value
    case 'Int64':
      return typeof value === 'string' ? BigInt(value) : value
    default:
      return value
  }
}

/** Protobuf's JSON wraps a value in its kind, and a list once more: `{"Data":{"LongData":{"data":[1]}}}`. */
function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('Data' in value)) return value
  const [inner] = Object.values((value as { Data: object }).Data) as unknown[]
  if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) return (inner as { data?: unknown }).data ?? []
  return inner
}
