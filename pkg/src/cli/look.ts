/** The commands that look: list, describe, count, query, search. */

import { readFile } from 'node:fs/promises'
import type { Elanus } from '../client.js'
import { ElanusError } from '../error.js'
import { parseJson } from '../remote/json.js'
import type { FieldDescription } from '../types/operations.js'
import { named, within, type PlaceOptions } from './place.js'
import { printJsonLine, printTable, shortest } from './print.js'

/** Options of the commands that show rows. */
export interface ReadOptions extends PlaceOptions {
  limit: number
  offset?: number
  fields?: string
  filter?: string
}

/** Options of `search`. */
export interface SearchOptions extends ReadOptions {
  id?: string
  vectorFile?: string
  field?: string
  metric?: 'L2' | 'IP' | 'COSINE'
  params?: string
}

/** `elanus list`: the collections of one database, or of all. */
export function list(place: string, options: PlaceOptions): Promise<void> {
  return within(place, options, async ({ db }) => {
    const databases = options.db === undefined ? await db.listDatabases() : [options.db]
    const rows: { database: string; collection: string; rows: number; loaded: boolean }[] = []
    for (const dbName of databases) {
      for (const collectionName of await db.listCollections({ dbName })) {
        const [{ rowCount }, { loadState }] = await Promise.all([db.getCollectionStats({ dbName, collectionName }), db.getLoadState({ dbName, collectionName })])
        rows.push({ database: dbName, collection: collectionName, rows: rowCount, loaded: loadState === 'LoadStateLoaded' })
      }
    }
    if (options.json === true) printJsonLine(rows)
    else if (rows.length === 0) process.stdout.write('no collections\n')
    else printTable(rows.map((row) => ({ ...row, loaded: row.loaded ? 'yes' : 'no' })), [...(databases.length > 1 ? ['database'] : []), 'collection', 'rows', 'loaded'])
  })
}

/** `elanus describe`: a collection's schema, indexes and state. */
export function describe(place: string, collection: string, options: PlaceOptions): Promise<void> {
  return within(place, options, async ({ db }) => {
    const of = named(collection, options)
    const description = await db.describeCollection(of)
    const [{ rowCount }, partitions, indexNames] = await Promise.all([db.getCollectionStats(of), db.listPartitions(of), db.listIndexes(of)])
    const indexes = (await Promise.all(indexNames.map((indexName) => db.describeIndex({ ...of, indexName })))).flat()
    if (options.json === true) {
      printJsonLine({ ...description, rowCount, partitions, indexes })
      return
    }
    const facts = [
      `${description.collectionName}: ${rowCount} rows, ${description.load === 'LoadStateLoaded' ? 'loaded' : 'not loaded'}`,
      ...(description.description === '' ? [] : [description.description]),
      `partitions: ${partitions.join(', ')}`,
      ...(description.aliases.length === 0 ? [] : [`aliases: ${description.aliases.join(', ')}`]),
      `other fields: ${description.enableDynamicField ? 'allowed (dynamic field)' : 'refused'}`,
    ]
    process.stdout.write(`${facts.join('\n')}\n`)
    printTable(description.fields.map((field) => ({ field: field.name, type: typeOf(field), notes: notesOn(field) })))
    if (indexes.length > 0) {
      printTable(indexes.map((index) => ({ index: index.indexName, field: index.fieldName, type: index.indexType, metric: index.metricType, rows: index.totalRows, 'answered by': index.answeredBy })))
    }
  })
}

function typeOf(field: FieldDescription): string {
  const inner = field.elementType === undefined ? '' : `<${field.elementType}>`
  const params = (field.params ?? []).filter(({ key }) => ['dim', 'max_length', 'max_capacity'].includes(key))
  return `${field.type}${inner}${params.length === 0 ? '' : `(${params.map(({ value }) => value).join(', ')})`}`
}

function notesOn(field: FieldDescription): string {
  const notes = [field.primaryKey ? 'primary key' : '', field.autoId ? 'made by the server' : '', field.nullable ? 'may be null' : '', field.defaultValue === undefined ? '' : `default ${JSON.stringify(field.defaultValue)}`, field.description]
  return notes.filter((note) => note !== '').join(', ')
}

