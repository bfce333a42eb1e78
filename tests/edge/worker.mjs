// Workers made of the packed package: the example's, and one whose objects tell more of themselves; in workerd through
// Miniflare, or as a process of workerd's own.
import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { build } from 'esbuild'
import { root } from '../../scripts/tools.mjs'
import { project } from '../package/project.mjs'
import { startMiniflare } from './miniflare.mjs'
import { DATE, runWorkerd } from './process.mjs'

export const TOKEN = 'root:Milvus'

/** Enough for a busy machine. */
export const PATIENCE_MS = 60_000

/** The Worker of the example, and objects that can be asked what they hold, be ended, and do what only code within can. */
const probe = `
import { ElanusDurableObject, destroy, elanus, open } from 'elanus/workerd'
export class Probe extends ElanusDurableObject {
  constructor(ctx, env) {
    super(ctx, env, env.LIMIT ? { memoryLimitBytes: env.LIMIT } : {})
  }
  async fetch(request) {
    if (!request.headers.has('x-lost')) return super.fetch(request)
    const db = await this.database()
    const own = db.fetch
    db.fetch = async (...args) => {
      db.fetch = own
      await own(...args)
      throw new Error('the answer was lost')
    }
    return super.fetch(request)
  }
  async stats() { return (await this.database()).stats() }
  async settled() { await (await this.database()).settled() }
  async alarm() {
    await super.alarm()
    this.ctx.storage.kv.put('alarms', (await this.alarmCount()) + 1)
  }
  async alarmCount() { return this.ctx.storage.kv.get('alarms') ?? 0 }
  async alarmTime() { return this.ctx.storage.getAlarm() }
  async tables() { return this.ctx.storage.sql.exec("SELECT name FROM sqlite_master WHERE name LIKE 'elanus%'").toArray().map(({ name }) => name) }
  async asked() { return this.ctx.storage.sql.exec('SELECT operation FROM elanus_asked ORDER BY operation').toArray().map(({ operation }) => operation) }
  async destroys() {
    const refused = await destroy(this.ctx.storage).then(() => 'done', error => error.kind)
    this.ctx.storage.sql.exec('CREATE TABLE mine (one INTEGER)')
    await (await this.database()).close()
    await destroy(this.ctx.storage)
    await destroy(this.ctx.storage)
    return [refused, this.ctx.storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'").toArray().map(({ name }) => name)]
  }
  async second() { return open(this.ctx.storage).then(() => 'opened', error => error.kind) }
  async export(key) {
    await this.env.BUCKET.put(key, await new Response((await this.database()).export()).arrayBuffer())
  }
  async inserts(count, dim, from) {
    const values = new Float32Array(count * dim)
    for (let at = 0; at < values.length; at++) values[at] = Math.sin(at * 0.37 + from)
    const id = BigInt64Array.from({ length: count }, (_, at) => BigInt(from + at))
    const db = await this.database()
    try {
      await db.collection('big').insert({ columns: { id, vector: { dim, values } } })
      return 'stored'
    } catch (error) {
      return error.kind + ' ' + error.code + ': ' + error.message
    }
  }
  end() { this.ctx.abort('ended by a test') }
}
/** Objects that are filled from a bucket when they are new. */
export class Filled extends ElanusDurableObject {
  constructor(ctx, env) {
    super(ctx, env, { from: async () => (await env.BUCKET.get('prebuilt.elanus')).body })
  }
}
const gateway = elanus({ namespace: env => env.ELANUS, token: env => env.ELANUS_TOKEN, allowOrigins: ['https://allowed.example'] })
const filled = elanus({ namespace: env => env.FILLED, token: env => env.ELANUS_TOKEN })
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url)
    if (searchParams.has('filled')) return filled.fetch(request, env)
    if (!pathname.startsWith('/probe/')) return gateway.fetch(request, env)
    const [, , object, method, ...args] = pathname.split('/')
    try {
      return Response.json({ value: (await env.ELANUS.get(env.ELANUS.idFromName(object))[method](...args.map(arg => JSON.parse(decodeURIComponent(arg))))) ?? null })
    } catch (error) {
      return Response.json({ error: String(error) })
    }
  },
}
`

let made

/** The folder of a project with the example, the package, and `dist` with the bundled probe. */
export function edgeProject() {
  made ??= (async () => {
    const folder = await project('edge', { '@cloudflare/workers-types': '5.20261117.1', typescript: '~5.9.0' }, { 'probe.mjs': probe })
    cpSync(join(root, 'examples', 'worker'), join(folder, 'example'), { recursive: true, filter: path => !/[\\/](dist|node_modules)$/.test(path) })
    // What the example asks for besides; nobody writes into it.
    for (const name of ['miniflare', 'esbuild']) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
    const dist = join(folder, 'dist')
    await build({
      absWorkingDir: folder, entryPoints: ['probe.mjs'], bundle: true, format: 'esm', outfile: join(dist, 'probe.mjs'),
      conditions: ['workerd', 'worker'], external: ['cloudflare:*', './elanus.wasm'], logLevel: 'error',
    })
    cpSync(join(folder, 'node_modules', 'elanus', 'dist', 'elanus.wasm'), join(dist, 'elanus.wasm'))
    return folder
  })()
  return made
}

/** The probe in Miniflare; what it stores is in `kept`, or gone with it. */
export async function start({ kept, bindings = {}, token = TOKEN } = {}) {
  const dist = join(await edgeProject(), 'dist')
  const miniflare = await startMiniflare({
    rootPath: dist, modules: true, modulesRoot: dist, scriptPath: join(dist, 'probe.mjs'),
    modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }, { type: 'ESModule', include: ['**/*.mjs'] }],
    compatibilityDate: DATE, host: '127.0.0.1', port: 0, cf: false,
    durableObjects: { ELANUS: { className: 'Probe', useSQLite: true }, FILLED: { className: 'Filled', useSQLite: true } },
    r2Buckets: ['BUCKET'], bindings: { ELANUS_TOKEN: token, ...bindings },
    ...(kept === undefined ? {} : { durableObjectsPersist: join(kept, 'objects'), r2Persist: join(kept, 'bucket') }),
  })
  let disposing
  const dispose = () => (disposing ??= miniflare.dispose())
  after(dispose)
  const url = String(await miniflare.ready)
  return {
    url, miniflare, dispose,
    /** A request as a client makes it; resolves to the status and the envelope. */
    async ask(path, body, { headers = {}, query = '', ...init } = {}) {
      const response = await fetch(`${url}v2/vectordb/${path}${query}`, {
        method: 'POST', headers: { authorization: `Bearer ${token}`, ...headers }, body: typeof body === 'object' && !ArrayBuffer.isView(body) ? JSON.stringify(body) : body, ...init,
      })
      return { status: response.status, ...(await response.json()) }
    },
    /** A method of an object. */
    async probe(object, method, ...args) {
      const { value, error } = await (await fetch(`${url}probe/${[object, method, ...args.map(arg => encodeURIComponent(JSON.stringify(arg)))].join('/')}`)).json()
      if (error !== undefined) throw new Error(error)
      return value
    },
  }
}

/** workerd itself, with the objects' storage in `folder`. */
export async function spawnWorkerd(folder) {
  const dist = join(await edgeProject(), 'dist')
  const workerd = await runWorkerd({ dist, main: 'probe.mjs', folder, objects: { ELANUS: 'Probe', FILLED: 'Filled' }, token: TOKEN })
  after(workerd.kill)
  return workerd
}
