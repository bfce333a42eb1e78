/** A long list of boxes that is one stop of the Tab key; the arrow keys go through it. */
export class Roving {
  private held: HTMLInputElement | undefined

  constructor(private readonly boxes: readonly HTMLInputElement[]) {
    for (const box of boxes) {
      box.addEventListener('focus', () => this.hold(box))
      box.addEventListener('keydown', (event) => this.move(event))
    }
    this.renew()
  }

  /** Keeps the stop on a box that is shown; to be called when boxes were hidden or shown. */
  renew(): void {
    const shown = this.shown()
    this.hold(this.held && shown.includes(this.held) ? this.held : shown[0])
  }

  private hold(held: HTMLInputElement | undefined): void {
    this.held = held
    for (const box of this.boxes) box.tabIndex = box === held ? 0 : -1
  }

  private move(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    const shown = this.shown()
    const here = shown.findIndex((box) => box === document.activeElement)
    shown[here + (event.key === 'ArrowDown' ? 1 : -1)]?.focus()
  }

  private shown(): HTMLInputElement[] {
    return this.boxes.filter((box) => box.closest('label')?.hidden === false)
  }
}
