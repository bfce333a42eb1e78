// The tutorial page: its blocks are taken out of it and run as they stand, and what they print is what stands there.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { capture } from '../../scripts/run.mjs'
import { root } from '../../scripts/tools.mjs'
import { project } from '../package/project.mjs'
import { scratch, serve } from '../server/process.mjs'
import { NEW, environment } from './python.mjs'

const LIMIT_SECONDS = 120

const page = readFileSync(join(root, 'docs', 'tutorial.md'), 'utf8')

/** The code of all blocks of a language, in order, as one text. */
function blocks(language) {
  const found = [...page.matchAll(/^```(.+)\n([^]*?)^```$/gm)].filter(([, name]) => name === language).map(([, , code]) => code)
  assert.ok(found.length > 0, `the page has no block of ${language}`)
  return found.join('')
}

/** What a command prints without times and sizes, which are never the same. */
function steady(text) {
  return text.replace(/in [\d.]+ s$/m, 'in some time').replace(/\d+ bytes/, 'some bytes')
}

/** Runs a program that has to succeed; checks that it prints all that stands under the steps. */
async function walk(program, args, cwd) {
  const { code, output } = await capture(program, args, { cwd, limit: LIMIT_SECONDS })
  assert.equal(code, 0, output)
  assert.equal(output, blocks('text'))
}

/** The page's code with the address of a server in place of Milvus's own. */
function at(server, code) {
  assert.ok(code.includes('127.0.0.1:19530'))
  return code.replaceAll('127.0.0.1:19530', `127.0.0.1:${server.port}`)
}

test('the tutorial in Python', async context => {
  const folder = await scratch(context)
  const server = await serve(context, join(folder, 'elanus-data'))
  writeFileSync(join(folder, 'tutorial.py'), at(server, blocks('python')))
  await walk(join(await environment(NEW), 'python'), ['tutorial.py'], folder)
})

test('the tutorial with the SDK for Node', async context => {
  const server = await serve(context, '--memory')
  const folder = await project('tutorial-sdk', { '@zilliz/milvus2-sdk-node': '3.0.6' }, { 'tutorial.mjs': at(server, blocks('js sdk')) })
  await walk(process.execPath, ['tutorial.mjs'], folder)
})

test('the tutorial in JavaScript, embedded, and on the command line, which goes on with the same folder', async () => {
  const folder = await project('tutorial', {}, { 'tutorial.mjs': blocks('js') })
  await walk(process.execPath, ['tutorial.mjs'], folder)
  const lines = blocks('console').split(/^\$ /m).slice(1).map(text => {
    const end = text.indexOf('\n')
    return { line: text.slice(0, end), prints: text.slice(end + 1) }
  })
  assert.ok(lines.some(({ line }) => line.startsWith('npx elanus ')))
  for (const { line, prints } of lines) {
    const file = /^cat (\S+)$/.exec(line)
    if (file !== null) {
      writeFileSync(join(folder, file[1]), prints)
      continue
    }
    const script = `npx() { shift; "$NODE" "$COMMAND" "$@"; }; ${line}`
    const env = { ...process.env, NODE: process.execPath, COMMAND: join(folder, 'node_modules', 'elanus', 'dist', 'cli.js') }
    const { code, output } = await capture('sh', ['-c', script], { cwd: folder, env, limit: LIMIT_SECONDS })
    assert.equal(code, 0, `${line}: ${output}`)
    assert.equal(steady(output), steady(prints), line)
  }
})
