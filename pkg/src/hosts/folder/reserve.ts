/**
 * The file `reserve`: room kept for the time when there is none left, so that what frees room (removals, folding) can
 * still be written. It holds noise, exists only while the folder is open, and may vanish at any time.
 */

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { removeFile } from './file.js'

/** The name of the file. */
export const RESERVE_NAME = 'reserve'

const RESERVE_BYTES = 256 << 10

/** Writes that may use the reserve: those that are small beside it. Inserts of any size would just use it up. */
export const NEEDY_BYTES_MAX = RESERVE_BYTES / 4

/** Room in a folder. */
export class Reserve {
  readonly #path: string
  #isKept = false

  constructor(folder: string) {
    this.#path = `${folder}/${RESERVE_NAME}`
  }

  /** Sets room aside if there is room. */
  async keep(): Promise<void> {
    if (this.#isKept) return
    try {
      // Zeros would take no room on a disk that compresses.
      await writeFile(this.#path, randomBytes(RESERVE_BYTES))
      this.#isKept = true
    } catch {
      await this.giveUp()
    }
  }

  /** Gives the room back; whether there was any. */
  async giveUp(): Promise<boolean> {
    const wasKept = this.#isKept
    this.#isKept = false
    await removeFile(this.#path).catch(() => {})
    return wasKept
  }
}
