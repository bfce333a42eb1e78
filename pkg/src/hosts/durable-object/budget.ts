/**
 * The memory of an isolate, kept by refusing in time. Production ends an isolate that takes more than 128 MB, and with it
 * every object and request in it; so a call whose bytes would not fit is refused before anything grows. The engine itself
 * refuses rows beyond the limit; what it cannot see are the copies on the way in.
 */

import type { Plane } from '../../frame.js'
import { ElanusError } from '../../error.js'
import type { Answer, Progress, Transport } from '../../transport.js'

/** Calls below this are not looked at: there is always room for some of them beside what collections hold. */
const SMALL_BYTES = 256 << 10

/**
 * How many times its size a call takes until it is answered. A body of JSON: itself, its copy in the instance, and its
 * values, which take 4 to 8 times its size. Typed arrays: themselves, the planes, the columns, the log's entry and its copy.
 */
const TIMES = { http: 10, others: 5 }

/** A transport that refuses what does not fit. */
export class Budget implements Transport {
  readonly thread
  readonly #inner: Transport
  readonly #limitBytes: number
  /** What calls under way are expected to take. */
  #claimedBytes = 0

  constructor(inner: Transport, limitBytes: number) {
    this.thread = inner.thread
    this.#inner = inner
    this.#limitBytes = limitBytes
  }

  async call(operation: string, head: object, planes: readonly Plane[] = [], onProgress?: (progress: Progress) => void): Promise<Answer> {
    const bytes = planes.reduce((sum, plane) => sum + plane.byteLength, 0)
    // Pieces of a file go through to storage one by one; what of it is read into memory later, the engine bounds.
    if (bytes < SMALL_BYTES || operation === 'importChunk') return this.#inner.call(operation, head, planes, onProgress)
    const wanted = bytes * (operation === 'http' ? TIMES.http : TIMES.others)
    this.#claimedBytes += wanted
    try {
      const used = async (): Promise<number> => ((await this.#inner.call('stats', {})).head as { memoryBytes: number }).memoryBytes
      let memoryBytes = await used()
      if (memoryBytes + this.#claimedBytes > this.#limitBytes) {
        await this.#inner.call('relieve', {})
        memoryBytes = await used()
      }
      const neededBytes = memoryBytes + this.#claimedBytes
      if (neededBytes > this.#limitBytes) throw this.#refusal(operation, bytes, memoryBytes, neededBytes)
      return await this.#inner.call(operation, head, planes, onProgress)
    } finally {
      this.#claimedBytes -= wanted
    }
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  #refusal(operation: string, bytes: number, usedBytes: number, neededBytes: number): ElanusError {
    const message =
      `memory limit: a call with ${bytes} bytes beside collections of ${usedBytes} bytes needs about ${neededBytes}, ` +
      `and the limit is ${this.#limitBytes}: write fewer rows at a time, or release a collection`
    return new ElanusError('MEMORY', message, { details: { operation, limitBytes: this.#limitBytes, neededBytes } })
  }
}
