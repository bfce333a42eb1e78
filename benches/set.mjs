// A data set in memory, the same under Node and in a page.

/** The filters that the set has exact answers for. */
export const filters = {
  lex10: 'lexfile == "noun.artifact"',
  lex1: 'lexfile == "noun.event"',
  rnd10: 'bucket < 10',
  rnd1: 'bucket == 7',
}

/** Neighbours per query in the ground truth; -1 where a filter leaves fewer. */
const truthWidth = 100

/**
 * Decodes the set `name` from its files, which `read(file)` brings as bytes.
 * Vectors are normalised, which COSINE does not need but which keeps other metrics comparable.
 */
export async function loadSet(name, read) {
  const facts = JSON.parse(new TextDecoder().decode(await read(`${name}.json`)))
  const vectors = async file => decode(await read(file), facts)
  const truth = { all: int32(await read(`${name}.gt.i32`)) }
  for (const filter of Object.keys(filters)) truth[filter] = int32(await read(`${name}.gt.${filter}.i32`))
  return {
    name,
    rowCount: facts.n,
    dim: facts.dim,
    rows: await vectors(`${name}.base.i8`),
    queries: await vectors(`${name}.query.i8`),
    queryCount: facts.queries,
    truth,
    ...(await columns(name, facts, read)),
  }
}

function decode(bytes, { scale }) {
  const integers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from(integers, value => value * scale)
}

function int32(bytes) {
  return new Int32Array(bytes.slice().buffer)
}

async function columns(name, facts, read) {
  if (name !== 'wordnet-10k') {
    const lexfiles = Array.from(await read(`${name}.lex.u8`), index => facts.lexnames[index])
    return { lexfiles, buckets: Int32Array.from(await read(`${name}.bucket.u8`)) }
  }
  const lines = new TextDecoder().decode(await read(`${name}.base.jsonl`)).trimEnd().split('\n').map(line => JSON.parse(line))
  return { lexfiles: lines.map(line => line.lexfile), buckets: Int32Array.from(lines, line => line.bucket) }
}

/** Rows `from`..`to` as columns of an insert. */
export function slice(set, from, to) {
  return {
    id: Int32Array.from({ length: to - from }, (_, at) => from + at),
    vector: { dim: set.dim, values: set.rows.slice(from * set.dim, to * set.dim) },
    lexfile: set.lexfiles.slice(from, to),
    bucket: set.buckets.slice(from, to),
  }
}

/** Query number `query`. */
export function queryVector(set, query) {
  return set.queries.subarray(query * set.dim, (query + 1) * set.dim)
}

/** How many of the true nearest `k` are among `ids`, and how many there are at all. */
export function found(set, filter, query, ids, k) {
  const start = query * truthWidth
  const nearest = set.truth[filter].subarray(start, start + k).filter(id => id >= 0)
  const got = new Set(ids)
  return { hits: nearest.filter(id => got.has(id)).length, of: nearest.length }
}
