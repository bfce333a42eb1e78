// A process of workerd on a port of this machine, with the storage of its objects on the disk.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** The compatibility date of the Workers that are tried here. */
export const DATE = '2026-07-01'

/** How long a process that ends may take from the sockets' end to its own. */
const END_MS = 2000

/**
 * Serves the Worker `main` of the folder `dist`, whose `objects` are classes by binding, all on SQLite below `folder`.
 * Resolves when it listens.
 */
export async function runWorkerd({ dist, main, folder, objects, token }) {
  const place = join(folder, 'objects')
  mkdirSync(place, { recursive: true })
  const file = join(dist, 'config.capnp')
  const bindings = Object.entries(objects).map(([name, className]) => `(name = "${name}", durableObjectNamespace = "${className}")`)
  const classes = Object.values(objects).map(className => `(className = "${className}", uniqueKey = "${className}", enableSql = true)`)
  writeFileSync(file, `
    using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [(name = "main", worker = .worker), (name = "disk", disk = (path = ${JSON.stringify(place)}, writable = true))],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
    );
    const worker :Workerd.Worker = (
      modules = [(name = "${main}", esModule = embed "${main}"), (name = "elanus.wasm", wasm = embed "elanus.wasm")],
      compatibilityDate = "${DATE}",
      bindings = [${bindings.join(', ')}, (name = "ELANUS_TOKEN", text = ${JSON.stringify(token)})],
      durableObjectNamespaces = [${classes.join(', ')}],
      durableObjectStorage = (localDisk = "disk"),
    );
  `)
  // The one that Miniflare runs.
  const { default: binary } = createRequire(createRequire(import.meta.url).resolve('miniflare'))('workerd')
  const child = spawn(binary, ['serve', file, '--control-fd=3'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => said.push(String(text)))
  let end = ''
  const ended = new Promise(resolve => child.once('close', (code, signal) => {
    end = `workerd ended (${signal ?? code}): ${said.join('')}`
    resolve(signal ?? code)
  }))
  const kill = () => {
    child.kill('SIGKILL')
    return ended
  }
  const port = await new Promise((resolve, reject) => {
    let text = ''
    child.stdio[3].on('data', chunk => {
      text += chunk
      for (const line of text.split('\n').slice(0, -1)) {
        const { event, port } = JSON.parse(line)
        if (event === 'listen') resolve(port)
      }
    })
    ended.then(() => reject(new Error(end)))
  })
  /** Why a request got no answer: how the process ended, once it did (a request fails before its end is known), or ''. */
  const why = async () => {
    await Promise.race([ended, new Promise(resolve => setTimeout(resolve, END_MS))])
    return end
  }
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, kill, why }
}
