// A million rows of 128 dimensions in a folder, vectors left there: built in one process, opened and asked in another.
//   node benches/million.mjs build|ask FOLDER [ROWS]     prints one line of JSON; `npm run bench -- 1m` calls both
//
// The set is made, not loaded, the same everywhere: 2,000 centres whose coordinates are normal, of unequal weight (the fullest
// gets some fifty times what the emptiest gets). A row is a centre and normal noise of a width of its cluster's own, 0.3 to 0.9 of
// the centres', and then made longer or shorter by up to two: metric L2, so that norms count. Noise fills all 128 dimensions, which
// is harder than embeddings are. Queries are made as rows are. The exact answers are brute force in double precision.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'elanus'

const [task, folder, rowsText] = process.argv.slice(2)
const rowCount = Number(rowsText ?? 1_000_000)
const [dim, centerCount, queryCount, batch, k] = [128, 2_000, 200, 10_000, 10]
const collectionName = 'made'
/** Room to build in; what is held in the end is far less, and told. */
const memoryLimitBytes = 2 ** 30
const truthFile = `${folder}.truth.json`

/** Numbers that look random, the same for the same seed (Marsaglia's xorshift with a multiplication). */
function randoms(seed) {
  let state = (seed * 0x9e3779b1) >>> 0 || 1
  const uniform = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (Math.imul(state, 0x2c1b3c6d) >>> 0) / 2 ** 32
  }
  // A sum of uniforms is nearly normal, and exact in every engine, as logarithms are not.
  const normal = () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3)
  return { uniform, normal }
}

/** The centres, and what draws vectors around them. */
function maker() {
  const { uniform, normal } = randoms(1)
  const centers = Float32Array.from({ length: centerCount * dim }, normal)
  const widths = Float64Array.from({ length: centerCount }, () => 0.3 + 0.6 * uniform())
  const sums = new Float64Array(centerCount)
  let sum = 0
  for (let center = 0; center < centerCount; center++) sums[center] = sum += 0.02 + uniform() ** 2
  return {
    /** Writes `count` vectors of the stream `draw`. */
    fill(values, draw) {
      for (let from = 0; from < values.length; from += dim) {
        const point = draw.uniform() * sum
        let [low, high] = [0, centerCount - 1]
        while (low < high) {
          const middle = (low + high) >>> 1
          if (sums[middle] < point) low = middle + 1
          else high = middle
        }
        const scale = 0.5 + 1.5 * draw.uniform()
        for (let at = 0; at < dim; at++) values[from + at] = scale * (centers[low * dim + at] + widths[low] * draw.normal())
      }
    },
    queries() {
      const values = new Float32Array(queryCount * dim)
      this.fill(values, randoms(2))
      return values
    },
  }
}

/** The nearest so far of each query, by insertion into short lists. */
function nearest(queries) {
  const distances = Array.from({ length: queryCount }, () => new Float64Array(k).fill(Infinity))
  const rows = Array.from({ length: queryCount }, () => new Int32Array(k).fill(-1))
  return {
    rows,
    take(values, first) {
      for (let row = 0; row < values.length / dim; row++) {
        const vector = values.subarray(row * dim, (row + 1) * dim)
        for (let query = 0; query < queryCount; query++) {
          const own = distances[query]
          const bound = own[k - 1]
          let distance = 0
          // A sum only grows: whoever is too far after half of the coordinates is not looked at further.
          for (let at = 0, from = query * dim; at < dim && distance < bound; at += 8) {
            for (let step = at; step < at + 8; step++) {
              const difference = vector[step] - queries[from + step]
              distance += difference * difference
            }
          }
          if (distance >= bound) continue
          let place = k - 1
          for (; place > 0 && own[place - 1] > distance; place--) {
            own[place] = own[place - 1]
            rows[query][place] = rows[query][place - 1]
          }
          own[place] = distance
          rows[query][place] = first + row
        }
      }
    },
  }
}

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
const bytesIn = path => readdirSync(path, { recursive: true }).map(name => statSync(join(path, name))).reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
const megabytes = bytes => Math.round(bytes / 1e5) / 10

