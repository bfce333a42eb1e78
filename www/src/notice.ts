/** What the page says about itself: its state, failures, the import's progress, and short messages with a way back. */

import { byId, element } from './element'
import type { Failure, Remedy } from './failure'
import { bytes, count } from './number'

const TOAST_MS = 9000
const LABELS: Record<Remedy, string> = {
  retry: 'Try again',
  'take-over': 'Continue here',
  memory: 'Go on without storing',
  reset: 'Remove and start again',
}

/** Speaks to the visitor outside the results. */
export class Notice {
  private readonly state = byId('state', HTMLParagraphElement)
  private readonly failure = byId('failure', HTMLElement)
  private readonly importing = byId('importing', HTMLElement)
  private readonly detail = byId('importing-detail', HTMLParagraphElement)
  private readonly bar = byId('importing-bar', HTMLProgressElement)
  private readonly toast = byId('toast', HTMLDivElement)
  private readonly announcement = byId('announcement', HTMLParagraphElement)
  private hiding: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly onRemedy: (remedy: Remedy) => void) {}

  /** The one line at the top of the page; `subject` is left out where there is little room. */
  showState(state: 'busy' | 'ready' | 'failed', text: string, subject = ''): void {
    this.state.dataset.state = state
    this.state.replaceChildren(element('b', {}, element('span', {}, subject), ` ${text}`))
  }

  /** Shows a failure with its remedies until the next one or `clearFailure`. */
  showFailure({ title, text, remedies }: Failure): void {
    const buttons = remedies.map((remedy, place) =>
      element(
        'button',
        { type: 'button', className: place === 0 ? 'button primary' : 'button', onclick: () => this.onRemedy(remedy) },
        LABELS[remedy],
      ),
    )
    this.failure.replaceChildren(element('h2', {}, title), element('p', {}, text), element('div', {}, ...buttons))
    this.failure.hidden = false
    this.importing.hidden = true
  }

  clearFailure(): void {
    this.failure.hidden = true
  }

  /** Shows how many bytes of the data have come. */
  showBytes(received: number, total: number): void {
    this.showProgress(received / total / 4, `fetching ${bytes(received)} of ${bytes(total)}`)
  }

  /** Shows how many rows are stored. The bar's first quarter belongs to fetching. */
  showRows(stored: number, total: number): void {
    this.showProgress(0.25 + (0.75 * stored) / total, `${count(stored)} of ${count(total)} meanings stored`)
  }

  hideProgress(): void {
    this.importing.hidden = true
  }

  /** Says something for some seconds, with a way to take it back. */
  showToast(text: string, undo?: () => void): void {
    const button = element('button', { type: 'button', className: 'button' }, 'Undo')
    button.onclick = () => {
      this.hideToast()
      undo?.()
    }
    this.toast.replaceChildren(element('span', {}, text), ...(undo ? [button] : []))
    this.toast.hidden = false
    this.announcement.textContent = text
    clearTimeout(this.hiding)
    this.hiding = setTimeout(() => this.hideToast(), TOAST_MS)
  }

  private hideToast(): void {
    // A message that holds the keyboard waits until it is left.
    if (this.toast.contains(document.activeElement) && document.hasFocus() && !this.toast.hidden) {
      this.hiding = setTimeout(() => this.hideToast(), TOAST_MS)
      return
    }
    this.toast.hidden = true
  }

  private showProgress(part: number, text: string): void {
    this.importing.hidden = false
    this.bar.value = part
    this.detail.textContent = text
  }
}
