// The packed package in clean projects, whose other dependencies are installed once and kept by version.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import { Failure, capture, run } from '../../scripts/run.mjs'
import { cache, root } from '../../scripts/tools.mjs'

const kept = join(cache, 'package-tests')
mkdirSync(kept, { recursive: true })
const scratch = mkdtempSync(join(kept, 'run-'))
after(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }))

const npm = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']

let packed

/** The tarball that users would install. */
export function tarball() {
  packed ??= (async () => {
    if (!existsSync(join(root, 'pkg', 'dist', 'node.js'))) throw new Failure('pkg/dist is absent: run `npm run build` first')
    const [{ filename }] = JSON.parse(await run('npm', ['pack', join(root, 'pkg'), '--json', '--silent', '--pack-destination', scratch], { cwd: scratch }))
    return join(scratch, filename)
  })()
  return packed
}

let extracted

/** The tarball's content. */
export function content() {
  extracted ??= (async () => {
    const folder = join(scratch, 'content')
    mkdirSync(folder)
    await run('tar', ['-xzf', await tarball(), '-C', folder])
    return join(folder, 'package')
  })()
  return extracted
}

/**
 * A new project with `dependencies` (exact versions or ranges) and the packed package, and `files` by path.
 * Resolves to its folder.
 */
export async function project(name, dependencies, files) {
  const folder = join(scratch, name)
  mkdirSync(folder)
  const manifest = { name, private: true, type: 'module', dependencies }
  if (Object.keys(dependencies).length > 0) await copyTree(join(await installed(name, manifest), 'node_modules'), join(folder, 'node_modules'))
  write(folder, { 'package.json': JSON.stringify(manifest), ...files })
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  // What npm does with a tarball that has no dependencies; the test of Node has npm itself do it.
  cpSync(await content(), join(folder, 'node_modules', 'elanus'), { recursive: true })
  return folder
}

/** A new project where npm installs the tarball, with neither network nor cache. */
export async function npmProject(name, files) {
  const folder = join(scratch, name)
  mkdirSync(folder)
  write(folder, { 'package.json': JSON.stringify({ name, private: true, type: 'module' }), ...files })
  await run('npm', ['install', '--offline', '--cache', join(folder, '.cache'), ...npm, await tarball()], { cwd: folder })
  return folder
}

/** The folder in which the dependencies of a project are kept; whatever changes in them makes a new one. */
async function installed(name, manifest) {
  const text = JSON.stringify(manifest)
  const folder = join(kept, `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`)
  if (existsSync(folder)) return folder
  const draft = mkdtempSync(join(scratch, 'install-'))
  write(draft, { 'package.json': text })
  await run('npm', ['install', '--no-package-lock', ...npm], { cwd: draft, limit: 600 })
  try {
    renameSync(draft, folder)
  } catch (error) {
    // Another run may have been faster.
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** Copies thousands of files; where that is possible as links, since nobody writes into them. */
async function copyTree(from, to) {
  const { code } = await capture('cp', ['-RPl', from, to])
  if (code !== 0) cpSync(from, to, { recursive: true, force: true, verbatimSymlinks: true })
}

function write(folder, files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** The scenario's source, for projects. */
export const scenario = readFileSync(new URL('./scenario.mjs', import.meta.url), 'utf8')
