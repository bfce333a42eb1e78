// Decides whether a step's outputs are up to date: by the content of its inputs, never by time stamps, so that a
// checkout, a copy or a clock cannot fool it.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { root } from './tools.mjs'

/** Files under `path` (a file or a folder of the repository), sorted; `skip` names folders and files to leave out. */
export function filesUnder(path, skip = []) {
  const found = []
  const pending = [join(root, path)]
  while (pending.length > 0) {
    const at = pending.pop()
    if (!existsSync(at) || skip.includes(relative(root, at))) continue
    if (statSync(at).isDirectory()) pending.push(...readdirSync(at).map(name => join(at, name)))
    else found.push(relative(root, at))
  }
  return found.sort()
}

/** One hash over names and contents of files and over further facts (versions, options). */
export function fingerprint(files, facts = []) {
  const hash = createHash('sha256')
  for (const fact of facts) hash.update(`${fact}\0`)
  for (const file of files) {
    const bytes = readFileSync(join(root, file))
    hash.update(`${file}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

const stampFile = step => join(root, 'target', 'stamps', step)

/** Whether `step` last ran with these inputs and its outputs are still what it left. */
export function isFresh(step, inputs, outputs) {
  const file = stampFile(step)
  return existsSync(file) && outputs.length > 0 && readFileSync(file, 'utf8') === `${inputs} ${fingerprint(outputs)}`
}

/** Records that `step` ran with these inputs and left these outputs. */
export function remember(step, inputs, outputs) {
  mkdirSync(dirname(stampFile(step)), { recursive: true })
  writeFileSync(stampFile(step), `${inputs} ${fingerprint(outputs)}`)
}
