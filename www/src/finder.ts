/** Answers the page's question as it changes: embeds, asks the database, and counts what the filter lets through. */

import type { View } from './address'
import type { Dictionary, Entry, Row } from './dictionary'
import type { Embedder } from './embedding'
import { expressionOf } from './filter'
import { Latest } from './latest'
import type { Answer } from './results'

/** How many entries are shown at first, and how many more at each wish for more. */
export const PAGE_ROWS = 20
const ROWS_MAX = 200

/** What becomes of a question. */
export interface Outcomes {
  onAnswer(answer: Answer): void
  /** Nothing was asked. */
  onEmpty(): void
  /** There is no answer, for a reason that is nobody's failure. */
  onNoAnswer(reason: string): void
  /** How many entries pass the filter, told after the answer. */
  onTotal(total: number, searchMs: number): void
  /** Words that the table does not have. */
  onUnknown(words: readonly string[]): void
  /** The expression is the one that was asked with. */
  onError(error: unknown, expression: string): void
}

/** A question and how many entries are wanted. */
export interface Wish {
  readonly view: View
  readonly limit: number
}

/** Asks the newest question; what is needed for it arrives in two parts, in any order. */
export class Finder {
  dictionary: Dictionary | undefined
  embedder: Embedder | undefined
  private readonly latest = new Latest<Wish>((wish) => this.run(wish))

  constructor(private readonly outcomes: Outcomes) {}

  /** Answers `wish`, unless a newer one comes first; resolves when the newest is answered. */
  async ask(wish: Wish): Promise<void> {
    if (this.dictionary) await this.latest.push(wish)
  }

  private async run({ view, limit }: Wish): Promise<void> {
    const { dictionary, outcomes } = this
    if (!dictionary) return
    const expression = expressionOf(view.filter)
    let filter = expression
    try {
      const like = view.like === undefined ? undefined : await dictionary.get(view.like)
      if (view.like !== undefined && !like) return outcomes.onNoAnswer('That entry is no longer in the dictionary.')
      const vector = this.vectorOf(view, like)
      if (vector === 'unknown') return outcomes.onNoAnswer('None of these words is in the word table. Try plainer ones.')
      if (vector === undefined && expression === '') return outcomes.onEmpty()
      if (like) filter = without(expression, like)
      const rows = Math.min(limit, ROWS_MAX)
      const begun = performance.now()
      const entries = await dictionary.find({ vector, filter, limit: rows })
      const searchMs = performance.now() - begun
      outcomes.onAnswer({ entries, like, hasMore: entries.length === rows && rows < ROWS_MAX, searchMs })
      outcomes.onTotal(await dictionary.count(filter), searchMs)
    } catch (error) {
      await this.report(error, filter, view.filter.typed.trim())
    }
  }

  /**
   * Reports a failure. Facets around what was typed can move the place at which a mistake is noticed, an open parenthesis
   * to the very end; so what was typed is then tried alone, and its own failure is the one to show.
   */
  private async report(error: unknown, filter: string, typed: string): Promise<void> {
    if (typed !== '' && typed !== filter) {
      try {
        await this.dictionary?.count(typed)
      } catch (nearer) {
        return this.outcomes.onError(nearer, typed)
      }
    }
    this.outcomes.onError(error, filter)
  }

  /** The query vector: of the entry, or of the text; absent when there is no text or no table yet. */
  private vectorOf({ text }: View, like: Row | undefined): Float32Array | 'unknown' | undefined {
    if (like) {
      this.outcomes.onUnknown([])
      return like.vector
    }
    if (!this.embedder || text.trim() === '') {
      this.outcomes.onUnknown([])
      return undefined
    }
    const { vector, unknown } = this.embedder.embed(text)
    this.outcomes.onUnknown(unknown)
    return vector ?? 'unknown'
  }
}

function without(expression: string, { id }: Entry): string {
  return expression === '' ? `id != ${id}` : `(${expression}) and id != ${id}`
}
