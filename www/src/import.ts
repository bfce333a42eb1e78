/**
 * Brings the meanings of the data files into the database, in chunks that are each stored whole or not at all. A chunk
 * is known by its range of ids, so a visit that was cut short is resumed by the next one at the first missing chunk,
 * and entries that were deleted since do not come back.
 */

import { partOfLetter } from './category'
import { DIM, GLOSS_COUNT, type GlossSet } from './data'
import type { Dictionary, RowColumns } from './dictionary'

const CHUNK_ROWS = 2000

/** A range of ids: from `start` up to but without `end`. */
export interface Chunk {
  readonly start: number
  readonly end: number
}

/** The chunks of which the dictionary has no row. */
export async function missingChunks(dictionary: Dictionary): Promise<readonly Chunk[]> {
  const missing: Chunk[] = []
  for (let start = 0; start < GLOSS_COUNT; start += CHUNK_ROWS) {
    const end = Math.min(start + CHUNK_ROWS, GLOSS_COUNT)
    if ((await dictionary.count(`${start} <= id < ${end}`)) === 0) missing.push({ start, end })
  }
  return missing
}

/** Stores `chunks` of `set`, telling after each how many rows are stored in all. */
export async function storeChunks(
  dictionary: Dictionary,
  set: GlossSet,
  chunks: readonly Chunk[],
  onRows: (stored: number, total: number) => void,
): Promise<void> {
  let stored = GLOSS_COUNT - rowCount(chunks)
  onRows(stored, GLOSS_COUNT)
  for (const chunk of chunks) {
    await dictionary.addColumns(columnsOf(set, chunk))
    stored += chunk.end - chunk.start
    onRows(stored, GLOSS_COUNT)
  }
}

/** How many rows the chunks have. */
export function rowCount(chunks: readonly Chunk[]): number {
  return chunks.reduce((rows, { start, end }) => rows + end - start, 0)
}

function columnsOf({ glosses, vectors, scale }: GlossSet, { start, end }: Chunk): RowColumns {
  const chunk = glosses.slice(start, end)
  return {
    id: chunk.map(({ id }) => id),
    lemmas: chunk.map(({ lemmas }) => lemmas),
    pos: chunk.map(({ pos }) => partOfLetter(pos)),
    category: chunk.map(({ category }) => category),
    gloss: chunk.map(({ gloss }) => gloss),
    vectors: Float32Array.from(vectors.subarray(start * DIM, end * DIM), (value) => value * scale),
  }
}
