// Rows that fill storage until it refuses more, and what must hold then. Runs in pages and under Node.

import { check, failure, write } from './history.mjs'

const NAME = 'ballast'
const DIM = 256
const ROWS = 1000

/** Batches from this number on are small, and fill the room that is too little for the others. */
const SMALL_START = 10_000
const SMALL_ROWS = 8

/** Batches under way at a time, so that a refusal meets more than one. */
const WIDTH = 3

/** A full disk refuses for good; one refusal could be chance. */
const REFUSALS = 6

/** Vector component `at` of row `id`, of which each takes four bytes and no two rows agree. */
function component(id, at) {
  return ((id * 31 + at * 17) % 1009) / 1009 + id
}

function rowsOf(batch) {
  return batch < SMALL_START ? ROWS : SMALL_ROWS
}

function columns(batch) {
  const ids = Array.from({ length: rowsOf(batch) }, (_, at) => batch * ROWS + at)
  const vectors = new Float32Array(ids.length * DIM)
  ids.forEach((id, row) => {
    for (let at = 0; at < DIM; at++) vectors[row * DIM + at] = component(id, at)
  })
  return { id: ids, batch: ids.map(() => batch), vector: { values: vectors, dim: DIM } }
}

/**
 * Inserts batches of a megabyte until storage refuses, and then small ones until it has no room for those either; each
 * is acknowledged or refused. Resolves to the numbers of those acknowledged and the failures of the others.
 */
export async function fill(db) {
  await db.createCollection({ collectionName: NAME, dimension: DIM, metricType: 'L2' })
  const ballast = db.collection(NAME)
  const stored = []
  const refusals = []
  for (const start of [0, SMALL_START]) {
    const enough = refusals.length + REFUSALS
    let next = start
    const worker = async () => {
      while (refusals.length < enough && next < start + 1000) {
        const batch = next++
        const error = await failure(() => ballast.insert({ columns: columns(batch) }))
        if (error === undefined) stored.push(batch)
        else refusals.push(error)
      }
    }
    await Promise.all(Array.from({ length: WIDTH }, worker))
  }
  return { stored: stored.sort((one, other) => one - other), refusals }
}

/** What is wrong with the ballast when just the batches `stored` should be there; nothing if all is well. */
export async function ballastProblems(db, stored) {
  const ballast = db.collection(NAME)
  const problems = []
  const counts = new Map()
  for await (const { id, batch, vector } of ballast.iterate('', { outputFields: ['batch', 'vector'] })) {
    counts.set(batch, (counts.get(batch) ?? 0) + 1)
    if (Math.floor(id / ROWS) !== batch || vector.some((value, at) => value !== Math.fround(component(id, at)))) problems.push(`row ${id} of batch ${batch} has wrong values`)
  }
  for (const batch of stored) if (counts.get(batch) !== rowsOf(batch)) problems.push(`batch ${batch} was acknowledged and has ${counts.get(batch) ?? 0} rows`)
  for (const [batch, count] of counts) if (!stored.includes(batch)) problems.push(`batch ${batch} was refused and has ${count} rows`)
  for (const id of [stored[0] * ROWS + 3, stored.at(-1) * ROWS + rowsOf(stored.at(-1)) - 1]) {
    const query = Float32Array.from({ length: DIM }, (_, at) => component(id, at))
    const [hit] = await ballast.search(query, { limit: 1 })
    if (hit?.id !== id || hit.distance !== 0) problems.push(`searched ${id}, found ${JSON.stringify(hit)}`)
  }
  return problems.slice(0, 5)
}

/**
 * Goes through a life on a storage that gets full. `open` opens the database and is called again after closing;
 * `makeRoom` is called when the ballast was dropped. Resolves to what happened; `problems` is empty if all is well.
 */
export async function liveWithFullStorage(open, makeRoom = async () => {}) {
  const problems = []
  let heard = -1
  let stored = []
  let db = await open()
  const writeMore = count => write(db, { from: heard + 1, count }, op => (heard = op))
  const step = async (name, work) => {
    const error = await failure(work)
    if (error !== undefined) problems.push(`${name}: ${JSON.stringify(error)}`)
  }
  const mayBeRefused = async (name, work) => {
    const error = await failure(work)
    if (error !== undefined && error.kind !== 'QUOTA') problems.push(`${name}: ${JSON.stringify(error)}`)
    return error === undefined
  }
  const inspect = name => step(name, async () => {
    const found = [...(stored.length > 0 ? await ballastProblems(db, stored) : []), ...(await check(db, heard)).problems]
    problems.push(...found.map(problem => `${name}: ${problem}`))
  })
  const reopen = async () => {
    await db.close()
    db = await open()
  }

  await step('first writes', () => writeMore(9))
  const filled = await fill(db)
  stored = filled.stored
  const { refusals } = filled
  if (refusals.length < 2 * REFUSALS || stored.length < 3) throw new Error(`${stored.length} batches fitted, ${refusals.length} were refused: ${JSON.stringify(refusals[0])}`)
  await inspect('after the refusals')
  const isCaught = async claimed => (await ballastProblems(db, claimed)).length > 0
  if (!(await isCaught([...stored, 1999])) || !(await isCaught(stored.slice(1)))) problems.push('a lost or a half refused batch would not be noticed')
  // Sealing needs room too; nothing may come of that but another refusal.
  await mayBeRefused('flush', () => db.flush({ collectionName: NAME }))
  const isSettled = await mayBeRefused('settled', () => db.settled())
  await inspect('after sealing')
  await step('reopening', reopen)
  await inspect('after reopening')
  const fits = await mayBeRefused('another insert', () => db.collection(NAME).insert({ columns: columns(2000) }))
  if (fits) stored.push(2000)
  await inspect('after another insert')

  // What frees room is not refused, even where there is none left.
  const deleted = stored.shift()
  await step('deleting', () => db.collection(NAME).delete(`batch == ${deleted}`))
  await inspect('after deleting')
  await step('dropping', () => db.dropCollection({ collectionName: NAME }))
  stored = []
  await step('making room', makeRoom)
  await step('settling after dropping', () => db.settled())
  await step('writing again', () => writeMore(15))
  await inspect('after writing again')
  await step('reopening after dropping', reopen)
  if ((await db.hasCollection({ collectionName: NAME })).has) problems.push('the dropped collection is back')
  await inspect('in the end')
  await db.close()
  return { problems, refusals, megabytes: filled.stored.filter(batch => batch < SMALL_START).length, isSettled, fits }
}
