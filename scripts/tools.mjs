// Which tools the project builds with, their versions, and where they are kept.
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** Must equal the version that Cargo.toml pins: glue and library of different versions refuse each other. */
export const wasmBindgenVersion = '0.2.130'
export const wasmPackVersion = '0.15.1'
/** The rustc whose std can be built from Debian's packages when rustup brings no wasm32 target. */
export const debianRustVersion = '1.96'

export const wasmTarget = 'wasm32-unknown-unknown'

/** The user's cache folder of this project; tools live in it by name and version. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'elanus')

/** Where `cargo install` puts one version of a tool. */
export function toolFolder(name, version) {
  return join(cache, 'tools', `${name}-${version}`)
}

/** The full path of an executable on `path`, or undefined. */
export function which(name, path) {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // not in this folder
    }
  }
  return undefined
}

/**
 * The environment of every child process: our tools first on PATH, and without the variables that would silently
 * replace the flags of .cargo/config.toml (the SIMD baseline among them).
 */
export function environment() {
  const env = { ...process.env }
  for (const name of ['RUSTFLAGS', 'CARGO_ENCODED_RUSTFLAGS', 'CARGO_BUILD_RUSTFLAGS', 'CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS']) {
    if (env[name] !== undefined) {
      console.log(`${name} is set in your shell; it is left out here, because it would replace the project's own flags`)
      delete env[name]
    }
  }
  env.PATH = [
    join(root, 'node_modules', '.bin'),
    join(toolFolder('wasm-bindgen-cli', wasmBindgenVersion), 'bin'),
    join(toolFolder('wasm-pack', wasmPackVersion), 'bin'),
    env.PATH ?? '',
    // rustup's own place, for a shell that was opened before rustup was installed
    join(env.CARGO_HOME || join(homedir(), '.cargo'), 'bin'),
  ].join(delimiter)
  return env
}
