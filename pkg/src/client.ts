/**
 * An open database: Milvus's operations as typed methods. Each takes the body of its RESTful v2 endpoint and resolves to
 * what that endpoint's reply carries as `data`, in natural JavaScript values.
 */

import { Collection } from './collection.js'
import { ElanusError, asError } from './error.js'
import { createFetch, type Fetch } from './fetch.js'
import { encodeColumns, encodeQueries, encodeRows, isVector, type ColumnFrame, type Packed, type Plane, type RowsFrame, type VectorInput } from './frame.js'
import { queryIterator } from './iterator.js'
import { expectObject, plain } from './plain.js'
import { exportStream } from './snapshot.js'
import type { Answer, Transport } from './transport.js'
import type * as ops from './types/operations.js'
import type { CallOptions, ProgressOptions, Stats, WriteOptions } from './types/open.js'
import type { DefaultKey, KeyInput, KeyOutput, Row } from './types/rows.js'
import { decodeColumn, decodeHits, decodeRows, type HitsFrame, type Int64Mode } from './unframe.js'

/** What the platform adds to the engine's own statistics. */
export interface Surroundings {
  /** The database's name, for messages. */
  name: string
  facts(): Promise<Partial<Stats>>
  /** Asks that storage be kept; whether it will be. */
  persist(): Promise<boolean>
}

const TRAP = /* @__PURE__ */ Symbol.for('elanus.trap')

/** An open database. Close it when done: `await db.close()`, or `await using db = await open(…)`. */
export class Elanus<I extends Int64Mode = 'number'> {
  readonly #transport: Transport
  readonly #int64: Int64Mode
  readonly #surroundings: Surroundings

  /**
   * `fetch`, answered by this database: Milvus's RESTful API, version 2, and no network, whatever host the address names.
   * For clients that speak it, such as the `HttpClient` of `@zilliz/milvus2-sdk-node`: `new HttpClient({ …, fetch: db.fetch })`.
   */
  readonly fetch: Fetch

