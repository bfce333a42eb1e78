/** What `open` and `init` take, and what an open database tells about itself. */

import type { WasmInput } from '../load.js'
import type { Progress } from '../transport.js'
import type { Int64Mode } from '../unframe.js'

export type { Progress } from '../transport.js'
export type { WasmInput } from '../load.js'

/** An exported database, or where it comes from. */
export type SnapshotInput = ReadableStream<Uint8Array> | Response | Blob | Uint8Array | ArrayBuffer | AsyncIterable<Uint8Array>

/** Who is told what happens inside; nothing is logged without one. */
export interface Logger {
  warn(message: string): void
  info?(message: string): void
}

/** Options of `open`. */
export interface OpenOptions<I extends Int64Mode = 'number'> {
  /**
   * IndexedDB only: `relaxed` (default) survives the death of the tab, the browser and the process; `strict` also waits
   * for the disk, at a cost. A folder always waits for the disk.
   */
  durability?: 'relaxed' | 'strict'
  /** Memory that collections may use; a call that needs more is refused with kind `MEMORY` before anything grows. */
  memoryLimitBytes?: number
  /** How Int64 values come back: a number when it is safe and else a bigint (default), always a bigint, or text. */
  int64?: I
  /**
   * Fills a new database from an exported file. On a database that holds data already a file is refused with kind
   * `EXISTS`; a function that brings the file is then not called, so that it serves a first visit.
   */
  from?: SnapshotInput | Promise<SnapshotInput> | (() => SnapshotInput | Promise<SnapshotInput>)
  /**
   * Browsers only. Without it the engine runs in a dedicated worker if one can be started, and else on this thread.
   * `true`: in a worker or not at all; `false`: on this thread; the place of the file `elanus/worker`, or a function
   * that makes the worker.
   */
  worker?: boolean | string | URL | (() => Worker)
  /** Of a server: `user:password`. */
  token?: string
  /** Gives up waiting. */
  signal?: AbortSignal
  /** Told how far filling from `from` is. */
  onProgress?: (progress: Progress) => void
  logger?: Logger
  /** Where the wasm module is; the same as calling `init` first. */
  wasm?: WasmInput | Promise<WasmInput>
  /** Browsers only: asks that storage be kept when space is short; some browsers ask the user. See also `persist()`. */
  persist?: boolean
  /** What to do when a database that was here before is gone: open a new one (default), or fail with kind `EVICTED`. */
  whenEvicted?: 'open' | 'fail'
}

/** Options of a call. */
export interface CallOptions {
  /** Gives up waiting. A write that was under way is carried out all the same. */
  signal?: AbortSignal
}

/** Options of a call that may take long. */
export interface ProgressOptions extends CallOptions {
  onProgress?: (progress: Progress) => void
}

/** Options of a call that hands bytes over. */
export interface WriteOptions extends CallOptions {
  /** Gives typed arrays of `columns` away instead of copying them; they are empty afterwards. */
  transfer?: boolean
}

/** What `stats()` tells. */
export interface Stats {
  rowCount: number
  /** Rows deleted and not yet compacted away. */
  deletedCount: number
  /** Memory that collections hold. */
  memoryBytes: number
  memoryLimitBytes: number
  /** Size of the wasm instance's memory, which grows and never shrinks until `close`. */
  linearMemoryBytes: number
  storageBytes: number
  /** The share of indexes in `memoryBytes`. */
  indexMemoryBytes: number
  /** The share of indexes in `storageBytes`. */
  indexStorageBytes: number
  growingSegments: number
  sealedSegments: number
  collections: number
  /** Where data is kept. */
  host: 'indexeddb' | 'folder' | 'durable-object' | 'memory'
  /** `none`: gone with the process. */
  durability: 'relaxed' | 'strict' | 'none'
  simd: 'simd128' | 'none'
  thread: 'worker' | 'in-thread'
  /** How often the engine failed inside and was started again. */
  restartCount: number
  /** Whether a database that was here before was found gone at opening. */
  wasEvicted: boolean
  version: string
  /** Browsers only: whether the browser promised not to evict the storage of this origin. */
  persisted?: boolean
  /** Browsers only: what the browser says this origin may use, and uses. Neither predicts a quota error. */
  quotaBytes?: number
  usageBytes?: number
}
