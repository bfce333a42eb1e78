// Miniflare that is ready.
import { Miniflare } from 'miniflare'
import { within } from '../server/raw.mjs'

const PATIENCE_MS = 60_000
const ATTEMPTS = 3

/**
 * Starts one. On a busy machine it was seen to wait for ever for a workerd that had said long since where it listens; such
 * a one is given up and another one started; the test runner ends what is left of it (`--test-force-exit`).
 */
export async function startMiniflare(options) {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const miniflare = new Miniflare(options)
    if (await within(miniflare.ready, PATIENCE_MS)) return miniflare
  }
  throw new Error(`Miniflare was not ready within ${PATIENCE_MS} ms, ${ATTEMPTS} times`)
}
