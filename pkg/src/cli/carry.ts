/** The commands that carry rows: import, export; and verify, which reads all that there is. */

import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { extname } from 'node:path'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Elanus } from '../client.js'
import { ElanusError } from '../error.js'
import type { ColumnInput } from '../frame.js'
import { exportStream } from '../snapshot.js'
import type { CollectionDescription, FieldDescription } from '../types/operations.js'
import { csv, jsonLines, npy, sizeOf, STDIN, type FileRow, type Place } from './files.js'
import { named, within, type PlaceOptions } from './place.js'
import { jsonOf, printJsonLine } from './print.js'
import { bar } from './progress.js'

/** Options of `import`. */
export interface ImportOptions extends PlaceOptions {
  format?: 'jsonl' | 'csv' | 'npy'
  create?: boolean
  metric?: 'L2' | 'IP' | 'COSINE'
  field?: string
  firstId?: number
  upsert?: boolean
  batch: number
}

/** Options of `export`. */
export interface ExportOptions extends PlaceOptions {
  filter?: string
  fields?: string
}

/** Bytes of vectors that go in one request; a server takes 64 MiB. */
const BATCH_BYTES = 8 << 20

/** Rows that are asked for at a time. */
const EXPORT_ROWS = 1000

/** `elanus import`: a file's rows into a collection. */
export async function importRows(place: string, collection: string, path: string, options: ImportOptions): Promise<void> {
  // Before the place is opened, which may make it.
  const format = options.format ?? formatOf(path)
  const total = await sizeOf(path)
  return within(place, options, async ({ db }) => {
    const at: Place = { bytes: 0 }
    const shown = bar('importing', total)
    let rows = 0
    const begun = performance.now()
    try {
      const done = (count: number): void => {
        rows += count
        shown.update(at.bytes, rows)
      }
      if (format === 'npy') await importVectors(db, collection, path, at, options, done)
      else await importRecords(db, collection, path, format, at, options, done)
    } catch (error) {
      shown.stop()
      if (error instanceof ElanusError && rows > 0) {
        throw new ElanusError((error as ElanusError).kind, `${(error as ElanusError).message}; ${rows} rows before that are in`, { code: (error as ElanusError).code, cause: error })
      }
      throw error
    }
    shown.stop()
    const seconds = (performance.now() - begun) / 1000
    if (options.json === true) printJsonLine({ rows, seconds: Number(seconds.toFixed(3)) })
    else process.stdout.write(`${rows} rows imported into ${collection} in ${seconds.toFixed(1)} s\n`)
  }, options.create)
}

function formatOf(path: string): 'jsonl' | 'csv' | 'npy' {
  if (path === STDIN) return 'jsonl'
  const extension = extname(path).toLowerCase()
  if (extension === '.csv' || extension === '.npy') return extension === '.csv' ? 'csv' : 'npy'
  if (['.jsonl', '.ndjson', '.json'].includes(extension)) return 'jsonl'
  throw new ElanusError('INVALID', `${path}: what is in it does not show in its name; say --format jsonl, csv or npy`)
}

async function importRecords(db: Elanus, collection: string, path: string, format: 'jsonl' | 'csv', at: Place, options: ImportOptions, done: (count: number) => void): Promise<void> {
  const of = named(collection, options)
  let schema = await existing(db, collection, options)
  const source = format === 'csv' ? csv(path, at, schema?.fields ?? []) : jsonLines(path, at)
  let batch: FileRow[] = []
  const write = async (): Promise<void> => {
    if (batch.length === 0) return
    if (options.upsert === true) await db.upsert({ ...of, data: batch })
    else await db.insert({ ...of, data: batch })
    done(batch.length)
    batch = []
  }
  let rowsMax = options.batch
  for await (const row of source) {
    if (schema === undefined) {
      await createFor(db, collection, row, options)
      schema = await db.describeCollection(of)
    }
    if (batch.length === 0) rowsMax = Math.max(1, Math.min(options.batch, Math.floor(BATCH_BYTES / elementBytes(row))))
    batch.push(row)
    if (batch.length >= rowsMax) await write()
  }
  await write()
}

/** About what a row takes as JSON. */
function elementBytes(row: FileRow): number {
  let bytes = 64
  for (const value of Object.values(row)) bytes += Array.isArray(value) ? value.length * 12 : typeof value === 'string' ? value.length : 16
  return bytes
}

async function importVectors(db: Elanus, collection: string, path: string, at: Place, options: ImportOptions, done: (count: number) => void): Promise<void> {
  if (path === STDIN) throw new ElanusError('INVALID', 'a .npy file cannot come by standard input')
  const of = named(collection, options)
  let schema = await existing(db, collection, options)
  let next = options.firstId ?? 0
  for await (const { dim, values } of npy(path, at, (dim) => Math.max(1, Math.min(options.batch, Math.floor(BATCH_BYTES / (dim * 12)))))) {
    if (schema === undefined) {
      await createQuickly(db, collection, dim, { idType: 'Int64', autoID: false }, options)
      schema = await db.describeCollection(of)
    }
    const count = values.length / dim
    const columns: Record<string, ColumnInput> = { [vectorField(schema, options)]: { dim, values } }
    const key = schema.fields.find((field) => field.primaryKey) as FieldDescription
    if (!key.autoId) {
      if (key.type !== 'Int64') throw new ElanusError('INVALID', `a .npy file has no keys, and those of ${collection} are texts; use JSON lines`)
      columns[key.name] = BigInt64Array.from({ length: count }, (_, row) => BigInt(next + row))
    }
    if (options.upsert === true) await db.upsert({ ...of, columns })
    else await db.insert({ ...of, columns })
    next += count
    done(count)
  }
}

