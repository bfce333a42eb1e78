/** A collection of an open database: the database's calls with the name filled in, typed by the rows. */

import type { Elanus } from './client.js'
import { isVector, type VectorInput } from './frame.js'
import type * as ops from './types/operations.js'
import type { CallOptions, WriteOptions } from './types/open.js'
import type { Fields, Found, Hit, InsertColumns, InsertRow, Int64Mode, KeyInput, KeyOutput } from './types/rows.js'

/** The fields of a row type that a call may ask for. */
type FieldName<T> = (keyof T & string) | '*'

/** Options of `get`. */
export interface GetOptions<F> extends CallOptions {
  outputFields?: readonly F[]
  partitionNames?: readonly string[]
}

/** Options of `query`. */
export interface QueryOptions<F> extends GetOptions<F> {
  /** 100 unless said otherwise. */
  limit?: number
  offset?: number
  exprParams?: ops.FilterParams
}

/** Options of `search`. */
export interface SearchOptions<F> extends QueryOptions<F> {
  filter?: string
  /** The vector field, when the collection has several. */
  annsField?: string
  metricType?: ops.MetricType
  /** `radius`, `range_filter`, `ef`, `nprobe`, … */
  params?: Record<string, unknown>
  roundDecimal?: number
  /** A Bool, integer or VarChar field: rows with one value of it are a group, and `limit` and `offset` count groups. */
  groupingField?: string
  /** The most rows of a group, 1 to 10; 1 unless said otherwise. */
  groupSize?: number
}

/** Options of `hybridSearch`. */
export interface HybridSearchOptions<F> extends GetOptions<F> {
  rerank?: ops.Rerank
  limit?: number
  offset?: number
}

/** Options of `iterate`. */
export interface IterateOptions<F> extends GetOptions<F> {
  exprParams?: ops.FilterParams
  /** Rows fetched at a time; 1,000 unless said otherwise. */
  batchSize?: number
  limit?: number
}

/** Options of `insert`, `upsert` and `delete`. */
export interface RowOptions extends WriteOptions {
  partitionName?: string
}

/**
 * A collection. `T` is the type of its rows, `P` the name of the primary key in it, `I` how Int64 comes back.
 * Making one asks nothing; a collection that does not exist shows in the first call.
 */
export class Collection<T extends object, P extends keyof T & string, I extends Int64Mode = 'number'> {
  readonly #database: Elanus<I>
  readonly #target: ops.OfCollection

  /** Not for users: `db.collection(name)` makes collections. */
  constructor(database: Elanus<I>, target: ops.OfCollection) {
    this.#database = database
    this.#target = target
  }

  /** The name that the collection was asked for by. */
  get name(): string {
    return this.#target.collectionName
  }

  /** Adds rows, given one by one or by column. */
  insert(rows: readonly InsertRow<T, P>[] | { columns: InsertColumns<T> }, options: RowOptions = {}): Promise<{ insertCount: number; insertIds: KeyOutput<I>[] }> {
    return this.#database.insert(this.#written(rows, options), options)
  }

  /** Adds rows in place of those with the same primary keys; with `partialUpdate`, absent fields keep their old value. */
  upsert(
    rows: readonly (InsertRow<T, P> | Partial<InsertRow<T, P>>)[] | { columns: InsertColumns<T> },
    options: RowOptions & { partialUpdate?: boolean } = {},
  ): Promise<{ upsertCount: number; upsertIds: KeyOutput<I>[] }> {
    const { partialUpdate } = options
    return this.#database.upsert({ ...this.#written(rows, options), ...defined({ partialUpdate }) }, options)
  }

  /** Removes the rows that match a filter, or those with the given primary keys. */
  async delete(which: string | { ids: readonly KeyInput[] }, options: RowOptions & { exprParams?: ops.FilterParams } = {}): Promise<{ deleteCount: number }> {
    const { partitionName, exprParams, signal } = options
    const rows = typeof which === 'string' ? { filter: which } : { ids: which.ids }
    return this.#database.delete({ ...this.#target, ...rows, ...defined({ partitionName, exprParams }) }, defined({ signal }))
  }

  /** Rows by primary key; keys that no row has are left out. All fields unless `outputFields` says otherwise. */
  get<const F extends FieldName<T> = '*'>(ids: KeyInput | readonly KeyInput[], options: GetOptions<F> = {}): Promise<Found<T, P, F>[]> {
    const { signal, ...rest } = options
    return this.#database.get({ ...this.#target, ...rest, id: ids }, defined({ signal }))
  }

