// The storage of a Durable Object with the bounds of production, which workerd on a developer's machine does not keep.

/** Bytes of a row, a text or a blob; bytes of a statement; parameters of a statement. */
const LIMITS = { rowBytes: 2_000_000, queryBytes: 100_000, parameters: 100 }

/** A storage that refuses what production refuses. `rename` may change statements, so that one object has many stores. */
export function production(storage, rename = query => query) {
  return {
    sql: {
      exec(query, ...bindings) {
        const sizes = bindings.map(value => value?.byteLength ?? (typeof value === 'string' ? value.length : 8))
        const rowBytes = sizes.reduce((sum, size) => sum + size, 0)
        if (query.length > LIMITS.queryBytes) throw new Error(`statement too long: SQLITE_TOOBIG: ${query.length} bytes`)
        if (bindings.length > LIMITS.parameters) throw new Error(`too many SQL variables: SQLITE_ERROR: ${bindings.length}`)
        if (rowBytes > LIMITS.rowBytes) throw new Error(`string or blob too big: SQLITE_TOOBIG: ${rowBytes} bytes`)
        return storage.sql.exec(rename(query), ...bindings)
      },
      get databaseSize() {
        return storage.sql.databaseSize
      },
    },
    transactionSync: work => storage.transactionSync(work),
    setAlarm: time => storage.setAlarm(time),
  }
}
