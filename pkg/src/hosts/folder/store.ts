/**
 * The files of a folder as one ordered map: where each value is, and how writes get into the journal and from there into
 * packs. Calls that write must not overlap; reads may come at any time.
 */

import { mkdir, readdir, stat } from 'node:fs/promises'
import { ElanusError } from '../../error.js'
import { corrupt, removeFile, storageError, syncFolder } from './file.js'
import { HEAD_BYTES, Journal, journalName, type Change, type Write } from './journal.js'
import { LOCK_NAME } from './lock-file.js'
import { openPack, packName, readPlace, writePack, type Pack, type Place } from './pack.js'
import { NEEDY_BYTES_MAX, PACKED_BYTES_MAX, RESERVE_NAME, Reserve } from './reserve.js'
import { ROOT_NAME, readRoot, writeRoot, type Root } from './root.js'

const OWN_FILE = /^(\d{8})\.(pack|journal)$/

function isOwn(name: string): boolean {
  return name === ROOT_NAME || name === LOCK_NAME || name === RESERVE_NAME || OWN_FILE.test(name)
}

/** An older pack joins a fold when it is at most this much larger than what is folded, so that packs stay few. */
const PACK_GROWTH = 2

/** Where a failed sync left a journal; what lies behind cannot be trusted, whatever it looks like. */
export interface Distrust {
  journal: number
  end: number
}

/** What goes into a pack: the values of a journal and of some packs, of which the others are kept. */
interface Fold {
  journal: Journal
  kept: Pack[]
  folded: Pack[]
  values: [key: string, place: Place | undefined][]
}

/** The files of an open folder. */
export class Store {
  readonly #folder: string
  readonly #reserve: Reserve
  readonly #index: Map<string, Place>
  #packs: Pack[]
  #journal: Journal | undefined
  /** Keys that the journal removed and an older pack may still have. */
  #removed: Set<string>
  #nextNumber: number

  private constructor(folder: string, index: Map<string, Place>, packs: Pack[], journal: Journal | undefined, removed: Set<string>, nextNumber: number) {
    this.#folder = folder
    this.#reserve = new Reserve(folder)
    this.#index = index
    this.#packs = packs
    this.#journal = journal
    this.#removed = removed
    this.#nextNumber = nextNumber
  }

  /** Makes sure that there is a folder, and that it is ours or free. */
  static async prepare(folder: string): Promise<void> {
    try {
      await mkdir(folder, { recursive: true })
      const names = await readdir(folder)
      const stranger = names.find((name) => !name.startsWith('.') && name !== `${ROOT_NAME}.new`)
      if (names.some(isOwn) || stranger === undefined) return
      throw new ElanusError('INVALID', `open: '${folder}' is not empty ('${stranger}') and holds no database; choose another folder: invalid parameter`)
    } catch (error) {
      throw storageError(error, folder)
    }
  }

  /** Whether there is such a folder, with files of a database in it. */
  static async isThere(folder: string): Promise<boolean> {
    try {
      return (await readdir(folder)).some(isOwn)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw storageError(error, folder)
    }
  }

  /** Removes all files of a database but the lock, which must be held. Cut off anywhere, it leaves all of it or an empty one. */
  static async remove(folder: string): Promise<void> {
    // The root needs a little room, also on a full disk.
    await removeFile(`${folder}/${RESERVE_NAME}`)
    const files = (await readdir(folder)).filter((name) => OWN_FILE.test(name))
    const numbers = files.map((name) => Number.parseInt(name, 10))
    await writeRoot(folder, { nextNumber: Math.max(0, ...numbers) + 1, journal: 0, packs: [] })
    for (const name of [...files, `${ROOT_NAME}.new`, ROOT_NAME]) await removeFile(`${folder}/${name}`)
    await syncFolder(folder)
  }

  /** Reads the folder's files, after a clean close as after a crash. The lock must be held. */
  static async recover(folder: string, distrust?: Distrust): Promise<Store> {
    const root = await readRoot(folder)
    if (root === undefined) return new Store(folder, new Map(), [], undefined, new Set(), await sweepNew(folder))
    const index = new Map<string, Place>()
    const packs: Pack[] = []
    let journal: Journal | undefined
    try {
      for (const entry of root.packs) {
        const { pack, places } = await openPack(folder, entry)
        packs.push(pack)
        apply(index, places)
      }
      const removed = new Set<string>()
      if (root.journal !== 0) {
        const trustedEnd = distrust?.journal === root.journal ? distrust.end : undefined
        journal = await Journal.recover(folder, root.journal, trustedEnd, (changes) => {
          apply(index, changes)
          for (const [key, place] of changes) if (place === undefined) removed.add(key)
        })
      }
      await sweep(folder, root)
      return new Store(folder, index, packs, journal, removed, root.nextNumber)
    } catch (error) {
      await Promise.allSettled([...packs, ...(journal === undefined ? [] : [journal])].map(({ file }) => file.retire()))
      throw storageError(error, folder)
    }
  }

