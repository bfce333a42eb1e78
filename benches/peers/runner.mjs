// A contender in a process of its own: built when it starts, then asked a pass at a time, so that passes of all contenders
// can take turns. One line of JSON each way.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** As many threads as each may use. */
const alone = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1', RAYON_NUM_THREADS: '1' }

/** Starts `command` with `spec` as its last argument; the process says `{ built }` first, and then answers what it is asked. */
export class Runner {
  constructor([command, ...args], spec, env) {
    this.child = spawn(command, [...args, JSON.stringify(spec)], { env: { ...env, ...alone }, stdio: ['pipe', 'pipe', 'pipe'] })
    this.said = []
    this.waiting = []
    this.complaints = ''
    this.child.stderr.on('data', chunk => { this.complaints = (this.complaints + chunk).slice(-4000) })
    createInterface({ input: this.child.stdout }).on('line', line => {
      // Libraries greet and warn on the same stream.
      if (line.startsWith('{')) this.#hear(JSON.parse(line))
    })
    // A process that is gone is reported where its answer is missing.
    this.child.stdin.on('error', () => {})
    this.child.on('error', error => this.#end(error.message))
    this.child.on('close', (code, signal) => this.#end(`ended with ${signal ?? `code ${code}`}`))
  }

  #hear(message) {
    const next = this.waiting.shift()
    if (next) next.resolve(message)
    else this.said.push(message)
  }

  #end(reason) {
    const last = this.complaints.trim().split('\n').filter(line => /error|abort|panick|cannot|no /i.test(line)).at(-1)
    this.ended ??= new Error(last ? `${last.trim().slice(0, 300)} (${reason})` : reason)
    this.waiting.splice(0).forEach(({ reject }) => reject(this.ended))
  }

  /** The next message of the process. */
  hear() {
    if (this.said.length > 0) return Promise.resolve(this.said.shift())
    if (this.ended) return Promise.reject(this.ended)
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }))
  }

  /** Asks for a pass over `queries` queries at `value`; resolves to `{ microseconds, wallMicroseconds, ids }`, the ids only if wanted. */
  pass(value, queries, wantsIds = false) {
    this.child.stdin.write(`${JSON.stringify({ value, queries, wantsIds })}\n`)
    return this.hear()
  }

  end() {
    this.child.kill('SIGKILL')
  }
}
