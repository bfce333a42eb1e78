// Unit tests of the package: each src/**/*.test.ts is bundled and run under node:test.
//   node test.mjs [WORD...]   only files whose names contain one of the words
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defines } from './build.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const words = process.argv.slice(2)
const files = readdirSync(join(here, 'src'), { recursive: true })
  .filter(name => name.endsWith('.test.ts') && (words.length === 0 || words.some(word => name.includes(word))))
  .map(name => join(here, 'src', name))
const out = mkdtempSync(join(tmpdir(), 'elanus-unit-'))
let code = 1
try {
  await build({
    entryPoints: files,
    outdir: out,
    outbase: join(here, 'src'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    define: defines(),
    // Tests bring an engine of their own where they need one.
    alias: { '#glue': join(here, 'src', 'testing', 'glue.ts') },
    sourcemap: 'inline',
    logLevel: 'warning',
  })
  const built = readdirSync(out, { recursive: true }).filter(name => name.endsWith('.test.mjs')).map(name => join(out, name))
  code = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', ...built], { stdio: 'inherit' }).status ?? 1
} finally {
  rmSync(out, { recursive: true, force: true })
}
process.exitCode = code
