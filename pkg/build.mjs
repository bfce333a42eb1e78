// pkg/src and pkg/wasm become pkg/dist: one file an entry, declarations beside them; and the command, with all that it uses.
//   node build.mjs              everything
//   node build.mjs documents    only README.md and LICENSE, which npm packs from here
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const path = (...parts) => join(here, ...parts)
const { version } = JSON.parse(readFileSync(path('package.json'), 'utf8'))

/** Browsers, Node and workerd that have WebAssembly SIMD all have this. */
const target = 'es2022'

/** The generated glue is outside src; `#glue` is its name within. Each build of the module has its own. */
export const glueOf = name => ({
  name: 'glue',
  setup({ onResolve }) {
    onResolve({ filter: /^#glue$/ }, () => ({ path: path('wasm', `${name}.js`) }))
  },
})

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
  plugins: [glueOf('elanus')],
  external: ['node:*', 'cloudflare:*', './elanus.wasm'],
  logLevel: 'warning',
}

function documents() {
  for (const name of ['README.md', 'LICENSE']) {
    const source = path('..', name)
    if (existsSync(source)) copyFileSync(source, path(name))
  }
}

async function everything() {
  const modules = ['elanus.wasm', 'elanus-fast.wasm', 'elanus-server.wasm']
  for (const file of modules.map(name => path('wasm', name))) if (!existsSync(file)) throw new Error(`${file} is absent: \`npm run build\` in the root makes it first`)
  rmSync(path('dist'), { recursive: true, force: true })
  mkdirSync(path('dist'), { recursive: true })
  for (const name of modules) copyFileSync(path('wasm', name), path('dist', name))
  const entry = (name, options = {}) =>
    build({ ...shared, entryPoints: [path('src', 'entry', `${name}.ts`)], outfile: path('dist', `${name}.js`), define: defines(), ...options })
  await Promise.all([
    // Only the browser's entry leaves the road to servers in a file of its own.
    entry('browser', { external: [...shared.external, './remote.js'] }), entry('remote', { minify: true }), entry('node', { platform: 'node' }), entry('workerd'), entry('worker', { minify: true }), command(),
  ])
  const packed = bytes => JSON.stringify(gzipSync(bytes, { level: 9 }).toString('base64'))
  const worker = readFileSync(path('dist', 'worker.js'), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')
  await entry('inline', {
    sourcemap: false,
    define: { ...defines(), INLINE_WASM: packed(readFileSync(path('wasm', 'elanus.wasm'))), INLINE_WORKER: packed(worker) },
  })
  declarations()
  documents()
}

/** What the command and programs of ours that use the server are built with. */
export const commandOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  define: defines(),
  plugins: [glueOf('elanus-server')],
  // What is CommonJS inside asks for Node's own modules by `require`.
  banner: { js: "import { createRequire as makeRequire } from 'node:module'\nconst require = makeRequire(import.meta.url)" },
  legalComments: 'none',
  logLevel: 'warning',
}

/** dist/cli.js: one file with its dependencies inside, whose licences are kept beside it. */
async function command() {
  const { metafile } = await build({
    ...commandOptions,
    entryPoints: [path('src', 'cli', 'main.ts')],
    outfile: path('dist', 'cli.js'),
    minifySyntax: true,
    minifyWhitespace: true,
    banner: { js: `#!/usr/bin/env node\n${commandOptions.banner.js}` },
    metafile: true,
  })
  chmodSync(path('dist', 'cli.js'), 0o755)
  writeFileSync(path('dist', 'cli.licenses.txt'), licences(Object.keys(metafile.inputs)))
}

/** The licences of the packages that these files are of. */
function licences(files) {
  const folders = new Set(files.map(file => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(folder => folder !== undefined))
  const texts = [...folders].sort().map(folder => {
    const place = join(process.cwd(), folder)
    const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'))
    const file = readdirSync(place).find(entry => /^licen[cs]e/i.test(entry))
    if (file === undefined) throw new Error(`${name} ${version} brings no file with its licence (${license})`)
    return `${name} ${version} (${license})\n\n${readFileSync(join(place, file), 'utf8').trim()}\n`
  })
  return `cli.js contains these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
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
