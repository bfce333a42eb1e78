/**
 * Flushes and compactions that were asked for, until they are done. The engine has such a wish in memory alone, and an
 * object may be evicted between the answer and the alarm that was to do it.
 */

import type { SqlStorage } from './storage.js'

/** A wish: the operation, and the head that it is asked with. */
export interface Wish {
  operation: string
  head: object
}

const TABLE = 'CREATE TABLE IF NOT EXISTS elanus_asked (operation TEXT NOT NULL, head TEXT NOT NULL, PRIMARY KEY (operation, head)) WITHOUT ROWID'

/** The wishes of one object. */
export class Asked {
  readonly #sql: SqlStorage
  /** Whether there may be rows; most objects never have the table. */
  #mayHave: boolean
  /** The wishes that were there when the work under way began. */
  #due: Wish[] = []

  constructor(sql: SqlStorage) {
    this.#sql = sql
    this.#mayHave = Array.from(sql.exec("SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'elanus_asked'")).length > 0
  }

  /** Keeps a wish. */
  put({ operation, head }: Wish): void {
    if (!this.#mayHave) this.#sql.exec(TABLE)
    this.#mayHave = true
    this.#sql.exec('INSERT OR REPLACE INTO elanus_asked (operation, head) VALUES (?, ?)', operation, JSON.stringify(head))
  }

  /** All that are kept. */
  all(): Wish[] {
    if (!this.#mayHave) return []
    return Array.from(this.#sql.exec('SELECT operation, head FROM elanus_asked'), ({ operation, head }) => ({
      operation: operation as string,
      head: JSON.parse(head as string) as object,
    }))
  }

  /** Background work begins: what was asked before is done when none is left. */
  begin(): void {
    this.#due = this.all()
  }

  /** No background work is left. */
  done(): void {
    for (const { operation, head } of this.#due.splice(0)) this.#sql.exec('DELETE FROM elanus_asked WHERE operation = ? AND head = ?', operation, JSON.stringify(head))
  }
}
