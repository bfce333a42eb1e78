/**
 * Which database a request is about, found without parsing the body: a body of vectors as values would take several times
 * its size in the Worker's own memory. What is found is what the engine finds: the key `dbName`, the last one if it stands
 * twice, else a key that differs in case alone; null and the empty text count as absent.
 */

/** Milvus's name of the database that is always there. */
export const DEFAULT_DATABASE = 'default'

/** Milvus's rule for names of databases, which are all ASCII. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/

const QUOTE = 0x22
const BACKSLASH = 0x5c
const [COMMA, COLON] = [0x2c, 0x3a]

/** Whether a name can be that of a database. */
export function isDatabaseName(name: string): boolean {
  return NAME.test(name)
}

/** The text of the key `name` of an object's JSON, if it is there and a text that is not empty. */
export function textOf(json: Uint8Array, name: string): string | undefined {
  const found = new Map<string, unknown>()
  const like = name.toLowerCase()
  for (const [key, value] of members(json)) if (key.toLowerCase() === like) found.set(key, value)
  const value = found.has(name) ? found.get(name) : found.values().next().value
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The members of an object whose values are texts or null; others come as undefined. Ends where the text is no JSON. */
function* members(json: Uint8Array): Generator<[key: string, value: unknown]> {
  let depth = 0
  let key: string | undefined
  let value: unknown
  let isKey = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number
    if (byte === QUOTE) {
      const start = at
      at = endOfText(json, at)
      if (depth !== 1) continue
      const text = parse(json.subarray(start, at + 1))
      if (text === undefined) return
      if (isKey) key = text
      else value = text
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth === 1) {
        if (byte === 0x5b) return
        isKey = true
      }
    } else if (byte === 0x7d || byte === 0x5d || (byte === COMMA && depth === 1)) {
      if (depth === 1 && key !== undefined) yield [key, value]
      if (byte === COMMA) {
        key = value = undefined
        isKey = true
      } else if (--depth <= 0) return
    } else if (byte === COLON && depth === 1) {
      isKey = false
    }
  }
}

/** Where the text that begins at `start` ends. */
function endOfText(json: Uint8Array, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at
}

function parse(bytes: Uint8Array): string | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as string
  } catch {
    return undefined
  }
}
