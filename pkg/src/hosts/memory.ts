/** A host that keeps blobs in this thread's memory, outside the instance, so that they survive a trap. */

import type { HostBatch } from '../door.js'
import { ElanusError } from '../error.js'
import type { OwnedHost } from '../session.js'
import { bytesOf, equalBytes, textOf } from './key.js'

/** The host of `:memory:`. */
export class MemoryHost implements OwnedHost {
  readonly #blobs = new Map<string, Uint8Array>()
  #sizeBytes = 0

  async list(prefix: Uint8Array): Promise<Uint8Array[]> {
    const start = textOf(prefix)
    return [...this.#blobs.keys()].filter((key) => key.startsWith(start)).sort().map(bytesOf)
  }

  async load(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.#blobs.get(textOf(key)))
  }

  async commit({ writes, guard }: HostBatch): Promise<void> {
    if (guard !== undefined && !equalBytes(this.#blobs.get(textOf(guard.key)), guard.expected ?? undefined)) {
      throw new ElanusError('LOCKED', 'another writer has taken the database over', { details: { name: ':memory:' } })
    }
    for (const [key, value] of writes) {
      const name = textOf(key)
      this.#sizeBytes -= this.#blobs.get(name)?.length ?? 0
      if (value === null) {
        this.#blobs.delete(name)
      } else {
        this.#blobs.set(name, value)
        this.#sizeBytes += value.length
      }
    }
  }

  async close(): Promise<void> {
    this.#blobs.clear()
  }

  storageBytes(): number {
    return this.#sizeBytes
  }

  async rest(): Promise<void> {}
}
