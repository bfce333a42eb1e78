// Measurements in a page; the engine runs in its worker, as it does by default. Bundled by chromium.mjs.
import { open } from 'elanus'
import { described, insertAll, medianOf, reopen, searches, settle } from './measures.mjs'
import { loadSet } from './set.mjs'

const memoryLimitBytes = 1 << 30

async function read(file) {
  const response = await fetch(`data/${file}`)
  if (!response.ok) throw new Error(`${file}: ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

/** First visit: inserts, with and without durability. Leaves the databases for the second. */
globalThis.firstVisit = async (name, indexType) => {
  const set = { ...(await loadSet(name, read)), indexType }
  const batch = Math.min(set.rowCount, 10_000)
  const rounds = set.rowCount > 50_000 ? 1 : 3
  const insert = {}
  let settled
  const measure = (label, options) => medianOf(rounds, async round => {
    const db = await open(label === 'memory' ? ':memory:' : `${label}-${round}`, { memoryLimitBytes, ...options })
    const milliseconds = await insertAll(db, set, batch)
    if (label === 'relaxed' && round === 0) settled = await settle(db)
    await db.close()
    return milliseconds
  })
  insert.memory = await measure('memory', {})
  insert['IndexedDB relaxed'] = await measure('relaxed', { durability: 'relaxed' })
  insert['IndexedDB strict'] = await measure('strict', { durability: 'strict' })
  return { rowCount: set.rowCount, insert, settle: settled }
}

/** A later visit, on a page that was loaded anew: opening to the first answer. */
globalThis.laterVisit = async (name, indexType) => {
  const set = { ...(await loadSet(name, read)), indexType }
  const { db, milliseconds, opened } = await reopen(() => open('relaxed-0', { memoryLimitBytes }), set)
  await db.close()
  return { milliseconds, opened }
}

/** Searches in the database of the first visit. */
globalThis.searchVisit = async (name, indexType) => {
  const set = { ...(await loadSet(name, read)), indexType }
  const { db } = await reopen(() => open('relaxed-0', { memoryLimitBytes }), set)
  const results = { searches: await searches(db, set), stats: await db.stats(), index: await described(db) }
  await db.close()
  return results
}
