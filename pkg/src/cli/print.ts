/** Answers for people (tables) and for programs (JSON). */

import Table from 'cli-table3'
import { printJson } from '../remote/json.js'

/** Elements of a vector that a table shows. */
const SHOWN = 3

/** Characters of a value that a table shows. */
const WIDTH = 60

/** Characters of a float's decimal form after which a 32-bit float surely reads back. */
const DIGITS = [7, 8, 9]

/** Prints a value as JSON. */
export function printJsonLine(value: unknown): void {
  process.stdout.write(`${jsonOf(value)}\n`)
}

/** JSON with exact whole numbers, and 32-bit floats in as few digits as read back. */
export function jsonOf(value: unknown): string {
  return printJson(short(value))
}

/** Prints rows as a table; the columns are those of all rows, in the order in which they come. */
export function printTable(rows: readonly object[], columns?: readonly string[]): void {
  const head = columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } })
  for (const row of rows) table.push(head.map((name) => cell((row as Record<string, unknown>)[name])))
  process.stdout.write(`${table.toString()}\n`)
}

/** What a table shows of a value. */
function cell(value: unknown): string {
  if (value === undefined) return ''
  if (ArrayBuffer.isView(value)) {
    const vector = value as Float32Array
    const start = Array.from(vector.subarray(0, SHOWN), (element) => element.toPrecision(4)).join(', ')
    return vector.length > SHOWN ? `[${start}, … ${vector.length}]` : `[${start}]`
  }
  // What a terminal would take as a command is shown as what it is.
  const text = (typeof value === 'string' ? value : jsonOf(value)).replaceAll(/\p{Cc}/gu, (character) => `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}`)
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text
}

function short(value: unknown): unknown {
  if (value instanceof Float32Array) return Array.from(value, shortest)
  if (Array.isArray(value)) return value.map(short)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, short(member)]))
}

/** The number of fewest digits that is this 32-bit float when it is read back. */
export function shortest(value: number): number {
  for (const digits of DIGITS) {
    const number = Number(value.toPrecision(digits))
    if (Math.fround(number) === value) return number
  }
  return value
}
