// Measurements under Node: memory and a folder, in a process of their own.
//   node benches/node.mjs SET INDEX_TYPE     prints one line of JSON
import { readdirSync, rmSync, mkdtempSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'elanus'
import { readData } from './data.mjs'
import { described, insertAll, medianOf, reopen, searches, settle } from './measures.mjs'
import { loadSet } from './set.mjs'
import { root } from '../scripts/tools.mjs'

/** Enough for the largest set; the default is meant for applications. */
const memoryLimitBytes = 1 << 30

function bytesIn(folder) {
  return readdirSync(folder, { recursive: true }).map(name => statSync(join(folder, name))).reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
}

const set = await loadSet(process.argv[2], async file => readData(file))
set.indexType = process.argv[3]
const batch = Math.min(set.rowCount, 10_000)
const rounds = set.rowCount > 50_000 ? 1 : 3
const result = { host: 'node', version: process.version, set: set.name, rowCount: set.rowCount, insert: {}, open: {} }
// On the disk of the repository: the folder of temporary files may be memory.
const base = mkdtempSync(join(root, 'target', 'bench-'))

try {
  result.insert.memory = await medianOf(rounds, async () => {
    const db = await open(':memory:', { memoryLimitBytes })
    const milliseconds = await insertAll(db, set, batch)
    await db.close()
    return milliseconds
  })
  const folder = round => join(base, String(round))
  result.insert.folder = await medianOf(rounds, async round => {
    const db = await open(folder(round), { memoryLimitBytes })
    const milliseconds = await insertAll(db, set, batch)
    await db.close()
    return milliseconds
  })
  const settling = await open(folder(0), { memoryLimitBytes })
  result.settle = await settle(settling)
  await settling.close()
  result.storedBytes = bytesIn(folder(0))
  const openings = []
  for (let round = 0; round < 3; round++) {
    const { db, milliseconds, opened } = await reopen(() => open(folder(0), { memoryLimitBytes }), set)
    openings.push({ milliseconds, opened })
    if (round === 2) {
      result.searches = await searches(db, set)
      result.stats = await db.stats()
      result.index = await described(db)
    }
    await db.close()
  }
  result.open.folder = openings.map(opening => opening.milliseconds).sort((a, b) => a - b)[1]
} finally {
  rmSync(base, { recursive: true, force: true })
}
console.log(JSON.stringify(result))
