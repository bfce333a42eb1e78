// The real set: glosses embedded by a sentence model, with exact answers. Not in the repository, for its size.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../scripts/run.mjs'
import { root } from '../scripts/tools.mjs'

/** The folder of the set: ELANUS_DATA, or ../shared/data beside the repository. */
export function dataFolder() {
  const folder = process.env.ELANUS_DATA || join(root, '..', 'shared', 'data')
  if (!existsSync(join(folder, 'wordnet-10k.json'))) {
    throw new Failure(`the data set is missing: no wordnet-10k.json in ${folder}. Put the set there, or name its folder in ELANUS_DATA.`)
  }
  return folder
}

/** The files of a set that a measurement reads, so that they can be handed to a page. */
export function dataFiles(name) {
  const shared = [`${name}.json`, `${name}.base.i8`, `${name}.query.i8`, ...['', '.lex10', '.lex1', '.rnd10', '.rnd1'].map(filter => `${name}.gt${filter}.i32`)]
  return name === 'wordnet-10k' ? [...shared, `${name}.base.jsonl`] : [...shared, `${name}.lex.u8`, `${name}.bucket.u8`]
}

/** Reads one file of the set. */
export function readData(file) {
  return new Uint8Array(readFileSync(join(dataFolder(), file)))
}
