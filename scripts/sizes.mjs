// Prints what a browser downloads, per entry of the package, against the budget.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { filesUnder } from './fingerprint.mjs'
import { root } from './tools.mjs'

/** What the browser entry may weigh, wasm and JavaScript together, under gzip -9. */
export const budgetBytes = 250 * 1024

/** Raw, gzip -9 and brotli sizes in bytes of the shipped files. */
export function measureSizes() {
  const shipped = filesUnder('pkg/dist').filter(file => /\.(wasm|m?js|cjs)$/.test(file))
  return shipped.map(file => {
    const bytes = readFileSync(join(root, file))
    return { file, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length }
  })
}

/** The files that a browser fetches when it opens a database with the default entry: the entry, its worker, the wasm. */
export function browserFiles(sizes) {
  const manifest = join(root, 'pkg', 'package.json')
  const entry = existsSync(manifest) ? findBrowserEntry(JSON.parse(readFileSync(manifest, 'utf8')).exports?.['.']) : undefined
  const names = [entry && join('pkg', entry), 'pkg/dist/worker.js', 'pkg/dist/elanus.wasm']
  return sizes.filter(size => names.includes(size.file))
}

/** What a Worker with the package uploads; Wrangler shortens nothing unless it is told to. */
const workerFiles = ['pkg/dist/workerd.js', 'pkg/dist/elanus.wasm']

function findBrowserEntry(conditions) {
  if (conditions === undefined || typeof conditions === 'string') return conditions
  return findBrowserEntry(conditions.browser ?? conditions.import ?? conditions.default)
}

/** Prints the table; returns the bytes of the browser entry under gzip -9. */
export function printSizes() {
  const sizes = measureSizes()
  const number = value => String(value).padStart(9)
  console.log(`\n${'bytes'.padEnd(36)}${['raw', 'gzip -9', 'brotli'].map(title => title.padStart(9)).join('')}`)
  for (const { file, raw, gzip, brotli } of sizes) console.log(`${file.padEnd(36)}${number(raw)}${number(gzip)}${number(brotli)}`)
  const parts = browserFiles(sizes)
  const total = parts.reduce((sum, part) => sum + part.gzip, 0)
  console.log(`browser entry (${parts.map(part => part.file).join(' + ')}): ${total} bytes under gzip -9, ${Math.round(100 * total / budgetBytes)} % of the budget of ${budgetBytes}`)
  const uploaded = sizes.filter(size => workerFiles.includes(size.file))
  const sum = key => uploaded.reduce((bytes, size) => bytes + size[key], 0)
  console.log(`Worker (${uploaded.map(part => part.file).join(' + ')}): ${sum('raw')} bytes raw, ${sum('gzip')} under gzip -9`)
  return total
}
