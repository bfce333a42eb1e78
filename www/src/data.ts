/** The files of `public/data`: fetched, measured against what they must be, and decoded. */

import description from './gloss-set.json'
import type { WordTable } from './embedding'

/** One meaning of the dictionary as the files hold it. */
export interface Gloss {
  readonly id: number
  readonly lemmas: readonly string[]
  readonly pos: 'n' | 'v' | 'a' | 'r'
  readonly category: string
  readonly gloss: string
}

/** All meanings and their vectors: `glosses.length × dim` small integers, row-major, each times `scale`. */
export interface GlossSet {
  readonly glosses: readonly Gloss[]
  readonly vectors: Int8Array
  readonly scale: number
}

/** How many meanings the files hold, and the length of a vector. */
export const GLOSS_COUNT: number = description.count
export const DIM: number = description.dim

/** A file that is missing, cut short or not what it should be. */
export class DataError extends Error {
  override readonly name = 'DataError'
}

/** Told as bytes arrive: of how many in all. */
export type OnBytes = (received: number, total: number) => void

/** Loads the table that embeds typed words (2.5 MB). */
export async function loadWords(): Promise<WordTable> {
  const { words: count, wordDim, dim } = description
  const files = new Files(['words.txt', 'words.i8', 'words.idf.f32', 'words.scale.f32', 'words.basis.f32'])
  const [text, vectors, idf, scales, basis] = await files.load()
  const words = new TextDecoder().decode(text).trimEnd().split('\n')
  if (words.length !== count) throw new DataError(`words.txt has ${words.length} words, expected ${count}`)
  return {
    words,
    vectors: new Int8Array(sized('words.i8', vectors, count * wordDim)),
    idf: new Float32Array(sized('words.idf.f32', idf, count * 4)),
    scales: new Float32Array(sized('words.scale.f32', scales, count * 4)),
    basis: new Float32Array(sized('words.basis.f32', basis, wordDim * dim * 4)),
    wordDim,
    dim,
  }
}

/** Loads every meaning with its vector (8.9 MB); only the first visit needs them. */
export async function loadGlosses(onBytes: OnBytes): Promise<GlossSet> {
  const { count, dim, scale } = description
  const files = new Files(['glosses.i8', 'glosses.jsonl.gz'], onBytes)
  const [vectors, lines] = await files.load()
  const text = new TextDecoder().decode(await inflated(lines))
  const glosses = text.trimEnd().split('\n').map((line) => JSON.parse(line) as Gloss)
  if (glosses.length !== count) throw new DataError(`glosses.jsonl.gz has ${glosses.length} meanings, expected ${count}`)
  return { glosses, vectors: new Int8Array(sized('glosses.i8', vectors, count * dim)), scale }
}

/** Several files loaded side by side with one count of bytes. */
class Files<const Names extends readonly string[]> {
  private received = 0
  private total = 0

  constructor(
    private readonly names: Names,
    private readonly onBytes: OnBytes = () => undefined,
  ) {}

  async load(): Promise<{ [Name in keyof Names]: ArrayBuffer }> {
    const responses = await Promise.all(this.names.map((name) => fetched(name)))
    for (const response of responses) this.total += Number(response.headers.get('content-length') ?? 0)
    const buffers = await Promise.all(responses.map((response) => this.drain(response)))
    return buffers as { [Name in keyof Names]: ArrayBuffer }
  }

  private async drain(response: Response): Promise<ArrayBuffer> {
    if (!response.body) return response.arrayBuffer()
    const counter = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        this.received += chunk.byteLength
        this.onBytes(this.received, Math.max(this.total, this.received))
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body.pipeThrough(counter)).arrayBuffer()
  }
}

async function fetched(name: string): Promise<Response> {
  const response = await fetch(new URL(`data/${name}?${description.digest}`, document.baseURI))
  if (!response.ok) throw new DataError(`data/${name} could not be fetched: the server answered ${response.status}`)
  return response
}

/** Unpacks gzip. Some static hosts have unpacked such a file already on its way here, so its first bytes decide. */
async function inflated(buffer: ArrayBuffer): Promise<ArrayBuffer> {
  const [first, second] = new Uint8Array(buffer)
  if (first !== 0x1f || second !== 0x8b) return buffer
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(stream).arrayBuffer()
}

function sized(name: string, buffer: ArrayBuffer, bytes: number): ArrayBuffer {
  if (buffer.byteLength !== bytes) throw new DataError(`${name} has ${buffer.byteLength} bytes, expected ${bytes}`)
  return buffer
}
