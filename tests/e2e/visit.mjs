// Visits of the built demo: a static server, one headless Chromium for a test file, a fresh profile for every visit.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { serve } from '../../scripts/serve.mjs'

const dist = fileURLToPath(new URL('../../www/dist', import.meta.url))
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const args = [
  '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

/** Enough for an import on a busy machine. */
export const PATIENCE_MS = 90_000

/** Starts server and browser; `close` ends both. */
export async function start() {
  if (!existsSync(dist)) throw new Error('www/dist is missing: run `npm run build` first')
  const server = await serve(dist, 0)
  const browser = await chromium.launch({ executablePath, headless: true, args })
  return {
    url: server.url,
    /** A new profile: nothing stored, nothing cached. */
    profile: (options = {}) => profile(browser, server.url, options),
    close: async () => {
      await browser.close()
      await server.close()
    },
  }
}

async function profile(browser, url, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  context.setDefaultTimeout(15_000)
  const problems = []
  context.on('request', (request) => {
    const address = request.url()
    if (!address.startsWith(url) && !/^(data|blob):/.test(address)) problems.push(`external request: ${address}`)
  })
  context.on('weberror', (error) => problems.push(`uncaught: ${error.error().message}`))
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.type()}: ${message.text()}`)
  })
  return {
    context,
    /** What the page complained about and asked of others; empty when all is well. */
    problems,
    /** Opens the page and waits until everything is in the database. */
    visit: async (hash = '') => {
      const page = await context.newPage()
      await page.goto(url + hash)
      await ready(page)
      return page
    },
    close: () => context.close(),
  }
}

/** Waits until the page says that the dictionary is complete. */
export async function ready(page) {
  await page.locator('#state[data-state=ready]').waitFor({ timeout: PATIENCE_MS })
}

/** Types a meaning and waits for its answer; resolves to the words found, best first. */
export async function ask(page, meaning) {
  await page.fill('#text', meaning)
  return settled(page)
}

/** The first word of each entry, once the list no longer changes. */
export async function settled(page) {
  let before
  for (;;) {
    const now = await words(page)
    if (before !== undefined && JSON.stringify(now) === JSON.stringify(before)) return now
    before = now
    await page.waitForTimeout(150)
  }
}

/** The first word of each entry as shown now. */
export function words(page) {
  return page.locator('.entry h3').evaluateAll((titles) => titles.map((title) => title.firstChild?.textContent ?? ''))
}

/** Waits for a short message that contains `text`. */
export function toast(page, text) {
  return page.locator('#toast', { hasText: text }).waitFor()
}

/** A figure of the database panel, as text. */
export function figure(page, name) {
  return page.locator(`#figures dt:text-is("${name}") + dd`).innerText()
}

/** Waits until a figure of the database panel is this number: figures follow what is stored with some delay. */
export async function figureBecomes(page, name, wanted) {
  const end = Date.now() + PATIENCE_MS
  while ((await figureNumber(page, name)) !== wanted) {
    if (Date.now() > end) throw new Error(`${name} is ${await figure(page, name)}, not ${wanted}`)
    await page.waitForTimeout(50)
  }
}

/** A figure of the database panel, as a number. */
export async function figureNumber(page, name) {
  return Number((await figure(page, name)).replace(/[^\d.]/g, ''))
}
