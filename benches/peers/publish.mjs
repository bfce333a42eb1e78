// What the raw numbers of a run say, for people: the table of all points, and the README's short one with its picture.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../scripts/run.mjs'
import { root } from '../../scripts/tools.mjs'
import { picture } from './picture.mjs'

/** The set that the README shows. */
const shown = 'wordnet-115k'
const [from, to] = ['<!-- bench:peers, generated -->', '<!-- bench:peers, to here -->']
/** Where the README and GitHub find the picture. */
const pictureFile = 'docs/peers.svg'

const number = value => Math.round(value).toLocaleString('en-US')
const recallText = recall => (recall >= 0.99995 ? '1.0' : recall.toFixed(4).slice(1))
const perSecond = point => 1e6 / point.microseconds
const bytes = ({ bytesPerRow }) => (bytesPerRow === undefined ? 'unknown' : number(bytesPerRow))

/** The fastest point that finds at least `floor`, or undefined. */
export function fastest(points, floor) {
  return points.filter(point => point.recall >= floor).sort((a, b) => a.microseconds - b.microseconds)[0]
}

/** Ours first, WebAssembly before native, then by speed at recall .95; what is missing comes last. */
function ordered(contenders) {
  const rank = ({ missing, isOurs, kind }) => (missing ? 9 : (isOurs ? 0 : 2) + (kind === 'native' ? 1 : 0))
  const speed = ({ points }) => perSecond(fastest(points ?? [], 0.95) ?? { microseconds: Infinity })
  return [...contenders].sort((a, b) => rank(a) - rank(b) || speed(b) - speed(a))
}

/** Every point of a set as lines of text. */
function lines({ set, rowCount, dim, queryCount, contenders }) {
  const text = [`\n${set}: ${number(rowCount)} rows of ${dim}, ${queryCount} queries`]
  for (const contender of ordered(contenders)) {
    const { name, kind, missing, cpuSeconds, note, parameter, queries, points } = contender
    if (missing) {
      text.push(`${name} (${kind}): MISSING: ${missing}`)
      continue
    }
    const fewer = queries < queryCount ? `, ${queries} queries` : ''
    text.push(`${name} (${kind}${note ? `, ${note}` : ''}${fewer}): built in ${cpuSeconds.toFixed(2)} s, ${bytes(contender)} bytes a row beside the vectors`)
    for (const point of points) {
      const { value, recall, microseconds } = point
      text.push(`  ${`${parameter} ${parameter ? value : ''}`.trim().padEnd(12)} recall ${recallText(recall).padEnd(6)} ${microseconds.toFixed(1).padStart(9)} µs  ${number(perSecond(point)).padStart(8)} per second`)
    }
  }
  return text
}

/** The README's table: what each reaches at two floors of recall. */
function summary({ contenders }) {
  const cell = point => (point ? `${number(perSecond(point))} (${recallText(point.recall)})` : '–')
  const rows = ordered(contenders).map(contender => {
    const { name, kind, missing, cpuSeconds, points } = contender
    const title = `${name.replace(/, native$/, '')} | ${kind}`
    if (missing) return `| ${title} | missing: ${missing.replaceAll('|', '/')} | | | |`
    return `| ${title} | ${cpuSeconds.toFixed(1)} | ${bytes(contender)} | ${cell(fastest(points, 0.95))} | ${cell(fastest(points, 0.99))} |`
  })
  return ['| index | runs as | build, CPU s | bytes a row beside the vectors | queries a second at recall ≥ .95 | at ≥ .99 |', '| --- | --- | --- | --- | --- | --- |', ...rows]
}

/** What a reader has to know of a run, in one paragraph. */
function caption({ date, machine, versions, k, sets }, { rowCount, dim }) {
  const names = Object.entries(versions).filter(([name]) => !['elanus', 'node', 'python', 'numpy'].includes(name)).map(([name, version]) => `${name} ${version}`)
  return `${number(rowCount)} × ${dim} (WordNet's glosses by a sentence model), cosine, the ${k} nearest, one thread, processor's time, the least of several passes, recall in brackets. ${crate(sets)}`
    + `Elanus ${versions.elanus} under Node ${versions.node.slice(1)}, ${names.join(', ')}; ${machine.cpu}, ${machine.cores} cores, ${date.slice(0, 10)}.`
}

/** The crate's graph, which is not made of as many rows as the others'. */
function crate(sets) {
  for (const { rowCount, contenders } of sets) {
    const found = contenders.find(({ name, missing }) => name.includes('instant-distance') && !missing)
    const ours = contenders.find(({ name, missing }) => name === 'elanus HNSW efC 100, native' && !missing)
    if (!found || !ours) continue
    const [{ recall }] = found.points
    const same = fastest(ours.points, recall)
    return `The crate instant-distance, which builds of ours can have as a graph, runs with ${number(rowCount)} rows alone: it takes ${found.cpuSeconds.toFixed(0)} s to build, our graph ${ours.cpuSeconds.toFixed(1)} s, and has `
      + `natively ${number(perSecond(found.points[0]))} queries a second at recall ${recallText(recall)}${same ? `, ours ${number(perSecond(same))} (${recallText(same.recall)})` : ''}. `
  }
  return ''
}

/** Prints all points; writes the README's table and the picture where the set that it shows was measured. */
export function publish(result) {
  for (const set of result.sets) console.log(lines(set).join('\n'))
  const set = result.sets.find(({ set }) => set === shown)
  if (!set || result.words.length > 0) return console.log(`\nREADME.md and ${pictureFile} stay as they are: they show ${shown} with everybody`)
  const file = join(root, 'README.md')
  const readme = readFileSync(file, 'utf8')
  const [start, end] = [readme.indexOf(from), readme.indexOf(to)]
  if (start < 0 || end < start) throw new Failure(`README.md has no place for the table between '${from}' and '${to}'`)
  const image = `![Recall against queries per second of Elanus and other libraries](${pictureFile})`
  const table = [from, image, '', ...summary(set), '', caption(result, set)].join('\n')
  writeFileSync(file, `${readme.slice(0, start)}${table}\n${readme.slice(end)}`)
  writeFileSync(join(root, pictureFile), picture(result, set))
  console.log(`\nREADME.md has the table, ${pictureFile} the picture`)
}
