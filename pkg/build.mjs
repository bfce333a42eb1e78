// pkg/src and pkg/wasm become pkg/dist: one file an entry, declarations beside them.
//   node build.mjs              everything
//   node build.mjs documents    only README.md and LICENSE, which npm packs from here
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const path = (...parts) => join(here, ...parts)
const { version } = JSON.parse(readFileSync(path('package.json'), 'utf8'))

/** Browsers, Node and workerd that have WebAssembly SIMD all have this. */
const target = 'es2022'

/** The generated glue is outside src; `#glue` is its name within. */
export const glue = {
  name: 'glue',
  setup({ onResolve }) {
    onResolve({ filter: /^#glue$/ }, () => ({ path: path('wasm', 'elanus.js') }))
  },
}

/** What the sources know about the build. */
export function defines() {
  return { WASM_HAS_SIMD: 'true', PACKAGE_VERSION: JSON.stringify(version) }
}

const shared = {
  bundle: true,
  format: 'esm',
  target,
  // Names stay, so that stack traces can be read; an application's bundler shortens them anyway.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  plugins: [glue],
  external: ['node:*', './elanus.wasm'],
  logLevel: 'warning',
}

function documents() {
  for (const name of ['README.md', 'LICENSE']) {
    const source = path('..', name)
    if (existsSync(source)) copyFileSync(source, path(name))
  }
}

async function everything() {
  const wasm = path('wasm', 'elanus.wasm')
  if (!existsSync(wasm)) throw new Error('pkg/wasm/elanus.wasm is absent: `npm run build` in the root makes it first')
  rmSync(path('dist'), { recursive: true, force: true })
  mkdirSync(path('dist'), { recursive: true })
  copyFileSync(wasm, path('dist', 'elanus.wasm'))
  const entry = (name, options = {}) =>
    build({ ...shared, entryPoints: [path('src', 'entry', `${name}.ts`)], outfile: path('dist', `${name}.js`), define: defines(), ...options })
  await Promise.all([entry('browser'), entry('node', { platform: 'node' }), entry('workerd'), entry('worker', { minify: true })])
  const packed = bytes => JSON.stringify(gzipSync(bytes, { level: 9 }).toString('base64'))
  const worker = readFileSync(path('dist', 'worker.js'), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')
  await entry('inline', {
    sourcemap: false,
    define: { ...defines(), INLINE_WASM: packed(readFileSync(wasm)), INLINE_WORKER: packed(worker) },
  })
  declarations()
  documents()
}

function declarations() {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
  const tsc = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.tsc)
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', path('tsconfig.build.json')], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the declarations cannot be made:\n${stdout}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'documents') documents()
  else await everything()
}
