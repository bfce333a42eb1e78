/**
 * Turns typed words into a query vector without a language model: a bag of words over a small static table that was
 * distilled from the sentence vectors of the glosses. Knows nothing of files, the page or the database.
 */

/** The table: one row a word, `wordDim` numbers a row, and a basis that lifts a row to the vectors of the database. */
export interface WordTable {
  /** Lower-case words; the position is the row. */
  readonly words: readonly string[]
  /** `words.length × wordDim` small integers, row-major; times the row's scale they are the word's vector. */
  readonly vectors: Int8Array
  readonly scales: Float32Array
  /** How much a word tells, one number a row. */
  readonly idf: Float32Array
  /** `wordDim × dim`, row-major. */
  readonly basis: Float32Array
  readonly wordDim: number
  readonly dim: number
}

/** A text as the database sees it, and the words that the table does not have. */
export interface Embedding {
  /** Of unit length; absent when no word of the text is known. */
  readonly vector: Float32Array | undefined
  readonly unknown: readonly string[]
}

const WORD = /[a-z]+(?:'[a-z]+)?/g

/** Embeds texts with one table. */
export class Embedder {
  private readonly rows = new Map<string, number>()

  constructor(private readonly table: WordTable) {
    table.words.forEach((word, row) => this.rows.set(word, row))
  }

  /** The vector of `text`: the idf-weighted sum of its words' rows, lifted by the basis and made unit length. */
  embed(text: string): Embedding {
    const rows: number[] = []
    const unknown: string[] = []
    for (const word of text.toLowerCase().match(WORD) ?? []) {
      const row = this.rows.get(word)
      if (row !== undefined) rows.push(row)
      else if (!unknown.includes(word)) unknown.push(word)
    }
    return { vector: rows.length > 0 ? this.lift(this.sum(rows)) : undefined, unknown }
  }

  private sum(rows: readonly number[]): Float64Array {
    const { idf, scales, vectors, wordDim } = this.table
    let squares = 0
    for (const row of rows) squares += at(idf, row) ** 2
    const norm = Math.sqrt(squares) || 1
    const sum = new Float64Array(wordDim)
    for (const row of rows) {
      const weight = (at(idf, row) / norm) * at(scales, row)
      for (let i = 0; i < wordDim; i++) sum[i] = at(sum, i) + weight * at(vectors, row * wordDim + i)
    }
    return sum
  }

  private lift(short: Float64Array): Float32Array | undefined {
    const { basis, dim } = this.table
    const long = new Float64Array(dim)
    short.forEach((weight, row) => {
      for (let i = 0; i < dim; i++) long[i] = at(long, i) + weight * at(basis, row * dim + i)
    })
    const length = Math.hypot(...long)
    return length > 0 ? Float32Array.from(long, (value) => value / length) : undefined
  }
}

/** Reads a place that exists by construction of the table. */
function at(array: Float32Array | Float64Array | Int8Array, index: number): number {
  return array[index] ?? 0
}
