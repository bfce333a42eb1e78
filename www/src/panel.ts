/** The panel about the database itself. */

import type { Figures } from './dictionary'
import { byId, element } from './element'
import { bytes, count, duration } from './number'

/** What the page measured itself. */
export interface Timings {
  readonly openMs: number | undefined
  readonly searchMs: number | undefined
}

const HOSTS = { indexeddb: 'IndexedDB', folder: 'a folder', 'durable-object': 'a Durable Object', memory: 'memory only' }

/** Shows figures. */
export class Panel {
  private readonly list = byId('figures', HTMLDListElement)
  private readonly persist = byId('persist', HTMLButtonElement)

  constructor(onPersist: () => Promise<void>) {
    this.persist.addEventListener('click', () => {
      this.persist.textContent = 'Ask the browser again'
      void onPersist()
    })
  }

  /** Shows the figures of the open database. */
  show(figures: Figures, { openMs, searchMs }: Timings): void {
    const rows: [string, string][] = [
      ['Rows', count(figures.rowCount)],
      ['Deleted rows', count(figures.deletedCount)],
      ['Memory', bytes(figures.memoryBytes)],
      ['Storage', bytes(figures.storageBytes)],
      ['SIMD', figures.simd],
      ['Stored in', HOSTS[figures.host]],
      ['Durability', figures.durability],
      ['Safe from eviction', figures.persisted ? 'yes' : 'not promised'],
      ['Opened in', openMs === undefined ? '–' : duration(openMs)],
      ['Last search', searchMs === undefined ? '–' : duration(searchMs)],
    ]
    this.persist.hidden = figures.persisted !== false || figures.host === 'memory'
    this.list.replaceChildren(
      ...rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    )
  }
}
