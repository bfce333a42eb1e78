// npm run bench:peers: ours and other libraries side by side in one run, on the same vectors against the same exact answers, one
// thread each. Raw numbers go to a JSON; table and picture are made from it, also without another run:
//   npm run bench:peers -- [10k|115k] [WORD...]  both unless one is named; of a word, contenders with it in their names alone
//   npm run bench:peers -- draw [FILE]           from that JSON, or the newest
// The README's are made when 115k was measured with everybody.
//
// Each index is built in a process of its own, two at a time, and stays there (some 8 GB in all); then a pass over the queries of
// each takes its turn, one process at work at a time, and round after round. What counts of a pass is the time of the processor,
// and of all passes the fastest. Nobody is left out in silence: what cannot be installed, built or asked is told as missing.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from '../scripts/build.mjs'
import { Failure, capture, duration, main, step } from '../scripts/run.mjs'
import { setUp } from '../scripts/setup.mjs'
import { root } from '../scripts/tools.mjs'
import { dataFolder } from './data.mjs'
import { contenders, packages } from './peers/contenders.mjs'
import { installPeers } from './peers/install.mjs'
import { Runner } from './peers/runner.mjs'
import { publish } from './peers/publish.mjs'

const k = 10
const truthWidth = 100
/** Passes that count, after one that warms up. */
const rounds = 3
/** Indexes that are built at the same time: as many as there are cores on the smallest machine. */
const buildersMax = 2
const results = join(root, 'benches', 'results')

/** Our engine for this processor; the path of the program, or why there is none. */
async function buildNative(env) {
  // Flags of its own want a folder of their own, or everything would be compiled anew each time.
  const own = { ...env, CARGO_TARGET_DIR: join(root, 'target', 'native'), CARGO_PROFILE_BENCH_OPT_LEVEL: '3', RUSTFLAGS: '-C target-cpu=native' }
  const { code, output } = await capture('cargo', ['bench', '--no-run', '--features', 'instant-distance', '--bench', 'native'], { cwd: root, env: own })
  const [, path] = /Executable .*\((.+)\)/.exec(output) ?? []
  return code === 0 && path ? { path: resolve(root, path) } : { missing: output.trim().split('\n').slice(-3).join(' ').slice(0, 300) }
}

/** How a contender is started: `{ command, folder }`, or `{ missing }` with why it cannot be. */
function start({ runner, engine }, { folders, missing }, native) {
  if (runner === 'native') return native.missing ? { missing: native.missing } : { command: [native.path] }
  const name = { faiss: 'faiss-cpu', 'sqlite-vec': 'sqlite-vec-wasm-demo' }[engine] ?? engine
  if (missing[name]) return { missing: missing[name] }
  const folder = folders[name]
  if (runner === 'python') return { command: [join(folder, 'bin', 'python'), join(root, 'benches', 'peers', 'python.py')] }
  return { command: ['node', join(root, 'benches', 'peers', 'node.mjs')], packages: folder }
}

/** The share of the true nearest among `ids`, over as many queries as there are answers. */
function recallOf(truth, ids) {
  let hits = 0
  ids.forEach((found, query) => {
    const nearest = new Set(truth.subarray(query * truthWidth, query * truthWidth + k))
    hits += new Set(found.filter(id => nearest.has(Number(id)))).size
  })
  return hits / (ids.length * k)
}

