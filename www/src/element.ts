/** Small helpers to make and find elements. */

type Child = Node | string | undefined | false
type Properties<Tag extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[Tag], 'style' | 'dataset' | 'children'>
> & { readonly data?: Record<string, string>; readonly aria?: Record<string, string> }

/** Makes an element; `data` and `aria` become attributes of those families, everything else a property. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties<Tag> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const { data, aria, ...rest } = properties
  const made = Object.assign(document.createElement(tag), rest)
  for (const [key, value] of Object.entries(data ?? {})) made.dataset[key] = value
  for (const [key, value] of Object.entries(aria ?? {})) made.setAttribute(`aria-${key}`, value)
  made.append(...children.filter((child): child is Node | string => child !== undefined && child !== false))
  return made
}

/** The element of the page with this id; the page is ours, so a missing one is a mistake of ours. */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with the id ${id}`)
  return found
}

/** Draws one of the page's own icons. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `#icon-${name}`)
  svg.append(use)
  return svg
}
