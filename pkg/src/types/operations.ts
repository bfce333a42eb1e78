/**
 * The bodies and replies of the operations: those of Milvus's RESTful v2 API, in camelCase and natural JavaScript
 * values. Every body takes `dbName`; without it the database `default` is meant.
 */

import type { ColumnInput, VectorInput } from '../frame.js'
import type { KeyInput, Row } from './rows.js'

/** Names a Milvus database (a namespace of collections). */
export interface InDatabase {
  dbName?: string
}

/** Names a collection or an alias. */
export interface OfCollection extends InDatabase {
  collectionName: string
}

/** Settings, kept as text and echoed. */
export type Properties = Record<string, string | number | boolean>

/** A setting as it comes back. */
export interface Property {
  key: string
  value: string
}

/** Milvus's data types that a field can have. */
export type DataType =
  | 'Bool' | 'Int8' | 'Int16' | 'Int32' | 'Int64' | 'Float' | 'Double' | 'VarChar' | 'JSON' | 'Array' | 'FloatVector'

/** How nearness is measured. */
export type MetricType = 'L2' | 'IP' | 'COSINE'

/** A field of a schema. */
export interface FieldSpec {
  fieldName: string
  dataType: DataType
  /** Of an `Array`: the type of its elements. */
  elementDataType?: Exclude<DataType, 'Array' | 'JSON' | 'FloatVector'>
  isPrimary?: boolean
  nullable?: boolean
  defaultValue?: unknown
  description?: string
  /** `dim`, `max_length`, `max_capacity`, … */
  elementTypeParams?: Record<string, unknown>
}

/** A schema. */
export interface SchemaSpec {
  autoID?: boolean
  /** Whether rows may have keys that the schema does not name. */
  enableDynamicField?: boolean
  fields: FieldSpec[]
}

/** An index to make. Every index type of Milvus is accepted; `describeIndex` says which structure answers. */
export interface IndexSpec {
  fieldName: string
  indexName?: string
  indexType?: string
  metricType?: MetricType
  params?: Record<string, unknown>
}

/** A collection to make: from a schema, or quickly from a dimension. */
export interface CreateCollection extends OfCollection {
  /** Quick form: the length of the vectors. */
  dimension?: number
  metricType?: MetricType
  /** Quick form: `Int64` unless said otherwise; `VarChar` needs `params.max_length`. */
  idType?: 'Int64' | 'VarChar'
  autoID?: boolean
  primaryFieldName?: string
  vectorFieldName?: string
  schema?: SchemaSpec
  /** With a schema: indexes to make at once; the collection is then loaded too. */
  indexParams?: IndexSpec[]
  description?: string
  consistencyLevel?: string
  params?: Record<string, unknown>
  properties?: Properties
}

/** A field as it is described. */
export interface FieldDescription {
  name: string
  id: number
  type: DataType
  primaryKey: boolean
  autoId: boolean
  nullable: boolean
  description: string
  elementType?: string
  defaultValue?: unknown
  params?: Property[]
}

/** What `describeCollection` tells. */
export interface CollectionDescription {
  collectionName: string
  collectionID: number
  description: string
  autoId: boolean
  enableDynamicField: boolean
  fields: FieldDescription[]
  aliases: string[]
  indexes: { indexName: string; fieldName: string; metricType: string }[]
  load: LoadStateName
  shardsNum: number
  partitionsNum: number
  consistencyLevel: string
  properties: Property[]
}

/** Whether a collection can be read. */
export type LoadStateName = 'LoadStateNotLoad' | 'LoadStateLoading' | 'LoadStateLoaded'

/** What `getLoadState` tells. */
export interface LoadState {
  loadState: LoadStateName
  loadProgress?: number
}

/** What `describeIndex` tells of each index. */
export interface IndexDescription {
  indexName: string
  fieldName: string
  indexType: string
  metricType: string
  totalRows: number
  indexedRows: number
  pendingRows: number
  indexState: string
  failReason: string
  indexParams: Property[]
  /** As set; `indexParams` has it too. */
  'mmap.enabled'?: string
  /** What really answers: `exact scan`, `code scan`, `inverted file`, `graph`, or `column scan`. */
  answeredBy?: string
  /** Clusters of an inverted file. */
  clusterCount?: number
  /** Memory that the index holds, beside the vectors. */
  memoryBytes?: number
  /** Storage that it takes. */
  storageBytes?: number
}

/** What `getCompactionState` tells. */
export interface CompactionState {
  compactionID: number
  state: 'Executing' | 'Completed'
  executingPlanNumber: number
  timeoutPlanNumber: number
  completedPlanNumber: number
}

