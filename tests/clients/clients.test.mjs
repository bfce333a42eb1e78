// The real clients of Milvus, unmodified, against a server of their own each.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { capture } from '../../scripts/run.mjs'
import { project } from '../package/project.mjs'
import { rest, scratch, serve } from '../server/process.mjs'
import { NEW, OLD, environment, python } from './python.mjs'

const CLI_MS = 60_000

let old
let current

before(async () => {
  old = await environment(OLD)
  current = await environment(NEW)
})

for (const { name, script, says, isOld = false } of [
  { name: 'pymilvus 2.2.6: the classic first steps, digit for digit', script: 'hello_milvus.py', says: 'all as Milvus has it', isOld: true },
  { name: 'pymilvus 3.0.2: a tour of MilvusClient, in turn and asynchronous', script: 'milvus_client.py', says: 'the tour is over' },
  { name: 'langchain-milvus 0.4.0: add, search, delete', script: 'langchain_store.py', says: 'the store answers' },
]) {
  for (const place of ['memory', 'folder']) {
    test(`${name}: ${place}`, async context => {
      const { port } = await serve(context, ...(place === 'memory' ? ['--memory'] : [await scratch(context)]))
      const { code, output } = await python(isOld ? old : current, script, String(port))
      assert.ok(code === 0 && output.includes(says), output)
    })
  }
}

test('@zilliz/milvus2-sdk-node 3.0.6: a tour of MilvusClient', async context => {
  const { port } = await serve(context, '--memory')
  const tour = readFileSync(new URL('./node_sdk.mjs', import.meta.url), 'utf8')
  const folder = await project('node-sdk', { '@zilliz/milvus2-sdk-node': '3.0.6' }, { 'tour.mjs': tour })
  const { code, output } = await capture(process.execPath, [join(folder, 'tour.mjs'), String(port)], { cwd: folder, limit: 120 })
  assert.ok(code === 0 && output.includes('the tour is over'), output)
})

/**
 * Types lines into milvus_cli; resolves to what it says, without colours. A line is a text, or `[after, text]`: text that waits until
 * that is shown, since a question that milvus_cli asks reads only what comes after it.
 */
async function milvusCli(context, lines) {
  const main = 'from milvus_cli.scripts.milvus_client_cli import runCliPrompt; runCliPrompt()'
  // It keeps a history at home.
  const env = { ...process.env, HOME: await scratch(context) }
  const child = spawn(join(current, 'python'), ['-c', main], { env, timeout: CLI_MS })
  const ended = once(child, 'close')
  let [text, seen] = ['', 0]
  const plain = (from = 0) => text.slice(from).replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, '')
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => (text += chunk))
  child.stdin.on('error', () => {})
  for (const line of [...lines, 'exit']) {
    const [after, typed] = Array.isArray(line) ? line : ['', line]
    while (!plain(seen).includes(after)) {
      await Promise.race([once(child.stdout, 'data'), ended])
      assert.equal(child.exitCode ?? child.signalCode, null, `milvus_cli ended before it asked '${after}': ${plain()}`)
    }
    seen = text.length
    child.stdin.write(`${typed}\n`)
  }
  child.stdin.end()
  await ended
  return plain()
}

test('milvus_cli 1.2.1: connects, lists and shows', async context => {
  const { url } = await serve(context, '--memory')
  const made = await rest(url, 'collections/create', { collectionName: 'books', dimension: 4, metricType: 'L2', description: 'titles' })
  assert.equal(made.body.code, 0, JSON.stringify(made.body))
  await rest(url, 'entities/insert', { collectionName: 'books', data: [{ id: 1, vector: [1, 2, 3, 4] }, { id: 2, vector: [2, 2, 3, 4] }] })
  await rest(url, 'partitions/create', { collectionName: 'books', partitionName: 'late' })
  const said = await milvusCli(context, [`connect -uri ${url}`, 'server_version', 'list collections', 'show collection -c books', 'list indexes -c books', 'list users'])
  for (const expected of [
    /Connect Milvus successfully/, /Milvus server version: v3/, /\| +books +\|/, /Name +\| books/, /Entities +\| 2/, /Primary Field \| id/,
    /\*id 5/, /vector 101 dim: 4/, /- _default/, /- late/, /vector +\| AUTOINDEX +\| L2/, /\broot\b/,
  ]) assert.match(said, expected)
})

test('milvus_cli 1.2.1: asks for a query, and shows the rows', async context => {
  const { url } = await serve(context, '--memory')
  const made = await rest(url, 'collections/create', { collectionName: 'books', dimension: 2, metricType: 'L2' })
  assert.equal(made.body.code, 0, JSON.stringify(made.body))
  const data = [{ id: 1, vector: [1, 2], title: 'Dune', year: 1965 }, { id: 2, vector: [2, 2], title: 'Emma', year: 1815 }, { id: 3, vector: [3, 2], title: 'Solaris', year: 1961 }]
  await rest(url, 'entities/insert', { collectionName: 'books', data })
  const query = expression => [
    'query', ['Collection name', 'books'], ['The query expression', expression], ['partitions', '_default'], ['Fields to return', 'id,title'],
    ['timeout', '10'], ['Guarantee timestamp', '0'], ['Graceful time', '5'],
  ]
  const said = await milvusCli(context, [
    `connect -uri ${url}`, ...query('year > 1900 and title like "%"'), ['milvus_cli >', 'set output json'], ...query('id in [2]'), ['milvus_cli >', ''],
  ])
  for (const expected of [/Collection name \(books\)/, /Fields to return.*id.*vector/, /\| +1 +\| +Dune +\|/, /\| +3 +\| +Solaris +\|/, /"title": "Emma"/]) {
    assert.match(said, expected)
  }
  assert.doesNotMatch(said, /\| +2 +\|/)
})
