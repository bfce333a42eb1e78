/**
 * Pack files `NNNNNNNN.pack`: blobs at rest. A pack is written once, in key order, and never changed.
 *
 * | part | what |
 * | --- | --- |
 * | 16 bytes | magic `ELANPACK`, 2 format version, 6 zero |
 * | values | end to end, in the order of the index |
 * | index | for each key, ascending: 2 length of the key, 1 kind (0 value, 1 removed), the key, 4 length of the value, 4 CRC-32 of the value |
 * | 24 bytes | 8 where the index starts, 4 length of the index, 4 CRC-32 of the index, 4 CRC-32 of the header and of the 16 bytes before, 4 magic `PEND` |
 *
 * A removed key hides that key in older packs. All numbers are little-endian. Every byte is under a checksum that is
 * looked at when the pack is opened (header, index, end) or when the value is read.
 */

import { crc32 } from './crc32.js'
import { File, corrupt, storageError } from './file.js'
import { FORMAT_VERSION, tooNew, type PackEntry } from './root.js'

const MAGIC = Buffer.from('ELANPACK')
const END_MAGIC = Buffer.from('PEND')
const HEAD_BYTES = 16
const END_BYTES = 24
const ENTRY_BYTES = 11

/** Bytes gathered for one call of the operating system. */
const WRITE_BYTES = 1 << 20

/** A value's place; `undefined` in an index stands for a removed key. */
export interface Place {
  file: File
  offset: number
  length: number
  sum: number
}

/** An open pack. */
export interface Pack extends PackEntry {
  file: File
  keys: Set<string>
}

/** The name of a pack file. */
export function packName(number: number): string {
  return `${String(number).padStart(8, '0')}.pack`
}

/** Reads a value and checks it. */
export async function readPlace({ file, offset, length, sum }: Place): Promise<Buffer<ArrayBuffer>> {
  const bytes = await file.read(offset, length)
  if (crc32(bytes) !== sum) throw corrupt(file.path, offset, `the checksum of a value of ${length} bytes does not match`)
  return bytes
}

/** Opens a pack and reads its index. */
export async function openPack(folder: string, entry: PackEntry): Promise<{ pack: Pack; places: [key: string, place: Place | undefined][] }> {
  const file = await File.open(`${folder}/${packName(entry.number)}`, 'r')
  try {
    const { path } = file
    const size = file.size()
    if (size !== entry.length) throw corrupt(path, size, `the file has ${size} bytes instead of ${entry.length}`)
    if (size < HEAD_BYTES + END_BYTES) throw corrupt(path, size, 'the file is too short')
    const head = await file.read(0, HEAD_BYTES)
    const end = await file.read(size - END_BYTES, END_BYTES)
    if (!head.subarray(0, 8).equals(MAGIC) || !end.subarray(20).equals(END_MAGIC)) throw corrupt(path, 0, 'it does not start or end as a pack does')
    if (crc32(end.subarray(0, 16), crc32(head)) !== end.readUInt32LE(16)) throw corrupt(path, size - END_BYTES, 'the checksum of its header does not match')
    if (head.readUInt16LE(8) > FORMAT_VERSION) throw tooNew(path, head.readUInt16LE(8))
    const start = Number(end.readBigUInt64LE(0))
    const length = end.readUInt32LE(8)
    if (start + length + END_BYTES !== size) throw corrupt(path, size - END_BYTES, 'its index is not where it should be')
    const index = await file.read(start, length)
    const sum = crc32(index)
    if (sum !== end.readUInt32LE(12) || sum !== entry.indexSum) throw corrupt(path, start, 'the checksum of its index does not match')
    const places = readIndex(file, index, start)
    return { pack: { ...entry, file, keys: new Set(places.map(([key]) => key)) }, places }
  } catch (error) {
    await file.retire()
    throw storageError(error, file.path)
  }
}

function readIndex(file: File, index: Buffer, start: number): [string, Place | undefined][] {
  const places: [string, Place | undefined][] = []
  let offset = HEAD_BYTES
  for (let at = 0; at < index.length; ) {
    const keyEnd = at + 3 + index.readUInt16LE(at)
    const isRemoved = index[at + 2] === 1
    const key = index.toString('latin1', at + 3, keyEnd)
    const length = index.readUInt32LE(keyEnd)
    places.push([key, isRemoved ? undefined : { file, offset, length, sum: index.readUInt32LE(keyEnd + 4) }])
    offset += length
    at = keyEnd + 8
  }
  if (offset !== start) throw corrupt(file.path, start, 'its values do not end where its index starts')
  return places
}

/** Writes a pack of the given values, in the order of their keys; `undefined` removes a key. */
export async function writePack(folder: string, number: number, values: [key: string, place: Place | undefined][]): Promise<{ pack: Pack; places: Map<string, Place> }> {
  const file = await File.open(`${folder}/${packName(number)}`, 'wx+')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    MAGIC.copy(head)
    head.writeUInt16LE(FORMAT_VERSION, 8)
    const places = new Map<string, Place>()
    const entries: Buffer[] = []
    let gathered: Buffer[] = [head]
    let gatheredBytes = head.length
    let written = 0
    let offset = HEAD_BYTES
    for (const [key, place] of values) {
      entries.push(indexEntry(key, place))
      if (place === undefined) continue
      gathered.push(await readPlace(place))
      gatheredBytes += place.length
      places.set(key, { file, offset, length: place.length, sum: place.sum })
      offset += place.length
      if (gatheredBytes >= WRITE_BYTES) {
        await file.write(gathered, written)
        written += gatheredBytes
        gathered = []
        gatheredBytes = 0
      }
    }
    const index = Buffer.concat(entries)
    const indexSum = crc32(index)
    const end = Buffer.alloc(END_BYTES)
    end.writeBigUInt64LE(BigInt(offset), 0)
    end.writeUInt32LE(index.length, 8)
    end.writeUInt32LE(indexSum, 12)
    end.writeUInt32LE(crc32(end.subarray(0, 16), crc32(head)), 16)
    END_MAGIC.copy(end, 20)
    await file.write([...gathered, index, end], written)
    await file.sync()
    const length = offset + index.length + END_BYTES
    return { pack: { number, indexSum, length, file, keys: new Set(values.map(([key]) => key)) }, places }
  } catch (error) {
    await file.retire()
    throw storageError(error, file.path)
  }
}

function indexEntry(key: string, place: Place | undefined): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES + key.length)
  entry.writeUInt16LE(key.length, 0)
  entry[2] = place === undefined ? 1 : 0
  entry.write(key, 3, 'latin1')
  entry.writeUInt32LE(place?.length ?? 0, 3 + key.length)
  entry.writeUInt32LE(place?.sum ?? 0, 7 + key.length)
  return entry
}
