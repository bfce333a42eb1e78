/**
 * A host that keeps blobs in the SQLite database of a Durable Object. A commit is one synchronous transaction; it is not
 * waited for until it is on disks, because the object's output gate holds every answer back until then. An object whose
 * write fails later is ended by its platform, with all that it had in memory, and no answer of it was sent.
 */

import type { HostBatch } from '../../door.js'
import { ElanusError, asError } from '../../error.js'
import type { OwnedHost } from '../../session.js'
import { equalBytes } from '../key.js'
import { Asked } from './asked.js'
import { Rows } from './rows.js'
import type { ObjectStorage } from './storage.js'

/** Storages with an open host: within an isolate a database has one writer, as everywhere. */
const taken = /* @__PURE__ */ new WeakSet<ObjectStorage>()

/** Removes what a database has in an object's storage; the rest of it is the user's. */
export function destroyObject(storage: ObjectStorage): void {
  if (taken.has(storage)) throw new ElanusError('LOCKED', 'destroy: the database of this object is open: close it first')
  storage.transactionSync(() => {
    for (const table of ['elanus_blobs', 'elanus_asked']) storage.sql.exec(`DROP TABLE IF EXISTS ${table}`)
  })
}

/** An object's storage, taken. */
export class DurableObjectHost implements OwnedHost {
  readonly #storage: ObjectStorage
  #rows: Rows | undefined
  /** What was asked for and is not done. */
  readonly asked: Asked

  constructor(storage: ObjectStorage) {
    if (taken.has(storage)) throw new ElanusError('LOCKED', 'open: the database of this object is open already: close it first, or use the one that is open')
    this.#storage = storage
    this.asked = new Asked(storage.sql)
    taken.add(storage)
  }

  async list(prefix: Uint8Array): Promise<Uint8Array[]> {
    return this.#ask((rows) => rows.keys(prefix))
  }

  async load(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#ask((rows) => keys.map((key) => rows.get(key)))
  }

  async commit({ writes, guard }: HostBatch): Promise<void> {
    this.#ask((rows) =>
      this.#storage.transactionSync(() => {
        if (guard !== undefined && !equalBytes(rows.get(guard.key), guard.expected ?? undefined)) {
          throw new ElanusError('LOCKED', 'the database of this object was taken over by another writer')
        }
        for (const [key, blob] of writes) {
          if (blob === null) rows.remove(key)
          else rows.put(key, blob)
        }
      }),
    )
  }

  storageBytes(): number {
    return this.#storage.sql.databaseSize
  }

  begin(): void {
    this.asked.begin()
  }

  async rest(): Promise<void> {
    this.asked.done()
  }

  async close(): Promise<void> {
    this.#rows = undefined
  }

  /** Lets another host be opened on the storage. */
  unlock(): void {
    taken.delete(this.#storage)
  }

  /** Nothing of a transaction that throws is applied, so that a failure is a refusal. */
  #ask<T>(work: (rows: Rows) => T): T {
    try {
      this.#rows ??= new Rows(this.#storage.sql)
      return work(this.#rows)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw asError(error, /SQLITE_FULL|exceeded.*(storage|limit)/i.test(message) ? 'QUOTA' : 'STORAGE')
    }
  }
}
