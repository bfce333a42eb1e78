// The picture of a run: recall against queries per second. Plain SVG that has its own ground in light and in dark.

const [width, height] = [920, 520]
const plot = { left: 64, right: 610, top: 44, bottom: 462 }
const recalls = [0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999]
/** Whoever misses less stands here too, since the scale has no end. */
const recallMax = 0.9997

/** Colours that are told apart on white and on near black; ours have the first. */
const ours = ['#1f7ae0', '#0f9d8f', '#8250df', '#c2408b', '#5d8c1a', '#6e7781']
const others = ['#d1662a', '#b8860b', '#cf3f3f', '#7a9a1e', '#a0522d', '#5b8a72', '#9a6fb0', '#808890', '#4f86a0']

const escape = text => text.replace(/[&<>"]/g, char => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char])
const perSecond = point => 1e6 / point.microseconds

/** What is one line: all builds of an index by whatever width. */
const family = name => name.replace(/ efC \d+/, '')

/** The points that no other beats in both, by recall. */
function frontier(points) {
  const kept = []
  for (const point of [...points].sort((a, b) => b.recall - a.recall || perSecond(b) - perSecond(a))) {
    if (kept.length === 0 || perSecond(point) > perSecond(kept.at(-1))) kept.push(point)
  }
  return kept.reverse()
}

function families(contenders) {
  const found = new Map()
  for (const { name, kind, isOurs, points, missing } of contenders) {
    if (missing) continue
    const own = found.get(family(name)) ?? { name: family(name), kind, isOurs, points: [] }
    own.points.push(...points)
    found.set(own.name, own)
  }
  return [...found.values()].map(own => ({ ...own, points: frontier(own.points).filter(({ recall }) => recall >= recalls[0]) })).filter(({ points }) => points.length > 0)
}

/** The picture of one set as text. */
export function picture({ date, machine, k }, { rowCount, dim, contenders }) {
  const lines = families(contenders)
  const speeds = lines.flatMap(({ points }) => points.map(perSecond))
  const [low, high] = [Math.floor(Math.log10(Math.min(...speeds))), Math.log10(Math.max(...speeds)) + 0.05]
  const share = recall => Math.log10(1 - Math.min(recall, recallMax))
  const x = recall => plot.left + (plot.right - plot.left) * (share(recalls[0]) - share(recall)) / (share(recalls[0]) - share(recallMax))
  const y = speed => plot.bottom - (plot.bottom - plot.top) * (Math.log10(speed) - low) / (high - low)
  const fixed = value => value.toFixed(1)
  const parts = []
  const text = (at, up, content, rest = '') => parts.push(`<text x="${fixed(at)}" y="${fixed(up)}" ${rest}>${escape(content)}</text>`)

  for (let power = low; power <= high; power++) {
    for (const digit of [1, 2, 5]) {
      const speed = digit * 10 ** power
      if (Math.log10(speed) > high) continue
      parts.push(`<path class="grid" d="M${plot.left} ${fixed(y(speed))}H${plot.right}"/>`)
      text(plot.left - 8, y(speed) + 4, speed.toLocaleString('en-US'), 'text-anchor="end"')
    }
  }
  for (const recall of recalls) {
    parts.push(`<path class="grid" d="M${fixed(x(recall))} ${plot.top}V${plot.bottom}"/>`)
    text(x(recall), plot.bottom + 18, String(recall).slice(1), 'text-anchor="middle"')
  }
  text(x(recallMax), plot.bottom + 18, `≥ ${String(recallMax).slice(1)}`, 'text-anchor="end"')
  text((plot.left + plot.right) / 2, height - 16, `recall of the ${k} nearest`, 'text-anchor="middle"')
  text(plot.left - 48, plot.top - 20, `queries a second, one thread · ${rowCount.toLocaleString('en-US')} × ${dim} · ${machine.cpu} · ${date.slice(0, 10)}`, 'class="title"')

  // The legend has the order of the lines where they can be compared.
  const height95 = ({ points }) => Math.max(0, ...points.filter(({ recall }) => recall >= 0.95).map(perSecond))
  const sorted = [...lines].sort((a, b) => height95(b) - height95(a))
  const colour = new Map()
  const bare = name => name.replace(/, native$/, '')
  for (const { name, isOurs } of sorted) {
    if (colour.has(bare(name))) continue
    const used = [...colour.keys()].filter(other => sorted.find(line => bare(line.name) === other).isOurs === isOurs).length
    const range = isOurs ? ours : others
    colour.set(bare(name), range[used % range.length])
  }
  sorted.forEach(({ name, kind, isOurs, points }, place) => {
    const stroke = colour.get(bare(name))
    const dashes = isOurs && kind === 'native' ? ' stroke-dasharray="5 4"' : ''
    const style = `stroke="${stroke}" stroke-width="${isOurs ? 2.6 : 1.5}"${dashes}`
    const mark = (at, up) => (kind === 'native'
      ? `<rect x="${fixed(at - 2.6)}" y="${fixed(up - 2.6)}" width="5.2" height="5.2" fill="${stroke}"/>`
      : `<circle cx="${fixed(at)}" cy="${fixed(up)}" r="3.2" fill="${stroke}"/>`)
    const corners = points.map(point => [x(point.recall), y(perSecond(point))])
    if (corners.length > 1) parts.push(`<path fill="none" stroke-linejoin="round" ${style} d="M${corners.map(corner => corner.map(fixed).join(' ')).join('L')}"/>`)
    parts.push(...corners.map(([at, up]) => mark(at, up)))
    const up = plot.top + 8 + place * 21
    parts.push(`<path ${style} d="M${plot.right + 18} ${up}h26"/>`, mark(plot.right + 31, up))
    text(plot.right + 52, up + 4, bare(name), isOurs ? 'class="ours"' : '')
  })
  text(plot.right + 18, height - 34, '● WebAssembly under Node')
  text(plot.right + 18, height - 16, '■ native')

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Recall against queries per second of Elanus and other libraries">
<style>
svg { font: 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
.ground { fill: #ffffff } text { fill: #333a42 } .grid { stroke: #dde1e6; stroke-width: 1 } .title { font-size: 13px } .ours { font-weight: 600 }
@media (prefers-color-scheme: dark) { .ground { fill: #12161c } text { fill: #d3dae2 } .grid { stroke: #2b323b } }
</style>
<rect class="ground" width="${width}" height="${height}" rx="6"/>
${parts.join('\n')}
</svg>
`
}
