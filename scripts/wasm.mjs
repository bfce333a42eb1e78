// Rust to pkg/wasm: cargo, wasm-bindgen, wasm-opt, and the glue wrapped as a factory; small, fast, and for the server.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { Failure, run, step } from './run.mjs'
import { filesUnder, fingerprint, isFresh, remember } from './fingerprint.mjs'
import { root, wasmBindgenVersion, wasmTarget } from './tools.mjs'

const out = join(root, 'pkg', 'wasm')

const forSpeed = { CARGO_PROFILE_RELEASE_OPT_LEVEL: '3' }

/**
 * The builds of the crate: `name` is that of the module and its glue, `raw` what wasm-bindgen calls its files, `step` the
 * name of the stamp. A browser fetches the first, which is built for size as Cargo.toml says; Node reads the second from
 * the disk, which is the same for speed and has the same glue, so that either can be handed in for the other; a server's
 * has more in it.
 */
const builds = [
  { name: 'elanus', raw: 'glue', step: 'wasm', features: [], profile: {} },
  { name: 'elanus-fast', raw: 'glue', step: 'wasm-fast', features: [], profile: forSpeed, glueOf: 'elanus' },
  { name: 'elanus-server', raw: 'glue-server', step: 'wasm-server', features: ['grpc'], profile: forSpeed },
]

/** What a build leaves in pkg/wasm. */
const filesOf = ({ name, raw, glueOf }) => (glueOf === undefined ? [`${name}.js`, `${name}.d.ts`, `${name}.wasm`, `${raw}.d.ts`] : [`${name}.wasm`])

/**
 * Only names and notes are taken out. Every optimising pass that was tried makes the file smaller and what is
 * downloaded larger: of a build with opt-level "z", 327 KB under gzip -9 became 355 KB by -Os and 357 KB by -O2.
 * The features are those that rustc uses for wasm32, and simd128, which is the baseline.
 */
const strip = [
  '--strip-debug', '--strip-producers', '--strip-target-features',
  '--enable-simd', '--enable-bulk-memory', '--enable-bulk-memory-opt', '--enable-nontrapping-float-to-int',
  '--enable-sign-ext', '--enable-mutable-globals', '--enable-reference-types', '--enable-multivalue',
]

/** Builds what is not up to date in pkg/wasm. */
export async function buildWasm({ wasmEnv }) {
  const rustc = await run('rustc', ['-vV'], { env: wasmEnv, cwd: root })
  const sources = ['Cargo.toml', 'Cargo.lock', '.cargo', 'src', 'scripts/wasm.mjs'].flatMap(path => filesUnder(path))
  const known = builds.flatMap(filesOf)
  // What an earlier version of this script, or a build that was cut off, left behind.
  for (const file of filesUnder('pkg/wasm')) if (!known.includes(relative('pkg/wasm', file))) rmSync(join(root, file))
  for (const build of builds) {
    const inputs = fingerprint(sources, [rustc, wasmBindgenVersion, wasmEnv.CARGO_PROFILE_RELEASE_LTO ?? '', ...build.features, JSON.stringify(build.profile)])
    const outputs = () => filesOf(build).flatMap(name => filesUnder(`pkg/wasm/${name}`))
    if (isFresh(build.step, inputs, outputs())) {
      console.log(`pkg/wasm/${build.name}.wasm: up to date`)
      continue
    }
    await make(build, wasmEnv)
    remember(build.step, inputs, outputs())
  }
}

/**
 * Panics name the file that they come from. Of crates that is a path of the machine that builds, which is nothing to
 * ship: what is before the crate's own folder is taken away. Cargo joins these flags to those of .cargo/config.toml.
 */
async function withoutPaths(env) {
  const { packages } = JSON.parse(await run('cargo', ['metadata', '--quiet', '--format-version', '1', '--filter-platform', wasmTarget], { env, cwd: root }))
  const folders = new Set(packages.filter(({ source }) => source !== null).map(({ manifest_path }) => dirname(dirname(manifest_path))))
  const flags = [...folders].map(folder => `--remap-path-prefix=${folder}=crates`)
  return ['--config', `target.${wasmTarget}.rustflags=${JSON.stringify(flags)}`]
}

