/**
 * Files by descriptor, with errors of our kinds. Descriptors are plain numbers: a handle object that is dropped without
 * being closed would make Node complain.
 */

import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { ElanusError, type ErrorKind } from '../../error.js'

const open = promisify(fs.open)
const read = promisify(fs.read) as (fd: number, buffer: Uint8Array, offset: number, length: number, position: number) => Promise<{ bytesRead: number }>
const writev = promisify(fs.writev) as (fd: number, buffers: readonly Uint8Array[], position: number) => Promise<{ bytesWritten: number }>
const fdatasync = promisify(fs.fdatasync)
const fsync = promisify(fs.fsync)
const ftruncate = promisify(fs.ftruncate)
const close = promisify(fs.close)

/** The kernel takes this many buffers in one call. */
const WRITEV_MAX = 1024

const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** What the operating system said, as one of our errors. */
export function storageError(thrown: unknown, path: string, kind: ErrorKind = 'STORAGE'): ElanusError {
  if (thrown instanceof ElanusError) return thrown as ElanusError
  const { code, message } = thrown as NodeJS.ErrnoException
  const isFull = kind === 'STORAGE' && NO_ROOM.has(code)
  const reason = `${path}: ${message}`
  const words = isFull ? `no room left in storage, nothing was written: ${reason}` : `storage failed: ${reason}`
  return new ElanusError(isFull ? 'QUOTA' : kind, words, { details: { path, errno: code, reason }, cause: thrown })
}

/** Damage: what is wrong, in which file and where. */
export function corrupt(path: string, at: number, reason: string): ElanusError {
  const place = `${path}, byte ${at}: ${reason}`
  return new ElanusError('CORRUPT', `data integrity check failed: ${place}`, { details: { file: path, at, reason: place } })
}

/** An open file. Its descriptor is closed once it is retired and nobody reads from it any more. */
export class File {
  readonly path: string
  readonly #fd: number
  #readerCount = 0
  #retired: (() => void) | undefined
  #isRetired = false

  private constructor(path: string, fd: number) {
    this.path = path
    this.#fd = fd
  }

  /** Opens a file; flags as for `fs.open`. */
  static async open(path: string, flags: 'r' | 'r+' | 'wx+'): Promise<File> {
    try {
      return new File(path, await open(path, flags))
    } catch (error) {
      throw storageError(error, path)
    }
  }

  size(): number {
    return fs.fstatSync(this.#fd).size
  }

  /** `length` bytes from `position`. A retired file is not read: its descriptor may be another file's by now. */
  async read(position: number, length: number): Promise<Buffer<ArrayBuffer>> {
    if (this.#isRetired) throw new ElanusError('STORAGE', `storage failed: ${this.path}: the file was closed meanwhile`, { details: { path: this.path } })
    // Every byte of it is read over, and it may be given away whole.
    const buffer = Buffer.allocUnsafeSlow(length)
    this.#readerCount++
    try {
      for (let done = 0; done < length; ) {
        const { bytesRead } = await read(this.#fd, buffer, done, length - done, position + done)
        if (bytesRead === 0) throw corrupt(this.path, position + done, 'the file ends too early')
        done += bytesRead
      }
      return buffer
    } catch (error) {
      throw storageError(error, this.path)
    } finally {
      this.#readerCount--
      if (this.#readerCount === 0) this.#retired?.()
    }
  }

  /** Writes all of `buffers` from `position`. */
  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    let at = position
    let rest = buffers.filter((buffer) => buffer.length > 0)
    while (rest.length > 0) {
      let { bytesWritten } = await writev(this.#fd, rest.slice(0, WRITEV_MAX), at)
      at += bytesWritten
      let whole = 0
      while (whole < rest.length && bytesWritten >= (rest[whole] as Uint8Array).length) bytesWritten -= (rest[whole++] as Uint8Array).length
      rest = rest.slice(whole)
      if (bytesWritten > 0) rest[0] = (rest[0] as Uint8Array).subarray(bytesWritten)
    }
  }

  /** Waits until what was written is on the disk. After a failure nothing is known about it, and asking again lies. */
  async sync(): Promise<void> {
    await fdatasync(this.#fd)
  }

  async truncate(length: number): Promise<void> {
    await ftruncate(this.#fd, length)
  }

  /** Closes the file after the last reader. */
  async retire(): Promise<void> {
    this.#isRetired = true
    if (this.#readerCount > 0) await new Promise<void>((resolve) => (this.#retired = resolve))
    await close(this.#fd)
  }
}

/** Makes the names in a folder durable: files that came, went or were renamed. */
export async function syncFolder(path: string): Promise<void> {
  // Windows keeps names durable by itself and refuses to open folders.
  if (process.platform === 'win32') return
  const fd = await open(path, 'r')
  try {
    await fsync(fd)
  } finally {
    await close(fd)
  }
}

/**
 * Puts a file in place of another: after a crash there is the old one or the new one. A failure of kind
 * `UNKNOWN_COMMIT` leaves open which; every other means that it is the old one.
 */
export async function replaceFile(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const path = `${folder}/${name}`
  const draft = `${path}.new`
  try {
    await removeFile(draft)
    const file = await File.open(draft, 'wx+')
    try {
      await file.write([bytes], 0)
      await file.sync()
    } finally {
      await file.retire()
    }
  } catch (error) {
    throw storageError(error, draft)
  }
  try {
    await fs.promises.rename(draft, path)
    await syncFolder(folder)
  } catch (error) {
    throw storageError(error, path, 'UNKNOWN_COMMIT')
  }
}

/** Removes a file that may be absent. */
export async function removeFile(path: string): Promise<void> {
  await fs.promises.rm(path, { force: true })
}