/** Names partitions of a collection. */
export interface OfPartition extends OfCollection {
  partitionName: string
}

/** A Milvus database. */
export interface DatabaseDescription {
  dbName: string
  dbID: number
  properties: Property[]
}

/** Values for the `{names}` of a filter. */
export type FilterParams = Record<string, unknown>

/** Rows to write: `data` by row, or `columns`. */
export interface Write<R extends object = Row> extends OfCollection {
  data?: readonly R[] | R
  columns?: Readonly<Record<string, ColumnInput>>
  partitionName?: string
  /** Of `upsert`: fields that a row lacks keep their old value. */
  partialUpdate?: boolean
  /** Of `upsert`: arrays whose given elements are added to those that are there, or removed from them. The upsert is then partial. */
  fieldOps?: readonly { fieldName: string; op: 'REPLACE' | 'ARRAY_APPEND' | 'ARRAY_REMOVE' }[]
}

/** Rows to remove: by `filter`, or by primary key with `ids`. */
export interface Delete extends OfCollection {
  filter?: string
  exprParams?: FilterParams
  ids?: readonly KeyInput[]
  partitionName?: string
}

/** Rows to get by primary key. */
export interface Get extends OfCollection {
  id: KeyInput | readonly KeyInput[]
  /** All unless said otherwise; the primary key comes in any case. */
  outputFields?: readonly string[]
  partitionNames?: readonly string[]
  consistencyLevel?: string
}

/** Rows to find by filter, in the order of their primary keys unless it asks for another one. */
export interface Query extends OfCollection {
  filter?: string
  exprParams?: FilterParams
  outputFields?: readonly string[]
  /** 100 unless said otherwise. */
  limit?: number
  offset?: number
  /** Scalar fields, each with `:asc` or `:desc` and `:nulls_first` or `:nulls_last` behind it; nulls count as the least unless one says otherwise. */
  orderByFields?: readonly string[]
  partitionNames?: readonly string[]
  consistencyLevel?: string
}

/** A search for the nearest. */
export interface Search extends OfCollection {
  /** Several vectors: the reply is a list of lists. */
  data?: readonly VectorInput[]
  /** One vector: the reply is a list. */
  vector?: VectorInput
  /** Instead of vectors: primary keys of rows whose own vectors are searched for; the reply is a list of lists. */
  ids?: readonly KeyInput[]
  annsField?: string
  filter?: string
  exprParams?: FilterParams
  /** 100 unless said otherwise. */
  limit?: number
  offset?: number
  outputFields?: readonly string[]
  partitionNames?: readonly string[]
  /** `{ metricType, params: { radius, range_filter, ef, nprobe, … } }` */
  searchParams?: Record<string, unknown>
  roundDecimal?: number
  /** A Bool, integer or VarChar field: rows with one value of it are a group, and `limit` and `offset` count groups. */
  groupingField?: string
  /** The most rows of a group, 1 to 10; 1 unless said otherwise. */
  groupSize?: number
  /** Groups are filled as far as there are rows, whether this says so or not. */
  strictGroupSize?: boolean
  consistencyLevel?: string
}

/** One of the searches of a hybrid search. */
export interface SubSearch {
  /** The query vectors, or a single one. */
  data: VectorInput | readonly VectorInput[]
  annsField: string
  filter?: string
  exprParams?: FilterParams
  limit?: number
  offset?: number
  metricType?: MetricType
  params?: Record<string, unknown>
}

/** One of the searches of a hybrid search for a single vector. */
export interface SingleSearch extends SubSearch {
  data: VectorInput | readonly [VectorInput]
}

/** How the results of several searches become one. */
export type Rerank =
  | { strategy: 'rrf'; params?: { k?: number } }
  | { strategy: 'weighted'; params: { weights: number[]; norm_score?: boolean } }

/** Several searches whose results are fused. */
export interface HybridSearch<S extends SubSearch = SubSearch> extends OfCollection {
  search: readonly S[]
  rerank?: Rerank
  limit?: number
  offset?: number
  outputFields?: readonly string[]
  partitionNames?: readonly string[]
  consistencyLevel?: string
}

/** What a query iterator goes through, in the order of primary keys, `batchSize` rows at a time. */
export interface QueryIterator extends Omit<Query, 'limit' | 'offset' | 'orderByFields'> {
  /** Rows of a batch; 1,000 unless said otherwise. */
  batchSize?: number
  /** Rows in all; without it, every row that matches. */
  limit?: number
}
