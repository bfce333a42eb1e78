/** Types of rows and hits: what a collection's schema says, as a TypeScript type, carried through every call. */

import type { ColumnInput, VectorInput } from '../frame.js'
import type { Int64Mode } from '../unframe.js'

export type { VectorInput } from '../frame.js'
export type { Int64Mode } from '../unframe.js'

/** A row of a collection whose type is not known. */
export type Row = Record<string, unknown>

/** The name of a row type's key: `id` when it has one. */
export type DefaultKey<T> = 'id' extends keyof T ? 'id' : never

/** A primary key as it may be handed in. */
export type KeyInput = number | bigint | string

/** A primary key as it comes back. Keys of VarChar are strings in every mode. */
export type KeyOutput<I extends Int64Mode> = I extends 'number' ? number | bigint | string : I extends 'bigint' ? bigint | string : string

/** What may be handed in for a field whose values come back as `V`. */
export type ValueInput<V> = V extends Float32Array ? VectorInput : V

/** A row to insert: all fields, but the key may be left to `autoID`. */
export type InsertRow<T, P extends keyof T> = Inputs<Omit<T, P>> & Partial<Inputs<Pick<T, P>>>

/** A row type with everything that its values may be handed in as. */
export type Inputs<R> = { [F in keyof R]: ValueInput<R[F]> }

/** Rows by column: lists, typed arrays, or flat vectors with their length. */
export type InsertColumns<T> = { readonly [F in keyof T]?: ColumnInput }

/** The fields that a call asks for, as a type: all for `'*'`. */
export type Fields<T, P extends keyof T, F> = [F] extends [never]
  ? Pick<T, P>
  : '*' extends F
    ? T
    : Pick<T, P | (F & keyof T)>

/** A row found: the key, the output fields that were asked for, and whatever else the reply has. */
export type Found<T, P extends keyof T, F> = Fields<T, P, F> & Partial<T>

/** A hit: a row found, and how near it is. In a hit, a field called `distance` is hidden by the score; `get` and `query` show it. */
export type Hit<T, P extends keyof T = DefaultKey<T>, F = '*'> = Found<T, P, F> & {
  /** Milvus's score: squared distance for L2 (smaller is nearer), else similarity (greater is nearer). */
  distance: number
}
