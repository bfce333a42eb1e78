/** Rows and hits on their way back: from frames and planes to plain objects. */

import type { ColumnFrame, Plane, RowsFrame } from './frame.js'
import { setOwn } from './plain.js'

/** How Int64 values are given back: a number when it is safe and else a bigint, always a bigint, or always text. */
export type Int64Mode = 'number' | 'bigint' | 'string'

/** What a search answers: the hits of all queries in one run, and how many each query has. */
export interface HitsFrame {
  counts: number[]
  primaryField: string
  ids: ColumnFrame
  /** The plane of the scores, a `Float32Array`. */
  scores: number
  rows: RowsFrame
}

/** The rows of a frame. */
export function decodeRows(frame: RowsFrame, planes: readonly Plane[], int64: Int64Mode): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = []
  for (let row = 0; row < frame.count; row++) rows.push({})
  for (const column of frame.columns) fill(rows, column, planes, int64)
  return rows
}

/** The values of a column that every row has. */
export function decodeColumn(column: ColumnFrame, planes: readonly Plane[], int64: Int64Mode): unknown[] {
  const count = lengthOf(column, planes)
  const valueAt = reader(column, planes, int64)
  const values: unknown[] = []
  for (let at = 0; at < count; at++) values.push(valueAt(at))
  return values
}

/** Where a hit has its score, whatever fields are called. */
const SCORE = 'distance'

/** The hits of each query: primary key, `distance`, output fields. */
export function decodeHits(frame: HitsFrame, planes: readonly Plane[], int64: Int64Mode): Record<string, unknown>[][] {
  const idAt = reader(frame.ids, planes, int64)
  const scores = planes[frame.scores] as Float32Array
  const hits: Record<string, unknown>[] = []
  for (let at = 0; at < scores.length; at++) {
    const hit: Record<string, unknown> = {}
    setOwn(hit, frame.primaryField, idAt(at))
    hit[SCORE] = scores[at]
    hits.push(hit)
  }
  for (const column of frame.rows.columns) if (column.name !== SCORE) fill(hits, column, planes, int64)
  const lists: Record<string, unknown>[][] = []
  let start = 0
  for (const count of frame.counts) {
    lists.push(hits.slice(start, start + count))
    start += count
  }
  return lists
}

function fill(rows: Record<string, unknown>[], column: ColumnFrame, planes: readonly Plane[], int64: Int64Mode): void {
  const valueAt = reader(column, planes, int64)
  if (column.present === undefined) {
    for (let row = 0; row < rows.length; row++) setOwn(rows[row] as Record<string, unknown>, column.name, valueAt(row))
    return
  }
  const present = planes[column.present] as Uint32Array
  for (let at = 0; at < present.length; at++) {
    setOwn(rows[present[at] as number] as Record<string, unknown>, column.name, valueAt(at))
  }
}

function lengthOf(column: ColumnFrame, planes: readonly Plane[]): number {
  if (column.kind === 'value') return column.values?.length ?? 0
  if (column.kind === 'text') return planeOf(column.offsets, planes).length - 1
  return planeOf(column.plane, planes).length / (column.dim ?? 1)
}

function planeOf(at: number | undefined, planes: readonly Plane[]): Plane {
  return planes[at as number] as Plane
}

/** A function that gives the value at a position of the column. */
function reader(column: ColumnFrame, planes: readonly Plane[], int64: Int64Mode): (at: number) => unknown {
  const valueAt = plainReader(column, planes, int64)
  if (column.nulls === undefined) return valueAt
  const nulls = planes[column.nulls] as Uint8Array
  return (at) => (nulls[at] === 1 ? null : valueAt(at))
}

function plainReader(column: ColumnFrame, planes: readonly Plane[], int64: Int64Mode): (at: number) => unknown {
  const { kind, dim } = column
  if (kind === 'value') {
    const values = column.values ?? []
    return column.int64 === true ? (at) => converted(values[at], int64) : (at) => values[at]
  }
  if (kind === 'text') return textReader(planeOf(column.plane, planes) as Uint8Array, planeOf(column.offsets, planes) as Uint32Array)
  const plane = planeOf(column.plane, planes)
  if (kind === 'bool') return (at) => plane[at] === 1
  if (kind === 'i64') {
    const convert = INT64[int64]
    return (at) => convert((plane as BigInt64Array)[at] as bigint)
  }
  if (dim === undefined) return (at) => plane[at]
  if (kind === 'f32') return (at) => (plane as Float32Array).slice(at * dim, (at + 1) * dim)
  return (at) => Array.from((plane as Float64Array).subarray(at * dim, (at + 1) * dim))
}

const INT64: Record<Int64Mode, (value: bigint) => number | bigint | string> = {
  number: (value) => {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  },
  bigint: (value) => value,
  string: (value) => value.toString(),
}

/** An Int64, a list of them, or null. */
function converted(value: unknown, int64: Int64Mode): unknown {
  if (value === null) return null
  if (Array.isArray(value)) return value.map((element: unknown) => converted(element, int64))
  return INT64[int64](BigInt(value as number | bigint))
}

/** Texts that are ASCII throughout are cut from one decoded string; a decoder call for each costs ten times more. */
function textReader(bytes: Uint8Array, offsets: Uint32Array): (at: number) => string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const all = decoder.decode(bytes)
  if (all.length === bytes.length) return (at) => all.slice(offsets[at], offsets[at + 1])
  return (at) => decoder.decode(bytes.subarray(offsets[at], offsets[at + 1]))
}
