// The contenders that run under Node: started by runner.mjs with a description as JSON.
import { readFileSync, statSync, rmSync, mkdtempSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const k = 10
const spec = JSON.parse(process.argv.at(-1))
const { dim, n, queries: queryCount, scale } = JSON.parse(readFileSync(join(spec.folder, `${spec.set}.json`), 'utf8'))

/** The vectors of a file, each of length one. */
function vectorsOf(file, count) {
  const bytes = readFileSync(join(spec.folder, file))
  const values = Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), value => value * scale)
  for (let row = 0; row < count; row++) {
    const vector = values.subarray(row * dim, (row + 1) * dim)
    const length = Math.hypot(...vector)
    vector.forEach((value, at) => { vector[at] = value / length })
  }
  return values
}

/** Vector number `at`, as an array of its own, as a user would have it. */
const vector = (values, at) => values.slice(at * dim, (at + 1) * dim)

const cpuSeconds = since => {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1e6
}

/** Modules made for pages ask for a document; sqlite's refuses where it sees Node. */
async function asInPage(work) {
  const node = globalThis.process
  Object.assign(globalThis, { window: globalThis, document: { currentScript: null }, location: { href: 'http://localhost/' } })
  globalThis.process = undefined
  try {
    return await work()
  } finally {
    globalThis.process = node
    for (const name of ['window', 'document', 'location']) delete globalThis[name]
  }
}

/** Each makes `{ build(rows), bytesPerRow?, set(value), prepare?(query), search(query) }`; `search` returns the keys of the nearest. */
const engines = {
  async elanus({ indexType, ...params }) {
    const { open } = await import('elanus')
    const db = await open(':memory:', { memoryLimitBytes: 2 ** 30 })
    const collectionName = 'c'
    let options
    const collection = db.collection(collectionName)
    return {
      async build(rows) {
        await db.createCollection({
          collectionName,
          schema: { fields: [{ fieldName: 'id', dataType: 'Int64', isPrimary: true }, { fieldName: 'v', dataType: 'FloatVector', elementTypeParams: { dim } }] },
          indexParams: [{ fieldName: 'v', indexName: 'v', metricType: 'COSINE', indexType, params }],
        })
        for (let from = 0; from < n; from += 10_000) {
          const to = Math.min(from + 10_000, n)
          await collection.insert({ columns: { id: Int32Array.from({ length: to - from }, (_, at) => from + at), v: { dim, values: rows.subarray(from * dim, to * dim) } } })
        }
        await db.flush({ collectionName })
        await db.settled()
        const [index] = await db.describeIndex({ collectionName, indexName: 'v' })
        const { simd } = await db.stats()
        return { bytesPerRow: index.memoryBytes / n, note: `${index.answeredBy}, ${simd}` }
      },
      set(value) {
        options = spec.parameter === '' ? { limit: k } : { limit: k, params: { [spec.parameter]: value } }
      },
      search: async query => (await collection.search(query, options)).map(hit => hit.id),
    }
  },

  async 'hnswlib-wasm'({ M, efConstruction }) {
    const module = pathToFileURL(join(spec.packages, 'node_modules', 'hnswlib-wasm', 'lib', 'hnswlib.mjs'))
    const { default: factory } = await import(module)
    const library = await asInPage(() => factory({}))
    const index = new library.HierarchicalNSW('ip', dim, '')
    return {
      build(rows) {
        index.initIndex(n, M, efConstruction, 100)
        for (let row = 0; row < n; row++) index.addPoint(rows.subarray(row * dim, (row + 1) * dim), row, false)
        return {}
      },
      set: value => index.setEfSearch(value),
      search: query => index.searchKnn(query, k, undefined).neighbors,
    }
  },

  async 'hnswlib-node'({ M, efConstruction }) {
    const { HierarchicalNSW } = createRequire(join(spec.packages, 'package.json'))('hnswlib-node')
    const index = new HierarchicalNSW('ip', dim)
    return {
      build(rows) {
        index.initIndex(n, M, efConstruction, 100)
        for (let row = 0; row < n; row++) index.addPoint(Array.from(vector(rows, row)), row)
        return {}
      },
      /** Stored, it is as large as in memory. */
      bytesPerRow() {
        const folder = mkdtempSync(join(tmpdir(), 'elanus-peers-'))
        try {
          index.writeIndexSync(join(folder, 'index'))
          return statSync(join(folder, 'index')).size / n - 4 * dim
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      },
      // It takes lists of numbers alone, which are made before time is taken.
      prepare: query => Array.from(query),
      set: value => index.setEf(value),
      search: query => index.searchKnn(query, k).neighbors,
    }
  },

  async 'sqlite-vec'() {
    const folder = join(spec.packages, 'node_modules', 'sqlite-vec-wasm-demo')
    const { default: load } = await import(pathToFileURL(join(folder, 'sqlite3.mjs')))
    const wasmBinary = readFileSync(join(folder, 'sqlite3.wasm'))
    const instantiateWasm = (imports, done) => {
      WebAssembly.instantiate(wasmBinary, imports).then(({ instance, module }) => done(instance, module))
      return {}
    }
    const { oo1 } = await asInPage(() => load({ wasmBinary, instantiateWasm }))
    const db = new oo1.DB(':memory:')
    let statement
    return {
      build(rows) {
        db.exec(`create virtual table c using vec0(v float[${dim}] distance_metric=cosine)`)
        db.exec('begin')
        const insert = db.prepare('insert into c(rowid, v) values (?, ?)')
        for (let row = 0; row < n; row++) insert.bind([row, vector(rows, row).buffer]).stepReset()
        insert.finalize()
        db.exec('commit')
        statement = db.prepare(`select rowid from c where v match ? and k = ${k}`)
        return { note: db.selectValue('select vec_version()') }
      },
      bytesPerRow: () => db.selectValue('select page_count * page_size from pragma_page_count, pragma_page_size') / n - 4 * dim,
      set() {},
      search(query) {
        const keys = []
        statement.bind([query.buffer])
        while (statement.step()) keys.push(statement.get(0))
        statement.reset()
        return keys
      },
    }
  },
}

const engine = await engines[spec.engine](spec.build)
const rows = vectorsOf(`${spec.set}.base.i8`, n)
const queries = vectorsOf(`${spec.set}.query.i8`, queryCount)
const begun = process.cpuUsage()
const described = await engine.build(rows)
const built = { cpuSeconds: cpuSeconds(begun), ...described }
if (engine.bytesPerRow) built.bytesPerRow = engine.bytesPerRow()
console.log(JSON.stringify({ built }))

for await (const line of createInterface({ input: process.stdin })) {
  const { value, queries: count, wantsIds } = JSON.parse(line)
  engine.set(value)
  const asked = Array.from({ length: count }, (_, at) => engine.prepare?.(vector(queries, at)) ?? vector(queries, at))
  const ids = []
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  for (const query of asked) ids.push(await engine.search(query))
  const answer = { microseconds: cpuSeconds(cpu) * 1e6 / count, wallMicroseconds: (performance.now() - wall) * 1000 / count }
  console.log(JSON.stringify(wantsIds ? { ...answer, ids } : answer))
}
