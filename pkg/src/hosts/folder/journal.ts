/**
 * The journal `NNNNNNNN.journal`: batches as they come, appended and synced before they are acknowledged. It exists only
 * between the first commit and the time when its content has been put into a pack.
 *
 * | part | what |
 * | --- | --- |
 * | 24 bytes | magic `ELANJRNL`, 2 format version, 2 zero, 8 random id, 4 CRC-32 of the 20 bytes before |
 * | each frame | 32 bytes of header, then the list of its writes, then their values end to end |
 * | – header | 4 magic `FRME`, 4 sequence from 1, 4 length of the list, 4 CRC-32 of the list, 8 length of the values, 4 zero, 4 CRC-32 of the id and the 28 bytes before |
 * | – each write | 2 length of the key, 1 kind (0 value, 1 removed), the key, 4 length of the value, 4 CRC-32 of the value |
 *
 * A frame holds the batches of one group commit: all of it counts, or nothing. All numbers are little-endian.
 *
 * A frame is written only when the one before was synced, and after each sync an empty frame follows. So a frame that
 * cannot be read is the torn end of a write that was never acknowledged if no readable frame comes after it, and damage
 * if one does.
 */

import { randomBytes } from 'node:crypto'
import { ElanusError } from '../../error.js'
import { crc32 } from './crc32.js'
import { File, corrupt, storageError } from './file.js'
import { readPlace, type Place } from './pack.js'
import { FORMAT_VERSION, tooNew } from './root.js'

const MAGIC = Buffer.from('ELANJRNL')
const FRAME_MAGIC = Buffer.from('FRME')
/** Length of the header; a journal that is no longer holds nothing. */
export const HEAD_BYTES = 24
const ID_AT = 12
const ID_BYTES = 8
const FRAME_BYTES = 32
const ENTRY_BYTES = 11

/** Bytes searched at a time for a frame behind one that cannot be read. */
const SEARCH_BYTES = 1 << 20

/** A write of a batch; `null` removes. */
export type Write = readonly [key: string, value: Uint8Array | null]

/** What a frame did to a key. */
export type Change = readonly [key: string, place: Place | undefined]

/** The name of a journal file. */
export function journalName(number: number): string {
  return `${String(number).padStart(8, '0')}.journal`
}

/** An open journal. */
export class Journal {
  readonly number: number
  readonly file: File
  readonly #idSum: number
  #end: number
  #sequence: number

  private constructor(number: number, file: File, idSum: number, end: number, sequence: number) {
    this.number = number
    this.file = file
    this.#idSum = idSum
    this.#end = end
    this.#sequence = sequence
  }

  /** Bytes of the file that count. */
  get length(): number {
    return this.#end
  }

  /** Makes an empty journal; it must be named in the root before it is written to. */
  static async create(folder: string, number: number): Promise<Journal> {
    const file = await File.open(`${folder}/${journalName(number)}`, 'wx+')
    try {
      const head = Buffer.alloc(HEAD_BYTES)
      MAGIC.copy(head)
      head.writeUInt16LE(FORMAT_VERSION, 8)
      randomBytes(ID_BYTES).copy(head, ID_AT)
      head.writeUInt32LE(crc32(head.subarray(0, HEAD_BYTES - 4)), HEAD_BYTES - 4)
      await file.write([head], 0)
      await file.sync()
      return new Journal(number, file, crc32(head.subarray(ID_AT, ID_AT + ID_BYTES)), HEAD_BYTES, 1)
    } catch (error) {
      await file.retire()
      throw storageError(error, file.path)
    }
  }

