// npm test: sets up what is missing and runs everything that CI runs, each step whatever became of the others.
//   node scripts/test.mjs [NAME...]   only the steps whose names contain one of the words
// The last line is the sum of what really ran. A step that cannot run, or whose runner reports no test, has failed.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { countTests } from './counts.mjs'
import { hostLines } from './hosts.mjs'
import { roadLines } from './roads.mjs'
import { Failure, capture, duration, main } from './run.mjs'
import { setUp } from './setup.mjs'
import { printSizes } from './sizes.mjs'
import { root, wasmTarget } from './tools.mjs'

const browserTests = ['--headless', '--chrome', '--chromedriver']

/** Gives the suite of hosts the package's folder host, which is TypeScript. */
const folderHost = { NODE_OPTIONS: `--import ${pathToFileURL(join(root, 'tests', 'hosts', 'folder.mjs'))}` }

/**
 * Every step: `check` is one pass or fail by its exit code; `tests` is a runner whose tests are counted.
 * The order is that of a developer's patience: what fails fast comes first.
 */
function steps({ env, wasmEnv }) {
  const cargo = (...args) => ({ command: 'cargo', args, env })
  const node = (...args) => ({ command: 'node', args, env })
  const typescript = folder => ({ command: 'tsc', args: ['--noEmit', '-p', folder], env })
  const wasmPack = (args, more = {}) => ({
    // Uncaptured, since the host suite says its line in tests that pass.
    command: 'wasm-pack', args: ['test', '--mode', 'no-install', ...args, '--', '--', '--nocapture'],
    env: { ...wasmEnv, WASM_BINDGEN_TEST_TIMEOUT: '300', ...more },
  })
  return [
    { name: 'rustfmt', check: cargo('fmt', '--check') },
    { name: 'clippy native', check: cargo('clippy', '--all-targets', '--', '-D', 'warnings') },
    { name: 'clippy native, server', check: cargo('clippy', '--all-targets', '--features', 'grpc', '--', '-D', 'warnings') },
    { name: 'clippy native, all', check: cargo('clippy', '--all-targets', '--features', 'grpc,instant-distance', '--', '-D', 'warnings') },
    { name: 'clippy wasm32', check: { ...cargo('clippy', '--lib', '--tests', '--target', wasmTarget, '--', '-D', 'warnings'), env: wasmEnv } },
    { name: 'build', work: () => build({ env, wasmEnv }) },
    { name: 'types pkg', check: typescript('pkg') },
    { name: 'types www', check: typescript('www') },
    { name: 'native tests', tests: cargo('test', '--features', 'grpc') },
    { name: 'the crate\'s graph', tests: cargo('test', '--features', 'grpc,instant-distance', '--lib', '--test', 'core', '--', 'instant', 'structures::') },
    { name: 'wasm tests node', tests: wasmPack(['--node'], folderHost) },
    { name: 'wasm tests chrome', tests: wasmPack([...browserTests, env.CHROMEDRIVER]) },
    { name: 'host in workerd', tests: { ...node('--test', '--test-force-exit', join('tests', 'hosts', 'workerd.test.mjs')), env: wasmEnv } },
    { name: 'unit tests pkg', tests: { command: 'npm', args: ['test', '--workspace', 'pkg', '--silent'], env } },
    { name: 'script tests', tests: node('--test', ...testFiles('tests/scripts')) },
    { name: 'scenarios', tests: node('--test', ...testFiles('tests/scenarios')) },
    // Two files at a time: they mostly wait, for installs and for browsers.
    { name: 'package tests', tests: node('--test', '--test-concurrency=2', ...testFiles('tests/package')) },
    { name: 'server', tests: node('--test', '--test-concurrency=2', ...testFiles('tests/server')) },
    { name: 'clients', tests: node('--test', ...testFiles('tests/clients')) },
    { name: 'edge', tests: node('--test', '--test-concurrency=2', '--test-force-exit', ...testFiles('tests/edge')) },
    { name: 'durability', tests: node('--test', ...testFiles('tests/durability')) },
    { name: 'demo end to end', tests: node('--test', ...testFiles('tests/e2e')) },
  ]
}

/** The test files of a folder; a missing folder has none, and its step then reports that no test ran. */
function testFiles(folder) {
  const path = join(root, folder)
  const files = existsSync(path) ? readdirSync(path).filter(name => /\.test\.m?[jt]s$/.test(name)).sort() : []
  return files.length > 0 ? files.map(name => join(folder, name)) : [join(folder, 'no-test-file')]
}

/** Runs one step; never throws. Returns { passed, failed, output, note }. */
async function perform(step) {
  if (step.work) {
    try {
      await step.work()
      return { passed: 1, failed: 0, output: '' }
    } catch (error) {
      return { passed: 0, failed: 1, output: error instanceof Failure ? error.message : error.stack }
    }
  }
  const { command, args, env } = step.check ?? step.tests
  const { code, output } = await capture(command, args, { cwd: root, env, limit: 1200 })
  if (step.check) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output }
  const { passed, failed, skipped } = countTests(output)
  if (skipped > 0) return { passed, failed: failed + skipped, output, note: `${skipped} skipped, which counts as failed` }
  if (passed + failed === 0) return { passed, failed: 1, output, note: 'no test ran' }
  if (code !== 0 && failed === 0) return { passed, failed: 1, output, note: `exit code ${code}` }
  return { passed, failed, output }
}

await main(async () => {
  const start = performance.now()
  const words = process.argv.slice(2)
  const machine = await setUp({ tests: true })
  const total = { passed: 0, failed: 0 }
  const outputs = []
  const table = []
  for (const step of steps(machine)) {
    if (words.length > 0 && !words.some(word => step.name.includes(word))) continue
    const begun = performance.now()
    console.log(`${step.name} ...`)
    const { passed, failed, output, note } = await perform(step)
    const seconds = duration(performance.now() - begun)
    if (failed > 0) console.log(output)
    const line = `${failed > 0 ? 'FAILED' : 'ok    '}  ${step.name.padEnd(20)} ${seconds.padStart(12)}  ${passed} passed, ${failed} failed${note ? `: ${note}` : ''}`
    console.log(line)
    table.push(line)
    outputs.push(output)
    total.passed += passed
    total.failed += failed
  }
  if (words.length === 0) {
    const said = outputs.join('\n')
    for (const [title, { lines, failures }] of [['The host suite, one line a host', hostLines(said)], ['Scenarios, one line a road', roadLines(said)]]) {
      console.log([`\n${title}:`, ...lines, ...failures].join('\n'))
      total.passed += failures.length === 0 ? 1 : 0
      total.failed += failures.length
    }
    printSizes()
  }
  console.log(`\n${table.join('\n')}\nall of it: ${duration(performance.now() - start)}`)
  console.log(`${total.passed} passed, ${total.failed} failed`)
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1
})
