// One result as a table for people.

const ms = value => `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`

/** Prints everything that was measured on one host with one set. */
export function printResult({ host, version, set, rowCount, insert, settle, open, searches, storedBytes, stats, index }) {
  const row = (name, ...cells) => console.log(`  ${name.padEnd(38)}${cells.map(cell => String(cell).padStart(13)).join('')}`)
  console.log(`\n${host} ${version}, ${set}: ${rowCount} rows, ${stats.simd}, ${stats.thread}; ${index.indexType}, answered by ${index.answeredBy}`)
  for (const [where, milliseconds] of Object.entries(insert)) row(`insert, ${where}`, ms(milliseconds), `${Math.round(1000 * rowCount / milliseconds)} rows/s`)
  for (const [where, milliseconds] of Object.entries(open)) row(`open to first answer, ${where}`, ms(milliseconds))
  row('sealed, indexed and stored', ms(settle))
  row('index in memory', `${(index.memoryBytes / rowCount).toFixed(0)} B/row`)
  row('stored, flushed and settled', `${(storedBytes / rowCount).toFixed(0)} B/row`)
  row('search', 'first', 'fastest', 'p50', 'p99', 'per second', 'recall@10')
  for (const [filter, { first, fastest, p50, p99, perSecond, recall }] of Object.entries(searches)) {
    row(`  ${filter === 'all' ? 'no filter' : `filter ${filter}`}`, ms(first), ms(fastest), ms(p50), ms(p99), Math.round(perSecond), recall.toFixed(4))
  }
  row('  no filter, 50 queries a call', '', '', '', '', Math.round(searches.all.perSecondBatched))
}

/** Prints what was measured of a million rows. */
export function printMillion({ host, version, rowCount, buildCpuSeconds, ofThatInsertCpuSeconds, answeredBy, clusterCount, fullestMB, storedMB, asked }) {
  const row = (name, ...cells) => console.log(`  ${name.padEnd(38)}${cells.map(cell => String(cell).padStart(13)).join('')}`)
  console.log(`\n${host} ${version}, made: ${rowCount} rows of 128 dimensions in a folder, L2, AUTOINDEX, answered by ${answeredBy} of ${clusterCount} clusters`)
  row('built, CPU', `${buildCpuSeconds.toFixed(1)} s`)
  row('  of that until all were inserted', `${ofThatInsertCpuSeconds.toFixed(1)} s`)
  row('in memory, at most while building', `${fullestMB} MB`)
  row('in memory, vectors in the folder', `${asked.memoryMB} MB`)
  row('  of that the index', `${asked.indexMB} MB`)
  row('  what WebAssembly took for it', `${asked.linearMemoryMB} MB`)
  row('in the folder', `${storedMB} MB`)
  row('open to first answer', ms(asked.openMilliseconds))
  row('search', 'CPU', 'wall', 'recall@10')
  for (const { level, microseconds, wallMicroseconds, recall } of asked.points) row(`  level ${level}`, ms(microseconds / 1000), ms(wallMicroseconds / 1000), recall.toFixed(4))
}
