/** `elanus` in Cloudflare Workers: the module is imported compiled, because nothing may be compiled at run time. */

import wasm from './elanus.wasm'
import { ElanusError } from '../error.js'
import { MemoryHost } from '../hosts/memory.js'
import { createEntry, type Entry } from '../open.js'
import { Session } from '../session.js'

export * from '../exports.js'

/** An isolate has 128 MB, of which JavaScript needs its part. */
const MEMORY_LIMIT_BYTES = 96 << 20

const entry: Entry = /* @__PURE__ */ createEntry({
  memoryLimitBytes: MEMORY_LIMIT_BYTES,
  wasm: () => wasm,
  async connect({ address, memoryLimitBytes }, module) {
    if (address.kind === 'name') {
      throw new ElanusError('UNSUPPORTED', "open: in Cloudflare Workers only ':memory:' is supported yet: unsupported operation")
    }
    // Between requests nothing may run, so background work is done at once.
    const whenIdle = (work: () => void): void => queueMicrotask(work)
    const transport = new Session({ module, memoryLimitBytes, whenIdle, host: { kind: 'foreign', host: new MemoryHost() }, unlock: async () => {} })
    return { transport, host: 'memory', durability: 'none' }
  },
  remote: () => import('./remote.js'),
  facts: async () => ({}),
  persist: async () => false,
  remembered: { has: () => false, set: () => {} },
})

/** Opens a database: here `':memory:'`, or on a server at `http://…`. */
export const open: Entry['open'] = entry.open

/** Loads the wasm module before it is needed, or from a place of your own. Calling it again changes nothing. */
export const init: Entry['init'] = entry.init