/** `elanus count`: how many rows match. */
export function count(place: string, collection: string, filter: string | undefined, options: PlaceOptions): Promise<void> {
  return within(place, options, async ({ db }) => {
    await loaded(db, collection, options)
    const number = await db.collection(collection, inDatabase(options)).count(filter)
    if (options.json === true) printJsonLine({ count: number })
    else process.stdout.write(`${number}\n`)
  })
}

/** `elanus query`: rows by filter. */
export function query(place: string, collection: string, filter: string | undefined, options: ReadOptions): Promise<void> {
  return within(place, options, async ({ db }) => {
    await loaded(db, collection, options)
    const { limit, offset } = options
    const rows = await db.collection(collection, inDatabase(options)).query(filter ?? '', { limit, outputFields: fieldsOf(options), ...(offset === undefined ? {} : { offset }) })
    show(rows, options)
  })
}

/** `elanus search`: the rows that are nearest to a vector, or to a row. */
export function search(place: string, collection: string, vector: string | undefined, options: SearchOptions): Promise<void> {
  return within(place, options, async ({ db }) => {
    await loaded(db, collection, options)
    const { limit, offset, filter, metric, field } = options
    const params = options.params === undefined ? undefined : (parsed(options.params, '--params') as Record<string, unknown>)
    const hits = await db.collection(collection, inDatabase(options)).search(await vectorOf(db, collection, vector, options), {
      limit,
      outputFields: options.fields === undefined ? [] : fieldsOf(options),
      ...(offset === undefined ? {} : { offset }),
      ...(filter === undefined ? {} : { filter }),
      ...(metric === undefined ? {} : { metricType: metric }),
      ...(field === undefined ? {} : { annsField: field }),
      ...(params === undefined ? {} : { params }),
    })
    show(hits.map((hit) => ({ ...hit, distance: shortest(hit.distance) })), options)
  })
}

/** The vector that is searched for: as it is written, from a file, or that of a row. */
async function vectorOf(db: Elanus, collection: string, text: string | undefined, options: SearchOptions): Promise<Float32Array> {
  if ([text, options.id, options.vectorFile].filter((one) => one !== undefined).length !== 1) {
    throw new ElanusError('INVALID', "say what to search for: a vector as JSON ('[0.1, 0.2]'), --id KEY for the neighbours of a row, or --vector-file FILE")
  }
  if (options.id !== undefined) {
    const { fields } = await db.describeCollection(named(collection, options))
    const key = fields.find((each) => each.primaryKey)
    const vectorField = options.field ?? fields.find((each) => each.type === 'FloatVector')?.name
    if (vectorField === undefined) throw new ElanusError('INVALID', `${collection} has no field of vectors`)
    const id = key?.type === 'Int64' && /^-?\d+$/.test(options.id) ? BigInt(options.id) : options.id
    const [row] = await db.collection(collection, inDatabase(options)).get([id], { outputFields: [vectorField] })
    if (row === undefined) throw new ElanusError('NOT_FOUND', `${collection} has no row with the key ${options.id}`)
    return (row as Record<string, Float32Array>)[vectorField] as Float32Array
  }
  const source = options.vectorFile === undefined ? (text as string) : await readFile(options.vectorFile, 'utf8')
  const vector = parsed(source, 'the vector')
  if (!Array.isArray(vector) || !vector.every((element) => typeof element === 'number')) throw new ElanusError('INVALID', 'the vector: expected a JSON list of numbers')
  return Float32Array.from(vector as number[])
}

function parsed(text: string, what: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw new ElanusError('INVALID', `${what} is not JSON: ${(error as Error).message}`)
  }
}

/** Reading needs a loaded collection; whether one is, is for its users to decide. */
async function loaded(db: Elanus, collection: string, options: PlaceOptions): Promise<void> {
  const of = named(collection, options)
  const { loadState } = await db.getLoadState(of)
  if (loadState === 'LoadStateNotLoad') throw new ElanusError('INVALID', `${collection} is not loaded, so it cannot be read; a client can load it (it needs an index on each vector field)`)
}

function inDatabase({ db }: PlaceOptions): { dbName?: string } {
  return db === undefined ? {} : { dbName: db }
}

function fieldsOf({ fields }: ReadOptions): string[] {
  return fields === undefined ? ['*'] : fields.split(',').map((name) => name.trim())
}

function show(rows: readonly object[], { json }: PlaceOptions): void {
  if (json === true) printJsonLine(rows)
  else if (rows.length === 0) process.stdout.write('no rows\n')
  else printTable(rows)
}
