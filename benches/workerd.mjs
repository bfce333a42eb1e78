// node benches/workerd.mjs [INDEX_TYPE] [ROWS...]: a Durable Object in a process of workerd: from the first request after an
// eviction to its answer, for collections of 384 dimensions (AUTOINDEX, 10,000 and 100,000 rows unless others are named; 0 is
// none), what is read for it, and how many such vectors an object takes: one is filled until it refuses, evicted, searched,
// thinned out, and filled again; once as fast as it goes and once with background work done in between. Clocks stand still
// within a Worker, so that all is timed from here.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { main } from '../scripts/run.mjs'
import { root } from '../scripts/tools.mjs'
import { runWorkerd } from '../tests/edge/process.mjs'

const DIM = 384
const BATCH_ROWS = 1000
const REPEATS = 7

/** Rows after which an object that is filled slowly does its background work: structures are made, and grow with the rows. */
const PAUSE_ROWS = 10_000

const COUNTS = [10_000, 100_000]
const collectionName = 'bench'

/** Objects that make their own rows, so that what is timed is not the way of the rows; and that count what they read. */
const worker = `
import { ElanusDurableObject, elanus } from ${JSON.stringify(join(root, 'pkg', 'dist', 'workerd.js'))}
export class Bench extends ElanusDurableObject {
  #rows = 0
  #bytes = 0
  constructor(ctx, env) {
    super(ctx, env)
    const { sql } = ctx.storage
    const exec = sql.exec.bind(sql)
    sql.exec = (query, ...bindings) => {
      const cursor = exec(query, ...bindings)
      if (!query.startsWith('SELECT size')) return cursor
      const rows = cursor.toArray()
      for (const { bytes } of rows) { this.#rows++; this.#bytes += bytes.byteLength }
      return rows
    }
  }
  async read() { return { rows: this.#rows, bytes: this.#bytes } }
  async stats() { return (await this.database()).stats() }
  async settled() { await (await this.database()).settled() }
  async end() { this.ctx.abort('evicted') }
  async fill(from, count) {
    const db = await this.database()
    const values = new Float32Array(count * ${DIM})
    let state = from + 1
    for (let at = 0; at < values.length; at++) { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; values[at] = state / 2 ** 31 - 1 }
    const id = BigInt64Array.from({ length: count }, (_, at) => BigInt(from + at))
    try {
      await db.collection('${collectionName}', { dbName: this.ctx.id.name }).insert({ columns: { id, vector: { dim: ${DIM}, values } } })
      return 'stored'
    } catch (error) {
      return error.kind + ': ' + error.message
    }
  }
}
const gateway = elanus({ namespace: env => env.BENCH, token: env => env.ELANUS_TOKEN })
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/bench/')) return gateway.fetch(request, env)
    const [, , object, method, ...args] = pathname.split('/')
    const value = await env.BENCH.get(env.BENCH.idFromName(object))[method](...args.map(Number)).catch(error => 'failed: ' + error.message)
    return Response.json(value ?? null)
  },
}
`

const mib = bytes => `${(bytes / 2 ** 20).toFixed(1)} MiB`
const ms = value => `${value.toFixed(value < 10 ? 1 : 0)} ms`

