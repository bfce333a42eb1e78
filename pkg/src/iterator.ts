/** Going through a collection in the order of its primary keys, a bounded batch at a time. */

import type { Elanus } from './client.js'
import { ElanusError } from './error.js'
import { expectObject } from './plain.js'
import type { CallOptions } from './types/open.js'
import type { FieldDescription, QueryIterator } from './types/operations.js'
import type { Int64Mode, KeyInput } from './types/rows.js'

const BATCH_SIZE = 1000

/** Milvus's bound on the rows of one query. */
const BATCH_SIZE_MAX = 16_384

/** The name under which the last key seen goes into the filter; Milvus's templates take any identifier. */
const LAST_KEY = 'elanus_last_key'

/** Batches of rows. Each continues after the last key of the one before, so writes meanwhile shift nothing. */
export async function* queryIterator<R extends object>(
  database: Elanus<Int64Mode>,
  body: QueryIterator,
  options: CallOptions = {},
): AsyncGenerator<R[], void, undefined> {
  expectObject(body)
  const { batchSize = BATCH_SIZE, limit = Number.POSITIVE_INFINITY, filter = '', exprParams, ...rest } = body
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > BATCH_SIZE_MAX) {
    throw new ElanusError('INVALID', `batchSize: expected 1 to ${BATCH_SIZE_MAX}, got ${batchSize}: invalid parameter`)
  }
  if (limit !== Number.POSITIVE_INFINITY && (!Number.isInteger(limit) || limit < 0)) {
    throw new ElanusError('INVALID', `limit: expected a whole number from 0, got ${limit}: invalid parameter`)
  }
  const { collectionName, dbName } = body
  const { fields } = await database.describeCollection({ collectionName, ...(dbName === undefined ? {} : { dbName }) }, options)
  const key = fields.find((field) => field.primaryKey) as FieldDescription
  let last: unknown
  for (let left = limit; left > 0; ) {
    const size = Math.min(batchSize, left)
    const batch: Record<string, unknown>[] = await database.query({ ...rest, ...pageOf(filter, exprParams, key.name, last), limit: size }, options)
    if (batch.length > 0) yield batch as R[]
    if (batch.length < size) return
    const seen = (batch[batch.length - 1] as Record<string, unknown>)[key.name] as KeyInput
    // An Int64 may come as text, which a filter would not compare with an Int64.
    last = key.type === 'Int64' ? BigInt(seen) : seen
    left -= batch.length
  }
}

function pageOf(filter: string, params: object | undefined, key: string, last: unknown): { filter: string; exprParams?: Record<string, unknown> } {
  const own = params === undefined ? {} : { exprParams: { ...params } }
  if (last === undefined) return { filter, ...own }
  const after = `${key} > {${LAST_KEY}}`
  return { filter: filter.trim() === '' ? after : `(${filter}) and ${after}`, exprParams: { ...params, [LAST_KEY]: last } }
}
