// Python clients of Milvus, installed once in an environment of their own and kept by what was asked for.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { capture, run } from '../../scripts/run.mjs'
import { cache, which } from '../../scripts/tools.mjs'

const here = dirname(fileURLToPath(import.meta.url))

/** The newest that the oldest of the clients runs on, by its own name or as the system's. */
const PYTHON = which('python3.11', process.env.PATH ?? '') ?? 'python3'

/** What `clients.md` of the reference pins for each client; without the bounds the old one does not import. */
export const OLD = ['pymilvus==2.2.6', 'protobuf<5', 'setuptools<70', 'numpy<2']
export const NEW = ['pymilvus==3.0.2', 'milvus_cli==1.2.1', 'langchain-milvus==0.4.0', 'numpy==2.4.6']

/** The folder with the programs of an environment that has `requirements`; one that cannot be installed is a failure. */
export async function environment(requirements) {
  const name = createHash('sha256').update(JSON.stringify(requirements)).digest('hex').slice(0, 16)
  const folder = join(cache, 'python', name)
  const programs = join(folder, 'bin')
  if (existsSync(folder)) return programs
  mkdirSync(dirname(folder), { recursive: true })
  const made = `${folder}-${process.pid}`
  try {
    await run(PYTHON, ['-m', 'venv', made])
    await run(join(made, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements])
    // Programs name the place where they were installed; only `python -m` outlives the move.
    renameSync(made, folder)
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return programs
}

/** Runs a script of this folder against a server; resolves to { code, output }. */
export async function python(programs, script, ...args) {
  return capture(join(programs, 'python'), [join(here, script), ...args], { cwd: here, limit: 300 })
}
