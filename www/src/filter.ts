/** Facets as a filter: what is ticked, what is typed, and the one expression that goes to the database. */

/** What narrows a search. */
export interface Filter {
  /** Typed by the visitor, in the filter language. */
  readonly typed: string
  readonly pos: readonly string[]
  readonly categories: readonly string[]
  /** Only entries of the visitor's own. */
  readonly own: boolean
}

export const NO_FILTER: Filter = { typed: '', pos: [], categories: [], own: false }

/** The expression for the database; empty when nothing narrows. */
export function expressionOf({ typed, pos, categories, own }: Filter): string {
  const facets = [
    anyOf('pos', pos),
    anyOf('category', categories),
    own ? 'added == true' : '',
  ].filter((part) => part !== '')
  const text = typed.trim()
  if (text === '') return facets.join(' and ')
  if (facets.length === 0) return text
  return [`(${text})`, ...facets].join(' and ')
}

/** A text as a literal of the filter language. */
export function literal(text: string): string {
  return JSON.stringify(text)
}

function anyOf(field: string, values: readonly string[]): string {
  const [first] = values
  if (first === undefined) return ''
  if (values.length === 1) return `${field} == ${literal(first)}`
  return `${field} in [${values.map(literal).join(', ')}]`
}