  /** Not for users: `open` makes databases. */
  constructor(transport: Transport, int64: I, surroundings: Surroundings) {
    this.#transport = transport
    this.#int64 = int64
    this.#surroundings = surroundings
    this.fetch = createFetch((head, planes, options) => this.#call('http', head, planes, options))
    if (Symbol.asyncDispose !== undefined) {
      Object.defineProperty(this, Symbol.asyncDispose, { value: () => this.close() })
    }
    Object.defineProperty(this, TRAP, { value: () => this.#transport.call('trap', {}).then(() => {}) })
  }

  /** The same calls with the collection's name filled in, typed by its rows. */
  collection<T extends object = Row, P extends keyof T & string = DefaultKey<T> & string>(
    collectionName: string,
    options: ops.InDatabase = {},
  ): Collection<T, P, I> {
    return new Collection<T, P, I>(this, { collectionName, ...(options.dbName === undefined ? {} : { dbName: options.dbName }) })
  }

  // Databases (namespaces of collections)

  async createDatabase(body: ops.InDatabase & { properties?: ops.Properties }, options?: CallOptions): Promise<void> {
    await this.#ask('createDatabase', body, options)
  }
  async dropDatabase(body: ops.InDatabase, options?: CallOptions): Promise<void> {
    await this.#ask('dropDatabase', body, options)
  }
  listDatabases(options?: CallOptions): Promise<string[]> {
    return this.#ask('listDatabases', {}, options)
  }
  describeDatabase(body: ops.InDatabase, options?: CallOptions): Promise<ops.DatabaseDescription> {
    return this.#ask('describeDatabase', body, options)
  }
  async alterDatabaseProperties(body: ops.InDatabase & { properties: ops.Properties }, options?: CallOptions): Promise<void> {
    await this.#ask('alterDatabaseProperties', body, options)
  }
  async dropDatabaseProperties(body: ops.InDatabase & { propertyKeys: string[] }, options?: CallOptions): Promise<void> {
    await this.#ask('dropDatabaseProperties', body, options)
  }

  // Collections

  /** Makes a collection; with a `dimension` or with `indexParams` it is indexed and loaded at once. */
  async createCollection(body: ops.CreateCollection, options?: CallOptions): Promise<void> {
    await this.#ask('createCollection', body, options)
  }
  /** Removes a collection with its rows; no error when there is none. */
  async dropCollection(body: ops.OfCollection, options?: CallOptions): Promise<void> {
    await this.#ask('dropCollection', body, options)
  }
  /** Removes all rows of a collection. */
  async truncateCollection(body: ops.OfCollection, options?: CallOptions): Promise<void> {
    await this.#ask('truncateCollection', body, options)
  }
  hasCollection(body: ops.OfCollection, options?: CallOptions): Promise<{ has: boolean }> {
    return this.#ask('hasCollection', body, options)
  }
  describeCollection(body: ops.OfCollection, options?: CallOptions): Promise<ops.CollectionDescription> {
    return this.#ask('describeCollection', body, options)
  }
  listCollections(body: ops.InDatabase = {}, options?: CallOptions): Promise<string[]> {
    return this.#ask('listCollections', body, options)
  }
  async renameCollection(body: ops.OfCollection & { newCollectionName: string; newDbName?: string }, options?: CallOptions): Promise<void> {
    await this.#ask('renameCollection', body, options)
  }
  async loadCollection(body: ops.OfCollection, options?: CallOptions): Promise<void> {
    await this.#ask('loadCollection', body, options)
  }
  /** Gives a collection's memory back; it cannot be read until it is loaded again. */
  async releaseCollection(body: ops.OfCollection, options?: CallOptions): Promise<void> {
    await this.#ask('releaseCollection', body, options)
  }
  getLoadState(body: ops.OfCollection & { partitionNames?: string[] }, options?: CallOptions): Promise<ops.LoadState> {
    return this.#ask('getLoadState', body, options)
  }
  getCollectionStats(body: ops.OfCollection, options?: CallOptions): Promise<{ rowCount: number }> {
    return this.#ask('getCollectionStats', body, options)
  }
  async alterCollectionProperties(body: ops.OfCollection & { properties: ops.Properties }, options?: CallOptions): Promise<void> {
    await this.#ask('alterCollectionProperties', body, options)
  }
  async dropCollectionProperties(body: ops.OfCollection & { propertyKeys: string[] }, options?: CallOptions): Promise<void> {
    await this.#ask('dropCollectionProperties', body, options)
  }
  /** Adds a field, which must be nullable or have a default: rows that are there have that, or null. */
  async addCollectionField(body: ops.OfCollection & { schema: ops.FieldSpec }, options?: CallOptions): Promise<void> {
    await this.#ask('addCollectionField', body, options)
  }
  /** Changes parameters of a field: `max_length` and `max_capacity`, which hold for new rows, and `mmap.enabled`. */
  async alterFieldProperties(body: ops.OfCollection & { fieldName: string; fieldParams: ops.Properties }, options?: CallOptions): Promise<void> {
    await this.#ask('alterFieldProperties', body, options)
  }
  /** Asks that growing rows be sealed, in the background; see {@link settled}. */
  async flush(body: ops.OfCollection, options?: CallOptions): Promise<void> {
    await this.#ask('flush', body, options)
  }
  /** Asks that segments be rewritten without their dead rows, in the background. */
  compact(body: ops.OfCollection, options?: CallOptions): Promise<{ compactionID: number }> {
    return this.#ask('compact', body, options)
  }
  getCompactionState(body: { jobID: number }, options?: CallOptions): Promise<ops.CompactionState> {
    return this.#ask('getCompactionState', body, options)
  }

  // Partitions

  async createPartition(body: ops.OfPartition, options?: CallOptions): Promise<void> {
    await this.#ask('createPartition', body, options)
  }
  async dropPartition(body: ops.OfPartition, options?: CallOptions): Promise<void> {
    await this.#ask('dropPartition', body, options)
  }
  hasPartition(body: ops.OfPartition, options?: CallOptions): Promise<{ has: boolean }> {
    return this.#ask('hasPartition', body, options)
  }
  listPartitions(body: ops.OfCollection, options?: CallOptions): Promise<string[]> {
    return this.#ask('listPartitions', body, options)
  }
  async loadPartitions(body: ops.OfCollection & { partitionNames: string[] }, options?: CallOptions): Promise<void> {
    await this.#ask('loadPartitions', body, options)
  }
  async releasePartitions(body: ops.OfCollection & { partitionNames: string[] }, options?: CallOptions): Promise<void> {
    await this.#ask('releasePartitions', body, options)
  }
  getPartitionStats(body: ops.OfPartition, options?: CallOptions): Promise<{ rowCount: number }> {
    return this.#ask('getPartitionStats', body, options)
  }

  // Indexes

  async createIndex(body: ops.OfCollection & { indexParams: ops.IndexSpec[] }, options?: CallOptions): Promise<void> {
    await this.#ask('createIndex', body, options)
  }
  async dropIndex(body: ops.OfCollection & { indexName: string }, options?: CallOptions): Promise<void> {
    await this.#ask('dropIndex', body, options)
  }
  async alterIndexProperties(body: ops.OfCollection & { indexName: string; properties: ops.Properties }, options?: CallOptions): Promise<void> {
    await this.#ask('alterIndexProperties', body, options)
  }
  async dropIndexProperties(body: ops.OfCollection & { indexName: string; propertyKeys: string[] }, options?: CallOptions): Promise<void> {
    await this.#ask('dropIndexProperties', body, options)
  }
  describeIndex(body: ops.OfCollection & { indexName: string }, options?: CallOptions): Promise<ops.IndexDescription[]> {
    return this.#ask('describeIndex', body, options)
  }
  listIndexes(body: ops.OfCollection, options?: CallOptions): Promise<string[]> {
    return this.#ask('listIndexes', body, options)
  }

  // Aliases

  async createAlias(body: ops.OfCollection & { aliasName: string }, options?: CallOptions): Promise<void> {
    await this.#ask('createAlias', body, options)
  }
  async alterAlias(body: ops.OfCollection & { aliasName: string }, options?: CallOptions): Promise<void> {
    await this.#ask('alterAlias', body, options)
  }
  async dropAlias(body: ops.InDatabase & { aliasName: string }, options?: CallOptions): Promise<void> {
    await this.#ask('dropAlias', body, options)
  }
  describeAlias(body: ops.InDatabase & { aliasName: string }, options?: CallOptions): Promise<{ dbName: string; collectionName: string; aliasName: string }> {
    return this.#ask('describeAlias', body, options)
  }
  listAliases(body: ops.InDatabase & { collectionName?: string } = {}, options?: CallOptions): Promise<string[]> {
    return this.#ask('listAliases', body, options)
  }

  // Rows

  /** Adds rows. Primary keys come back in the order of the rows. */
  async insert<R extends object = Row>(body: ops.Write<R>, options: WriteOptions = {}): Promise<{ insertCount: number; insertIds: KeyOutput<I>[] }> {
    const { count, ids } = await this.#write('insert', body, options)
    return { insertCount: count, insertIds: ids }
  }
  /** Adds rows in place of those with the same primary keys. */
  async upsert<R extends object = Row>(body: ops.Write<R>, options: WriteOptions = {}): Promise<{ upsertCount: number; upsertIds: KeyOutput<I>[] }> {
    const { count, ids } = await this.#write('upsert', body, options)
    return { upsertCount: count, upsertIds: ids }
  }
  /** Removes rows by filter or primary key. */
  delete(body: ops.Delete, options?: CallOptions): Promise<{ deleteCount: number }> {
    return this.#ask('delete', body, options)
  }
  /** Rows by primary key; keys that no row has are left out. */
  async get<R extends object = Row>(body: ops.Get, options?: CallOptions): Promise<R[]> {
    expectObject(body)
    const id = Array.isArray(body.id) ? (body.id as unknown[]) : [body.id]
    return this.#rows<R>('get', { ...body, id }, options)
  }
  /** Rows by filter, in the order of their primary keys or of `orderByFields`. */
  query<R extends object = Row>(body: ops.Query, options?: CallOptions): Promise<R[]> {
    return this.#rows<R>('query', body, options)
  }
  /** The nearest rows: a list of hits for one `vector`, a list of lists for `data` and for `ids`. */
  search<R extends object = Row>(body: ops.Search & { vector: VectorInput }, options?: CallOptions): Promise<(R & { distance: number })[]>
  search<R extends object = Row>(body: ops.Search & ({ data: readonly VectorInput[] } | { ids: readonly KeyInput[] }), options?: CallOptions): Promise<(R & { distance: number })[][]>
  async search(body: ops.Search, options: CallOptions = {}): Promise<object[] | object[][]> {
    expectObject(body)
    const { vector, data, ...rest } = body
    const packed = body.ids === undefined || vector !== undefined || data !== undefined ? encodeQueries(oneOf(vector, data, body.ids)) : undefined
    const queries = packed && { queries: { plane: 0, dim: packed.dim, count: packed.count } }
    const answer = await this.#call('search', { ...plainBody(rest), ...queries }, packed ? [packed.plane] : [], options)
    const lists = decodeHits(answer.head as HitsFrame, answer.planes, this.#int64)
    return vector === undefined ? lists : (lists[0] ?? [])
  }
  /** Several searches whose results are fused: a list of hits, or a list of lists when a search has several vectors. */
  hybridSearch<R extends object = Row>(body: ops.HybridSearch<ops.SingleSearch>, options?: CallOptions): Promise<(R & { distance: number })[]>
  hybridSearch<R extends object = Row>(body: ops.HybridSearch, options?: CallOptions): Promise<(R & { distance: number })[] | (R & { distance: number })[][]>
  async hybridSearch(body: ops.HybridSearch, options: CallOptions = {}): Promise<object[] | object[][]> {
    expectObject(body)
    if (!Array.isArray(body.search)) {
      throw new ElanusError('INVALID', "missing required parameters, error: expected 'search' (a list of searches)", { code: 1802 })
    }
    const planes: Plane[] = []
    const searches = body.search.map((search: ops.SubSearch) => {
      expectObject(search)
      const { data, ...rest } = search
      const packed = encodeQueries(isVector(data) ? [data] : data)
      const plane = planes.push(packed.plane) - 1
      return { ...plainBody(rest), queries: { plane, dim: packed.dim, count: packed.count } }
    })
    const head = { ...plainBody({ ...body, search: undefined }), search: searches }
    const answer = await this.#call('hybridSearch', head, planes, options)
    const lists = decodeHits(answer.head as HitsFrame, answer.planes, this.#int64)
    const isOneQuery = body.search.every(({ data }) => isVector(data) || data.length === 1)
    return isOneQuery ? (lists[0] ?? []) : lists
  }
  /**
   * All rows that match, in batches, in the order of their primary keys. Rows that are written meanwhile may or may not
   * be seen; no row is seen twice.
   */
  queryIterator<R extends object = Row>(body: ops.QueryIterator, options?: CallOptions): AsyncIterableIterator<R[]> {
    return queryIterator<R>(this, body, options)
  }

  // The whole

  /** What the database holds, and where and how it runs. */
  async stats(options?: CallOptions): Promise<Stats> {
    const [stats, facts] = await Promise.all([this.#ask<Stats>('stats', {}, options), this.#surroundings.facts()])
    return { ...stats, ...facts, thread: this.#transport.thread, simd: WASM_HAS_SIMD ? 'simd128' : 'none', version: PACKAGE_VERSION }
  }
  /** Resolves when no background work is left; rejects with what keeps it from being done. */
  async settled(options: ProgressOptions = {}): Promise<void> {
    await within(this.#transport.call('settled', {}, [], options.onProgress), options.signal)
  }
  /** The whole database as one file, for `open(…, { from })`. Background work waits until the stream was read or cancelled. */
  export(): ReadableStream<Uint8Array> {
    return exportStream(this.#transport)
  }
  /** Asks the browser not to evict this origin's storage when space is short; whether it promised. */
  persist(): Promise<boolean> {
    return this.#surroundings.persist()
  }
  /** Finishes what is under way, and gives memory, storage and the writer lock back. Later calls fail with `CLOSED`. */
  close(): Promise<void> {
    return this.#transport.close()
  }

  async #write(operation: 'insert' | 'upsert', body: ops.Write<object>, options: WriteOptions): Promise<{ count: number; ids: KeyOutput<I>[] }> {
    expectObject(body)
    const { data, columns, ...rest } = body
    const { frame, planes } = encodeWrite(data, columns, options.transfer)
    const answer = await this.#call(operation, { ...plainBody(rest), rows: frame }, planes, options)
    const reply = answer.head as { insertCount?: number; upsertCount?: number; ids: ColumnFrame }
    return {
      count: reply.insertCount ?? reply.upsertCount ?? 0,
      ids: decodeColumn(reply.ids, answer.planes, this.#int64) as KeyOutput<I>[],
    }
  }

  async #rows<R>(operation: string, body: object, options: CallOptions = {}): Promise<R[]> {
    const answer = await this.#call(operation, plainBody(body), [], options)
    return decodeRows((answer.head as { rows: RowsFrame }).rows, answer.planes, this.#int64) as R[]
  }

  async #ask<R>(operation: string, body: object, options: CallOptions = {}): Promise<R> {
    return (await this.#call(operation, plainBody(body), [], options)).head as R
  }

  #call(operation: string, head: object, planes: readonly Plane[], options: CallOptions): Promise<Answer> {
    options.signal?.throwIfAborted()
    return within(this.#transport.call(operation, head, planes), options.signal)
  }
}

export interface Elanus<I extends Int64Mode = 'number'> {
  [Symbol.asyncDispose](): Promise<void>
}

function encodeWrite(data: readonly object[] | object | undefined, columns: ops.Write['columns'], transfer: boolean | undefined): Packed<RowsFrame> {
  if ((data === undefined) === (columns === undefined)) {
    throw new ElanusError('INVALID', "missing required parameters, error: expected one of 'data' (rows) and 'columns'", { code: 1802 })
  }
  if (columns !== undefined) {
    expectObject(columns)
    return encodeColumns(columns, transfer)
  }
  return encodeRows(Array.isArray(data) ? (data as object[]) : [data as object])
}

function oneOf(vector: VectorInput | undefined, data: readonly VectorInput[] | undefined, ids: readonly KeyInput[] | undefined): readonly VectorInput[] {
  if ((vector === undefined) === (data === undefined) || ids !== undefined) {
    throw new ElanusError('INVALID', "missing required parameters, error: expected one of 'vector' (one), 'data' (a list of vectors) and 'ids'", { code: 1802 })
  }
  return vector === undefined ? (data as readonly VectorInput[]) : [vector]
}

/** A body without what cannot travel; a body that is no object is refused. */
function plainBody(body: object): Record<string, unknown> {
  expectObject(body)
  return plain(body, 'parameters') as Record<string, unknown>
}

/** Waits for `promise` until `signal` says otherwise. */
export async function within<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    if (signal === undefined) return await promise
    return await new Promise<T>((resolve, reject) => {
      const abort = (): void => reject(new Abandoned(signal.reason))
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    })
  } catch (error) {
    if (error instanceof Abandoned) throw error.reason
    throw asError(error)
  }
}

/** Tells a caller's own reason apart from a failure. */
class Abandoned {
  constructor(readonly reason: unknown) {}
}
