/** The door of the wasm module: the exported class and what it calls, as `src/wasm.rs` has them. */

import type { ErrorShape } from './error.js'
import type { Plane } from './frame.js'

/** Writes that land together or not at all; `null` removes. */
export interface HostBatch {
  writes: [key: Uint8Array, value: Uint8Array | null][]
  /** Whether it serves to free room: a host without room may give up some that it has kept. */
  makesRoom: boolean
  /** What must hold for the batch to be applied; otherwise the commit fails with kind `LOCKED`. */
  guard?: { key: Uint8Array; expected: Uint8Array | null } | undefined
}

/**
 * An ordered map of blobs that JavaScript keeps. Commits take effect in the order in which they are begun. What it
 * throws carries a `kind`: `LOCKED`, `QUOTA` and `STORAGE` mean that nothing was applied, `UNKNOWN_COMMIT` that all or
 * nothing was; `CORRUPT` is for damage.
 */
export interface ForeignHost {
  /** The keys that start with `prefix`, ascending bytewise. */
  list(prefix: Uint8Array): Promise<Uint8Array[]>
  load(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]>
  commit(batch: HostBatch): Promise<void>
  close(): Promise<void>
}

/** Which host an instance opens. */
export type HostSpec =
  | { kind: 'memory' }
  | { kind: 'indexeddb'; name: string; durability: 'relaxed' | 'strict' }
  | { kind: 'foreign'; host: ForeignHost }

/** A user by name and password. */
export interface Owner {
  name: string
  password: string
}

/** What an instance may use, and who owns it. */
export interface EngineOptions {
  memoryLimitBytes: number
  /** Whether vectors that opening leaves in storage are read in afterwards. */
  readsIn: boolean
  /** Read by the build for servers alone. */
  owner?: Owner
}

/** What an instance asks of JavaScript. */
export interface Callbacks {
  /** Asks for a `turn` soon. */
  wake(): void
  settle(id: number, error: ErrorShape | null | undefined, head: unknown, planes: Plane[]): void
  /** 64 random bits. */
  random(): bigint
  /** Milliseconds since 1970. */
  now(): number
}

/** The exported class: one engine in one wasm instance. All of it is synchronous. */
export interface Database {
  call(id: number, operation: string, head: object, planes: readonly Plane[]): void
  turn(): void
  trap(): void
  memoryBytes(): number
  /** Whether calls that only read have left background work since this was asked last. */
  takeNews(): boolean
  connection(): IDBDatabase | undefined
}

/** Its constructor. */
export type DatabaseClass = new (host: HostSpec, options: EngineOptions, callbacks: Callbacks) => Database

/** What one call of the generated factory gives: glue whose instance is shared with nobody. */
export interface Glue {
  initSync(input: { module: WebAssembly.Module }): unknown
  Database: DatabaseClass
}
