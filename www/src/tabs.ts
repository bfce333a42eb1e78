/** Talk between the tabs of this site: one of them has the database open, another may ask for it. */

type Word = 'leave' | 'left'

const PATIENCE_MS = 3000

/** A tab's line to the others. */
export class Tabs {
  private readonly channel = new BroadcastChannel('elanus-dictionary')
  private onLeft: (() => void) | undefined

  /** `leave` is run when another tab asks for the database; it must close it. */
  constructor(leave: () => Promise<void>) {
    this.channel.onmessage = ({ data }: MessageEvent<Word>) => {
      if (data === 'left') this.onLeft?.()
      else void leave().then(() => this.say('left'))
    }
  }

  /** Asks the tab that has the database to close it; resolves when it has, or after some seconds without an answer. */
  async ask(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.onLeft = resolve
      setTimeout(resolve, PATIENCE_MS)
      this.say('leave')
    })
    this.onLeft = undefined
  }

  private say(word: Word): void {
    this.channel.postMessage(word)
  }
}
