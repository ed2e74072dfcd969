import { shortSeconds as seconds } from '../traces/explain/layout.ts'
import type { Distribution } from '../traces/sweep/distribution.ts'
import { escapeHtml } from './html.ts'

/** Drawings of distributions, as SVG for a page whose style sheet has the colours. */

const WIDTH = 640
const HEIGHT = 220
const LEFT = 48
const RIGHT = 44
const TOP = 12
const BOTTOM = 34
const TICKS = 5

/** Bars of the histogram, with the share of the runs up to each outage as a line above them. */
export function histogramChart(all: Distribution, label: string): string {
  const { histogram, min, max, runs } = all
  const most = Math.max(...histogram.map((bin) => bin.runs))
  const x = scale(min, max, LEFT, WIDTH - RIGHT)
  const y = scale(0, most, HEIGHT - BOTTOM, TOP)
  const share = scale(0, 1, HEIGHT - BOTTOM, TOP)
  const bars = histogram.map(({ from, to, runs: count }) => {
    const [left, right] = min === max ? [x(min) - 20, x(min) + 20] : [x(from), x(to)]
    const size = `x="${px(left + 0.5)}" width="${px(Math.max(1, right - left - 1))}"`
    const title = `${seconds(from)} to ${seconds(to)} s: ${count} of ${runs} runs`
    return `<rect class="bar" ${size} y="${px(y(count))}" height="${px(HEIGHT - BOTTOM - y(count))}"><title>${title}</title></rect>`
  })
  let below = 0
  const steps = histogram.map(({ to, runs: count }) => {
    below += count
    return `L${px(x(to))} ${px(share(below / runs))}`
  })
  const line = `<path class="line" d="M${px(x(min))} ${px(share(0))}${steps.join('')}"/>`
  const counts = [0, most].map((count) => leftLabel(y(count), String(count)))
  const shares = [0, 0.5, 1].map(
    (part) =>
      `<text x="${WIDTH - RIGHT + 6}" y="${px(share(part) + 4)}" class="share">${part * 100} %</text>`,
  )
  return svg(HEIGHT, label, [...bars, line, ...counts, ...shares, ...timeAxis(min, max, x, HEIGHT)])
}

const ROW = 30

/** One row for each distribution: 5 to 95 % of the runs as a bar, the median as a mark on it. */
export function comparisonChart(
  rows: readonly { readonly name: string; readonly all: Distribution }[],
  label: string,
): string {
  const height = TOP + rows.length * ROW + BOTTOM
  const left = LEFT + 150
  const min = Math.min(...rows.map(({ all }) => all.min))
  const max = Math.max(...rows.map(({ all }) => all.max))
  const x = scale(min, max, left, WIDTH - RIGHT)
  const drawn = rows.map(({ name, all }, at) => {
    const middle = TOP + at * ROW + ROW / 2
    const [low, median, high] = [5, 50, 95].map((percent) => valueAt(all, percent)) as [
      number,
      number,
      number,
    ]
    const title = `${name}: median ${seconds(median)} s, 5 to 95 % ${seconds(low)} to ${seconds(high)} s`
    return [
      `<text x="${left - 10}" y="${middle + 4}" text-anchor="end">${escapeHtml(name)}</text>`,
      `<g><title>${escapeHtml(title)}</title>`,
      `<line class="whole" x1="${px(x(all.min))}" x2="${px(x(all.max))}" y1="${middle}" y2="${middle}"/>`,
      `<rect class="bar" x="${px(x(low))}" width="${px(Math.max(2, x(high) - x(low)))}" y="${middle - 7}" height="14"/>`,
      `<line class="median" x1="${px(x(median))}" x2="${px(x(median))}" y1="${middle - 10}" y2="${middle + 10}"/></g>`,
    ].join('')
  })
  return svg(height, label, [...drawn, ...timeAxis(min, max, x, height)])
}

export function valueAt({ quantiles }: Distribution, percent: number): number {
  return quantiles.find((each) => each.percent === percent)?.value ?? 0
}

// --- Parts of a drawing --------------------------------------------------------------------------

function svg(height: number, label: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(label)}">${parts.join('')}</svg>`
}

function timeAxis(
  min: number,
  max: number,
  x: (us: number) => number,
  height: number,
): readonly string[] {
  const base = height - BOTTOM
  const values =
    min === max
      ? [min]
      : Array.from({ length: TICKS }, (_, at) => min + ((max - min) * at) / (TICKS - 1))
  const line = `<line class="axis" x1="${px(x(min))}" x2="${px(x(max))}" y1="${base}" y2="${base}"/>`
  const labels = values.map(
    (us) => `<text x="${px(x(us))}" y="${base + 16}" text-anchor="middle">${seconds(us)}</text>`,
  )
  const unit = `<text x="${px((x(min) + x(max)) / 2)}" y="${base + 31}" text-anchor="middle" class="unit">longest outage of a run, s</text>`
  return [line, ...labels, unit]
}

function leftLabel(y: number, text: string): string {
  return `<text x="${LEFT - 6}" y="${px(y + 4)}" text-anchor="end">${text}</text>`
}

function scale(from: number, to: number, start: number, end: number): (value: number) => number {
  if (from === to) return () => (start + end) / 2
  return (value) => start + ((value - from) / (to - from)) * (end - start)
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}