await main(async () => {
  const counts = process.argv.slice(2).map(Number).filter(count => count >= 0)
  const indexType = process.argv.slice(2).find(word => Number.isNaN(Number(word))) ?? 'AUTOINDEX'
  const scratch = mkdtempSync(join(tmpdir(), 'elanus-bench-'))
  const dist = join(scratch, 'dist')
  mkdirSync(dist)
  let workerd
  try {
    writeFileSync(join(scratch, 'worker.mjs'), worker)
    await build({ entryPoints: [join(scratch, 'worker.mjs')], outfile: join(dist, 'worker.mjs'), bundle: true, format: 'esm', external: ['cloudflare:*', './elanus.wasm'], logLevel: 'error' })
    cpSync(join(root, 'pkg', 'dist', 'elanus.wasm'), join(dist, 'elanus.wasm'))
    const run = async () => (workerd = await runWorkerd({ dist, main: 'worker.mjs', folder: scratch, objects: { BENCH: 'Bench' }, token: 'bench' }))
    // A process that dies is named, with what it said, instead of the socket that it closed.
    const request = async (path, init) => {
      try {
        return await (await fetch(workerd.url + path, init)).json()
      } catch (error) {
        throw new Error(`no answer to ${path}: ${await workerd.why() || 'workerd goes on'}`, { cause: error })
      }
    }
    // Each on a connection of its own: workerd closes one that is idle for five seconds, which this process learns too late
    // where the machine has kept it waiting.
    const bench = (object, method, ...args) => request(`/bench/${[object, method, ...args].join('/')}`, { headers: { connection: 'close' } })
    const ask = (dbName, path, body) => {
      return request(`/v2/vectordb/${path}`, { method: 'POST', headers: { authorization: 'Bearer bench' }, body: JSON.stringify({ dbName, collectionName, ...body }) })
    }
    const requests = {
      'collections/list': () => ['collections/list', {}],
      'entities/get, one id': () => ['entities/get', { id: [7], outputFields: ['id'] }],
      'entities/search, limit 10': () => ['entities/search', { data: [Array.from({ length: DIM }, (_, at) => Math.sin(at))], limit: 10 }],
    }
    console.log(`machine: ${cpus()[0].model}, ${cpus().length} cores; ${DIM} dimensions, ${indexType}; medians of ${REPEATS}`)
    await run()
    for (const count of counts.length > 0 ? counts : COUNTS) if (count > 0) await measure(count)
    await fill('filled at once', Infinity)
    await fill('filled slowly', PAUSE_ROWS)

    async function create(object, params = {}) {
      await ask(object, 'databases/create', {})
      await ask(object, 'collections/create', {
        schema: {
          fields: [
            { fieldName: 'id', dataType: 'Int64', isPrimary: true },
            { fieldName: 'vector', dataType: 'FloatVector', elementTypeParams: { dim: DIM } },
          ],
        },
        indexParams: [{ fieldName: 'vector', indexName: 'vector', metricType: 'COSINE', indexType, params }],
      })
    }

    /** Inserts rows `from` up to `end`, or until that is refused; what is left to do is done after every `pause` of them. */
    async function insert(object, from, end, pause) {
      let [stored, said] = [from, 'stored']
      while (stored < end && said === 'stored') {
        const rows = Math.min(BATCH_ROWS, end - stored)
        said = await bench(object, 'fill', stored, rows)
        if (said === 'stored') stored += rows
        if (stored % pause === 0) await bench(object, 'settled')
      }
      return { stored, said }
    }

    /** How many rows an object takes, and what it does when it is full. */
    async function fill(title, pause) {
      const object = title.replaceAll(' ', '_')
      // A graph takes as much memory however thoroughly it is made, and this one is made often.
      await create(object, indexType.startsWith('HNSW') ? { efConstruction: 10 } : {})
      const begun = performance.now()
      const { stored, said } = await insert(object, 0, Infinity, pause)
      const seconds = (performance.now() - begun) / 1000
      await bench(object, 'settled')
      const { data: [index] } = await ask(object, 'indexes/describe', { indexName: 'vector' })
      const { linearMemoryBytes, memoryBytes, storageBytes } = await bench(object, 'stats')
      console.log(`\n${title}: ${stored} rows in ${seconds.toFixed(0)} s, then ${said}\n  ${index.answeredBy}, ${mib(index.memoryBytes)} of ${mib(memoryBytes)}, wasm memory ${mib(linearMemoryBytes)}, process ${mib(resident(workerd.pid))}, storage ${mib(storageBytes)}`)
      await bench(object, 'end')
      console.log(`  search after an eviction ${ms(await timed(object, requests['entities/search, limit 10']))}`)
      await ask(object, 'entities/delete', { filter: 'id % 3 == 0' })
      await ask(object, 'collections/compact', {})
      await bench(object, 'settled')
      const { deletedCount, rowCount } = await bench(object, 'stats')
      const again = await insert(object, stored, Infinity, pause)
      console.log(`  after a third was deleted ${rowCount} rows, ${deletedCount} dead ones left; ${again.stored - stored} more fitted; search ${ms(await timed(object, requests['entities/search, limit 10']))}`)
    }

    async function measure(count) {
      const object = `of_${count}`
      await create(object)
      const { stored, said } = await insert(object, 0, count, Infinity)
      await ask(object, 'collections/flush', {})
      await bench(object, 'settled')
      const { linearMemoryBytes, memoryBytes, storageBytes, sealedSegments } = await bench(object, 'stats')
      console.log(`\n${count} rows: ${stored} stored${said === 'stored' ? '' : ` (then ${said})`}; collections ${mib(memoryBytes)}, wasm memory ${mib(linearMemoryBytes)}, process ${mib(resident(workerd.pid))}, storage ${mib(storageBytes)}, ${sealedSegments} sealed segments`)
      for (const [name, request] of Object.entries(requests)) {
        const evicted = []
        const started = []
        let read
        for (let round = 0; round < REPEATS; round++) {
          await bench(object, 'end')
          evicted.push(await timed(object, request))
          read = await bench(object, 'read')
        }
        const warm = []
        for (let round = 0; round < REPEATS; round++) warm.push(await timed(object, request))
        for (let round = 0; round < REPEATS; round++) {
          await workerd.kill()
          await run()
          started.push(await timed(object, request))
        }
        const { linearMemoryBytes } = await bench(object, 'stats')
        console.log(`  ${name.padEnd(26)} after an eviction ${ms(median(evicted)).padStart(8)}, in a new process ${ms(median(started)).padStart(8)}, warm ${ms(median(warm)).padStart(8)}; read ${read.rows} rows, ${mib(read.bytes)}; wasm memory ${mib(linearMemoryBytes)}`)
      }
    }

    async function timed(object, request) {
      const start = performance.now()
      const { code, message } = await ask(object, ...request())
      const time = performance.now() - start
      if (code !== 0) console.log(`    refused: ${message}`)
      return time
    }
  } finally {
    await workerd?.kill()
    rmSync(scratch, { recursive: true, force: true })
  }
})

function median(values) {
  return values.sort((one, other) => one - other)[values.length >> 1]
}

function resident(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}
