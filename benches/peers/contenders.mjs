// Who takes part: each index with what it is built by and the values of the one parameter that trades recall for speed.

/** What the bench installs, at these versions, into a cache of its own. */
export const packages = {
  // The last release of sqlite-vec's demo whose module loads outside a page.
  npm: { 'hnswlib-wasm': '0.8.2', 'hnswlib-node': '3.0.0', 'sqlite-vec-wasm-demo': '0.1.7-alpha.2' },
  python: { 'faiss-cpu': '1.15.1', usearch: '2.26.6', numpy: '2.4.6' },
}

const widths = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 400]
const probes = [4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256]
/** An exact scan reads everything: so many of the queries tell its speed. */
const few = 100

/**
 * The contenders on a set. `engine` and `build` are for the runner, `kind` is WebAssembly or native, `parameter` and
 * `values` are asked one after another, `queries` is how many of the set's queries a pass has if not all.
 */
export function contenders(set) {
  const lists = set === 'wordnet-10k' ? 256 : 1024
  const graph = (engine, runner, kind, efs = [100, 200]) => efs.map(ef => ({
    name: `${engine} efC ${ef}`, runner, kind, engine, build: { M: 16, efConstruction: ef }, parameter: 'ef', values: widths,
  }))
  const ours = (name, runner, kind, indexType, rest) => ({ name: `${name}${kind === 'native' ? ', native' : ''}`, runner, kind, engine: 'elanus', isOurs: true, build: { indexType }, ...rest })
  const elanus = (runner, kind, efs = [100, 200]) => [
    ours('elanus AUTOINDEX', runner, kind, 'AUTOINDEX', { parameter: 'level', values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }),
    ours('elanus IVF_FLAT', runner, kind, 'IVF_FLAT', { build: { indexType: 'IVF_FLAT', nlist: lists }, parameter: 'nprobe', values: probes }),
    ...efs.map(ef => ours(`elanus HNSW efC ${ef}`, runner, kind, 'HNSW', { build: { indexType: 'HNSW', M: 16, efConstruction: ef }, parameter: 'ef', values: widths })),
    ours('elanus code scan (DISKANN)', runner, kind, 'DISKANN', { parameter: '', values: [0], queries: few * 5 }),
    ours('elanus FLAT', runner, kind, 'FLAT', { parameter: '', values: [0], queries: few }),
  ]
  const faiss = (name, factory, rest) => ({ name, runner: 'python', kind: 'native', engine: 'faiss', build: { factory }, ...rest })
  return [
    ...elanus('node', 'WebAssembly'),
    ...elanus('native', 'native', [100]),
    // Ten thousand rows take it a minute, and more rows take more than in proportion.
    ...(set === 'wordnet-10k' ? [ours('elanus HNSW, instant-distance', 'native', 'native', 'HNSW', { build: { indexType: 'HNSW', graph: 'instant-distance', efConstruction: 100 }, parameter: '', values: [100] })] : []),
    // The slowest to build and to ask is built once, and asked less.
    ...graph('hnswlib-wasm', 'node', 'WebAssembly', set === 'wordnet-10k' ? [100, 200] : [100]).map(slow => ({ ...slow, queries: few * 5 })),
    ...graph('hnswlib-node', 'node', 'native'),
    ...graph('usearch', 'python', 'native'),
    ...[100, 200].map(ef => faiss(`faiss-hnsw efC ${ef}`, 'HNSW16,Flat', { build: { factory: 'HNSW16,Flat', efConstruction: ef }, parameter: 'ef', values: widths })),
    faiss('faiss-ivf', `IVF${lists},Flat`, { parameter: 'nprobe', values: probes }),
    // One bit a coordinate and exact vectors for eight times as many rows as are wanted: of its forms the fastest here.
    faiss('faiss-ivfrabitq', `IVF${lists},RaBitQ,Refine(Flat)`, { parameter: 'nprobe', values: probes }),
    faiss('faiss-flat', 'Flat', { build: { factory: 'Flat', isOneByOne: true }, parameter: '', values: [0], queries: few }),
    faiss('faiss-flat, all queries in one call', 'Flat', { parameter: '', values: [0] }),
    { name: 'sqlite-vec-wasm', runner: 'node', kind: 'WebAssembly', engine: 'sqlite-vec', build: {}, parameter: '', values: [0], queries: few / 2 },
  ]
}
