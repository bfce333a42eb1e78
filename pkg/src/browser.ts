/** The platform of browsers: IndexedDB, Web Locks, a dedicated worker. */

import { startBrowserSession } from './browser-session.js'
import { destroyIndexedDb } from './destroy.js'
import { ElanusError } from './error.js'
import type { WasmInput } from './load.js'
import type { Platform } from './open.js'
import type { Start } from './protocol.js'
import type { Transport } from './transport.js'
import type { OpenOptions } from './types/open.js'
import { WorkerProxy } from './worker-proxy.js'

/** What differs between the entries that run in browsers. */
export interface Sources {
  wasm(): WasmInput | Promise<WasmInput>
  worker(): Worker | Promise<Worker>
  remote: Platform['remote']
}

/** Phones end tabs near a gigabyte; this leaves room for the page. */
const MEMORY_LIMIT_BYTES = 512 << 20

/** Names of databases are those of users, so that a page has its keys apart from everybody else's. */
const SENTINEL = 'elanus:'

/** The platform. */
export function browser(sources: Sources): Platform {
  return {
    memoryLimitBytes: MEMORY_LIMIT_BYTES,
    wasm: sources.wasm,
    remote: sources.remote,
    async connect({ address, durability, memoryLimitBytes, worker, log }, module) {
      const name = address.kind === 'name' ? address.name : undefined
      const start = { module, name, durability, memoryLimitBytes }
      const transport = await startTransport(start, worker, sources, log)
      return name === undefined ? { transport, host: 'memory', durability: 'none' } : { transport, host: 'indexeddb', durability }
    },
    async facts() {
      const storage = storageManager()
      const [persisted, estimate] = await Promise.all([
        storage?.persisted?.().catch(() => undefined),
        storage?.estimate?.().catch(() => undefined),
      ])
      return {
        ...(persisted === undefined ? {} : { persisted }),
        ...(estimate?.quota === undefined ? {} : { quotaBytes: estimate.quota }),
        ...(estimate?.usage === undefined ? {} : { usageBytes: estimate.usage }),
      }
    },
    destroy: (name) => destroyIndexedDb(name),
    async persist() {
      const storage = storageManager()
      if ((await storage?.persisted?.()) === true) return true
      return (await storage?.persist?.()) ?? false
    },
    remembered: {
      has: (name) => sentinels()?.getItem(SENTINEL + name) === '1',
      set: (name) => {
        try {
          sentinels()?.setItem(SENTINEL + name, '1')
        } catch {
          // Full or forbidden; then an eviction looks like a new database.
        }
      },
      forget: (name) => sentinels()?.removeItem(SENTINEL + name),
    },
  }
}

async function startTransport(start: Start, worker: OpenOptions['worker'], sources: Sources, log: (message: string) => void): Promise<Transport> {
  if (worker === false || typeof Worker === 'undefined') return startBrowserSession(start, log)
  try {
    return await WorkerProxy.start(await workerOf(worker ?? true, sources), start, log)
  } catch (error) {
    // Who asks for a worker gets one or an error; who does not care gets a database.
    if (worker !== undefined || (error instanceof ElanusError && error.kind !== 'WASM_LOAD')) throw error
    log(`no worker can be started, so the engine runs on this thread: ${String(error)}`)
    return startBrowserSession(start, log)
  }
}

function workerOf(worker: true | string | URL | (() => Worker), sources: Sources): Worker | Promise<Worker> {
  if (worker === true) return sources.worker()
  if (typeof worker === 'function') return worker()
  return new Worker(worker, { type: 'module' })
}

function storageManager(): StorageManager | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.storage
}

/** Reading `localStorage` throws where storage is forbidden, and workers have none. */
function sentinels(): Storage | undefined {
  try {
    return typeof localStorage === 'undefined' ? undefined : localStorage
  } catch {
    return undefined
  }
}
