/** What is used of a Durable Object's storage, as `ctx.storage` has it. */

/** A value that a statement takes or gives. */
export type SqlValue = ArrayBuffer | string | number | null

/** Rows of a statement, by the names of their columns. */
export type SqlCursor = Iterable<Record<string, SqlValue>>

/** The object's SQLite database. */
export interface SqlStorage {
  exec(query: string, ...bindings: SqlValue[]): SqlCursor
  readonly databaseSize: number
}

/** `ctx.storage` of an object whose class is among the `new_sqlite_classes` of a migration. */
export interface ObjectStorage {
  readonly sql: SqlStorage
  /** Runs `work` as one transaction; what it throws undoes all of it. */
  transactionSync<T>(work: () => T): T
  setAlarm(time: number): Promise<void>
}

/** Whether a value is such a storage. */
export function isObjectStorage(value: unknown): value is ObjectStorage {
  if (typeof value !== 'object' || value === null || !('transactionSync' in value)) return false
  return typeof value.transactionSync === 'function'
}
