/** The open database over the life of the page: opening, the import, giving it to another tab, starting anew. */

import { loadGlosses, type GlossSet } from './data'
import { Dictionary } from './dictionary'
import { describeFailure, type Remedy } from './failure'
import { missingChunks, rowCount, storeChunks } from './import'
import type { Notice } from './notice'
import { counted, duration } from './number'
import { Tabs } from './tabs'

/** What the page does as the database comes and goes. */
export interface SessionEvents {
  /** It can be searched from now on. */
  onOpen(dictionary: Dictionary): void
  /** The import stored more rows. */
  onRows(): void
  /** All rows are in. */
  onComplete(): void
  onClose(): void
}

/** Holds the one open dictionary. */
export class Session {
  private current: Dictionary | undefined
  private openTook: number | undefined
  private isKept = true
  private readonly tabs = new Tabs(() => this.leave())

  constructor(
    private readonly events: SessionEvents,
    private readonly notice: Notice,
  ) {}

  /** The dictionary while it is open. */
  get dictionary(): Dictionary | undefined {
    return this.current
  }

  /** From asking for the database to its first answer. */
  get openMs(): number | undefined {
    return this.openTook
  }

  /** Opens the database and brings in what it lacks; failures are shown. */
  async start(): Promise<void> {
    await this.attempt(() => this.open())
    await this.attempt(async () => {
      if (this.current) await this.complete(this.current)
    })
  }

  /** Does what the visitor chose after a failure. */
  async recover(remedy: Remedy): Promise<void> {
    this.notice.clearFailure()
    switch (remedy) {
      case 'retry':
        return this.start()
      case 'take-over':
        this.notice.showState('busy', 'asking the other tab…')
        await this.tabs.ask()
        return this.start()
      case 'memory':
        await this.close()
        this.isKept = false
        return this.start()
      case 'reset':
        await this.close()
        await Dictionary.destroy()
        return this.start()
    }
  }

  /** Forgets every entry and imports again; nothing is forgotten before the data for it has come. */
  async reset(): Promise<void> {
    await this.attempt(async () => {
      const set = await this.fetch()
      await this.current?.reset()
      if (this.current) await this.complete(this.current, set)
    })
  }

  /** Runs a piece of work and shows its failure. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    const before = this.current
    try {
      await work()
    } catch (error) {
      this.notice.hideProgress()
      // Closed on purpose under the work: whoever closed it has said why.
      if (before && !this.current) return
      this.notice.showState('failed', this.current ? 'not complete' : 'not open')
      this.notice.showFailure(describeFailure(error))
    }
  }

  private async open(): Promise<void> {
    if (this.current) return
    this.notice.showState('busy', 'opening…')
    const begun = performance.now()
    const dictionary = await Dictionary.open(this.isKept)
    await dictionary.count()
    this.openTook = performance.now() - begun
    this.current = dictionary
    this.events.onOpen(dictionary)
  }

  /** Brings in what is missing and says what there is. */
  private async complete(dictionary: Dictionary, fetched?: GlossSet): Promise<void> {
    const missing = await missingChunks(dictionary)
    if (missing.length > 0) {
      const begun = performance.now()
      this.notice.showState('busy', 'importing…')
      const set = fetched ?? (await this.fetch())
      await storeChunks(dictionary, set, missing, (stored, total) => {
        this.notice.showRows(stored, total)
        this.events.onRows()
      })
      this.notice.hideProgress()
      const took = duration(performance.now() - begun)
      this.notice.showState('ready', `imported in ${took}`, counted(rowCount(missing), 'meaning'))
    } else {
      const place = this.isKept ? ' from IndexedDB' : ''
      const rows = counted(await dictionary.count(), 'meaning')
      this.notice.showState('ready', `opened${place} in ${duration(this.openTook ?? 0)}`, rows)
    }
    this.events.onComplete()
  }

  private fetch(): Promise<GlossSet> {
    return loadGlosses((received, total) => this.notice.showBytes(received, total))
  }

  /** Closes because another tab asked for it. */
  private async leave(): Promise<void> {
    if (!this.current) return
    await this.close()
    this.notice.showState('failed', 'open in another tab')
    this.notice.showFailure({
      title: 'The dictionary went on in another tab',
      text: 'That tab asked for the database and has it now. Everything stored is there.',
      remedies: ['take-over'],
    })
  }

  private async close(): Promise<void> {
    const dictionary = this.current
    this.current = undefined
    if (dictionary) this.events.onClose()
    await dictionary?.close()
  }
}
