/**
 * The file `root`: which other files make up the store. It is replaced as a whole, so that it names either the files
 * before a change or those after it.
 *
 * | bytes | what |
 * | --- | --- |
 * | 0–7 | magic `ELANROOT` |
 * | 8–9 | format version; a greater one is refused |
 * | 10–11 | zero |
 * | 12–15 | CRC-32 of the file with these four bytes zero |
 * | 16–19 | the next file number |
 * | 20–23 | the number of the journal; 0 when there is none, which is so after a clean close |
 * | 24–27 | how many packs follow |
 * | then, for each pack from the oldest to the newest: | 4 number, 4 CRC-32 of its index, 8 length of the file |
 *
 * All numbers are little-endian.
 */

import { readFile } from 'node:fs/promises'
import { ElanusError } from '../../error.js'
import { crc32 } from './crc32.js'
import { corrupt, replaceFile, storageError } from './file.js'

/** The format that this build writes, and the newest that it reads; of all files of a folder. */
export const FORMAT_VERSION = 1

/** The name of the file. */
export const ROOT_NAME = 'root'

const MAGIC = Buffer.from('ELANROOT')
const HEAD_BYTES = 28
const PACK_BYTES = 16
const SUM_AT = 12

/** What the root knows of a pack. */
export interface PackEntry {
  number: number
  indexSum: number
  length: number
}

/** The root's content. */
export interface Root {
  nextNumber: number
  journal: number
  packs: PackEntry[]
}

/** Puts a new root in place. */
export async function writeRoot(folder: string, root: Root): Promise<void> {
  const bytes = Buffer.alloc(HEAD_BYTES + root.packs.length * PACK_BYTES)
  MAGIC.copy(bytes)
  bytes.writeUInt16LE(FORMAT_VERSION, 8)
  bytes.writeUInt32LE(root.nextNumber, 16)
  bytes.writeUInt32LE(root.journal, 20)
  bytes.writeUInt32LE(root.packs.length, 24)
  root.packs.forEach(({ number, indexSum, length }, at) => {
    const start = HEAD_BYTES + at * PACK_BYTES
    bytes.writeUInt32LE(number, start)
    bytes.writeUInt32LE(indexSum, start + 4)
    bytes.writeBigUInt64LE(BigInt(length), start + 8)
  })
  bytes.writeUInt32LE(crc32(bytes), SUM_AT)
  await replaceFile(folder, ROOT_NAME, bytes)
}

/** Reads the root; undefined when there is none. */
export async function readRoot(folder: string): Promise<Root | undefined> {
  const path = `${folder}/${ROOT_NAME}`
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw storageError(error, path)
  }
  if (bytes.length < HEAD_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) throw corrupt(path, 0, 'it does not start as a root does')
  const sum = bytes.readUInt32LE(SUM_AT)
  bytes.writeUInt32LE(0, SUM_AT)
  if (crc32(bytes) !== sum) throw corrupt(path, SUM_AT, 'the checksum does not match')
  const version = bytes.readUInt16LE(8)
  if (version > FORMAT_VERSION) throw tooNew(path, version)
  const count = bytes.readUInt32LE(24)
  if (bytes.length !== HEAD_BYTES + count * PACK_BYTES) throw corrupt(path, 24, 'its length is not the one that it says')
  const packs = Array.from({ length: count }, (_, at) => {
    const start = HEAD_BYTES + at * PACK_BYTES
    return { number: bytes.readUInt32LE(start), indexSum: bytes.readUInt32LE(start + 4), length: Number(bytes.readBigUInt64LE(start + 8)) }
  })
  return { nextNumber: bytes.readUInt32LE(16), journal: bytes.readUInt32LE(20), packs }
}

/** The refusal of a file of a later format. */
export function tooNew(path: string, version: number): ElanusError {
  return new ElanusError('VERSION_TOO_NEW', `${path} has format version ${version} and this build reads versions up to ${FORMAT_VERSION}; update Elanus to open it`, {
    details: { found: version, supported: FORMAT_VERSION },
  })
}
