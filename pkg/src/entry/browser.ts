/** `elanus` in browsers: the wasm module and the worker are files beside this one. */

import { browser } from '../browser.js'
import { createEntry, type Entry } from '../open.js'

export * from '../exports.js'

/**
 * Vite before version 8 moves this file into a cache when it serves, without the files beside it. Only a place in that
 * cache is rewritten; every bundler sees the two literal expressions that it knows how to follow.
 */
function unmoved(place: URL, file: string): URL | undefined {
  const moved = /^(.*\/node_modules\/)\.vite[^/]*\/deps[^/]*\/[^/]*$/.exec(place.href)
  return moved === null ? undefined : new URL(`${moved[1]}elanus/dist/${file}`)
}

const entry: Entry = /* @__PURE__ */ createEntry(
  /* @__PURE__ */ browser({
    remote: () => import('./remote.js'),
    wasm: () => {
      const place = new URL('./elanus.wasm', import.meta.url)
      return unmoved(place, 'elanus.wasm') ?? place
    },
    worker: () => {
      const place = unmoved(new URL('./elanus.wasm', import.meta.url), 'worker.js')
      if (place !== undefined) return new Worker(place, { type: 'module' })
      return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
    },
  }),
)

/** Opens a database: in IndexedDB under a name, `':memory:'`, or on a server at `http://…`. */
export const open: Entry['open'] = entry.open

/** Loads the wasm module before it is needed, or from a place of your own. Calling it again changes nothing. */
export const init: Entry['init'] = entry.init

/** Removes a database from IndexedDB for good. One that is open is refused with kind `LOCKED`; where there is none, nothing happens. */
export const destroy: Entry['destroy'] = entry.destroy
