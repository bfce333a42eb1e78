/** The filter column: the typed expression with its errors, and facets with their counts. */

import { CATEGORIES, categoryLabel, partOfCategory, PARTS_OF_SPEECH } from './category'
import { byId, element } from './element'
import { expressionOf, literal, NO_FILTER, type Filter } from './filter'
import type { FilterError } from './filter-error'
import { count } from './number'
import { Roving } from './roving'

const EXAMPLES = ['gloss like "%music%"', 'array_contains(lemmas, "set")', 'id < 1000 and pos != "noun"']

/** Shows a filter and tells when the visitor changes it. */
export class Facets {
  private readonly typed = byId('filter', HTMLInputElement)
  private readonly error = byId('filter-error', HTMLParagraphElement)
  private readonly sent = byId('filter-sent', HTMLParagraphElement)
  private readonly active = byId('filters-active', HTMLSpanElement)
  private readonly clearer = byId('filter-clear', HTMLButtonElement)
  private readonly boxes = new Map<string, { box: HTMLInputElement; total: HTMLSpanElement; row: HTMLElement }>()
  private readonly headings = new Map<string, HTMLElement>()
  private readonly roving: Roving
  private readonly own: { box: HTMLInputElement; total: HTMLSpanElement; row: HTMLElement }

  constructor(private readonly onChange: (filter: Filter) => void) {
    const parts = byId('parts', HTMLFieldSetElement)
    const categories = byId('categories', HTMLFieldSetElement).querySelector('.categories')
    for (const { value, heading } of PARTS_OF_SPEECH) parts.append(this.facet('pos', value, heading))
    for (const { value, heading } of PARTS_OF_SPEECH) {
      const title = element('h3', {}, heading)
      this.headings.set(value, title)
      categories?.append(title)
      for (const category of CATEGORIES.filter((name) => partOfCategory(name) === value)) {
        categories?.append(this.facet('category', category, categoryLabel(category)))
      }
    }
    parts.append(this.facet('added', 'true', 'Added by you'))
    this.own = this.boxes.get('added == true') as NonNullable<ReturnType<typeof this.boxes.get>>
    this.own.row.hidden = true
    this.typed.addEventListener('input', () => this.changed())
    this.clearer.addEventListener('click', () => {
      this.show(NO_FILTER)
      this.changed()
      this.typed.focus()
    })
    this.roving = new Roving([...(categories?.querySelectorAll('input') ?? [])])
    this.offerExamples()
    byId('filters', HTMLDetailsElement).open = matchMedia('(min-width: 56.01rem)').matches
  }

  /** The filter as it stands in the page. */
  get filter(): Filter {
    return {
      typed: this.typed.value.trim(),
      pos: PARTS_OF_SPEECH.map(({ value }) => value).filter((value) => this.isTicked('pos', value)),
      categories: CATEGORIES.filter((category) => this.isTicked('category', category)),
      own: this.own.box.checked,
    }
  }

  /** Puts a filter into the page. */
  show(filter: Filter): void {
    if (this.typed.value.trim() !== filter.typed) this.typed.value = filter.typed
    for (const { value } of PARTS_OF_SPEECH) this.tick('pos', value, filter.pos.includes(value))
    for (const category of CATEGORIES) this.tick('category', category, filter.categories.includes(category))
    this.own.box.checked = filter.own
    if (filter.own) this.own.row.hidden = false
    this.reflect(filter)
  }

  /** Shows why the database refused the expression, with a mark under the place when it is known. */
  showError({ reason, excerpt }: FilterError): void {
    this.typed.setAttribute('aria-invalid', 'true')
    const place = excerpt === undefined ? [] : [element('code', {}, excerpt)]
    this.error.replaceChildren(`Not understood: ${reason}`, ...place)
    byId('filters', HTMLDetailsElement).open = true
  }

  /** Takes the error away. */
  clearError(): void {
    this.typed.removeAttribute('aria-invalid')
    this.error.replaceChildren()
  }

  /** Every facet's expression, for counting. */
  get expressions(): readonly string[] {
    return [...this.boxes.keys()]
  }

  /** Shows how many entries pass a facet's expression. */
  showCount(expression: string, total: number): void {
    const facet = this.boxes.get(expression)
    if (!facet) return
    facet.total.textContent = count(total)
    if (facet === this.own) facet.row.hidden = total === 0 && !facet.box.checked
  }

  private facet(field: string, value: string, label: string): HTMLElement {
    const box = element('input', { type: 'checkbox', onchange: () => this.changed() })
    const total = element('span')
    const row = element('label', { className: 'facet' }, box, element('span', {}, label), total)
    this.boxes.set(expressionFor(field, value), { box, total, row })
    return row
  }

  private changed(): void {
    const { filter } = this
    this.reflect(filter)
    this.onChange(filter)
  }

  /** Shows what follows from a filter: the expression sent, how much is active, which categories can be chosen. */
  private reflect(filter: Filter): void {
    const expression = expressionOf(filter)
    const ticked = filter.pos.length + filter.categories.length + Number(filter.own)
    this.sent.replaceChildren(
      ...(ticked > 0 ? ['Sent to the database:', element('code', {}, expression)] : []),
    )
    const active = ticked + Number(filter.typed !== '')
    this.active.hidden = active === 0
    this.active.textContent = `${active} active`
    this.clearer.hidden = active === 0
    for (const { value } of PARTS_OF_SPEECH) {
      const isOffered = filter.pos.length === 0 || filter.pos.includes(value)
      const heading = this.headings.get(value)
      if (heading) heading.hidden = !isOffered
      for (const category of CATEGORIES.filter((name) => partOfCategory(name) === value)) {
        const row = this.boxes.get(expressionFor('category', category))?.row
        if (row) row.hidden = !isOffered && !filter.categories.includes(category)
      }
    }
    this.roving.renew()
  }

  private offerExamples(): void {
    const group = document.querySelector('.examples')
    for (const example of EXAMPLES) {
      const onclick = (): void => {
        this.typed.value = example
        this.changed()
      }
      group?.append(element('button', { type: 'button', onclick }, example))
    }
  }

  private isTicked(field: string, value: string): boolean {
    return this.boxes.get(expressionFor(field, value))?.box.checked ?? false
  }

  private tick(field: string, value: string, isTicked: boolean): void {
    const facet = this.boxes.get(expressionFor(field, value))
    if (facet) facet.box.checked = isTicked
  }
}

function expressionFor(field: string, value: string): string {
  return value === 'true' ? `${field} == true` : `${field} == ${literal(value)}`
}
