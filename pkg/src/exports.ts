/** What every entry exports beside `open` and `init`. */

export { Elanus } from './client.js'
export { Collection } from './collection.js'
export type { GetOptions, HybridSearchOptions, IterateOptions, QueryOptions, RowOptions, SearchOptions } from './collection.js'
export { ElanusError } from './error.js'
export type { ErrorKind, ErrorShape } from './error.js'
export type { Fetch } from './fetch.js'
export type { ColumnInput, VectorInput } from './frame.js'
export type { InitOptions } from './open.js'
export type * from './types/open.js'
export type * from './types/operations.js'
export type * from './types/rows.js'
