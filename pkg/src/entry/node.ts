/** `elanus` in Node, Deno and Bun: a folder of files, on this thread. */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ElanusError } from '../error.js'
import { FolderHost } from '../hosts/folder/host.js'
import { MemoryHost } from '../hosts/memory.js'
import { createEntry, type Entry } from '../open.js'
import { Session, type Plan } from '../session.js'

export * from '../exports.js'

/**
 * The build for speed: a disk does not mind its size. Beside the file of an application that was bundled there may be
 * the small one alone, which whoever bundled it put there.
 */
async function readModule(): Promise<Uint8Array> {
  try {
    return await readFile(new URL('./elanus-fast.wasm', import.meta.url))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return readFile(new URL('./elanus.wasm', import.meta.url))
  }
}

/** Half of what wasm32 can address at all. */
const MEMORY_LIMIT_BYTES = 2 ** 31

const whenIdle: Plan['whenIdle'] = (work, isPressing) => {
  const immediate = setImmediate(work)
  // Work that nobody waits for is no reason for the process to live on; it is done when the store is opened again.
  if (!isPressing) immediate.unref()
}

function pathOf(name: string): string {
  return name.startsWith('file://') ? fileURLToPath(name) : name
}

const entry: Entry = /* @__PURE__ */ createEntry({
  memoryLimitBytes: MEMORY_LIMIT_BYTES,
  wasm: readModule,
  async connect({ address, memoryLimitBytes, worker }, module) {
    if (worker !== undefined && worker !== false) throw new ElanusError('UNSUPPORTED', 'open: worker: engines run on this thread here: unsupported operation')
    if (address.kind === 'memory') {
      const transport = new Session({ module, memoryLimitBytes, whenIdle, host: { kind: 'foreign', host: new MemoryHost() }, unlock: async () => {} })
      return { transport, host: 'memory', durability: 'none' }
    }
    const host = await FolderHost.open(pathOf(address.name))
    try {
      const transport = new Session({ module, memoryLimitBytes, whenIdle, host: { kind: 'foreign', host }, unlock: () => host.unlock() })
      return { transport, host: 'folder', durability: 'strict' }
    } catch (error) {
      await host.close()
      await host.unlock()
      throw error
    }
  },
  remote: () => import('./remote.js'),
  facts: async () => ({}),
  persist: async () => true,
  destroy: (name) => FolderHost.destroy(pathOf(name)),
  remembered: { has: () => false, set: () => {}, forget: () => {} },
})

/** Opens a database: a folder of files, `':memory:'`, or on a server at `http://…`. */
export const open: Entry['open'] = entry.open

/** Loads the wasm module before it is needed, or from a place of your own. Calling it again changes nothing. */
export const init: Entry['init'] = entry.init

/** Removes a database, which is a folder of files, for good; files in it that are not the database's stay. One that is open is refused with kind `LOCKED`; where there is none, nothing happens. */
export const destroy: Entry['destroy'] = entry.destroy