function vectorField(schema: CollectionDescription, { field }: ImportOptions): string {
  const fields = schema.fields.filter(({ type }) => type === 'FloatVector').map(({ name }) => name)
  if (field !== undefined) return field
  if (fields.length === 1) return fields[0] as string
  throw new ElanusError('INVALID', `${schema.collectionName} has ${fields.length} fields of vectors (${fields.join(', ')}): say which with --field`)
}

/** What the collection is; undefined when it is to be made. */
async function existing(db: Elanus, collection: string, options: ImportOptions): Promise<CollectionDescription | undefined> {
  const of = named(collection, options)
  if ((await db.hasCollection(of)).has) return db.describeCollection(of)
  if (options.create === true) return undefined
  throw new ElanusError('NOT_FOUND', `there is no collection ${collection}; --create makes one that suits the file`)
}

/** A collection that suits a row: its list of numbers is the vector, `id` the key, all else goes into the dynamic field. */
async function createFor(db: Elanus, collection: string, row: FileRow, options: ImportOptions): Promise<void> {
  const isVector = (value: unknown): value is number[] => Array.isArray(value) && value.length > 1 && value.every((element) => typeof element === 'number')
  const name = options.field ?? ('vector' in row ? 'vector' : Object.keys(row).find((key) => isVector(row[key])))
  const vector = name === undefined ? undefined : row[name]
  if (name === undefined || !isVector(vector)) throw new ElanusError('INVALID', `the first row has no vector (a list of numbers)${options.field === undefined ? '' : ` under '${options.field}'`}, so no collection can be made from it`)
  const { id } = row
  const isText = typeof id === 'string'
  const key = { idType: isText ? 'VarChar' : 'Int64', autoID: id === undefined, ...(isText ? { params: { max_length: KEY_LENGTH_MAX } } : {}) } as const
  await createQuickly(db, collection, vector.length, key, { ...options, field: name })
}

/** Milvus's longest text. */
const KEY_LENGTH_MAX = 65_535

async function createQuickly(db: Elanus, collection: string, dimension: number, key: { idType: 'Int64' | 'VarChar'; autoID: boolean; params?: Record<string, unknown> }, { metric = 'COSINE', field = 'vector', ...rest }: ImportOptions): Promise<void> {
  await db.createCollection({ ...named(collection, rest), dimension, metricType: metric, vectorFieldName: field, ...key })
}

/** `elanus export`: a collection's rows as JSON lines. */
export function exportRows(place: string, collection: string, path: string | undefined, options: ExportOptions): Promise<void> {
  return within(place, options, async ({ db }) => {
    const of = named(collection, options)
    const filter = options.filter ?? ''
    const isFile = path !== undefined && path !== STDIN
    const total = Number(await db.collection(collection, options.db === undefined ? {} : { dbName: options.db }).count(filter))
    const shown = isFile ? bar('exporting', total) : undefined
    const draft = isFile ? `${path}.part` : undefined
    const out: Writable = draft === undefined ? process.stdout : createWriteStream(draft)
    let rows = 0
    try {
      const outputFields = options.fields === undefined ? ['*'] : options.fields.split(',').map((name) => name.trim())
      for await (const batch of db.queryIterator({ ...of, filter, outputFields, batchSize: EXPORT_ROWS })) {
        await written(out, `${batch.map(jsonOf).join('\n')}\n`)
        rows += batch.length
        shown?.update(rows, rows)
      }
      if (draft !== undefined) {
        out.end()
        await finished(out)
        await rename(draft, path as string)
      }
    } catch (error) {
      if (draft !== undefined) {
        out.destroy()
        await rm(draft, { force: true })
      }
      throw error
    } finally {
      shown?.stop()
    }
    if (isFile && options.json === true) printJsonLine({ rows, file: path })
    else if (isFile) process.stdout.write(`${rows} rows exported to ${path}\n`)
  })
}

function written(out: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => void out.write(text, (error) => (error ? reject(error) : resolve())))
}

/** `elanus verify`: reads everything that is stored and compares every checksum. */
export async function verify(place: string, options: PlaceOptions): Promise<void> {
  if (/^https?:/i.test(place)) throw new ElanusError('UNSUPPORTED', "checksums are in the files: stop the server and verify its folder. Milvus's API has no call for it")
  await within(place, options, async ({ db, transport }) => {
    const { collections, storageBytes } = await db.stats()
    const rowCount = await rowsIn(db)
    const shown = bar('reading', storageBytes)
    let bytes = 0
    try {
      // An export reads every blob there is and compares its checksum before it goes on.
      for await (const piece of exportStream(transport)) {
        bytes += piece.length
        shown.update(bytes, rowCount)
      }
    } finally {
      shown.stop()
    }
    if (options.json === true) printJsonLine({ isSound: true, bytes, collections, rows: rowCount })
    else process.stdout.write(`sound: ${bytes} bytes of ${collections} collection${collections === 1 ? '' : 's'} with ${rowCount} rows read, every checksum right\n`)
  })
}

async function rowsIn(db: Elanus): Promise<number> {
  let rows = 0
  for (const dbName of await db.listDatabases()) {
    for (const collectionName of await db.listCollections({ dbName })) rows += (await db.getCollectionStats({ dbName, collectionName })).rowCount
  }
  return rows
}
