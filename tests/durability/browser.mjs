// Chromium with a profile of its own that may be killed, a server for pages that use the built package, and small disks.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { chromium } from 'playwright-core'
import { serve } from '../../scripts/serve.mjs'
import { root } from '../../scripts/tools.mjs'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const args = [
  '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

/** Enough for a busy machine. */
export const PATIENCE_MS = 60_000

const leftovers = []
after(async () => {
  for (const undo of leftovers.reverse()) await undo()
})

/** Serves the repository, from which test pages load the built package; resolves to the address of the page. */
export async function site() {
  if (!existsSync(join(root, 'pkg/dist/browser.js'))) throw new Error('pkg/dist is missing: run `npm run build` first')
  const server = await serve(root, 0)
  leftovers.push(() => server.close())
  return `${server.url}tests/durability/page.html`
}

/** A new folder that is removed in the end. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'elanus-durability-'))
  leftovers.push(() => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
  return path
}

/** A new folder on a disk of its own; mounting needs root. */
export function smallDisk(megabytes) {
  const path = folder()
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'elanus-test', path], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`a small disk cannot be mounted, which needs root: ${stderr}`)
  leftovers.push(() => {
    // Lazily, since a browser that was killed may still be ending.
    if (spawnSync('umount', ['-l', path]).status !== 0) throw new Error(`${path} cannot be unmounted`)
  })
  return path
}

/** Starts a browser on a profile. */
export async function launch(profile, features = []) {
  const more = features.length > 0 ? [`--enable-features=${features.join(',')}`] : []
  const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: [...args, ...more] })
  context.setDefaultTimeout(PATIENCE_MS)
  leftovers.push(() => context.close().catch(() => {}))
  return context
}

/** Opens the test page. `prepare` is given the page before anything is loaded. */
export async function visit(context, address, prepare = async () => {}) {
  const page = await context.newPage()
  await prepare(page)
  await page.goto(address)
  await page.waitForFunction(() => globalThis.isReady)
  return page
}

/** Ends a browser as a crash or an impatient user does: all its processes at once, without a word. */
export async function kill(profile) {
  const all = processes()
  const mains = all.filter(({ command }) => command.includes(`--user-data-dir=${profile}`))
  const doomed = new Set(mains.map(({ pid }) => pid))
  for (let grew = true; grew; ) {
    grew = false
    for (const { pid, parent } of all) {
      if (doomed.has(parent) && !doomed.has(pid)) {
        doomed.add(pid)
        grew = true
      }
    }
  }
  if (doomed.size === 0) throw new Error(`no browser runs on ${profile}`)
  for (const pid of doomed) signal(pid, 'SIGKILL')
  while ([...doomed].some(isRunning)) await new Promise(resolve => setTimeout(resolve, 5))
  return doomed.size
}

function processes() {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(name => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The program's name is in parentheses and may hold anything.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return [{ pid: Number(name), state, parent: Number(parent), command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }]
    } catch {
      return []
    }
  })
}

function isRunning(pid) {
  return processes().some(one => one.pid === pid && one.state !== 'Z')
}

function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch {
    // It went with its parent.
  }
}