async function make(build, wasmEnv) {
  const { name, raw, features, profile, glueOf } = build
  await step(`cargo build for wasm32: ${name}`, 'about 1 minute the first time', async () =>
    // The cdylib alone: with an rlib beside it, all that is public there is kept apart for others to link, and the
    // download is 4 % larger.
    run('cargo', ['rustc', ...await withoutPaths(wasmEnv), '--release', '--lib', '--crate-type', 'cdylib', '--target', wasmTarget, ...features.flatMap(feature => ['--features', feature])], { env: { ...wasmEnv, ...profile }, cwd: root }))
  const built = join(wasmEnv.CARGO_TARGET_DIR, wasmTarget, 'release', 'elanus.wasm')
  const bound = mkdtempSync(join(tmpdir(), 'elanus-wasm-'))
  const [module, final] = [join(bound, `${raw}_bg.wasm`), join(out, `${name}.wasm`)]
  try {
    await step('wasm-bindgen', '', async () => {
      mkdirSync(out, { recursive: true })
      for (const file of filesOf(build)) rmSync(join(out, file), { force: true })
      await run('wasm-bindgen', ['--target', 'web', '--omit-default-module-path', '--out-dir', bound, '--out-name', raw, built], { env: wasmEnv })
      const glue = wrapGlue(nameClosures(join(bound, `${raw}.js`), module))
      if (glueOf === undefined) writeGlue(build, glue, join(bound, `${raw}.d.ts`))
      else if (glue !== readFileSync(join(out, `${glueOf}.js`), 'utf8')) throw new Failure(`the glue of ${name}.wasm is not that of ${glueOf}.wasm: adapt nameClosures in scripts/wasm.mjs`)
    })
    await step('wasm-opt', 'takes out names', () => run('wasm-opt', [...strip, module, '-o', final], { env: wasmEnv }))
  } finally {
    rmSync(bound, { recursive: true, force: true })
  }
  await step('SIMD check', '', () => checkSimd(final, wasmEnv))
}

/**
 * The exports by which closures are called have hashes in their names, which differ from one level of optimisation to
 * the next. Numbered as the glue names them, in the glue and in the module (where a name may not change its length), they
 * are the same in all builds with the same features. Gives the glue out.
 */
function nameClosures(glue, module) {
  let text = readFileSync(glue, 'utf8').replace(/shim_idx: \d+, /g, '')
  let bytes = readFileSync(module).toString('latin1')
  const hashes = new Set([...text.matchAll(/(?<=_invoke__h)[0-9a-f]{16}\b/g)].map(([hash]) => hash))
  for (const [number, hash] of [...hashes].entries()) {
    const fixed = String(number).padStart(16, '0')
    text = text.replaceAll(`_invoke__h${hash}`, `_invoke__h${fixed}`)
    bytes = bytes.replaceAll(`_invoke__h${hash}`, `_invoke__h${fixed}`)
  }
  writeFileSync(module, bytes, 'latin1')
  return text
}

/**
 * wasm-bindgen's glue is a module singleton: a second initialisation returns the first instance, even after a trap.
 * Wrapped in a function it gives every open database its own. Only initSync is kept of the ways to initialise, and
 * all that the instance exports passes through the caller's `guard`, which is where a trap can be noticed.
 */
function wrapGlue(source) {
  const unknown = what => new Failure(`glue.js of wasm-bindgen ${wasmBindgenVersion} has no ${what}: adapt scripts/wasm.mjs`)
  const cut = (text, from, to) => {
    const start = text.indexOf(from)
    const end = text.indexOf(to, start)
    if (start < 0 || end < 0) throw unknown(`"${from}" before "${to}"`)
    return text.slice(0, start) + text.slice(end)
  }
  let body = cut(source, 'async function __wbg_load', 'function initSync')
  body = cut(body, 'let __wbg_init_promise', 'export {')
  body = body.replace(/^export \{[^}]*\};?\s*$/m, '').replace(/^export (?=class |function |const )/gm, '').replace(/^\/\* @ts-self-types.*$/m, '')
  const exported = 'wasm = instance.exports;'
  if (body.split(exported).length !== 2) throw unknown(`single "${exported}"`)
  body = body.replace(exported, `${exported}\n    wasm = guard(wasm);`)
  if (/^(import|export)\b/m.test(body)) throw new Failure('glue.js imports or exports more than a factory can wrap: adapt scripts/wasm.mjs')
  return `/* Generated. One call, one independent instance. */
export function createGlue(guard) {
${body.trim()}
return { initSync, Database };
}
`
}

/** Leaves a build's glue and its types in pkg/wasm. */
function writeGlue({ name, raw }, glue, types) {
  writeFileSync(join(out, `${name}.js`), glue)
  copyFileSync(types, join(out, `${raw}.d.ts`))
  writeFileSync(join(out, `${name}.d.ts`), `import type * as glue from './${raw}.js'
/** Makes glue that shares nothing with other glue: its own instance, its own memory. Calls only what \`guard\` returns. */
export function createGlue(guard: (exports: WebAssembly.Exports) => WebAssembly.Exports): { initSync: typeof glue.initSync; Database: typeof glue.Database }
export type Database = glue.Database
`)
}

/**
 * Refuses a build that lost its SIMD baseline: a RUSTFLAGS variable or another configuration replaces the flags of
 * .cargo/config.toml without a word, and the result works, several times slower.
 */
async function checkSimd(file, env) {
  const text = await run('wasm-dis', [file], { env })
  if (!/\bf32x4\.(add|mul)\b/.test(text)) throw new Failure(`${file} has no f32x4 arithmetic: are the flags of .cargo/config.toml in force?`)
}
