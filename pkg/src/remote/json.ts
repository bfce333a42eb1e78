/** JSON whose whole numbers stay exact: beyond 2^53 they are bigints, in and out. */

import { ElanusError } from '../error.js'

/** Texts, and whole numbers that may be too long for a number. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\w.+-])-?\d{16,}(?![\d.eE])/g

/** Reads JSON. */
export function parseJson(text: string): unknown {
  // Most answers have no such number, and are read by the platform at once.
  if (!/\d{16}/.test(text)) return JSON.parse(text)
  // Nobody can have data with a key that is drawn for this text alone.
  const mark = `int64-${crypto.randomUUID()}`
  const marked = text.replace(TOKENS, (token) => (token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `{"${mark}":"${token}"}`))
  return JSON.parse(marked, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, mark)) return value
    return BigInt((value as Record<string, string>)[mark] as string)
  })
}

/** Writes plain data, as `plain` makes it. */
export function printJson(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return value.toString()
    case 'number':
      if (Number.isFinite(value)) return String(value)
      throw new ElanusError('INVALID', `${value} cannot be sent: JSON has no such number: invalid parameter`)
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`
      if (ArrayBuffer.isView(value)) return `[${Array.from(value as Float32Array, printJson).join(',')}]`
      return `{${Object.entries(value).filter(([, member]) => member !== undefined).map(([key, member]) => `${JSON.stringify(key)}:${printJson(member)}`).join(',')}}`
    default:
      return JSON.stringify(value)
  }
}
