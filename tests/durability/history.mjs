// A history of numbered writes, of which each number tells the content; and the check that a database holds a prefix of
// it. Runs in pages and under Node. What should be there is computed here from the numbers, not by the database.

const NAME = 'history'
const DIM = 64
const INSERT_ROWS = 200

/** Batches that live at a time; older ones are deleted, so that a long history stays small. */
const LIVE_BATCHES = 8

/** Writes that may be stored beyond the last one that was reported: those under way, and answers that were not heard. */
const UNHEARD_MAX = 1000

/** Numbers from -1 to 1 that look random and follow from `seed`. */
function vector(seed) {
  const values = new Float32Array(DIM)
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1
  for (let at = 0; at < DIM; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    values[at] = (state | 0) / 2 ** 31
  }
  return values
}

/** The row `id` as the write number `op` leaves it. */
function row(id, op) {
  return { id, op, note: `row ${id} ä by ${op}`, vector: vector(id * 8191 + op) }
}

/** What write number `op` does: a batch is inserted, then partly replaced and added to, and much later deleted. */
function content(op) {
  const batch = Math.floor(op / 3)
  const first = batch * 1000
  if (op % 3 === 0) return { kind: 'insert', ids: Array.from({ length: INSERT_ROWS }, (_, at) => first + at) }
  if (op % 3 === 1) return { kind: 'upsert', ids: Array.from({ length: INSERT_ROWS / 2 + 20 }, (_, at) => first + at * 2) }
  const old = (batch - LIVE_BATCHES) * 1000
  return { kind: 'delete', from: old, to: old + 1000 }
}

/** The state after a write: from the id of each row to the write that left it so. */
function apply(state, op) {
  const { kind, ids, from, to } = content(op)
  if (kind === 'delete') {
    for (const id of [...state.keys()]) if (id >= from && id < to) state.delete(id)
  } else {
    for (const id of ids) state.set(id, op)
  }
}

/** Makes the collection unless it is there. */
export async function prepare(db) {
  if ((await db.hasCollection({ collectionName: NAME })).has) return
  const fields = [
    { fieldName: 'id', dataType: 'Int64', isPrimary: true },
    { fieldName: 'op', dataType: 'Int64' },
    { fieldName: 'note', dataType: 'VarChar', elementTypeParams: { max_length: 100 } },
    { fieldName: 'vector', dataType: 'FloatVector', elementTypeParams: { dim: DIM } },
  ]
  const indexParams = [{ fieldName: 'vector', metricType: 'L2' }]
  await db.createCollection({ collectionName: NAME, schema: { fields }, indexParams })
}

async function perform(db, op) {
  const { kind, ids, from, to } = content(op)
  const collection = db.collection(NAME)
  if (kind === 'delete') {
    await collection.delete(`id >= ${from} and id < ${to}`)
  } else {
    await collection[kind](ids.map(id => row(id, op)))
  }
  // Sealing and compaction then run in the background, and are cut too.
  if (op % 20 === 19) await db.flush({ collectionName: NAME })
}

/**
 * Writes from number `from` on, `width` at a time, until a write fails, `count` are done or `isEnough` says so; tells
 * each that was acknowledged. With `isEarly` it lies: it tells before it knows.
 */
export async function write(db, { from, width = 3, count = Infinity, isEnough = () => false, isEarly = false }, tell) {
  await prepare(db)
  const underWay = new Map()
  for (let op = from; op < from + count; op++) {
    if (underWay.size >= width) await underWay.get(op - width)
    // Looked at after the wait: a write that begins behind a failure would be none of a prefix.
    if (isEnough()) break
    if (isEarly) tell(op)
    const work = perform(db, op).then(() => {
      underWay.delete(op)
      if (!isEarly) tell(op)
    })
    underWay.set(op, work)
    work.catch(() => {})
    // In memory all of this could go on without the thread's ever looking at anything else.
    if (!isEarly && op % 4 === 3) await new Promise(resolve => setTimeout(resolve))
  }
  await Promise.all(underWay.values())
}

/**
 * Compares a database with the history up to some write that is not before `acknowledged` (-1: none was).
 * Resolves to that write's number, and what is wrong: nothing, if all is well.
 */
export async function check(db, acknowledged) {
  const { has } = await db.hasCollection({ collectionName: NAME })
  if (!has) return { stored: -1, rows: 0, problems: acknowledged < 0 ? [] : [`the collection is absent though ${acknowledged} was acknowledged`] }
  const collection = db.collection(NAME)
  const problems = []
  const found = new Map()
  for await (const { id, op, note, vector: values } of collection.iterate('', { outputFields: ['op', 'note', 'vector'] })) {
    const expected = row(id, op)
    if (note !== expected.note || values.some((value, at) => value !== expected.vector[at])) problems.push(`row ${id} of write ${op} has wrong values`)
    if (found.has(id)) problems.push(`row ${id} comes twice`)
    found.set(id, op)
  }
  const expected = new Map()
  for (let op = 0; op <= acknowledged; op++) apply(expected, op)
  const atAcknowledged = difference(found, expected)
  let stored = acknowledged
  while (difference(found, expected) !== undefined && stored < acknowledged + UNHEARD_MAX) apply(expected, ++stored)
  if (difference(found, expected) !== undefined) {
    return { stored: undefined, rows: found.size, problems: [...problems.slice(0, 5), `no whole number of writes: after write ${acknowledged}, ${atAcknowledged}`] }
  }
  const counted = await collection.count()
  if (counted !== found.size) problems.push(`count(*) is ${counted} of ${found.size} rows`)
  problems.push(...(await searchProblems(collection, found, stored)))
  return { stored, rows: found.size, problems: problems.slice(0, 5) }
}

function difference(found, expected) {
  for (const [id, op] of expected) {
    if (found.get(id) !== op) return `row ${id} should be of write ${op} and is ${found.has(id) ? `of write ${found.get(id)}` : 'absent'}`
  }
  for (const [id, op] of found) if (!expected.has(id)) return `row ${id} of write ${op} should not be there`
  return undefined
}

/** Compares searches with a plain scan of the rows that should be there. */
async function searchProblems(collection, rows, stored) {
  const problems = []
  for (const [seed, filter, passes] of [[11, undefined, () => true], [12, `op < ${stored}`, op => op < stored], [13, 'id % 2 == 1', (_, id) => id % 2 === 1]]) {
    const query = vector(-seed)
    const ranked = []
    for (const [id, op] of rows) if (passes(op, id)) ranked.push({ id, distance: squared(query, row(id, op).vector) })
    ranked.sort((one, other) => one.distance - other.distance)
    const hits = await collection.search(query, { limit: 10, ...(filter === undefined ? {} : { filter }) })
    const wanted = ranked.slice(0, 10)
    const isRight = hits.length === wanted.length && hits.every((hit, at) => hit.id === wanted[at].id && Math.abs(hit.distance / wanted[at].distance - 1) < 1e-4)
    if (!isRight) problems.push(`search ${seed}: expected ${JSON.stringify(wanted.slice(0, 3))}, got ${JSON.stringify(hits.slice(0, 3))}`)
  }
  return problems
}

function squared(one, other) {
  let sum = 0
  for (let at = 0; at < DIM; at++) sum += (one[at] - other[at]) ** 2
  return sum
}

/** What `work` fails with, as plain data; undefined when it succeeds. */
export async function failure(work) {
  try {
    await work()
    return undefined
  } catch (error) {
    return { name: error.name, kind: error.kind, code: error.code, message: String(error.message) }
  }
}
