/** Numbers as people read them. */

const WHOLE = new Intl.NumberFormat('en')
const SIZE = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** `20,000`. */
export function count(value: number): string {
  return WHOLE.format(value)
}

/** `1 meaning`, `20,000 meanings`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** `34.2 MB`; a megabyte is a million bytes. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} bytes`
  if (value < 1_000_000) return `${SIZE.format(value / 1000)} kB`
  return `${SIZE.format(value / 1_000_000)} MB`
}

/** `1.3 ms`, `140 ms`, `2.1 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  return `${(milliseconds / 1000).toFixed(1)} s`
}
