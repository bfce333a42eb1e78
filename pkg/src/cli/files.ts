/** Files of rows, read a bounded piece at a time: JSON lines, CSV, .npy. */

import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { ElanusError } from '../error.js'
import { parseJson } from '../remote/json.js'
import type { FieldDescription } from '../types/operations.js'

/** A row. */
export type FileRow = Record<string, unknown>

/** Where a reader is in its file. */
export interface Place {
  bytes: number
}

/** Standard input is called so. */
export const STDIN = '-'

/** The size of a file; undefined for standard input. */
export async function sizeOf(path: string): Promise<number | undefined> {
  if (path === STDIN) return undefined
  try {
    return (await stat(path)).size
  } catch (error) {
    throw new ElanusError('INVALID', `${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function streamOf(path: string, place: Place): Readable {
  const stream: Readable = path === STDIN ? process.stdin : createReadStream(path)
  stream.on('data', (chunk: Buffer) => {
    place.bytes += chunk.length
  })
  // Whoever reads from it says when it flows.
  return stream.pause()
}

/** One object a line. */
export async function* jsonLines(path: string, place: Place): AsyncGenerator<FileRow> {
  let number = 0
  for await (const line of createInterface({ input: streamOf(path, place), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    const text = number === 1 ? line.replace(/^\uFEFF/, '') : line
    if (text.trim() === '') continue
    let row: unknown
    try {
      row = parseJson(text)
    } catch (error) {
      throw new ElanusError('INVALID', `${path}, line ${number}: ${(error as Error).message}`)
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new ElanusError('INVALID', `${path}, line ${number}: expected an object, got ${text.slice(0, 40)}`)
    yield row as FileRow
  }
}

/** Columns by the names in the first line; cells are read by the types of the fields, vectors and lists as JSON. */
export async function* csv(path: string, place: Place, fields: readonly FieldDescription[]): AsyncGenerator<FileRow> {
  const parser = streamOf(path, place).pipe(parse({ columns: true, bom: true, info: true, skip_empty_lines: true, relax_column_count: false }))
  const byName = new Map(fields.map((field) => [field.name, field]))
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Record<string, string>; info: { lines: number } }>) {
      const row: FileRow = {}
      for (const [name, text] of Object.entries(record)) {
        const value = cellOf(text, byName.get(name), () => `${path}, line ${info.lines}, column ${name}`)
        if (value !== undefined) row[name] = value
      }
      yield row
    }
  } catch (error) {
    if (error instanceof ElanusError) throw error
    throw new ElanusError('INVALID', `${path}: ${(error as Error).message}`)
  }
}

/** The value of a cell; an empty one is absent, except of text. */
function cellOf(text: string, field: FieldDescription | undefined, where: () => string): unknown {
  if (field?.type === 'VarChar') return text
  if (text === '') return field?.nullable === true ? null : undefined
  switch (field?.type) {
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'Int64':
      if (!/^[+-]?\d+$/.test(text)) throw new ElanusError('INVALID', `${where()}: expected a whole number, got '${text}'`)
      return BigInt(text.replace('+', ''))
    case 'Float':
    case 'Double':
      if (!Number.isFinite(Number(text))) throw new ElanusError('INVALID', `${where()}: expected a number, got '${text}'`)
      return Number(text)
    case 'Bool':
      if (!/^(true|false|0|1)$/i.test(text)) throw new ElanusError('INVALID', `${where()}: expected true or false, got '${text}'`)
      return /^(true|1)$/i.test(text)
    case undefined:
      // A field that the schema does not name: what looks like JSON is JSON, all else is text.
      return guessed(text)
    default:
      try {
        return parseJson(text)
      } catch {
        throw new ElanusError('INVALID', `${where()}: expected JSON, got '${text.slice(0, 40)}'`)
      }
  }
}

function guessed(text: string): unknown {
  if (!/^(true|false|null|-?\d|[[{"])/.test(text)) return text
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

/** Vectors of a .npy file: `rows` vectors of `dim` elements. */
export interface NpyPiece {
  values: Float32Array
  dim: number
}

const NPY_MAGIC = Buffer.from('\x93NUMPY', 'latin1')
const NPY_HEADER_MAX = 1 << 20

/** The header of a .npy file, and its vectors `rowsMax` at a time. */
export async function* npy(path: string, place: Place, rowsMax: (dim: number) => number): AsyncGenerator<NpyPiece> {
  const file = await open(path)
  try {
    const { start, width, dim, rows } = await npyHeader(path, file)
    const step = rowsMax(dim)
    place.bytes = start
    for (let row = 0; row < rows; row += step) {
      const count = Math.min(step, rows - row) * dim
      const bytes = Buffer.alloc(count * width)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start + row * dim * width)
      if (bytesRead < bytes.length) throw new ElanusError('INVALID', `${path} ends in the middle: expected ${rows} rows of ${dim}`)
      place.bytes += bytes.length
      yield { dim, values: width === 4 ? new Float32Array(bytes.buffer, bytes.byteOffset, count) : Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, count)) }
    }
  } finally {
    await file.close()
  }
}

async function npyHeader(path: string, file: Awaited<ReturnType<typeof open>>): Promise<{ start: number; width: 4 | 8; dim: number; rows: number }> {
  const refuse = (why: string): never => {
    throw new ElanusError('INVALID', `${path}: ${why}`)
  }
  const head = Buffer.alloc(12)
  await file.read(head, 0, 12, 0)
  if (!head.subarray(0, 6).equals(NPY_MAGIC)) refuse('not a .npy file')
  const isFirst = head[6] === 1
  const length = isFirst ? head.readUInt16LE(8) : head.readUInt32LE(8)
  const at = isFirst ? 10 : 12
  if (length > NPY_HEADER_MAX) refuse('its header is too long')
  const bytes = Buffer.alloc(length)
  await file.read(bytes, 0, length, at)
  const text = bytes.toString('latin1')
  const type = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1]
  const shape = /'shape'\s*:\s*\(\s*(\d+)\s*,\s*(\d+)\s*,?\s*\)/.exec(text)
  if (type !== '<f4' && type !== '<f8') refuse(`expected float32 or float64 in little-endian order, got ${type ?? 'a structured type'}; in numpy: array.astype('<f4')`)
  if (/'fortran_order'\s*:\s*True/.test(text)) refuse('its order is by column; in numpy: numpy.ascontiguousarray(array)')
  if (shape === null || shape[2] === '0') refuse('expected a table of rows and elements (two dimensions)')
  return { start: at + length, width: type === '<f4' ? 4 : 8, rows: Number(shape?.[1]), dim: Number(shape?.[2]) }
}
