import { columns, shortSeconds as seconds } from '../explain/layout.ts'
import type { Quantile } from './distribution.ts'
import type { FlowSummary, SweepSummary } from './summary.ts'

const COMPARED_PERCENTS = [50, 95] as const

/**
 * Two sweeps side by side, point by point and flow by flow. A quantile differs for certain if its
 * intervals of 95 % confidence have nothing in common.
 */
export function compareSweeps(one: SweepSummary, other: SweepSummary): string[] {
  const rows = one.points.flatMap(({ settings, flows }, at) => {
    const where = Object.entries(settings).map(([path, value]) => `${path}=${value} `)
    return flows.flatMap((flow) => {
      const twin = other.points[at]?.flows.find(({ name }) => name === flow.name)
      return twin === undefined ? [] : rowsOf(`${where.join('')}${flow.name}`, flow, twin)
    })
  })
  return columns([
    ['flow', 'outage', 'A, s (95 % confidence)', 'B, s (95 % confidence)', ''],
    ...rows,
  ])
}

function rowsOf(name: string, one: FlowSummary, other: FlowSummary): string[][] {
  return COMPARED_PERCENTS.map((percent) => {
    const [a, b] = [one, other].map(({ outageUs }) =>
      outageUs?.quantiles.find((each) => each.percent === percent),
    )
    const label = percent === 50 ? 'median' : `${percent} %`
    return [name, label, textOf(a), textOf(b), verdict(a, b)]
  })
}

function textOf(quantile: Quantile | undefined): string {
  if (quantile === undefined) return '-'
  const [from, to] = [quantile.from, quantile.to].map((us) => (us === null ? '?' : seconds(us)))
  return `${seconds(quantile.value)} (${from} to ${to})`
}

function verdict(a: Quantile | undefined, b: Quantile | undefined): string {
  if (a === undefined || b === undefined) return ''
  if (isAbove(a, b)) return 'B is shorter'
  return isAbove(b, a) ? 'A is shorter' : 'no certain difference'
}

function isAbove(high: Quantile, low: Quantile): boolean {
  return high.from !== null && low.to !== null && high.from > low.to
}