  /** The keys that start with `prefix`, ascending. */
  keys(prefix: string): string[] {
    return [...this.#index.keys()].filter((key) => key.startsWith(prefix)).sort()
  }

  /** A value, checked; undefined when there is none. */
  async load(key: string): Promise<Buffer<ArrayBuffer> | undefined> {
    const place = this.#index.get(key)
    return place === undefined ? undefined : readPlace(place)
  }

  /** Bytes of the journal. */
  get journalBytes(): number {
    return this.#journal?.length ?? 0
  }

  /** Bytes of all files. */
  get storageBytes(): number {
    return this.#packs.reduce((sum, { length }) => sum + length, this.journalBytes)
  }

  /** Where the journal stood after the last write that is certain. */
  get distrust(): Distrust | undefined {
    return this.#journal === undefined ? undefined : { journal: this.#journal.number, end: this.#journal.length }
  }

  /**
   * Writes, and waits until it is on the disk; what makes room may use the reserve. Kinds `QUOTA` and `STORAGE` mean that nothing was stored;
   * after `UNKNOWN_COMMIT` the store must be recovered.
   */
  async append(writes: readonly Write[], makesRoom: boolean): Promise<void> {
    // Else what needs room would use up what was set aside for what makes some.
    if (!makesRoom) await this.#reserve.keep()
    const size = writes.reduce((sum, [, value]) => sum + (value?.length ?? 0), 0)
    await this.#withReserve(() => this.#append(writes), makesRoom && size <= NEEDY_BYTES_MAX)
  }

  async #append(writes: readonly Write[]): Promise<void> {
    let isWritten = false
    let journal: Journal | undefined
    try {
      journal = await this.#openJournal()
      const changes = await journal.append(writes, () => (isWritten = true))
      apply(this.#index, changes)
      for (const [key, place] of changes) {
        if (place === undefined) this.#removed.add(key)
      }
    } catch (error) {
      const path = journal?.file.path ?? this.#folder
      if (isWritten) throw storageError(error, path, 'UNKNOWN_COMMIT')
      await journal?.undo().catch((failure: unknown) => {
        throw storageError(failure, path, 'UNKNOWN_COMMIT')
      })
      throw storageError(error, path)
    }
  }

  /**
   * Puts what the journal has into a pack, together with packs that are small or mostly dead, and removes the journal.
   * After a failure of kind `UNKNOWN_COMMIT` the store must be recovered; any other leaves it as it was.
   */
  async fold(): Promise<void> {
    const journal = this.#journal
    if (journal === undefined) return
    const kept = this.#packs.slice(0, this.#foldStart())
    const folded = this.#packs.slice(kept.length)
    const sources = new Set([journal.file, ...folded.map(({ file }) => file)])
    const values: [string, Place | undefined][] = [...this.#index].filter(([, place]) => sources.has(place.file))
    const isInKept = (key: string): boolean => kept.some(({ keys }) => keys.has(key))
    const removed = new Set([...this.#removed, ...folded.flatMap(({ keys }) => [...keys])])
    for (const key of removed) if (!this.#index.has(key) && isInKept(key)) values.push([key, undefined])
    values.sort(([one], [other]) => (one < other ? -1 : 1))
    const size = values.reduce((sum, [, place]) => sum + (place?.length ?? 0), 0)
    await this.#withReserve(() => this.#fold({ journal, kept, folded, values }), size <= PACKED_BYTES_MAX)
    await this.keepReserve()
  }

  /** Sets room aside for hard times, if there is any. */
  async keepReserve(): Promise<void> {
    await this.#reserve.keep().catch(() => {})
  }

  async #fold({ journal, kept, folded, values }: Fold): Promise<void> {
    const number = this.#nextNumber++
    const written = values.length === 0 ? undefined : await this.#writePack(number, values)
    const packs = written === undefined ? kept : [...kept, written.pack]
    try {
      await this.#writeRoot(packs, undefined)
    } catch (error) {
      await written?.pack.file.retire()
      throw error
    }
    for (const [key, place] of written?.places ?? []) this.#index.set(key, place)
    this.#packs = packs
    this.#journal = undefined
    this.#removed = new Set()
    const names = [journalName(journal.number), ...folded.map((pack) => packName(pack.number))]
    await Promise.all([journal.file.retire(), ...folded.map(({ file }) => file.retire())])
    // A file that cannot be removed now is removed at the next opening.
    await Promise.allSettled(names.map((name) => removeFile(`${this.#folder}/${name}`)))
  }

  /** Closes the files as they are. */
  async retire(): Promise<void> {
    await this.#reserve.giveUp()
    const files = this.#packs.map(({ file }) => file)
    if (this.#journal !== undefined) files.push(this.#journal.file)
    await Promise.allSettled(files.map((file) => file.retire()))
  }

  /** Does work again with the reserve when there was no room for it and it is worth that. */
  async #withReserve(work: () => Promise<void>, isWorthIt: boolean): Promise<void> {
    try {
      await work()
    } catch (error) {
      const isFull = error instanceof ElanusError && error.kind === 'QUOTA'
      if (!isFull || !isWorthIt || !(await this.#reserve.giveUp())) throw error
      await work()
    }
  }

  async #openJournal(): Promise<Journal> {
    if (this.#journal !== undefined) return this.#journal
    const number = this.#nextNumber++
    let journal: Journal
    try {
      journal = await Journal.create(this.#folder, number)
    } catch (error) {
      await removeFile(`${this.#folder}/${journalName(number)}`).catch(() => {})
      throw error
    }
    try {
      await this.#writeRoot(this.#packs, journal)
    } catch (error) {
      // The file stays: the root may name it after all. If not, it is removed at the next opening.
      await journal.file.retire()
      throw error
    }
    this.#journal = journal
    return journal
  }

  async #writePack(number: number, values: [string, Place | undefined][]): Promise<Awaited<ReturnType<typeof writePack>>> {
    try {
      const written = await writePack(this.#folder, number, values)
      await syncFolder(this.#folder)
      return written
    } catch (error) {
      await removeFile(`${this.#folder}/${packName(number)}`).catch(() => {})
      throw storageError(error, this.#folder)
    }
  }

  async #writeRoot(packs: readonly Pack[], journal: Journal | undefined): Promise<void> {
    const entries = packs.map(({ number, indexSum, length }) => ({ number, indexSum, length }))
    await writeRoot(this.#folder, { nextNumber: this.#nextNumber, journal: journal?.number ?? 0, packs: entries })
  }

  /** The first pack that is folded: the newest ones as long as they are small beside what is folded, or mostly dead. */
  #foldStart(): number {
    const live = new Map<unknown, number>()
    for (const { file, length } of this.#index.values()) live.set(file, (live.get(file) ?? 0) + length)
    const liveOf = ({ file }: { file: unknown }): number => live.get(file) ?? 0
    const allBytes = this.#packs.reduce((sum, { length }) => sum + length, 0)
    if (this.#packs.reduce((sum, pack) => sum + liveOf(pack), 0) < allBytes / 2) return 0
    let start = this.#packs.length
    let bytes = this.#journal === undefined ? 0 : liveOf(this.#journal)
    while (start > 0) {
      const pack = this.#packs[start - 1] as Pack
      if (pack.length > bytes * PACK_GROWTH && liveOf(pack) >= pack.length / 2) break
      bytes += liveOf(pack)
      start--
    }
    return start
  }
}

function apply(index: Map<string, Place>, changes: Iterable<Change>): void {
  for (const [key, place] of changes) {
    if (place === undefined) index.delete(key)
    else index.set(key, place)
  }
}

/** Removes what a crash left beside the files that count. */
async function sweep(folder: string, root: Root): Promise<void> {
  const counted = new Set(root.packs.map(({ number }) => packName(number)))
  if (root.journal !== 0) counted.add(journalName(root.journal))
  const leftovers = (await readdir(folder)).filter((name) => (OWN_FILE.test(name) && !counted.has(name)) || name === `${ROOT_NAME}.new`)
  if (leftovers.length === 0) return
  // They may be what the root before this one names, and a power cut may bring that one back until this one is durable.
  await syncFolder(folder)
  for (const name of leftovers) await removeFile(`${folder}/${name}`)
}

/** The first number of a folder without a root: it is new, unless files say that there was one. */
async function sweepNew(folder: string): Promise<number> {
  for (const name of await readdir(folder)) {
    const own = OWN_FILE.exec(name)
    if (own === null) continue
    // A journal is named in the root before its first frame, so one without frames may precede every root.
    const path = `${folder}/${name}`
    if (own[2] === 'journal' && (await stat(path)).size <= HEAD_BYTES) await removeFile(path)
    else throw corrupt(`${folder}/${ROOT_NAME}`, 0, `the file is absent though ${name} exists`)
  }
  return 1
}
