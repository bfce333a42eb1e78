/** The page: brings the parts together and holds what is asked at the moment. */

import './style/base.css'
import './style/layout.css'
import './style/parts.css'
import './style/notices.css'
import { formatHash, parseHash, type View } from './address'
import { Composer } from './composer'
import { loadWords } from './data'
import type { Entry, Row } from './dictionary'
import { byId, element } from './element'
import { Embedder } from './embedding'
import { Facets } from './facets'
import { describeFailure } from './failure'
import { filterErrorOf } from './filter-error'
import { Finder, PAGE_ROWS } from './finder'
import { Notice } from './notice'
import { Panel } from './panel'
import { Results } from './results'
import { Session } from './session'
import { SUGGESTIONS } from './suggestion'

const text = byId('text', HTMLInputElement)
const textNote = byId('text-note', HTMLParagraphElement)

let view: View = parseHash(location.hash)
let limit = PAGE_ROWS
let searchMs: number | undefined

const notice = new Notice((remedy) => {
  void session.recover(remedy)
  if (!finder.embedder) void loadTable()
})
const panel = new Panel(async () => {
  await session.dictionary?.persist()
  await showFigures()
})
const facets = new Facets((filter) => change({ filter }))
const composer = new Composer((row) => void add(row))

const results = new Results({
  onLike: (entry) => {
    change({ like: entry.id }, 'push')
    results.focusHeading()
  },
  onDelete: (entry) => void remove(entry),
  onBack: () => {
    change({ like: undefined }, 'push')
    text.focus()
  },
})

const finder = new Finder({
  onAnswer: (answer) => {
    searchMs = answer.searchMs
    facets.clearError()
    results.show(answer)
    void showFigures()
  },
  onEmpty: () => {
    facets.clearError()
    results.clear()
  },
  onNoAnswer: (reason) => results.explain(reason),
  onTotal: (total, ms) => results.showTotal(total, ms),
  onUnknown: (words) => {
    textNote.textContent = words.length > 0 ? `Not in the word table, so left out: ${words.join(', ')}` : ''
  },
  onError: (error, expression) => {
    const filterError = filterErrorOf(error, expression)
    if (!filterError) return fail(error)
    facets.showError(filterError)
    results.markStale()
  },
})

const session = new Session(
  {
    onOpen: (dictionary) => {
      finder.dictionary = dictionary
      enable(true)
      ask()
      void showFigures()
    },
    onRows: () => {
      ask()
      void showFigures()
    },
    onComplete: () => {
      ask()
      void refresh()
      keepPage()
    },
    onClose: () => {
      finder.dictionary = undefined
      enable(false)
    },
  },
  notice,
)

/** Changes a part of the question, shows it in the address, and asks. */
function change(part: Partial<View>, how: 'push' | 'replace' = 'replace'): void {
  view = { ...view, ...part }
  limit = PAGE_ROWS
  const address = location.pathname + location.search + formatHash(view)
  if (how === 'push') history.pushState(null, '', address)
  else history.replaceState(null, '', address)
  show()
  ask()
}

/** Puts the question into the fields of the page. */
function show(): void {
  if (text.value !== view.text) text.value = view.text
  facets.show(view.filter)
  for (const chip of document.querySelectorAll('.chip')) {
    chip.setAttribute('aria-pressed', String(view.like === undefined && chip.textContent === view.text))
  }
}

function ask(): void {
  void finder.ask({ view, limit })
}

async function add(row: Row): Promise<void> {
  try {
    await session.dictionary?.add(row)
    notice.showToast(`“${row.lemmas[0] ?? ''}” is in the dictionary`)
    await finder.ask({ view, limit })
    await refresh()
  } catch (error) {
    fail(error)
  }
}

async function remove(entry: Entry): Promise<void> {
  const place = results.placeOf(entry.id)
  try {
    const row = await session.dictionary?.remove(entry.id)
    if (!row) return
    await finder.ask({ view, limit })
    results.focusNear(place)
    notice.showToast(`“${entry.lemmas[0] ?? ''}” is deleted`, () => void add(row))
    await refresh()
  } catch (error) {
    fail(error)
  }
}

/** Brings the counts and figures of the page up to date. */
async function refresh(): Promise<void> {
  await showFigures()
  try {
    for (const expression of facets.expressions) {
      const { dictionary } = session
      if (!dictionary) return
      facets.showCount(expression, await dictionary.count(expression))
    }
  } catch (error) {
    if (session.dictionary) fail(error)
  }
}

async function showFigures(): Promise<void> {
  const figures = await session.dictionary?.stats()
  if (figures) panel.show(figures, { openMs: session.openMs, searchMs })
}

function fail(error: unknown): void {
  notice.showFailure(describeFailure(error))
}

function enable(isOpen: boolean): void {
  for (const id of ['add', 'export', 'reset']) byId(id, HTMLButtonElement).disabled = !isOpen
}

/** Hands the database over as a file. */
async function save(): Promise<void> {
  const { dictionary } = session
  if (!dictionary) return
  try {
    const href = URL.createObjectURL(await new Response(dictionary.export()).blob())
    element('a', { href, download: 'dictionary.elanus' }).click()
    setTimeout(() => URL.revokeObjectURL(href), 60_000)
  } catch (error) {
    fail(error)
  }
}

function listen(): void {
  text.addEventListener('input', () => change({ text: text.value, like: undefined }))
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown') return
    event.preventDefault()
    results.focusFirst()
  })
  byId('ask', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault())
  byId('more', HTMLButtonElement).addEventListener('click', () => {
    limit += PAGE_ROWS
    ask()
  })
  byId('add', HTMLButtonElement).addEventListener('click', () => {
    if (finder.embedder) composer.open(finder.embedder, view.text)
  })
  byId('export', HTMLButtonElement).addEventListener('click', () => void save())
  const confirm = byId('confirm', HTMLDialogElement)
  byId('reset', HTMLButtonElement).addEventListener('click', () => {
    confirm.returnValue = ''
    confirm.showModal()
  })
  confirm.addEventListener('close', () => {
    if (confirm.returnValue === 'reset') void session.reset()
  })
  addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof Element && event.target.closest('input:not([type=checkbox]), textarea, select, dialog')
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    text.focus()
    text.select()
  })
  addEventListener('popstate', () => {
    view = parseHash(location.hash)
    show()
    ask()
  })
}

function suggest(): void {
  const group = document.querySelector('.suggestions')
  for (const { meaning } of SUGGESTIONS) {
    const onclick = (): void => change({ text: meaning, like: undefined }, 'push')
    group?.append(element('button', { type: 'button', className: 'chip', onclick }, meaning))
  }
}

async function loadTable(): Promise<void> {
  try {
    finder.embedder = new Embedder(await loadWords())
    ask()
  } catch (error) {
    fail(error)
  }
}

/** Has the page's own files kept for visits without a network; only now, so as not to compete with the import. */
function keepPage(): void {
  // Absent outside secure contexts. In development nothing is built that could be kept.
  if (import.meta.env.PROD) navigator.serviceWorker?.register('./sw.js').catch(() => undefined)
}

enable(false)
suggest()
listen()
show()
void session.start()
void loadTable()
