// Prints how long a Worker with the package takes to start, in the workerd that comes with the development tools.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './tools.mjs'

/** Processes of each kind; the quickest counts, since others wait for whatever else the machine does. */
const REPEATS = 4

const PATIENCE_MS = 10_000

/** What a Worker is in front of its objects, and one that is nothing, for comparison. */
const workers = {
  empty: {
    source: "export class One {}\nexport default { fetch: () => new Response('ok') }\n",
    wasm: () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
  },
  elanus: {
    source: `import { ElanusDurableObject, elanus } from ${JSON.stringify(join(root, 'pkg', 'dist', 'workerd.js'))}
export class One extends ElanusDurableObject {}
export default elanus({ namespace: env => env.ONE, token: env => env.ELANUS_TOKEN })\n`,
    wasm: () => readFileSync(join(root, 'pkg', 'dist', 'elanus.wasm')),
  },
}

/** Prints one line; what keeps it from being measured is the line then, and fails nothing. */
export async function printStartup() {
  try {
    console.log(await measured())
  } catch (error) {
    console.log(`Worker start-up: not measured (${error instanceof Error ? error.message : String(error)})`)
  }
}

async function measured() {
  if (!existsSync(join(root, 'node_modules', 'miniflare'))) return 'Worker start-up: not measured, since miniflare, which brings workerd, is not installed'
  const [{ build }, { runWorkerd }] = await Promise.all([import('esbuild'), import('../tests/edge/process.mjs')])
  const scratch = mkdtempSync(join(tmpdir(), 'elanus-startup-'))
  try {
    for (const [name, { source, wasm }] of Object.entries(workers)) {
      mkdirSync(join(scratch, name))
      writeFileSync(join(scratch, `${name}.mjs`), source)
      await build({ entryPoints: [join(scratch, `${name}.mjs`)], outfile: join(scratch, name, 'worker.mjs'), bundle: true, format: 'esm', external: ['cloudflare:*', './elanus.wasm'], logLevel: 'silent' })
      writeFileSync(join(scratch, name, 'elanus.wasm'), wasm())
    }
    const took = {}
    // In turn, so that what else the machine does falls on both.
    for (let round = 0; round < REPEATS; round++) {
      for (const name of Object.keys(workers)) {
        for (const [what, ms] of Object.entries(await once(runWorkerd, join(scratch, name), join(scratch, `${name}-${round}`)))) {
          took[`${name}, ${what}`] = Math.min(took[`${name}, ${what}`] ?? Infinity, ms)
        }
      }
    }
    const whole = what => `${Math.round(took[what])} ms`
    return `Worker start-up: ${whole('elanus, worker')} from a new process of workerd to the Worker's first answer (an empty Worker: ${whole('empty, worker')}), ` +
      `${whole('elanus, object')} more to that of a new object (the quickest of ${REPEATS}, on this machine)`
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

/** From the start of a process to the Worker's answer, and from there to that of an object. */
async function once(runWorkerd, dist, folder) {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const begun = performance.now()
  const workerd = await runWorkerd({ dist, main: 'worker.mjs', folder, objects: { ONE: 'One' }, token: 'start' })
  try {
    await (await fetch(`${workerd.url}/healthz`, { signal })).text()
    const answered = performance.now()
    const asked = { method: 'POST', headers: { authorization: 'Bearer start' }, body: '{}', signal }
    await (await fetch(`${workerd.url}/v2/vectordb/collections/list`, asked)).text()
    return { worker: answered - begun, object: performance.now() - answered }
  } finally {
    await workerd.kill()
  }
}
