/** `open` and `init` in Cloudflare Workers: the module is imported compiled, because nothing may be compiled at run time. */

import wasm from './elanus.wasm'
import type { Elanus } from '../client.js'
import { ElanusError } from '../error.js'
import { ObjectAlarm } from '../hosts/durable-object/alarm.js'
import type { Asked } from '../hosts/durable-object/asked.js'
import { Budget } from '../hosts/durable-object/budget.js'
import { DurableObjectHost, destroyObject } from '../hosts/durable-object/host.js'
import { isObjectStorage, type ObjectStorage } from '../hosts/durable-object/storage.js'
import { MemoryHost } from '../hosts/memory.js'
import { createEntry, type Connection, type Entry, type InitOptions, type LocalWish, type Platform } from '../open.js'
import { Session, type OwnedHost, type Plan } from '../session.js'
import type { OpenOptions } from '../types/open.js'
import type { Int64Mode } from '../unframe.js'
import { Remembering } from './remembering.js'

/** Options of `open` in a Durable Object. */
export interface ObjectOpenOptions<I extends Int64Mode = 'number'> extends OpenOptions<I> {
  /**
   * Whether background work uses the object's alarm, of which it has one. The `alarm()` of its class then has to do
   * `await db.settled()`. Without it, a timer does that work as long as the object lives, and what it has not done is
   * done after the next write.
   */
  alarm?: boolean
}

/** An isolate has 128 MB, of which JavaScript needs its part. */
const MEMORY_LIMIT_BYTES = 96 << 20

/** Units of background work at a time: clocks stand still while a Worker computes, so that no slice can be measured. */
const SLICE_UNITS = 1024

/** What `init` was given in place of the package's own module. */
let given: InitOptions['wasm']

const platform: Platform = {
  memoryLimitBytes: MEMORY_LIMIT_BYTES,
  wasm: () => given ?? wasm,
  async connect(wish, module) {
    if (wish.address.kind === 'name') {
      throw new ElanusError('UNSUPPORTED', "open: in Cloudflare Workers expected ':memory:', or in a Durable Object its ctx.storage: unsupported operation")
    }
    return connection(wish, module, 'memory', new MemoryHost(), undefined, undefined, () => {})
  },
  remote: () => import('../entry/remote.js'),
  facts: async () => ({}),
  persist: async () => false,
  async destroy() {
    throw new ElanusError('UNSUPPORTED', 'destroy: in Cloudflare Workers expected a Durable Object\'s ctx.storage: unsupported operation')
  },
  remembered: { has: () => false, set: () => {}, forget: () => {} },
}

function connection(wish: LocalWish, module: WebAssembly.Module, name: 'memory' | 'durable-object', host: OwnedHost, asked: Asked | undefined, alarm: ObjectStorage | undefined, unlock: () => void): Connection {
  const chores = new ObjectAlarm(alarm)
  const plan: Plan = {
    module,
    memoryLimitBytes: wish.memoryLimitBytes,
    leavesVectors: true,
    whenIdle: (work, isPressing) => chores.whenIdle(work, isPressing),
    sliceUnits: SLICE_UNITS,
    host: { kind: 'foreign', host },
    unlock: async () => unlock(),
  }
  const session = new Session(plan)
  const transport = new Budget(asked === undefined ? session : new Remembering(session, asked), wish.memoryLimitBytes)
  return { transport, host: name, durability: name === 'memory' ? 'none' : 'strict' }
}

/** The platform of one object. */
function within(storage: ObjectStorage, usesAlarm: boolean): Platform {
  return {
    ...platform,
    async connect(wish, module) {
      const host = new DurableObjectHost(storage)
      try {
        return connection(wish, module, 'durable-object', host, host.asked, usesAlarm ? storage : undefined, () => host.unlock())
      } catch (error) {
        host.unlock()
        throw error
      }
    },
    persist: async () => true,
  }
}

const entry: Entry = /* @__PURE__ */ createEntry(platform)

/**
 * Opens a database: in a Durable Object its `ctx.storage`, whose class has to be among the `new_sqlite_classes` of a
 * migration; `':memory:'`; or on a server at `http://…`.
 */
export function open<const I extends Int64Mode = 'number'>(place: string | ObjectStorage, options: ObjectOpenOptions<I> = {}): Promise<Elanus<I>> {
  if (!isObjectStorage(place)) return entry.open(place, options)
  return createEntry(within(place, options.alarm === true)).open('ctx.storage', options)
}

/**
 * Removes the database in an object's `ctx.storage` for good; other tables of the object stay. One that is open is refused
 * with kind `LOCKED`.
 */
export async function destroy(place: string | ObjectStorage): Promise<void> {
  if (isObjectStorage(place)) destroyObject(place)
  else await entry.destroy(place)
}

/** Loads the wasm module from a place of your own. Calling it again changes nothing. */
export async function init(options: InitOptions = {}): Promise<void> {
  given ??= options.wasm
  await entry.init(options)
}
