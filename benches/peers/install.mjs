// The peers, installed into the user's cache of this project and kept there by version; nothing of it is in the repository.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { capture } from '../../scripts/run.mjs'
import { cache } from '../../scripts/tools.mjs'
import { packages } from './contenders.mjs'

/** Longer than it takes to compile hnswlib-node on two cores. */
const limit = 600

/** What a command that failed says, as short as a cell of a table. */
function reason(name, output) {
  const lines = output.trim().split('\n')
  const line = lines.find(line => /error/i.test(line) && line.length > 30) ?? lines.at(-1)
  return `${name}: ${line.trim().slice(0, 160)}`
}

/** Makes `folder` by commands that work in another one until all has gone well; returns why it did not, or undefined. */
async function once(folder, env, commandsIn) {
  if (existsSync(folder)) return undefined
  const made = `${folder}-${process.pid}`
  mkdirSync(made, { recursive: true })
  try {
    for (const [command, ...args] of commandsIn(made)) {
      const { code, output } = await capture(command, args, { cwd: made, env, limit })
      if (code !== 0) return reason('npm install', output)
    }
    mkdirSync(dirname(folder), { recursive: true })
    renameSync(made, folder)
    return undefined
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** The folder of what is named and pinned so. */
function folderOf(kind, name, version) {
  const key = createHash('sha256').update(`${kind} ${name} ${version} ${process.version}`).digest('hex').slice(0, 12)
  return join(cache, 'peers', `${name}-${version}-${key}`)
}

/**
 * Installs what is not there. Resolves to `{ folders, missing }`: by package of npm the folder in whose node_modules it is,
 * under `python` the folder of an environment; and why there is none.
 */
export async function installPeers(env) {
  const folders = {}
  const missing = {}
  for (const [name, version] of Object.entries(packages.npm)) {
    folders[name] = folderOf('npm', name, version)
    missing[name] = await once(folders[name], env, folder => {
      writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
      return [['npm', 'install', '--loglevel=error', '--no-audit', '--no-fund', `${name}@${version}`]]
    })
  }
  for (const [name, version] of Object.entries(packages.python)) {
    if (name === 'numpy') continue
    // Environments know their place; each is made where it stays, and marked when it is complete.
    folders[name] = folderOf('python', name, `${version}-numpy-${packages.python.numpy}`)
    const program = join(folders[name], 'bin', 'python')
    if (existsSync(join(folders[name], 'complete'))) continue
    rmSync(folders[name], { recursive: true, force: true })
    const commands = [
      ['python3', '-m', 'venv', folders[name]],
      [program, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${name}==${version}`, `numpy==${packages.python.numpy}`],
    ]
    for (const [command, ...args] of commands) {
      const { code, output } = await capture(command, args, { env, limit })
      if (code !== 0) missing[name] ??= reason(args.includes('venv') ? 'python3 -m venv' : 'pip install', output)
    }
    if (missing[name]) rmSync(folders[name], { recursive: true, force: true })
    else writeFileSync(join(folders[name], 'complete'), '')
  }
  return { folders, missing }
}
