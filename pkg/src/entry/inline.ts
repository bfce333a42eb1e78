/** `elanus/inline`: everything in one JavaScript file, for tools that copy no files. */

import { browser } from '../browser.js'
import { createEntry, type Entry } from '../open.js'

export * from '../exports.js'

async function unpack(base64: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer()
}

const entry: Entry = /* @__PURE__ */ createEntry(
  /* @__PURE__ */ browser({
    remote: () => import('./remote.js'),
    wasm: () => unpack(INLINE_WASM),
    worker: async () => {
      const place = URL.createObjectURL(new Blob([await unpack(INLINE_WORKER)], { type: 'text/javascript' }))
      try {
        return new Worker(place, { type: 'module' })
      } finally {
        // The fetch of the script has begun; the address is of no use to anybody else.
        setTimeout(() => URL.revokeObjectURL(place), 60_000)
      }
    },
  }),
)

/** Opens a database: in IndexedDB under a name, `':memory:'`, or on a server at `http://…`. */
export const open: Entry['open'] = entry.open

/** Loads the wasm module before it is needed, or from a place of your own. Calling it again changes nothing. */
export const init: Entry['init'] = entry.init

/** Removes a database from IndexedDB for good. One that is open is refused with kind `LOCKED`; where there is none, nothing happens. */
export const destroy: Entry['destroy'] = entry.destroy
