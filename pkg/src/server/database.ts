/** The database that a server serves: one session on a folder or in memory, with the module that speaks protobuf. */

import { readFile } from 'node:fs/promises'
import type { Owner } from '../door.js'
import { ElanusError } from '../error.js'
import { FolderHost } from '../hosts/folder/host.js'
import { MemoryHost } from '../hosts/memory.js'
import { compile } from '../load.js'
import { Session } from '../session.js'
import { isRead } from './reads.js'

/** Half of what wasm32 can address at all. */
export const MEMORY_LIMIT_BYTES = 2 ** 31

/** Where data is. */
export interface Place {
  /** A folder, or undefined for memory. */
  folder: string | undefined
  memoryLimitBytes?: number
  /** Who may do everything; with one, callers have to say who they are. */
  owner?: Owner | undefined
  /** The module, when it is not beside this file. */
  wasm?: URL
}

/** Opens a place. */
export async function openDatabase({ folder, memoryLimitBytes = MEMORY_LIMIT_BYTES, owner, wasm = new URL('./elanus-server.wasm', import.meta.url) }: Place): Promise<Session> {
  const [module, host] = await both(
    readFile(wasm).then(compile),
    folder === undefined ? Promise.resolve(undefined) : FolderHost.open(folder),
    async (opened) => {
      await opened?.close()
      await opened?.unlock()
    },
  )
  const session = new Session({
    module,
    memoryLimitBytes,
    owner,
    isRead,
    host: { kind: 'foreign', host: host ?? new MemoryHost() },
    unlock: async () => host?.unlock(),
    // A server lives on anyway.
    whenIdle: (work) => void setImmediate(work),
  })
  try {
    await session.call('open', {})
    return session
  } catch (error) {
    await session.close().catch(() => {})
    throw error
  }
}

/** Two pieces of work at a time; when only the second succeeds, it is undone. */
async function both<A, B>(first: Promise<A>, second: Promise<B>, undo: (value: B) => Promise<void>): Promise<[A, B]> {
  const [one, other] = await Promise.allSettled([first, second])
  if (other.status === 'rejected') throw other.reason
  if (one.status === 'fulfilled') return [one.value, other.value]
  await undo(other.value)
  throw one.reason instanceof ElanusError ? one.reason : new ElanusError('WASM_LOAD', `the engine's module cannot be read: ${(one.reason as Error).message}`, { cause: one.reason })
}
