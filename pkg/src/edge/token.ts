/** Who may ask a Worker: whoever has its token. */

/** What a request says of its sender, `Bearer …` or `Basic …`. */
function presented(authorization: string | null): string | undefined {
  const [, scheme, credentials] = /^(bearer|basic)\s+(.*)$/i.exec(authorization?.trim() ?? '') ?? []
  if (scheme === undefined || credentials === undefined) return undefined
  if (scheme.toLowerCase() === 'bearer') return credentials
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(credentials), (character) => character.charCodeAt(0)))
  } catch {
    return undefined
  }
}

/** Whether a request has the token. It takes as long whatever is wrong with it: digests are compared, to their ends. */
export async function hasToken(authorization: string | null, token: string): Promise<boolean> {
  const [one, other] = await Promise.all([presented(authorization) ?? '', token].map(digest))
  let difference = 0
  for (let at = 0; at < (one as Uint8Array).length; at++) difference |= ((one as Uint8Array)[at] as number) ^ ((other as Uint8Array)[at] as number)
  return difference === 0
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
