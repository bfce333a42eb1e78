// What every environment is asked to do: the same calls, with what they must answer. Runs in Node, pages and workerd.

const DIM = 8
const ROWS = 40

/** A unit vector that leans towards axis `row % DIM`, the more so the smaller the row: neighbours are known by hand. */
function vector(row) {
  const values = new Float32Array(DIM)
  values[row % DIM] = 1
  values[(row + 1) % DIM] = row / 100
  return values
}

function equal(got, expected, what) {
  const [one, other] = [got, expected].map(value => JSON.stringify(value))
  if (one !== other) throw new Error(`${what}: expected ${other}, got ${one}`)
}

async function fails(work, kind, code, what) {
  try {
    await work()
  } catch (error) {
    if (error.name !== 'ElanusError') throw error
    equal([error.kind, error.code], [kind, code], what)
    return error
  }
  throw new Error(`${what}: expected an error of kind ${kind}`)
}

/**
 * Goes through the life of a database at `address`. `isDurable`: whether it is found again after it was closed.
 * Resolves to what the database said of itself at the end.
 */
export async function scenario({ open, destroy, ElanusError }, address, { isDurable, options = {} }) {
  let db = await open(address, options)
  await db.createCollection({ collectionName: 'books', dimension: DIM, metricType: 'COSINE' })
  equal(await db.hasCollection({ collectionName: 'books' }), { has: true }, 'hasCollection')
  const books = db.collection('books')

  const rows = Array.from({ length: ROWS }, (_, row) => ({ id: row, vector: vector(row), title: `book ${row} ä`, year: 1900 + row, tags: ['a', row] }))
  const { insertCount, insertIds } = await books.insert(rows)
  equal([insertCount, insertIds.length, insertIds[3]], [ROWS, ROWS, 3], 'insert')
  equal(rows[3].vector.length, DIM, 'the rows of the caller are untouched')

  const hits = await books.search(vector(0), { limit: 3, outputFields: ['title', 'year'] })
  equal(hits.map(hit => hit.id), [0, 8, 16], 'search')
  equal([hits[0].title, hits[0].year], ['book 0 ä', 1900], 'output fields')
  if (Math.abs(hits[0].distance - 1) > 1e-6) throw new Error(`the distance of an equal vector is ${hits[0].distance}`)
  const filtered = await books.search(Array.from(vector(0)), { limit: 2, filter: 'year >= 1910 and tags[1] < 30' })
  equal(filtered.map(hit => hit.id), [16, 24], 'search with a filter')
  const several = await books.search([vector(1), vector(2)], { limit: 1 })
  equal(several.map(list => list.map(hit => hit.id)), [[1], [2]], 'search with several vectors')

  equal((await books.query('id in [5, 6]', { outputFields: ['title'] })).map(row => row.title), ['book 5 ä', 'book 6 ä'], 'query')
  const [row] = await books.get(7)
  equal([row.title, row.tags, row.vector instanceof Float32Array, Array.from(row.vector)], ['book 7 ä', ['a', 7], true, Array.from(vector(7))], 'get')
  equal(await books.delete({ ids: [39] }), { deleteCount: 1 }, 'delete')
  await books.upsert([{ id: 38, vector: vector(38), title: 'replaced', year: 1 }])
  equal(await books.count(), ROWS - 1, 'count')
  const seen = []
  for await (const { id } of books.iterate('year > 0', { outputFields: ['id'], batchSize: 10 })) seen.push(id)
  equal(seen, Array.from({ length: ROWS - 1 }, (_, row) => row), 'iterate')

  const wrong = await fails(() => books.insert([{ id: 99, vector: [1, 2] }]), 'DIMENSION', 1100, 'wrong dimension')
  if (!(wrong instanceof ElanusError)) throw new Error('what is thrown is no ElanusError')
  equal([wrong.details.expected, wrong.details.got], [DIM, 2], 'details of an error')
  await fails(() => books.query('year >'), 'FILTER', 1100, 'bad filter')
  await fails(() => db.collection('none').count(), 'NOT_FOUND', 100, 'unknown collection')
  await fails(() => db[Symbol.for('elanus.trap')](), 'PANIC', 5, 'a trap')
  equal(await books.count(), ROWS - 1, 'count after a trap')

  const aborted = new AbortController()
  aborted.abort('enough')
  await books.count('', { signal: aborted.signal }).then(() => { throw new Error('a call went on after abort') }, reason => equal(reason, 'enough', 'abort'))

  await db.settled()
  const file = await new Response(db.export()).arrayBuffer()
  const copy = await open(':memory:', { ...options, from: file })
  equal(await copy.collection('books').count(), ROWS - 1, 'count of an imported copy')
  await copy.close()

  if (isDurable) {
    await db.close()
    await fails(() => books.count(), 'CLOSED', 1, 'a call after close')
    db = await open(address, options)
    await fails(() => open(address, { ...options, from: file }), 'LOCKED', 2, 'a second open')
    equal(await db.collection('books').count(), ROWS - 1, 'count after reopening')
    equal((await db.collection('books').search(vector(8), { limit: 1 }))[0].id, 8, 'search after reopening')
  }
  const stats = await db.stats()
  equal([stats.simd, stats.rowCount], ['simd128', ROWS - 1], 'stats')
  await db.close()
  await db.close()
  if (isDurable) {
    const other = `${address}-gone`
    const gone = await open(other, options)
    await gone.createCollection({ collectionName: 'books', dimension: DIM })
    await fails(() => destroy(other), 'LOCKED', 2, 'destroy while it is open')
    await gone.close()
    await destroy(other)
    const anew = await open(other, { ...options, whenEvicted: 'fail' })
    equal(await anew.listCollections(), [], 'collections after destroy')
    await anew.close()
    await destroy(other)
  }
  return stats
}
