// Builds the package and the demo; what is up to date is left alone.
//   node scripts/build.mjs [wasm|pkg|www]    stops after the named part
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildWasm } from './wasm.mjs'
import { filesUnder, fingerprint, isFresh, remember } from './fingerprint.mjs'
import { main, run, step } from './run.mjs'
import { setUp } from './setup.mjs'
import { printSizes } from './sizes.mjs'
import { printStartup } from './startup.mjs'
import { root } from './tools.mjs'

const parts = ['wasm', 'pkg', 'www']

/** What npm packs beside the package's own files; copied from the root by the package's build. */
const copies = ['pkg/README.md', 'pkg/LICENSE']

/** Builds up to and including `part`, with the environments that setUp returned. */
export async function build(machine, { part = 'www' } = {}) {
  await buildWasm(machine)
  if (part === 'wasm') return
  await workspace(machine, 'pkg', ['pkg/wasm'], ['pkg/dist', 'pkg/wasm'])
  if (part === 'pkg') return
  await workspace(machine, 'www', ['pkg/dist', 'pkg/wasm', 'pkg/package.json'], ['www/dist'])
}

/** Runs a workspace's own build script unless its output is up to date with its sources and with `upstream`. */
async function workspace({ env }, folder, upstream, generated) {
  const sources = [folder, ...upstream, 'package-lock.json'].flatMap(path =>
    filesUnder(path, upstream.includes(path) ? [] : [...generated, `${folder}/node_modules`]))
    .filter(file => !/\.(tsbuildinfo|tgz)$/.test(file) && !copies.includes(file))
  const inputs = fingerprint(sources)
  const outputs = () => filesUnder(`${folder}/dist`)
  if (isFresh(folder, inputs, outputs())) return console.log(`${folder}/dist: up to date`)
  await step(`${folder}/dist`, '', async () => {
    rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
    await run('npm', ['run', '--silent', 'build', '--workspace', folder], { cwd: root, env })
  })
  remember(folder, inputs, outputs())
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const part = parts.find(name => process.argv.includes(name)) ?? 'www'
    await build(await setUp(), { part })
    printSizes()
    if (part !== 'wasm') await printStartup()
  })
}