/** Builds all contenders of a set and asks them in turns; resolves to what was measured of each. */
async function measure(set, words, start) {
  const folder = dataFolder()
  const facts = JSON.parse(readFileSync(join(folder, `${set}.json`), 'utf8'))
  const truth = new Int32Array(readFileSync(join(folder, `${set}.gt.i32`)).slice().buffer)
  const isWanted = ({ name }) => words.length === 0 || words.some(word => name.includes(word))
  const entries = contenders(set).filter(isWanted).map(contender => ({
    contender, started: start(contender), queries: Math.min(contender.queries ?? facts.queries, facts.queries),
    points: contender.values.map(value => ({ value, microseconds: Infinity, wallMicroseconds: Infinity })),
  }))
  const begun = performance.now()
  const say = (entry, text) => console.log(`  ${duration(performance.now() - begun).padStart(12)}  ${entry.contender.name}: ${text}`)
  const fail = (entry, reason) => {
    entry.missing = reason
    entry.runner?.end()
    say(entry, `MISSING: ${reason}`)
  }
  const waiting = [...entries]
  const builder = async () => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      if (entry.started.missing) {
        fail(entry, entry.started.missing)
        continue
      }
      const { command, packages, env } = entry.started
      entry.runner = new Runner(command, { ...entry.contender, folder, set, packages }, env)
      try {
        entry.built = (await entry.runner.hear()).built
        say(entry, `built in ${entry.built.cpuSeconds.toFixed(1)} s`)
      } catch (error) {
        fail(entry, error.message)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: buildersMax }, builder))
    for (let round = 0; round <= rounds; round++) {
      for (const entry of entries.filter(({ missing }) => !missing)) {
        try {
          for (const point of entry.points) {
            const isFirst = round === 0
            const { microseconds, wallMicroseconds, ids } = await entry.runner.pass(point.value, entry.queries, isFirst)
            if (isFirst) {
              point.recall = recallOf(truth, ids)
            } else {
              point.microseconds = Math.min(point.microseconds, microseconds)
              point.wallMicroseconds = Math.min(point.wallMicroseconds, wallMicroseconds)
            }
          }
        } catch (error) {
          fail(entry, error.message)
        }
      }
      console.log(`  ${duration(performance.now() - begun).padStart(12)}  ${round === 0 ? 'all are warm' : `round ${round} of ${rounds}`}`)
    }
  } finally {
    entries.forEach(({ runner }) => runner?.end())
  }
  return {
    set, rowCount: facts.n, dim: facts.dim, queryCount: facts.queries,
    contenders: entries.map(({ contender, built, missing, queries, points }) => {
      const { name, kind, isOurs = false, parameter, build } = contender
      return missing ? { name, kind, isOurs, missing } : { name, kind, isOurs, parameter, build, queries, ...built, points }
    }),
  }
}

/** The newest result, or the one that is named. */
function resultFile(named) {
  if (named) return named
  const newest = readdirSync(results).filter(name => /^peers-.*\.json$/.test(name)).sort().at(-1)
  if (!newest) throw new Failure(`there is no result in ${results}: \`npm run bench:peers\` makes one`)
  return join(results, newest)
}

await main(async () => {
  const given = process.argv.slice(2)
  if (given[0] === 'draw') return publish(JSON.parse(readFileSync(resultFile(given[1]), 'utf8')))
  const [sizes, words] = [given.filter(word => /^\d+k$/.test(word)), given.filter(word => !/^\d+k$/.test(word))]
  const stranger = sizes.find(size => !['10k', '115k'].includes(size)) ?? words.find(word => !contenders('wordnet-10k').some(({ name }) => name.includes(word)))
  if (stranger) throw new Failure(`expected 10k, 115k, draw or a part of a contender's name, got '${stranger}'`)
  const begun = performance.now()
  const machine = await setUp()
  await build(machine, { part: 'pkg' })
  const installed = await step('peers', 'npm and pip into a cache, a minute the first time', () => installPeers(machine.env))
  const native = await step('our engine natively', 'two minutes the first time', () => buildNative(machine.env))
  const python = (await capture('python3', ['--version'])).output.trim()
  const measuring = performance.now()
  const result = {
    date: new Date().toISOString(),
    machine: { cpu: cpus()[0].model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), platform: `${process.platform} ${process.arch}` },
    versions: { elanus: JSON.parse(readFileSync(join(root, 'pkg', 'package.json'), 'utf8')).version, node: process.version, python, ...packages.npm, ...packages.python },
    k, rounds, words, sets: [],
  }
  for (const size of sizes.length > 0 ? sizes : ['10k', '115k']) {
    console.log(`\nwordnet-${size}`)
    result.sets.push(await measure(`wordnet-${size}`, words, contender => ({ ...start(contender, installed, native), env: machine.env })))
  }
  const file = join(results, `peers-${result.date.replaceAll(':', '-').slice(0, 19)}.json`)
  mkdirSync(results, { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
  publish(result)
  console.log(`\nraw numbers: ${file}; measured in ${duration(performance.now() - measuring)}, all of it took ${duration(performance.now() - begun)}`)
})
