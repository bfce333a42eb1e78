/** Keys as map keys: one character a byte, so that text order is byte order. */

/** The text of a key. */
export function textOf(key: Uint8Array): string {
  return String.fromCharCode(...key)
}

/** The key of a text. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Whether two blobs are the same, or both absent. */
export function equalBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}
