/**
 * Blobs as rows of one table. Production refuses rows of more than 2 MB and statements of more than 100 parameters, which
 * workerd on a developer's machine lets pass; so a blob is cut into parts below the first bound, and no statement has more
 * than five parameters.
 */

import { ElanusError } from '../../error.js'
import { bytesOf, textOf } from '../key.js'
import type { SqlStorage } from './storage.js'

/** Bytes of a blob in one row. Besides them a row has a key of at most 25 bytes and two small numbers. */
export const PART_BYTES = 1_900_000

/** Our one table; the objects of users may have others. Without row ids, so that a part is one row to pay for, not two. */
const TABLE =
  'CREATE TABLE IF NOT EXISTS elanus_blobs (key BLOB NOT NULL, part INTEGER NOT NULL, size INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (key, part)) WITHOUT ROWID'

/** The table. */
export class Rows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(TABLE)
  }

  /** Keys that start with `prefix`, in bytewise order. */
  keys(prefix: Uint8Array): Uint8Array[] {
    const end = afterPrefix(prefix)
    const select = 'SELECT key FROM elanus_blobs WHERE key >= ?'
    const found = end === undefined ? this.#sql.exec(`${select} AND part = 0 ORDER BY key`, exact(prefix)) : this.#sql.exec(`${select} AND key < ? AND part = 0 ORDER BY key`, exact(prefix), exact(end))
    return Array.from(found, (row) => new Uint8Array(row['key'] as ArrayBuffer))
  }

  /** The blob of a key. Each part tells the size of the whole, so that one that is lost is noticed. */
  get(key: Uint8Array): Uint8Array | undefined {
    let blob: Uint8Array | undefined
    let filled = 0
    for (const row of this.#sql.exec('SELECT size, bytes FROM elanus_blobs WHERE key = ? ORDER BY part', exact(key))) {
      const size = row['size'] as number
      const part = new Uint8Array(row['bytes'] as ArrayBuffer)
      if (blob === undefined && part.length === size) return part
      blob ??= new Uint8Array(size)
      if (size !== blob.length || filled + part.length > size) throw damaged(key)
      blob.set(part, filled)
      filled += part.length
    }
    if (blob !== undefined && filled !== blob.length) throw damaged(key)
    return blob
  }

  /** Replaces a blob. */
  put(key: Uint8Array, blob: Uint8Array): void {
    const count = Math.max(1, Math.ceil(blob.length / PART_BYTES))
    for (let part = 0; part < count; part++) {
      const bytes = exact(blob.subarray(part * PART_BYTES, (part + 1) * PART_BYTES))
      this.#sql.exec('INSERT OR REPLACE INTO elanus_blobs (key, part, size, bytes) VALUES (?, ?, ?, ?)', exact(key), part, blob.length, bytes)
    }
    // What is left of a longer one.
    this.#sql.exec('DELETE FROM elanus_blobs WHERE key = ? AND part >= ?', exact(key), count)
  }

  /** Removes a blob, if it is there. */
  remove(key: Uint8Array): void {
    this.#sql.exec('DELETE FROM elanus_blobs WHERE key = ?', exact(key))
  }
}

/** A view as a buffer of its own; what is none already is copied. */
function exact(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteLength } = bytes
  if (buffer.byteLength === byteLength) return buffer as ArrayBuffer
  return bytes.slice().buffer as ArrayBuffer
}

/** The first key after all that start with `prefix`; undefined when nothing comes after them. */
function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const text = textOf(prefix).replace(/\xff+$/, '')
  if (text === '') return undefined
  const end = bytesOf(text)
  end[end.length - 1] = (end.at(-1) as number) + 1
  return end
}

function damaged(key: Uint8Array): ElanusError {
  const name = Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const reason = `rows of the blob ${name} are missing or of another`
  return new ElanusError('CORRUPT', reason, { details: { reason } })
}
