/**
 * The file `reserve`: room kept for the time when there is none left, so that what frees room (removals, folding) can
 * still be written. It holds noise, exists only while the folder is open, and may vanish at any time.
 */

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { removeFile, storageError } from './file.js'

/** The name of the file. */
export const RESERVE_NAME = 'reserve'

const RESERVE_BYTES = 1 << 20

/** The size of writes that may use the reserve, which has to last for some of them. */
export const NEEDY_BYTES_MAX = RESERVE_BYTES / 4

/** Values of this many bytes fit into a pack that takes the room of the reserve. */
export const PACKED_BYTES_MAX = RESERVE_BYTES - (64 << 10)

/** Room in a folder. */
export class Reserve {
  readonly #path: string
  #isKept = false

  constructor(folder: string) {
    this.#path = `${folder}/${RESERVE_NAME}`
  }

  /** Sets room aside; fails with kind `QUOTA` when there is none. */
  async keep(): Promise<void> {
    if (this.#isKept) return
    try {
      // Zeros would take no room on a disk that compresses.
      await writeFile(this.#path, randomBytes(RESERVE_BYTES))
      this.#isKept = true
    } catch (error) {
      await this.giveUp()
      throw storageError(error, this.#path)
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
