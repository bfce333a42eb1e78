/**
 * The file `lock`: who writes to a folder. It holds the writer's process id, when that process started, where it runs and
 * a random id; it is broken only when that process is certainly gone.
 */

import { randomUUID } from 'node:crypto'
import { link, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { ElanusError } from '../../error.js'
import { storageError } from './file.js'

/** The name of the file. */
export const LOCK_NAME = 'lock'

/** A process that is restarted overlaps its successor; that long is waited for it to let go. */
export const LOCK_WAIT_MS = 2000

/** That long a lock that cannot be read is given time: its maker may not have finished writing. */
const UNREADABLE_WAIT_MS = 100
const PAUSE_MS = 20

interface Owner {
  id: string
  pid: number
  /** When the process started, in the system's own words; empty where it does not tell. */
  started: string
  /** The machine, its boot and the space in which process ids mean something. */
  machine: string
  boot: string
  space: string
}

/** A lock that is held. */
export class LockFile {
  readonly #path: string
  readonly #id: string

  private constructor(path: string, id: string) {
    this.#path = path
    this.#id = id
  }

  /** Takes the lock of a folder; fails with kind `LOCKED` when somebody else holds it for longer than `waitMs`. */
  static async take(folder: string, waitMs = LOCK_WAIT_MS): Promise<LockFile> {
    const path = `${folder}/${LOCK_NAME}`
    const me: Owner = { id: randomUUID(), pid: process.pid, started: (await startOf(process.pid)) ?? '', ...(await surroundings()) }
    const start = performance.now()
    for (;;) {
      try {
        await writeFile(path, JSON.stringify(me), { flag: 'wx' })
        return new LockFile(path, me.id)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw storageError(error, path)
      }
      const text = await readFile(path, 'utf8').catch(() => undefined)
      if (text === undefined) continue
      const waitedMs = performance.now() - start
      const owner = parse(text)
      // A lock that stays unreadable was cut off by a crash.
      if (owner === undefined ? waitedMs > UNREADABLE_WAIT_MS : await isGone(owner, me)) {
        await breakLock(path, text)
        continue
      }
      if (owner !== undefined && waitedMs >= waitMs) throw lockedError(folder, path, owner, me)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }

  /** Fails when the lock is no longer ours: somebody broke it, or the folder is gone. Looked at before each commit. */
  check(): void {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw storageError(error, this.#path)
      throw new ElanusError('LOCKED', `the lock file ${this.#path} is gone: the folder was removed, or another writer has taken it over`, { details: { name: this.#path }, cause: error })
    }
    if (parse(text)?.id !== this.#id) throw new ElanusError('LOCKED', `another writer has taken the database over: ${this.#path} is not ours any more`, { details: { name: this.#path } })
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(() => '')
    if (parse(text)?.id === this.#id) await rm(this.#path, { force: true })
  }
}

function parse(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner
    return typeof owner.id === 'string' && typeof owner.pid === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}

async function isGone(owner: Owner, me: Owner): Promise<boolean> {
  if (owner.machine !== me.machine) return false
  if (owner.boot !== me.boot) return true
  if (owner.space !== me.space) return false
  if (!isAlive(owner.pid)) return true
  const started = await startOf(owner.pid)
  return started !== undefined && owner.started !== '' && started !== owner.started
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Removes a lock with just this content. Renaming is atomic, so of several who try, one gets it. */
async function breakLock(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  // Somebody may have broken the lock and taken it in between; then it goes back, unless yet another one came.
  if ((await readFile(aside, 'utf8').catch(() => text)) !== text) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}

/** When a process started, where the system tells; a process id alone is used again. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field, the program's name, is in parentheses and may hold spaces; the start is field 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

async function surroundings(): Promise<Pick<Owner, 'machine' | 'boot' | 'space'>> {
  const [boot, space] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ])
  return { machine: hostname(), boot: boot.trim(), space }
}

function lockedError(folder: string, path: string, owner: Owner, me: Owner): ElanusError {
  const where = owner.machine === me.machine && owner.space === me.space ? '' : ` on ${owner.machine}, of which this process cannot tell whether it still runs; if it does not, remove ${path}`
  return new ElanusError('LOCKED', `database '${folder}' is open elsewhere (process ${owner.pid}${where}); close it there`, { details: { name: folder, pid: owner.pid } })
}
