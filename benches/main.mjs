// npm run bench: speed and sizes on the real set, under Node and in Chromium. Numbers only, no verdicts.
//   npm run bench -- [10k|115k] [node|chromium] [AUTOINDEX|FLAT|IVF_FLAT|…]    only what is named; AUTOINDEX unless another type is
//   npm run bench -- 1m                          a million made rows in a folder, under Node; only when it is named
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { build } from '../scripts/build.mjs'
import { duration, main, run } from '../scripts/run.mjs'
import { setUp } from '../scripts/setup.mjs'
import { measureSizes, printSizes } from '../scripts/sizes.mjs'
import { root } from '../scripts/tools.mjs'
import { dataFolder } from './data.mjs'
import { printMillion, printResult } from './table.mjs'

/** Builds in one process and asks in another, since memory that WebAssembly once had it keeps. */
async function measureMillion(env) {
  const base = mkdtempSync(join(root, 'target', 'bench-'))
  try {
    const task = async word => JSON.parse((await run('node', [join('benches', 'million.mjs'), word, join(base, 'db')], { cwd: root, env })).trim().split('\n').at(-1))
    return { ...(await task('build')), asked: await task('ask') }
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

await main(async () => {
  const given = process.argv.slice(2)
  const words = given.filter(word => !/^[A-Z]/.test(word))
  const indexType = given.find(word => /^[A-Z]/.test(word)) ?? 'AUTOINDEX'
  const wanted = word => words.length === 0 || words.includes(word) || !words.some(other => kindOf(other) === kindOf(word))
  const kindOf = word => (/[km]$/.test(word) ? 'set' : 'host')
  const folder = dataFolder()
  const start = performance.now()
  const machine = await setUp({ tests: true })
  await build(machine)
  // Loaded late: the packages that it needs may have been installed only now.
  const { measureChromium } = await import('./chromium.mjs')
  const facts = { cpu: cpus()[0].model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), platform: `${process.platform} ${process.arch}` }
  console.log(`\nmachine: ${facts.cpu}, ${facts.cores} cores, ${facts.memoryGiB} GiB, ${facts.platform}`)
  console.log(`data: ${folder}; 384 dimensions, COSINE, ${indexType}, limit 10, one query at a time`)
  const results = []
  for (const set of ['10k', '115k'].filter(wanted)) {
    const name = `wordnet-${set}`
    if (wanted('node')) {
      const output = await run('node', [join('benches', 'node.mjs'), name, indexType], { cwd: root, env: machine.env })
      results.push(JSON.parse(output.trim().split('\n').at(-1)))
      printResult(results.at(-1))
    }
    if (wanted('chromium')) {
      results.push(await measureChromium(name, indexType, machine.env.CHROMIUM))
      printResult(results.at(-1))
    }
  }
  if (words.includes('1m')) {
    results.push({ host: 'node', version: process.version, set: '1m', ...(await measureMillion(machine.env)) })
    printMillion(results.at(-1))
  }
  printSizes()
  const file = join(root, 'benches', 'results', `${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`)
  mkdirSync(join(root, 'benches', 'results'), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ machine: facts, parameters: { metric: 'COSINE', indexType, limit: 10, dim: 384 }, results, sizes: measureSizes() }, null, 2)}\n`)
  console.log(`\nraw numbers: ${file}; all of it took ${duration(performance.now() - start)}`)
})
