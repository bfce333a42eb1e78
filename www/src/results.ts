/** The list of entries that answers a question. */

import { categoryLabel } from './category'
import type { Entry, Hit } from './dictionary'
import { byId, element, icon } from './element'
import { count, counted, duration } from './number'

/** What a question brought. */
export interface Answer {
  readonly entries: readonly (Entry | Hit)[]
  /** The entry whose neighbours these are. */
  readonly like: Entry | undefined
  /** Whether more may be had by asking for more. */
  readonly hasMore: boolean
  /** From the call to the reply of the database. */
  readonly searchMs: number
}

/** What the visitor does with an entry. */
export interface EntryActions {
  onLike(entry: Entry): void
  onDelete(entry: Entry): void
  onBack(): void
}

/** Shows answers. */
export class Results {
  private readonly list = byId('entries', HTMLOListElement)
  private readonly heading = byId('results-title', HTMLHeadingElement)
  private readonly timing = byId('timing', HTMLParagraphElement)
  private readonly similar = byId('similar', HTMLDivElement)
  private readonly nothing = byId('nothing', HTMLParagraphElement)
  private readonly more = byId('more', HTMLButtonElement)
  private readonly welcome = byId('welcome', HTMLDivElement)
  private readonly announcement = byId('announcement', HTMLParagraphElement)
  private speaking: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly actions: EntryActions) {
    this.list.addEventListener('keydown', (event) => this.walk(event))
  }

  /** The page before anything is asked. */
  clear(): void {
    this.fill([], undefined)
    this.heading.textContent = 'How it works'
    this.timing.textContent = ''
    this.welcome.hidden = false
    this.announce('')
  }

  /** Shows an answer in place of what is there. */
  show({ entries, like, hasMore, searchMs }: Answer): void {
    this.fill(entries, like)
    this.heading.textContent = entries.some(isHit) ? 'Nearest meanings' : 'Meanings'
    this.timing.textContent = duration(searchMs)
    this.more.hidden = !hasMore
    if (entries.length === 0) this.tell('Nothing passes this filter.')
    const first = entries[0]?.lemmas[0]
    this.announce(`${counted(entries.length, 'meaning')}${first === undefined ? '' : `, first: ${first}`}`)
  }

  /** Says among how many the shown ones are the nearest. */
  showTotal(total: number, searchMs: number): void {
    const shown = this.list.childElementCount
    this.timing.textContent = `${count(Math.min(shown, total))} of ${count(total)} in ${duration(searchMs)}`
  }

  /** Shows why there is no answer. */
  explain(text: string): void {
    this.fill([], undefined)
    this.heading.textContent = 'No result'
    this.timing.textContent = ''
    this.tell(text)
    this.announce(text)
  }

  /** Says that the answer is not that of the filter in the box, which was refused. */
  markStale(): void {
    this.list.dataset.stale = 'true'
    this.timing.textContent = 'as before the error in the filter'
  }

  /** Puts the keyboard above the entries, from where the next step is the first of them. */
  focusHeading(): void {
    this.heading.focus()
  }

  /** Puts the keyboard on the first entry. */
  focusFirst(): void {
    this.list.querySelector<HTMLButtonElement>('button')?.focus()
  }

  /** Puts the keyboard where an entry was that is gone now. */
  focusNear(place: number): void {
    const items = [...this.list.children]
    const item = items[Math.min(place, items.length - 1)]
    const target = item?.querySelector<HTMLButtonElement>('[data-action="delete"]') ?? this.heading
    target.focus()
  }

  /** The place of an entry in the list. */
  placeOf(id: number): number {
    return [...this.list.children].findIndex((item) => (item as HTMLElement).dataset.id === String(id))
  }

  private fill(entries: readonly (Entry | Hit)[], like: Entry | undefined): void {
    this.list.replaceChildren(...entries.map((entry) => this.item(entry)))
    this.list.dataset.stale = 'false'
    this.welcome.hidden = true
    this.nothing.hidden = true
    this.more.hidden = true
    this.similar.hidden = like === undefined
    if (like) this.similar.replaceChildren(...this.banner(like))
  }

  private tell(text: string): void {
    this.nothing.hidden = false
    this.nothing.textContent = text
  }

  private item(entry: Entry | Hit): HTMLLIElement {
    const [word = '', ...others] = entry.lemmas
    return element(
      'li',
      { className: 'entry', data: { id: String(entry.id) } },
      element(
        'div',
        { className: 'entry-word' },
        element('h3', {}, word, others.length > 0 && element('span', {}, `, ${others.join(', ')}`)),
        element('p', { className: 'entry-kind' }, element('i', {}, entry.pos), ` · ${categoryLabel(entry.category)}`,
          entry.added === true && ' · yours'),
      ),
      isHit(entry) && score(entry.distance),
      element('p', { className: 'entry-gloss' }, ...glossParts(entry.gloss)),
      element(
        'div',
        { className: 'entry-actions' },
        this.action('similar', 'More like this', word, () => this.actions.onLike(entry)),
        this.action('delete', 'Delete', word, () => this.actions.onDelete(entry)),
      ),
    )
  }

  private action(name: string, label: string, word: string, onclick: () => void): HTMLButtonElement {
    return element(
      'button',
      { type: 'button', className: 'quiet', data: { action: name }, aria: { label: `${label}: ${word}` }, onclick },
      icon(name),
      label,
    )
  }

  private banner(like: Entry): Node[] {
    return [
      element('p', {}, 'Meanings like ', element('strong', {}, like.lemmas[0] ?? ''), `: ${definition(like.gloss)}`),
      element('button', { type: 'button', className: 'button', onclick: () => this.actions.onBack() }, icon('close'), 'Back'),
    ]
  }

  /** Up and down go from entry to entry. */
  private walk(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    const items = [...this.list.children]
    const here = items.findIndex((item) => item.contains(document.activeElement))
    const next = items[here + (event.key === 'ArrowDown' ? 1 : -1)]
    if (here < 0) return
    event.preventDefault()
    if (next) next.querySelector<HTMLButtonElement>('button')?.focus()
    else if (event.key === 'ArrowUp') byId('text', HTMLInputElement).focus()
  }

  /** Speaks once typing has paused: an announcement for every key stroke would never end. */
  private announce(text: string): void {
    clearTimeout(this.speaking)
    this.speaking = setTimeout(() => (this.announcement.textContent = text), 600)
  }
}

function isHit(entry: Entry | Hit): entry is Hit {
  return 'distance' in entry
}

function score(cosine: number): HTMLElement {
  const shown = cosine.toFixed(3)
  return element(
    'div',
    { className: 'entry-score', title: `cosine similarity ${shown}` },
    element('meter', { min: 0, max: 1, value: Math.max(0, cosine), aria: { label: 'Similarity' } }),
    shown,
  )
}

/** The meaning without its examples. */
function definition(gloss: string): string {
  return gloss.replace(/;?\s*"[^"]*"/g, '').trim()
}

/** A gloss with its examples as quotations. */
function glossParts(gloss: string): (string | Node)[] {
  return gloss.split(/"([^"]*)"/).map((part, place) => (place % 2 === 1 ? element('q', {}, part) : part))
}
