/** `open` and `init`, made for a platform: what every entry of the package exports. */

import { parseAddress, type Address } from './address.js'
import { Elanus, within } from './client.js'
import { ElanusError } from './error.js'
import { compile, type WasmInput } from './load.js'
import { importFrom } from './snapshot.js'
import type { Transport } from './transport.js'
import type { OpenOptions, Stats } from './types/open.js'
import type { Int64Mode } from './unframe.js'

/** Options of `open` with the defaults filled in. */
export interface Wish {
  address: Address
  durability: 'relaxed' | 'strict'
  memoryLimitBytes: number
  /** Without one: in a worker if one can be had, and else on this thread. */
  worker: OpenOptions['worker']
  log(message: string): void
}

/** What a platform opens itself. */
export type LocalWish = Wish & { address: Exclude<Address, { kind: 'remote' }> }

/** A way to a database, not opened yet. */
export interface Connection {
  transport: Transport
  host: Stats['host']
  durability: Stats['durability']
}

/** What differs from one environment to the next. */
export interface Platform {
  /** Where the wasm module of this entry is. */
  wasm(): WasmInput | Promise<WasmInput>
  /** Used when `memoryLimitBytes` is not given. */
  memoryLimitBytes: number
  connect(wish: LocalWish, module: WebAssembly.Module): Promise<Connection>
  /** The road to servers, loaded when it is asked for. */
  remote(): Promise<{ RemoteTransport: new (url: string, token?: string) => Transport }>
  /** What the environment tells about storage. */
  facts(): Promise<Partial<Stats>>
  persist(): Promise<boolean>
  /** Remembers that a database was here, beyond the database itself. */
  remembered: { has(name: string): boolean; set(name: string): void; forget(name: string): void }
  /** Removes a database that nobody has open. */
  destroy(name: string): Promise<void>
}

/** Options of `init`. */
export interface InitOptions {
  /** Where the wasm module is; without it, where the package expects it. */
  wasm?: WasmInput | Promise<WasmInput>
}

/** What an entry exports. */
export interface Entry {
  open: <const I extends Int64Mode = 'number'>(address: string, options?: OpenOptions<I>) => Promise<Elanus<I>>
  init: (options?: InitOptions) => Promise<void>
  destroy: (address: string) => Promise<void>
}

/** The functions of an entry. Nothing is loaded before the first call. */
export function createEntry(platform: Platform): Entry {
  let loading: Promise<WebAssembly.Module> | undefined

  function load(wasm?: InitOptions['wasm']): Promise<WebAssembly.Module> {
    if (loading === undefined) {
      const started = compile(wasm ?? Promise.resolve().then(() => platform.wasm()))
      loading = started
      // A failure is not remembered, so that another attempt, or init with another source, can succeed.
      started.catch(() => {
        if (loading === started) loading = undefined
      })
    }
    return loading
  }

  async function open<const I extends Int64Mode = 'number'>(address: string, options: OpenOptions<I> = {}): Promise<Elanus<I>> {
    const wish = wishOf(platform, address, options)
    const { signal } = options
    signal?.throwIfAborted()
    const { address: place } = wish
    if (place.kind === 'remote') return within(openRemote(platform, place.url, options), signal)
    const module = await within(load(options.wasm), signal)
    const connection = await abandonable(platform.connect({ ...wish, address: place }, module), signal, ({ transport }) => transport.close())
    const { transport } = connection
    try {
      return await within(begin(platform, { ...wish, address: place }, connection, options), signal)
    } catch (error) {
      await transport.close().catch(() => {})
      throw error
    }
  }

  return {
    open,
    init: async (options = {}) => {
      await load(options.wasm)
    },
    async destroy(address) {
      const place = parseAddress(address, 'destroy')
      if (place.kind !== 'name') throw new ElanusError('UNSUPPORTED', `destroy: ${address}: expected a name or a path: unsupported operation`)
      await platform.destroy(place.name)
      platform.remembered.forget(place.name)
    },
  }
}

async function openRemote<I extends Int64Mode>(platform: Platform, url: string, options: OpenOptions<I>): Promise<Elanus<I>> {
  const refuse = (what: string): ElanusError => new ElanusError('UNSUPPORTED', `open: ${what} of a server is not ours to decide: unsupported operation`)
  if (options.from !== undefined) throw refuse("'from'")
  const { RemoteTransport } = await platform.remote()
  const transport = new RemoteTransport(url, options.token)
  await transport.call('open', {})
  return new Elanus<I>(transport, options.int64 ?? ('number' as I), {
    name: url,
    facts: async () => ({}),
    persist: () => Promise.reject(refuse('the storage')),
  })
}

async function begin<I extends Int64Mode>(platform: Platform, wish: LocalWish, connection: Connection, options: OpenOptions<I>): Promise<Elanus<I>> {
  const { transport, host, durability } = connection
  const name = wish.address.kind === 'name' ? wish.address.name : ':memory:'
  if (options.from !== undefined) await importFrom(transport, options.from, name, options.onProgress)
  const { isNew } = (await transport.call('open', {})).head as { isNew: boolean }
  let wasEvicted = false
  if (host !== 'memory') {
    wasEvicted = isNew && options.from === undefined && platform.remembered.has(name)
    if (wasEvicted) {
      const message = `database '${name}' was here before and is gone: the browser evicted it, or somebody cleared the site's data`
      if (options.whenEvicted === 'fail') throw new ElanusError('EVICTED', message, { details: { name } })
      wish.log(message)
    }
    platform.remembered.set(name)
    if (options.persist === true) await platform.persist()
  }
  return new Elanus<I>(transport, options.int64 ?? ('number' as I), {
    name,
    facts: async () => ({ host, durability, wasEvicted, ...(await platform.facts()) }),
    persist: () => platform.persist(),
  })
}

function wishOf(platform: Platform, address: unknown, options: OpenOptions<Int64Mode>): Wish {
  const { durability = 'relaxed', memoryLimitBytes = platform.memoryLimitBytes, int64 = 'number', worker, whenEvicted = 'open', logger } = options
  expectOneOf('durability', durability, ['relaxed', 'strict'])
  expectOneOf('int64', int64, ['number', 'bigint', 'string'])
  expectOneOf('whenEvicted', whenEvicted, ['open', 'fail'])
  if (!Number.isSafeInteger(memoryLimitBytes) || memoryLimitBytes < 1) {
    throw new ElanusError('INVALID', `open: memoryLimitBytes: expected a whole number of bytes, got ${String(memoryLimitBytes)}: invalid parameter`)
  }
  return { address: parseAddress(address, 'open'), durability, memoryLimitBytes, worker, log: (message) => logger?.warn(`elanus: ${message}`) }
}

function expectOneOf(option: string, value: string, allowed: string[]): void {
  if (allowed.includes(value)) return
  throw new ElanusError('INVALID', `open: ${option}: expected ${allowed.map((one) => `'${one}'`).join(' or ')}, got '${value}': invalid parameter`)
}

/** Waits until `signal` says otherwise; what comes later is then undone. */
async function abandonable<T>(promise: Promise<T>, signal: AbortSignal | undefined, undo: (value: T) => Promise<unknown>): Promise<T> {
  try {
    return await within(promise, signal)
  } catch (error) {
    promise.then(undo).catch(() => {})
    throw error
  }
}
