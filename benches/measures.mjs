// What is measured, the same under Node and in a page: `open` is the package's, everything else is handed in.
import { filters, found, queryVector, slice } from './set.mjs'

const k = 10
const collectionName = 'glosses'

/** Milliseconds of `work`, and what it resolved to. */
async function timed(work) {
  const start = performance.now()
  const value = await work()
  return [performance.now() - start, value]
}

/** The value below which `share` of the sorted samples lie. */
function percentile(samples, share) {
  const sorted = Float64Array.from(samples).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}

const median = samples => percentile(samples, 0.5)

/** Makes the collection of a set, loaded at once, with an index of the set's type. */
async function create(db, set) {
  await db.createCollection({
    collectionName,
    schema: {
      fields: [
        { fieldName: 'id', dataType: 'Int64', isPrimary: true },
        { fieldName: 'vector', dataType: 'FloatVector', elementTypeParams: { dim: set.dim } },
        { fieldName: 'lexfile', dataType: 'VarChar', elementTypeParams: { max_length: 32 } },
        { fieldName: 'bucket', dataType: 'Int32' },
      ],
    },
    indexParams: [{ fieldName: 'vector', indexName: 'vector', metricType: 'COSINE', indexType: set.indexType }],
  })
  return db.collection(collectionName)
}

/** Inserts the whole set in calls of `batch` rows; returns milliseconds, the commits included, encoding included. */
export async function insertAll(db, set, batch) {
  const collection = await create(db, set)
  const batches = []
  for (let from = 0; from < set.rowCount; from += batch) batches.push(slice(set, from, Math.min(from + batch, set.rowCount)))
  const [milliseconds] = await timed(async () => {
    for (const columns of batches) await collection.insert({ columns })
  })
  return milliseconds
}

/** Brings the database into the state that it keeps: everything sealed, nothing left to do. Returns the milliseconds. */
export async function settle(db) {
  const [milliseconds] = await timed(async () => {
    await db.flush({ collectionName })
    await db.settled()
  })
  return milliseconds
}

/** What answers searches. */
export async function described(db) {
  const [index] = await db.describeIndex({ collectionName, indexName: 'vector' })
  return index
}

/** Latency of one query at a time, queries per second of that, and recall@10 against the exact answers. */
export async function searchAll(db, set, filter = 'all') {
  const collection = db.collection(collectionName)
  const options = filter === 'all' ? { limit: k } : { limit: k, filter: filters[filter] }
  const [first] = await timed(() => collection.search(queryVector(set, 0), options))
  const samples = []
  let hits = 0
  let of = 0
  for (let query = 0; query < set.queryCount; query++) {
    const [milliseconds, answer] = await timed(() => collection.search(queryVector(set, query), options))
    samples.push(milliseconds)
    const counted = found(set, filter, query, answer.map(hit => hit.id), k)
    hits += counted.hits
    of += counted.of
  }
  const total = samples.reduce((sum, sample) => sum + sample, 0)
  return { first, fastest: Math.min(...samples), p50: median(samples), p99: percentile(samples, 0.99), perSecond: 1000 * samples.length / total, recall: hits / of }
}

/** Queries per second when all queries of the set go in calls of `batch` vectors. */
export async function searchBatches(db, set, batch) {
  const collection = db.collection(collectionName)
  const [milliseconds] = await timed(async () => {
    for (let from = 0; from < set.queryCount; from += batch) {
      const queries = Array.from({ length: Math.min(batch, set.queryCount - from) }, (_, at) => queryVector(set, from + at))
      await collection.search(queries, { limit: k })
    }
  })
  return 1000 * set.queryCount / milliseconds
}

/** The exact search and all four filters. */
export async function searches(db, set) {
  const results = { all: await searchAll(db, set) }
  results.all.perSecondBatched = await searchBatches(db, set, 50)
  for (const filter of Object.keys(filters)) results[filter] = await searchAll(db, set, filter)
  return results
}

/** From the call of `open` to the answer of the first search. */
export async function reopen(openDatabase, set) {
  const [milliseconds, { db, opened }] = await timed(async () => {
    const [opened, db] = await timed(openDatabase)
    const answer = await db.collection(collectionName).search(queryVector(set, 0), { limit: k })
    if (answer.length !== k) throw new Error(`${answer.length} hits from a reopened database`)
    return { db, opened }
  })
  return { db, milliseconds, opened }
}

/** Median of `rounds` runs of `work`, which returns a number. */
export async function medianOf(rounds, work) {
  const samples = []
  for (let round = 0; round < rounds; round++) samples.push(await work(round))
  return median(samples)
}
