// A headless Chromium in which built pages run.
import { after } from 'node:test'
import { chromium } from 'playwright-core'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const args = [
  '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

/** Enough for a busy machine. */
const PATIENCE_MS = 60_000

let launched

function browser() {
  launched ??= chromium.launch({ executablePath, headless: true, args })
  return launched
}

after(async () => (await launched)?.close())

/** A script for pages: runs the scenario and leaves what became of it in `window.outcome`. */
export function pageScript(packageName, { options = {}, address = 'page' } = {}) {
  return `import * as elanus from ${JSON.stringify(packageName)}
import { scenario } from './scenario.mjs'
scenario(elanus, ${JSON.stringify(address)}, { isDurable: ${address !== ':memory:'}, options: ${JSON.stringify(options)} }).then(
  stats => { globalThis.outcome = { stats } },
  error => { globalThis.outcome = { error: String(error?.stack ?? error) } },
)
`
}

/** A fresh profile. */
export async function newContext() {
  const context = await (await browser()).newContext()
  context.setDefaultTimeout(PATIENCE_MS)
  return context
}

/** Opens a page in a fresh profile and resolves to the statistics that its scenario ended with. */
export async function visit(url) {
  const context = await newContext()
  try {
    const page = await context.newPage()
    const said = []
    page.on('console', message => said.push(message.text()))
    page.on('pageerror', error => said.push(error.message))
    await page.goto(url)
    const outcome = await page.waitForFunction(() => globalThis.outcome, undefined, { timeout: PATIENCE_MS }).then(
      handle => handle.jsonValue(),
      error => { throw new Error(`${error.message}\nthe page said: ${said.join('\n')}`) },
    )
    if (outcome.error) throw new Error(`${outcome.error}\nthe page said: ${said.join('\n')}`)
    return outcome.stats
  } finally {
    await context.close()
  }
}

/** A page that runs `script`. */
export function html(script) {
  return `<!doctype html><meta charset="utf-8"><title>package test</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`
}
