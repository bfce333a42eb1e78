// Measurements in headless Chromium, over IndexedDB.
import { build } from 'esbuild'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { serve } from '../scripts/serve.mjs'
import { root } from '../scripts/tools.mjs'
import { dataFiles, dataFolder } from './data.mjs'

const args = [
  '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

/** Runs all measurements of a set in one profile, each visit on a page loaded anew. */
export async function measureChromium(name, indexType, executablePath) {
  const base = mkdtempSync(join(root, 'target', 'bench-'))
  const site = join(base, 'site')
  const profile = join(base, 'profile')
  mkdirSync(join(site, 'data'), { recursive: true })
  for (const file of dataFiles(name)) copyFileSync(join(dataFolder(), file), join(site, 'data', file))
  cpSync(join(root, 'pkg', 'dist'), join(site, 'dist'), { recursive: true })
  // The package stays as it is shipped, since it finds its worker and its wasm beside itself.
  await build({
    entryPoints: [join(root, 'benches', 'page.mjs')], outfile: join(site, 'page.js'), bundle: true, format: 'esm', logLevel: 'error',
    plugins: [{ name: 'shipped', setup: build => build.onResolve({ filter: /^elanus$/ }, () => ({ path: './dist/browser.js', external: true })) }],
  })
  writeFileSync(join(site, 'index.html'), '<!doctype html><title>bench</title><script type="module" src="page.js"></script>')
  const server = await serve(site, 0)
  const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args })
  const visit = async (what) => {
    const page = await context.newPage()
    page.setDefaultTimeout(600_000)
    await page.goto(server.url)
    await page.waitForFunction(() => 'searchVisit' in globalThis)
    const result = await page.evaluate(([what, ...args]) => globalThis[what](...args), [what, name, indexType])
    await page.close()
    return result
  }
  try {
    const { rowCount, insert, settle } = await visit('firstVisit')
    const openings = []
    for (let round = 0; round < 3; round++) openings.push(await visit('laterVisit'))
    openings.sort((a, b) => a.milliseconds - b.milliseconds)
    const { searches, stats, index } = await visit('searchVisit')
    const backend = idbBackend(profile)
    return { host: 'chromium', version: context.browser()?.version() ?? '', set: name, rowCount, backend, insert, settle, open: { [`IndexedDB (${backend})`]: openings[1].milliseconds }, searches, stats, index, storedBytes: stats.storageBytes }
  } finally {
    await context.close()
    await server.close()
    rmSync(base, { recursive: true, force: true })
  }
}

/** Which engine Chromium keeps IndexedDB in, by the files that it left in the profile. */
function idbBackend(profile) {
  const folder = join(profile, 'Default', 'IndexedDB')
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }) : []
  if (names.some(name => name.endsWith('.leveldb'))) return 'LevelDB'
  if (names.some(name => /sqlite|\.db$/.test(name))) return 'SQLite'
  return 'unknown'
}
