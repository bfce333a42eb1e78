/** The question in the address, so that it can be linked to, reloaded and gone back to. */

import { NO_FILTER, type Filter } from './filter'

/** Everything that decides which results the page shows. */
export interface View {
  readonly text: string
  /** The entry whose neighbours are asked for, instead of those of the text. */
  readonly like: number | undefined
  readonly filter: Filter
}

export const EMPTY_VIEW: View = { text: '', like: undefined, filter: NO_FILTER }

/** Reads a location's hash; what it does not understand it leaves out. */
export function parseHash(hash: string): View {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  const like = fields.get('like') ?? ''
  return {
    text: fields.get('q') ?? '',
    like: /^\d{1,15}$/.test(like) ? Number(like) : undefined,
    filter: {
      typed: fields.get('filter') ?? '',
      pos: listed(fields.get('pos')),
      categories: listed(fields.get('category')),
      own: fields.get('own') === '1',
    },
  }
}

/** Writes a view as a hash, `#` included; empty for the empty view. */
export function formatHash({ text, like, filter }: View): string {
  const fields = new URLSearchParams()
  if (text !== '') fields.set('q', text)
  if (like !== undefined) fields.set('like', String(like))
  if (filter.typed !== '') fields.set('filter', filter.typed)
  if (filter.pos.length > 0) fields.set('pos', filter.pos.join(','))
  if (filter.categories.length > 0) fields.set('category', filter.categories.join(','))
  if (filter.own) fields.set('own', '1')
  const query = fields.toString()
  return query === '' ? '' : `#${query}`
}

function listed(text: string | null): readonly string[] {
  return text ? text.split(',').filter((part) => part !== '') : []
}
