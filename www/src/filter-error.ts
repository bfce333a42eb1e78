/** A filter that the database refused: the reason without what the visitor sees anyway, and the place. */

import { ElanusError } from 'elanus'

/** Why a filter was refused. */
export interface FilterError {
  readonly reason: string
  /** The expression around the place, and a mark below it; absent when the place is not known. */
  readonly excerpt: string | undefined
}

/** Characters shown before and after the place. */
const AROUND = 14

/** The error as one of the filter, when it is one. */
export function filterErrorOf(error: unknown, expression: string): FilterError | undefined {
  if (!(error instanceof ElanusError) || error.kind !== 'FILTER') return undefined
  const { at } = error.details
  return {
    reason: reasonOf(error.message, expression),
    excerpt: typeof at === 'number' ? excerptOf(expression, at) : undefined,
  }
}

/** The database's message repeats the expression and wraps the reason in words for programs; this takes both away. */
function reasonOf(message: string, expression: string): string {
  const wrapped = `cannot parse expression: ${expression}, error: `
  const start = message.indexOf(wrapped)
  if (start < 0) return message
  const reason = message.slice(start + wrapped.length)
  return reason.replace(/^line \d+:\d+ /, '').replace(/(?: \(at byte \d+\))?: invalid parameter$/, '')
}

/** A line of the expression around the byte `at`, and a line with a mark below that byte. */
function excerptOf(expression: string, at: number): string {
  const before = new TextDecoder().decode(new TextEncoder().encode(expression).slice(0, at))
  const start = Math.max(0, before.length - AROUND)
  const end = before.length + AROUND
  const lead = start > 0 ? '…' : ''
  const tail = end < expression.length ? '…' : ''
  return `${lead}${expression.slice(start, end)}${tail}\n${' '.repeat(lead.length + before.length - start)}^`
}