  /** Rows that match a filter (all for ''), in the order of primary keys or of `orderByFields`. All fields unless `outputFields` says otherwise. */
  query<const F extends FieldName<T> = '*'>(filter: string, options: QueryOptions<F> & Pick<ops.Query, 'orderByFields'> = {}): Promise<Found<T, P, F>[]> {
    const { signal, ...rest } = options
    return this.#database.query({ ...this.#target, ...rest, filter }, defined({ signal }))
  }

  /** The nearest rows to one vector (a list of hits), or to several or to other rows (a list of lists), best first. */
  search<const F extends FieldName<T> = never>(vector: VectorInput, options?: SearchOptions<F>): Promise<Hit<T, P, F>[]>
  search<const F extends FieldName<T> = never>(vectors: readonly VectorInput[], options?: SearchOptions<F>): Promise<Hit<T, P, F>[][]>
  search<const F extends FieldName<T> = never>(rows: { ids: readonly KeyInput[] }, options?: SearchOptions<F>): Promise<Hit<T, P, F>[][]>
  async search<F extends string>(queries: VectorInput | readonly VectorInput[] | { ids: readonly KeyInput[] }, options: SearchOptions<F> = {}): Promise<object[] | object[][]> {
    const { signal, params, metricType, ...rest } = options
    const searchParams = params === undefined && metricType === undefined ? undefined : defined({ params, metricType })
    const body = { ...this.#target, ...rest, ...defined({ searchParams }) }
    if (isOfRows(queries)) return this.#database.search({ ...body, ids: queries.ids }, defined({ signal }))
    return isVector(queries)
      ? this.#database.search({ ...body, vector: queries }, defined({ signal }))
      : this.#database.search({ ...body, data: queries }, defined({ signal }))
  }

  /** Several searches whose results are fused: a list of hits, or a list of lists when a search has several vectors. */
  hybridSearch<const F extends FieldName<T> = never>(searches: readonly ops.SingleSearch[], options?: HybridSearchOptions<F>): Promise<Hit<T, P, F>[]>
  hybridSearch<const F extends FieldName<T> = never>(searches: readonly ops.SubSearch[], options?: HybridSearchOptions<F>): Promise<Hit<T, P, F>[] | Hit<T, P, F>[][]>
  async hybridSearch<F extends string>(searches: readonly ops.SubSearch[], options: HybridSearchOptions<F> = {}): Promise<object[] | object[][]> {
    const { signal, ...rest } = options
    return this.#database.hybridSearch({ ...this.#target, ...rest, search: searches }, defined({ signal }))
  }

  /** How many rows match a filter; all without one. */
  async count(filter = '', options: CallOptions & { exprParams?: ops.FilterParams; partitionNames?: readonly string[] } = {}): Promise<number> {
    const { signal, ...rest } = options
    const rows = await this.#database.query({ ...this.#target, ...rest, filter, outputFields: ['count(*)'] }, defined({ signal }))
    return Number(rows[0]?.['count(*)'])
  }

  /**
   * All rows that match, one by one, in the order of primary keys; memory is bounded by `batchSize`. Rows that are
   * written meanwhile may or may not be seen; no row is seen twice.
   */
  async *iterate<const F extends FieldName<T> = '*'>(filter = '', options: IterateOptions<F> = {}): AsyncGenerator<Found<T, P, F>, void, undefined> {
    const { signal, ...rest } = options
    for await (const batch of this.#database.queryIterator<Found<T, P, F>>({ ...this.#target, ...rest, filter }, defined({ signal }))) yield* batch
  }

  #written(rows: readonly object[] | { columns: InsertColumns<T> }, { partitionName }: RowOptions): ops.Write<object> {
    const data = Array.isArray(rows) || !('columns' in rows) ? { data: rows as readonly object[] } : { columns: rows.columns as NonNullable<ops.Write['columns']> }
    return { ...this.#target, ...data, ...defined({ partitionName }) }
  }
}

/** Whether what is searched for are rows, by their keys, and no vectors. */
function isOfRows(queries: unknown): queries is { ids: readonly KeyInput[] } {
  return typeof queries === 'object' && queries !== null && 'ids' in queries
}

/** An object without the keys whose value is undefined. */
function defined<O extends object>(options: O): { [K in keyof O]: Exclude<O[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [K in keyof O]: Exclude<O[K], undefined> }
}

export type { Fields }
