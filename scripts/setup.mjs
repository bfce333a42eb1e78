// Sets up what is missing, and only that: every tool is looked for by version before anything is installed.
//   node scripts/setup.mjs          what building needs: wasm32 target, wasm-bindgen, node_modules
//   node scripts/setup.mjs --test   also what the tests need: wasm-pack, Chromium and its driver
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure, capture, main, run, step } from './run.mjs'
import { cache, debianRustVersion, environment, root, toolFolder, wasmBindgenVersion, wasmPackVersion, wasmTarget, which } from './tools.mjs'

/**
 * Makes the machine ready. Returns two environments for child processes: `env` for everything native (CHROMIUM and
 * CHROMEDRIVER are set for tests), `wasmEnv` for what compiles to wasm32, which may need another toolchain.
 */
export async function setUp({ tests = false } = {}) {
  const env = environment()
  checkNode()
  await nodeModules(env)
  await compiler(env, tests)
  const toolchain = await wasmStd(env, tests)
  await cargoTool(env, 'wasm-bindgen-cli', 'wasm-bindgen', wasmBindgenVersion, 'about 2 to 4 minutes on two cores')
  if (tests) {
    await cargoTool(env, 'wasm-pack', 'wasm-pack', wasmPackVersion, 'about 3 to 5 minutes on two cores')
    await browser(env)
  }
  return { env, wasmEnv: { ...env, ...toolchain } }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) throw new Failure(`Node 20.19 or newer is needed; this is ${process.version}`)
}

/** npm ci, when the lock or a package.json changed since the last time. */
async function nodeModules(env) {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', 'package.json', 'pkg/package.json', 'www/package.json']) {
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)))
  }
  const wanted = hash.digest('hex')
  const stamp = join(root, 'node_modules', '.elanus-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  await step('npm packages', 'npm ci, 15 to 40 s', async () => {
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, env })
    writeFileSync(stamp, wanted)
  })
}

/** Rust itself is the one thing that cannot be installed from here; a C compiler and lints can. */
async function compiler(env, tests) {
  if ((await capture('cargo', ['--version'], { env })).code !== 0) {
    throw new Failure('cargo is missing: install Rust with rustup, then run this again')
  }
  if (!which('cc', env.PATH)) await aptGet(env, ['gcc', 'libc6-dev'], 'the linker that cargo calls, about 20 s')
  if (!tests) return
  for (const [component, command] of [['rustfmt', 'rustfmt'], ['clippy', 'cargo-clippy']]) {
    if ((await capture(command, ['--version'], { env })).code === 0) continue
    await step(component, 'rustup component add, a few seconds', async () => {
      const { output } = await capture('rustup', ['component', 'add', component], { env, limit: 90 })
      if ((await capture(command, ['--version'], { env })).code !== 0) throw new Failure(`${output}\n${component} could not be added`)
    })
  }
}

/** Whether the toolchain that `env` selects has a complete std for wasm32: `test` is the crate that is easily missed. */
async function hasWasmStd(env) {
  const { code, output } = await capture('rustc', ['--print', 'target-libdir', '--target', wasmTarget], { env, cwd: root })
  const folder = output.trim().split('\n').at(-1)
  if (code !== 0 || !existsSync(folder)) return false
  const names = readdirSync(folder)
  return ['libcore-', 'libstd-', 'libtest-'].every(start => names.some(name => name.startsWith(start) && name.endsWith('.rlib')))
}

/** The std for wasm32 by rustup, else built from Debian's sources; returns the variables that select the toolchain. */
async function wasmStd(env, tests) {
  const rustup = { CARGO_TARGET_DIR: join(root, 'target') }
  if (await hasWasmStd(env)) return rustup
  // Two compilers must not share a target folder, and fat LTO fails with a std that was built outside rustup.
  const debian = { CARGO_TARGET_DIR: join(root, 'target', 'web'), CARGO_PROFILE_RELEASE_LTO: 'off', RUSTUP_TOOLCHAIN: 'web' }
  const hasDebian = async () => await hasWasmStd({ ...env, ...debian }) && (!tests || existsSync('/usr/bin/clippy-driver'))
  if (await hasDebian()) return debian

  await step(`Rust target ${wasmTarget}`, 'rustup, 3 s to 90 s', () => capture('rustup', ['target', 'add', wasmTarget], { env, limit: 90 }))
  // The result counts, not the exit code: rustup may be cut off at any moment.
  if (await hasWasmStd(env)) return rustup
  await step(`Rust target ${wasmTarget} from apt-get`, 'rustup did not bring it; 2 to 4 minutes', () =>
    run('sh', [join(root, 'scripts', 'std-from-apt.sh'), debianRustVersion, cache, ...(tests ? ['--clippy'] : [])], { env }))
  if (await hasDebian()) return debian
  throw new Failure(`the std for ${wasmTarget} could not be set up, neither by rustup nor from apt-get`)
}

/** A cargo-installed tool: a matching one on PATH is used as it is, else one is built into the user's cache. */
async function cargoTool(env, crate, command, version, note) {
  const has = async () => (await capture(command, ['--version'], { env })).output.trim() === `${command} ${version}`
  if (await has()) return
  const folder = toolFolder(crate, version)
  await step(`${crate} ${version}`, `cargo install into ${folder}, ${note}`, async () => {
    mkdirSync(folder, { recursive: true })
    const target = join(cache, 'build')
    const args = ['install', crate, '--version', `=${version}`, '--root', folder, '--target-dir', target, '--force']
    // Built for the host by the default toolchain, whatever builds wasm32.
    const { RUSTUP_TOOLCHAIN: _, CARGO_TARGET_DIR: __, ...host } = env
    let { code, output } = await capture('cargo', [...args, '--locked'], { env: host })
    if (code !== 0) {
      console.log(`${crate} ${version}: its own lock file does not resolve with this registry; installing with the newest compatible dependencies`)
      ;({ code, output } = await capture('cargo', args, { env: host }))
    }
    if (code !== 0) throw new Failure(`${output}\n${crate} ${version} could not be installed`)
    rmSync(target, { recursive: true, force: true })
    if (!(await has())) throw new Failure(`${command} was installed but does not say version ${version}`)
  })
}

/** Chromium and its driver: CHROMIUM and CHROMEDRIVER name them for the tests. */
async function browser(env) {
  const find = () => {
    env.CHROMIUM ??= which('chromium', env.PATH)
    env.CHROMEDRIVER ??= which('chromedriver', env.PATH)
    return env.CHROMIUM && env.CHROMEDRIVER
  }
  if (!find()) await aptGet(env, ['chromium', 'chromium-driver'], 'headless browser tests, 120 MB, about 30 s')
  if (!find()) throw new Failure('chromium or chromedriver is still missing after apt-get install')
}

async function aptGet(env, packages, note) {
  const apt = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } }
  const [command, ...prefix] = process.getuid() === 0 ? ['apt-get'] : ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND', 'apt-get']
  await step(packages.join(', '), `apt-get, ${note}`, async () => {
    await run(command, [...prefix, 'update', '-q'], apt)
    await run(command, [...prefix, 'install', '-y', '-q', '--no-install-recommends', ...packages], apt)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await setUp({ tests: process.argv.includes('--test') })
    console.log('set up: nothing is missing')
  })
}
