// `elanus serve` and the other commands as child processes of a test, which are gone when it ends.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/tools.mjs'

/** The command as users get it. */
export const command = join(root, 'pkg', 'dist', 'cli.js')

const READY_MS = 15_000

/** A folder that is removed when the test ends. */
export async function scratch(context) {
  const folder = await mkdtemp(join(tmpdir(), 'elanus-server-'))
  context.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/**
 * Starts a server on a port of the system's choice; resolves when it says that it serves, to
 * { url, port, pid, log(), stop(signal), exited }.
 */
export async function serve(context, ...args) {
  const child = spawn(process.execPath, [command, 'serve', '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const exited = new Promise(resolve => child.once('close', (code, signal) => resolve({ code, signal })))
  context.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const port = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no server after ${READY_MS} ms: ${text}`)), READY_MS)
    const take = chunk => {
      text += chunk
      const found = /serves .* at http:\/\/.*?:(\d+) /.exec(text)
      if (found === null) return
      clearTimeout(late)
      resolve(Number(found[1]))
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    void exited.then(() => {
      clearTimeout(late)
      reject(new Error(text))
    })
  })
  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal)
    return exited
  }
  return { url: `http://127.0.0.1:${port}`, port, pid: child.pid, log: () => text, stop, exited }
}

/** Runs a command to its end; resolves to { code, stdout, stderr }. */
export function elanus(args, { input = '', env = {} } = {}) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [command, ...args], { env: { ...process.env, ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => (stdout += chunk))
    child.stderr.on('data', chunk => (stderr += chunk))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

/** A call of the RESTful API; resolves to { status, headers, body }. */
export async function rest(url, path, body = {}, headers = {}) {
  const response = await fetch(`${url}/v2/vectordb/${path}`, { method: 'POST', body: JSON.stringify(body), headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
}
