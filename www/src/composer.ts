/** The dialog that writes an entry of the visitor's own. */

import { CATEGORIES, categoryLabel, partOfCategory, PARTS_OF_SPEECH } from './category'
import type { Row } from './dictionary'
import { byId, element } from './element'
import type { Embedder } from './embedding'

/** Asks for an entry and hands it over with its vector. */
export class Composer {
  private readonly dialog = byId('composer', HTMLDialogElement)
  private readonly form = byId('composer-form', HTMLFormElement)
  private readonly words = byId('composer-words', HTMLInputElement)
  private readonly gloss = byId('composer-gloss', HTMLTextAreaElement)
  private readonly pos = byId('composer-pos', HTMLSelectElement)
  private readonly category = byId('composer-category', HTMLSelectElement)
  private readonly note = byId('composer-note', HTMLParagraphElement)
  private embedder: Embedder | undefined

  constructor(private readonly onAdd: (row: Row) => void) {
    for (const { value } of PARTS_OF_SPEECH) this.pos.append(new Option(value, value))
    this.pos.addEventListener('change', () => this.offerCategories())
    this.form.addEventListener('input', () => this.explain())
    this.form.addEventListener('submit', (event) => this.submit(event))
    byId('composer-cancel', HTMLButtonElement).addEventListener('click', () => this.dialog.close())
    this.offerCategories()
  }

  /** Shows the dialog, with the meaning that was searched for already filled in. */
  open(embedder: Embedder, meaning: string): void {
    this.embedder = embedder
    this.form.reset()
    this.gloss.value = meaning
    this.offerCategories()
    this.explain()
    this.dialog.showModal()
    this.words.focus()
  }

  private offerCategories(): void {
    const offered = CATEGORIES.filter((category) => partOfCategory(category) === this.pos.value)
    this.category.replaceChildren(
      ...offered.map((category) => element('option', { value: category }, categoryLabel(category))),
    )
  }

  private get lemmas(): string[] {
    return this.words.value.split(',').map((word) => word.trim()).filter((word) => word !== '')
  }

  /** The vector of the entry, made as those of the dictionary were: of its words and its meaning. */
  private embed(): ReturnType<Embedder['embed']> | undefined {
    return this.embedder?.embed(`${this.lemmas.join(', ')}: ${this.gloss.value}`)
  }

  private explain(): void {
    const unknown = this.embed()?.unknown ?? []
    this.note.textContent =
      unknown.length > 0 ? `Not in the word table, so without weight in a search: ${unknown.join(', ')}.` : ''
  }

  private submit(event: SubmitEvent): void {
    const vector = this.embed()?.vector
    const { lemmas } = this
    if (vector === undefined || lemmas.length === 0) {
      event.preventDefault()
      this.note.textContent =
        lemmas.length === 0
          ? 'The entry needs a word.'
          : 'None of these words is in the word table, so the entry could never be found. Use more common words.'
      return
    }
    this.onAdd({
      // Milliseconds since 1970 are far above the ids of the data files, and still exact as a number.
      id: Date.now(),
      vector,
      lemmas,
      pos: this.pos.value,
      category: this.category.value,
      gloss: this.gloss.value.trim(),
      added: true,
    })
  }
}
