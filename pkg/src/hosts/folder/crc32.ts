/** CRC-32 (ISO-HDLC, as in gzip): finds every damaged byte and every short burst; Node's own where there is one. */

import * as zlib from 'node:zlib'

/** Checksum of `bytes`, going on from `previous`. */
export type Crc32 = (bytes: Uint8Array, previous?: number) => number

const REFLECTED_POLYNOMIAL = 0xedb88320

/** The checksum by table, for Node before 20.15. */
export function crc32ByTable(bytes: Uint8Array, previous = 0): number {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? REFLECTED_POLYNOMIAL ^ (value >>> 1) : value >>> 1
    return value
  })
  let value = ~previous
  for (let at = 0; at < bytes.length; at++) value = (table[(value ^ (bytes[at] as number)) & 0xff] as number) ^ (value >>> 8)
  return ~value >>> 0
}

let table: Uint32Array | undefined

/** The checksum, the fastest there is. */
export const crc32: Crc32 = (zlib as { crc32?: Crc32 }).crc32 ?? crc32ByTable
