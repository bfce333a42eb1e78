// Child processes and named steps: every script says what it does, how long it took, and shows a failing
// command's whole output.
import { spawn } from 'node:child_process'

/** A failure that is already explained: its message is shown without a stack. */
export class Failure extends Error {}

/** A duration for people: `0.4 s`, `12 s`, `3 min 05 s`. */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, '0')} s`
}

/**
 * Runs a command without a shell and without standard input.
 * Resolves to { code, output } (output: both streams, in order of arrival) whatever the exit code; a command that
 * cannot be started has code 127, one that ran longer than `limit` seconds is ended and has code 124.
 */
export function capture(command, args = [], { cwd, env, limit, live = false } = {}) {
  return new Promise(resolve => {
    const chunks = []
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: limit !== undefined })
    let expired = false
    const timer = limit === undefined ? undefined : setTimeout(() => {
      expired = true
      // The group, since the command may have children that would hold the pipes open.
      try { process.kill(-child.pid, 'SIGKILL') } catch { child.kill('SIGKILL') }
    }, limit * 1000)
    const take = stream => chunk => {
      chunks.push(chunk)
      if (live) stream.write(chunk)
    }
    child.stdout.on('data', take(process.stdout))
    child.stderr.on('data', take(process.stderr))
    const end = (code, extra = '') => {
      clearTimeout(timer)
      resolve({ code, output: Buffer.concat(chunks).toString() + extra })
    }
    child.on('error', error => end(127, `${command}: ${error.message}\n`))
    child.on('close', code => {
      if (expired) end(124, `${command}: ended after ${limit} s without finishing\n`)
      else end(code ?? 1)
    })
  })
}

/** Runs a command that has to succeed; returns its output. */
export async function run(command, args = [], options = {}) {
  const { code, output } = await capture(command, args, options)
  if (code !== 0) throw new Failure(`${options.live ? '' : output}\n${command} ${args.join(' ')} failed with code ${code}`)
  return output
}

/** Runs `work` under a printed name; `note` tells what to expect when it is slow. */
export async function step(name, note, work) {
  console.log(`${name}${note ? ` (${note})` : ''} ...`)
  const start = performance.now()
  const result = await work()
  console.log(`${name}: done in ${duration(performance.now() - start)}`)
  return result
}

/** Runs the main function of a script: an explained failure is printed plainly, and the exit code tells. */
export async function main(work) {
  try {
    await work()
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error)
    process.exitCode = 1
  }
}