  /**
   * Opens a journal that was left behind, hands the changes of its frames to `apply`, oldest first, and cuts a torn end
   * off. Frames from `trustedEnd` on are cut off too: their sync failed.
   */
  static async recover(folder: string, number: number, trustedEnd: number | undefined, apply: (changes: Change[]) => void): Promise<Journal> {
    const file = await File.open(`${folder}/${journalName(number)}`, 'r+')
    try {
      const size = file.size()
      if (size < HEAD_BYTES) throw corrupt(file.path, size, 'the file ends within its header')
      const head = await file.read(0, HEAD_BYTES)
      if (!head.subarray(0, 8).equals(MAGIC) || crc32(head.subarray(0, HEAD_BYTES - 4)) !== head.readUInt32LE(HEAD_BYTES - 4)) {
        throw corrupt(file.path, 0, 'it does not start as a journal does')
      }
      if (head.readUInt16LE(8) > FORMAT_VERSION) throw tooNew(file.path, head.readUInt16LE(8))
      const journal = new Journal(number, file, crc32(head.subarray(ID_AT, ID_AT + ID_BYTES)), HEAD_BYTES, 1)
      await journal.#replay(Math.min(size, trustedEnd ?? size), apply)
      if (journal.#end < size) {
        await file.truncate(journal.#end)
        await file.sync()
      }
      return journal
    } catch (error) {
      await file.retire()
      throw storageError(error, file.path)
    }
  }

  /**
   * Appends a frame and waits until it is on the disk.
   *
   * The first failure that `onSync` has not preceded means that nothing was stored; a later one leaves it open.
   */
  async append(writes: readonly Write[], onSync: () => void): Promise<Change[]> {
    const { header, list, values, changes } = this.#frame(writes)
    await this.file.write([header, list, ...values], this.#end)
    onSync()
    await this.file.sync()
    this.#end += header.length + list.length + header.readUInt32LE(16) + header.readUInt32LE(20) * 2 ** 32
    this.#sequence++
    await this.#mark()
    return changes
  }

  /** Cuts off what a failed append may have written. */
  async undo(): Promise<void> {
    await this.file.truncate(this.#end)
  }

  /** An empty frame: whoever finds it knows that all before it was synced. It need not be on the disk itself. */
  async #mark(): Promise<void> {
    try {
      await this.file.write([this.#header(Buffer.alloc(0), 0)], this.#end)
      this.#end += FRAME_BYTES
      this.#sequence++
    } catch {
      // A full disk; the next frame is written over it.
    }
  }

  #frame(writes: readonly Write[]): { header: Buffer; list: Buffer; values: Uint8Array[]; changes: Change[] } {
    const entries: Buffer[] = []
    const values: Uint8Array[] = []
    const changes: Change[] = []
    let valueBytes = 0
    for (const [key, value] of writes) {
      const entry = Buffer.alloc(ENTRY_BYTES + key.length)
      entry.writeUInt16LE(key.length, 0)
      entry[2] = value === null ? 1 : 0
      entry.write(key, 3, 'latin1')
      if (value === null) {
        changes.push([key, undefined])
      } else {
        const sum = crc32(value)
        entry.writeUInt32LE(value.length, 3 + key.length)
        entry.writeUInt32LE(sum, 7 + key.length)
        // The offset is counted from the first value until the list's length is known.
        changes.push([key, { file: this.file, offset: valueBytes, length: value.length, sum }])
        values.push(value)
        valueBytes += value.length
      }
      entries.push(entry)
    }
    const list = Buffer.concat(entries)
    const start = this.#end + FRAME_BYTES + list.length
    for (const [, place] of changes) if (place !== undefined) place.offset += start
    return { header: this.#header(list, valueBytes), list, values, changes }
  }

  #header(list: Buffer, valueBytes: number): Buffer {
    const header = Buffer.alloc(FRAME_BYTES)
    FRAME_MAGIC.copy(header)
    header.writeUInt32LE(this.#sequence, 4)
    header.writeUInt32LE(list.length, 8)
    header.writeUInt32LE(crc32(list), 12)
    header.writeBigUInt64LE(BigInt(valueBytes), 16)
    header.writeUInt32LE(crc32(header.subarray(0, 28), this.#idSum), 28)
    return header
  }

  /** Reads frames up to the first that cannot be read; the last one only counts if its values can be read too. */
  async #replay(size: number, apply: (changes: Change[]) => void): Promise<void> {
    let last: { start: number; changes: Change[] } | undefined
    for (;;) {
      const frame = await this.#readFrame(size)
      if (frame === undefined) break
      if (last !== undefined) apply(last.changes)
      last = { start: this.#end, changes: frame.changes }
      this.#end = frame.end
      this.#sequence++
    }
    if (last !== undefined) {
      if (await areReadable(last.changes)) {
        apply(last.changes)
      } else {
        this.#end = last.start
        this.#sequence--
      }
    }
    const later = await this.#search(this.#end, size)
    if (later !== undefined) throw corrupt(this.file.path, this.#end, `it cannot be read here, and acknowledged writes follow at byte ${later}`)
  }

  async #readFrame(size: number): Promise<{ end: number; changes: Change[] } | undefined> {
    const start = this.#end
    if (start + FRAME_BYTES > size) return undefined
    const header = await this.file.read(start, FRAME_BYTES)
    if (!this.#isHeader(header) || header.readUInt32LE(4) !== this.#sequence) return undefined
    const listBytes = header.readUInt32LE(8)
    const valueBytes = Number(header.readBigUInt64LE(16))
    const end = start + FRAME_BYTES + listBytes + valueBytes
    if (end > size) return undefined
    const list = await this.file.read(start + FRAME_BYTES, listBytes)
    if (crc32(list) !== header.readUInt32LE(12)) return undefined
    return { end, changes: this.#readList(list, start + FRAME_BYTES + listBytes) }
  }

  #readList(list: Buffer, valuesStart: number): Change[] {
    const changes: Change[] = []
    let offset = valuesStart
    for (let at = 0; at < list.length; ) {
      const keyEnd = at + 3 + list.readUInt16LE(at)
      const key = list.toString('latin1', at + 3, keyEnd)
      const length = list.readUInt32LE(keyEnd)
      changes.push([key, list[at + 2] === 1 ? undefined : { file: this.file, offset, length, sum: list.readUInt32LE(keyEnd + 4) }])
      offset += length
      at = keyEnd + 8
    }
    return changes
  }

  #isHeader(header: Buffer): boolean {
    return header.subarray(0, 4).equals(FRAME_MAGIC) && crc32(header.subarray(0, 28), this.#idSum) === header.readUInt32LE(28)
  }

  /** Where the first frame of this journal after `start` begins that a later append must have written. */
  async #search(start: number, size: number): Promise<number | undefined> {
    for (let at = start; at + FRAME_BYTES <= size; at += SEARCH_BYTES) {
      const bytes = await this.file.read(at, Math.min(SEARCH_BYTES + FRAME_BYTES - 1, size - at))
      for (let found = bytes.indexOf(FRAME_MAGIC); found >= 0; found = bytes.indexOf(FRAME_MAGIC, found + 1)) {
        const header = bytes.subarray(found, found + FRAME_BYTES)
        if (header.length === FRAME_BYTES && at + found > start && this.#isHeader(header) && header.readUInt32LE(4) > this.#sequence) return at + found
      }
    }
    return undefined
  }
}

async function areReadable(changes: Change[]): Promise<boolean> {
  for (const [, place] of changes) {
    if (place === undefined) continue
    try {
      await readPlace(place)
    } catch (error) {
      if (error instanceof ElanusError && error.kind === 'CORRUPT') return false
      throw error
    }
  }
  return true
}
