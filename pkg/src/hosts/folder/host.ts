/**
 * A host that keeps blobs in a folder of files, for Node and its kin.
 *
 * | file | what |
 * | --- | --- |
 * | `root` | which other files count (root.ts) |
 * | `NNNNNNNN.journal` | batches as they come (journal.ts); at most one |
 * | `NNNNNNNN.pack` | blobs at rest (pack.ts) |
 * | `lock` | who writes (lock-file.ts) |
 * | `reserve` | room for hard times (reserve.ts) |
 *
 * A commit is appended to the journal and synced; commits that wait at the same time share one sync. When there is
 * nothing to do, when the journal is long, and at closing, it is folded into a pack. Nothing is ever changed in place:
 * files are written and synced, then `root` is replaced, then files that no longer count are removed.
 */

import { rmdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { HostBatch } from '../../door.js'
import { ElanusError } from '../../error.js'
import type { OwnedHost } from '../../session.js'
import { bytesOf, equalBytes, textOf } from '../key.js'
import { storageError } from './file.js'
import { type Write } from './journal.js'
import { LockFile } from './lock-file.js'
import { Store, type Distrust } from './store.js'

/** A journal that long is folded while commits wait; it bounds the files and the time of recovery. */
const JOURNAL_BYTES_MAX = 64 << 20

/** A shorter journal is left alone when there is nothing to do: folding costs three syncs. */
const JOURNAL_BYTES_REST = 1 << 20

/** Values read at the same time. */
const LOADS_MAX = 8

interface Commit {
  batch: HostBatch
  resolve(): void
  reject(error: ElanusError): void
}

/** An open folder. */
export class FolderHost implements OwnedHost {
  readonly #path: string
  readonly #lock: LockFile
  #store: Store | undefined
  /** Why the store is gone, until it is listed again. */
  #failure: ElanusError | undefined
  #distrust: Distrust | undefined
  readonly #commits: Commit[] = []
  /** The end of the last piece of work that writes; the next one begins after it. */
  #writing: Promise<unknown> = Promise.resolve()
  #isFlushing = false
  /** Current values of keys that guards look at; `undefined` for absent ones. */
  readonly #guarded = new Map<string, Uint8Array | undefined>()

  private constructor(path: string, lock: LockFile, store: Store) {
    this.#path = path
    this.#lock = lock
    this.#store = store
  }

  /** Locks a folder, making it if need be, and recovers what is in it. */
  static async open(path: string, lockWaitMs?: number): Promise<FolderHost> {
    const folder = resolve(path)
    await Store.prepare(folder)
    const lock = await LockFile.take(folder, lockWaitMs)
    try {
      const store = await Store.recover(folder)
      await store.keepReserve()
      return new FolderHost(folder, lock, store)
    } catch (error) {
      await lock.release()
      throw storageError(error, folder)
    }
  }

  /** Removes a folder's database under its lock, and the folder if nothing else is in it. */
  static async destroy(path: string, lockWaitMs?: number): Promise<void> {
    const folder = resolve(path)
    if (!(await Store.isThere(folder))) return
    const lock = await LockFile.take(folder, lockWaitMs)
    try {
      await Store.remove(folder)
    } catch (error) {
      throw storageError(error, folder)
    } finally {
      await lock.release()
    }
    await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw storageError(error, folder)
    })
  }

  /** Listing comes first at every opening; after a failure it reads the folder anew. */
  async list(prefix: Uint8Array): Promise<Uint8Array[]> {
    if (this.#store === undefined) await this.#exclusively(() => this.#reopen())
    return this.#live().keys(textOf(prefix)).map(bytesOf)
  }

  async load(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const store = this.#live()
    const values = new Array<Uint8Array | undefined>(keys.length).fill(undefined)
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < keys.length) {
        const at = next++
        const bytes = await store.load(textOf(keys[at] as Uint8Array))
        if (bytes !== undefined) values[at] = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
      }
    }
    await Promise.all(Array.from({ length: Math.min(LOADS_MAX, keys.length) }, worker))
    return values
  }

  commit(batch: HostBatch): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#commits.push({ batch, resolve, reject })
      if (this.#isFlushing) return
      this.#isFlushing = true
      void this.#exclusively(() => this.#flush())
    })
  }

  /** Folds a journal that has grown. */
  async rest(): Promise<void> {
    if ((this.#store?.journalBytes ?? 0) < JOURNAL_BYTES_REST) return
    await this.#exclusively(() => this.#fold())
  }

  storageBytes(): number {
    return this.#store?.storageBytes ?? 0
  }

  /** Folds the journal, so that nothing but checksummed files remains, and closes the files. */
  async close(): Promise<void> {
    await this.#exclusively(async () => {
      const store = this.#store
      this.#store = undefined
      this.#failure = new ElanusError('CLOSED', 'the database is closed')
      // A journal that cannot be folded (no room, a damaged value) is as good where it is: it is recovered next time.
      await store?.fold().catch(() => {})
      await store?.retire()
    })
  }

  /** Gives the writer lock back. */
  unlock(): Promise<void> {
    return this.#lock.release()
  }

  #live(): Store {
    if (this.#store !== undefined) return this.#store
    const failure = this.#failure
    if (failure?.kind !== 'UNKNOWN_COMMIT') throw failure ?? new ElanusError('CLOSED', 'the database is closed')
    throw new ElanusError('STORAGE', `nothing can be read or written until the folder is opened again: ${failure.message}`, { cause: failure })
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work)
    this.#writing = result.catch(() => {})
    return result
  }

  async #reopen(): Promise<void> {
    if (this.#store !== undefined) return
    if (this.#failure?.kind === 'CLOSED' || this.#failure?.kind === 'LOCKED') throw this.#failure
    this.#store = await Store.recover(this.#path, this.#distrust)
    await this.#store.keepReserve()
    this.#failure = undefined
    this.#distrust = undefined
    this.#guarded.clear()
  }

  /** Commits whatever waits, group by group. */
  async #flush(): Promise<void> {
    while (this.#commits.length > 0) {
      const group = this.#commits.splice(0)
      let accepted: Commit[] = []
      try {
        const store = this.#live()
        this.#lock.check()
        accepted = await this.#accept(store, group)
        if (accepted.length > 0) await this.#write(store, accepted)
        for (const { resolve } of accepted) resolve()
        if (store.journalBytes > JOURNAL_BYTES_MAX) await this.#fold().catch(() => {})
      } catch (error) {
        this.#fail(storageError(error, this.#path), accepted.length > 0 ? accepted : group)
      }
    }
    this.#isFlushing = false
  }

  async #fold(): Promise<void> {
    try {
      await this.#store?.fold()
    } catch (error) {
      this.#fail(storageError(error, this.#path), [])
      throw error
    }
  }

  /** The commits whose guards hold, each seen after those before it; the others are refused. */
  async #accept(store: Store, group: Commit[]): Promise<Commit[]> {
    const accepted: Commit[] = []
    for (const commit of group) {
      const { guard, writes } = commit.batch
      if (guard !== undefined && !equalBytes(await this.#current(store, textOf(guard.key)), guard.expected ?? undefined)) {
        commit.reject(new ElanusError('LOCKED', `database '${this.#path}' was taken over by another writer`))
        continue
      }
      for (const [key, value] of writes) {
        const name = textOf(key)
        if (this.#guarded.has(name)) this.#guarded.set(name, value ?? undefined)
      }
      accepted.push(commit)
    }
    return accepted
  }

  async #current(store: Store, key: string): Promise<Uint8Array | undefined> {
    if (!this.#guarded.has(key)) this.#guarded.set(key, await store.load(key))
    return this.#guarded.get(key)
  }

  async #write(store: Store, commits: Commit[]): Promise<void> {
    const writes = commits.flatMap(({ batch }) => batch.writes.map(([key, value]): Write => [textOf(key), value]))
    if (writes.length > 0) await store.append(writes, commits.every(({ batch }) => batch.makesRoom))
  }

  #fail(error: ElanusError, commits: Commit[]): void {
    this.#guarded.clear()
    const store = this.#store
    if (store !== undefined && (error.kind === 'UNKNOWN_COMMIT' || error.kind === 'LOCKED')) {
      this.#store = undefined
      this.#failure = error
      this.#distrust = store.distrust
      void store.retire()
    }
    for (const { reject } of commits) reject(error)
  }
}