async function build() {
  const set = maker()
  const truth = nearest(set.queries())
  const stream = randoms(3)
  const db = await open(folder, { memoryLimitBytes })
  await db.createCollection({
    collectionName,
    schema: {
      fields: [
        { fieldName: 'id', dataType: 'Int64', isPrimary: true },
        { fieldName: 'vector', dataType: 'FloatVector', elementTypeParams: { dim, 'mmap.enabled': true } },
      ],
    },
    indexParams: [{ fieldName: 'vector', indexName: 'vector', metricType: 'L2', indexType: 'AUTOINDEX' }],
  })
  const collection = db.collection(collectionName)
  let [made, inserted, fullest] = [0, 0, 0]
  const begun = cpuSeconds()
  for (let from = 0; from < rowCount; from += batch) {
    // Nothing else runs meanwhile, so that what it takes can be taken off.
    const before = cpuSeconds()
    const values = new Float32Array(Math.min(batch, rowCount - from) * dim)
    set.fill(values, stream)
    truth.take(values, from)
    made += cpuSeconds() - before
    const id = Int32Array.from({ length: values.length / dim }, (_, at) => from + at)
    await collection.insert({ columns: { id, vector: { dim, values } } })
    fullest = Math.max(fullest, (await db.stats()).memoryBytes)
    inserted = cpuSeconds() - begun - made
    if (from % 100_000 === 0) console.error(`${from + batch} rows, ${inserted.toFixed(1)} s, at most ${megabytes(fullest)} MB`)
  }
  await db.flush({ collectionName })
  await db.settled()
  const cpu = cpuSeconds() - begun - made
  const { memoryBytes, linearMemoryBytes } = await db.stats()
  const [index] = await db.describeIndex({ collectionName, indexName: 'vector' })
  await db.close()
  writeFileSync(truthFile, JSON.stringify(truth.rows.map(rows => [...rows])))
  return {
    rowCount, buildCpuSeconds: cpu, ofThatInsertCpuSeconds: inserted, madeCpuSeconds: made, answeredBy: index.answeredBy, clusterCount: index.clusterCount,
    memoryMB: megabytes(memoryBytes), fullestMB: megabytes(fullest), linearMemoryMB: megabytes(linearMemoryBytes), storedMB: megabytes(bytesIn(folder)),
  }
}

async function ask() {
  const queries = maker().queries()
  const truth = JSON.parse(readFileSync(truthFile, 'utf8'))
  const query = at => queries.slice(at * dim, (at + 1) * dim)
  const begun = performance.now()
  const db = await open(folder, { memoryLimitBytes })
  const collection = db.collection(collectionName)
  await collection.search(query(0), { limit: k })
  const openMilliseconds = performance.now() - begun
  await db.settled()
  const points = []
  for (const level of [1, 2, 3, 4, 5, 6, 8, 10]) {
    const point = { level, microseconds: Infinity, wallMicroseconds: Infinity }
    for (let pass = 0; pass < 4; pass++) {
      let hits = 0
      const [cpu, wall] = [cpuSeconds(), performance.now()]
      const answers = []
      for (let at = 0; at < queryCount; at++) answers.push(await collection.search(query(at), { limit: k, params: { level } }))
      const microseconds = (cpuSeconds() - cpu) * 1e6 / queryCount
      point.wallMicroseconds = Math.min(point.wallMicroseconds, (performance.now() - wall) * 1000 / queryCount)
      point.microseconds = Math.min(point.microseconds, microseconds)
      answers.forEach((answer, at) => { hits += answer.filter(({ id }) => truth[at].includes(id)).length })
      point.recall = hits / (queryCount * k)
    }
    points.push(point)
  }
  const { memoryBytes, indexMemoryBytes, linearMemoryBytes } = await db.stats()
  await db.close()
  return { openMilliseconds, points, memoryMB: megabytes(memoryBytes), indexMB: megabytes(indexMemoryBytes), linearMemoryMB: megabytes(linearMemoryBytes) }
}

console.log(JSON.stringify(await { build, ask }[task]()))
