/** The road between a client and its engine: the same on this thread and through a worker. */

import type { Plane } from './frame.js'
import type { Answer } from './instance.js'

export type { Answer } from './instance.js'

/** How far a piece of work is. */
export interface Progress {
  /** `import`, or a step of background work such as `seal` or `compact`. */
  stage: string
  /** The collection, when it is about one. */
  collection?: string
  /** Units done: rows, of an import bytes. */
  done: number
  /** Units in all, when that is known. */
  total?: number
}

/** Carries calls to an engine and answers back. */
export interface Transport {
  /** `worker` or `in-thread`. */
  readonly thread: 'worker' | 'in-thread'
  /** Asks. The planes are given away: after the call they may be detached. */
  call(operation: string, head: object, planes?: readonly Plane[], onProgress?: (progress: Progress) => void): Promise<Answer>
  /** Finishes what is under way, stores it, and gives everything back. */
  close(): Promise<void>
}
