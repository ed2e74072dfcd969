import { nanoseconds } from '../schema/values.ts'
import type { Expectation } from '../topologies/schema/expectation.ts'
import type { FlowMetrics } from '../traces/flow-metrics.ts'
import type { RunMetrics } from '../traces/metrics.ts'

type Results = Pick<RunMetrics, 'flows' | 'frames' | 'status'>
type Range = number | { readonly from: number; readonly to?: number }

/** @returns how a run differs from what was expected of it, a sentence each */
export function differencesFrom(expected: Expectation, results: Results): string[] {
  return [
    ...expected.roles.flatMap((role) => roleDiffers(role, results)),
    ...expected.flows.flatMap((flow) => flowDiffers(flow, results)),
    ...expected.drops
      .filter((cause) => (results.frames.dropped[cause] ?? 0) === 0)
      .map((cause) => `no frame ended by ${cause}`),
  ]
}

const NO_PAGE = 'off'

function roleDiffers(
  { node, interface: on, status }: Expectation['roles'][number],
  { status: pages }: Results,
): string[] {
  const page = pages.findLast((each) => each.node === node)
  if (page === undefined) return [`${node}: there is no such firewall`]
  const { rows } = page
  if (status === NO_PAGE) return rows.length === 0 ? [] : [`${node}: expected off, but it runs`]
  const asked = rows.filter((row) => on === undefined || row.interface === on)
  if (asked.length === 0) {
    return [`${node} ${on ?? ''}`.trim().concat(`: expected ${status}, got no row`)]
  }
  return asked
    .filter((row) => row.status !== status)
    .map((row) => {
      const [wanted, got] = [status, row.status].map((each) => each || 'a blank status')
      return `${node} ${row.interface}@${row.vhid}: expected ${wanted}, got ${got}`
    })
}

function flowDiffers(expected: Expectation['flows'][number], { flows }: Results): string[] {
  const flow = flows.find(({ name }) => name === expected.name)
  if (flow === undefined) return [`${expected.name}: there is no such flow`]
  const counts: [string, Range | undefined, number][] = [
    ['lost', expected.lost, flow.lost],
    ['received', expected.received, flow.received],
    ['duplicates', expected.duplicates, flow.duplicates],
    ['outages', expected.outages, flow.outages.length],
    ['sessions broken', expected.sessionsBroken, sessionsBroken(flow)],
  ]
  const outside = counts.flatMap(([what, range, got]) =>
    range === undefined || isWithin(range, got)
      ? []
      : [`${flow.name}: expected ${describeRange(range)} ${what}, got ${got}`],
  )
  return [...outside, ...outageDiffers(expected, flow), ...causesDiffer(expected, flow)]
}

function outageDiffers(
  { longestOutage: range }: Expectation['flows'][number],
  { name, outages }: FlowMetrics,
): string[] {
  if (range === undefined) return []
  const longestNs = 1000 * Math.max(0, ...outages.map(({ durationUs }) => durationUs))
  if (longestNs >= nanoseconds(range.from) && longestNs <= nanoseconds(range.to)) return []
  return [
    `${name}: expected a longest outage from ${range.from} to ${range.to}, got ${longestNs / 1e9} s`,
  ]
}

function causesDiffer(
  { causes }: Expectation['flows'][number],
  { name, losses }: FlowMetrics,
): string[] {
  if (causes === undefined) return []
  const found = new Set(losses.map(({ cause }) => cause))
  const wanted = new Set<string>(causes)
  return [
    ...causes
      .filter((cause) => !found.has(cause))
      .map((cause) => `${name}: expected losses by ${cause}, got none`),
    ...[...found]
      .filter((cause) => !wanted.has(cause))
      .map((cause) => `${name}: unexpected losses by ${cause}`),
  ]
}

/** Of a flow of sessions; a flow of another kind has none. */
function sessionsBroken(flow: FlowMetrics): number {
  const { sessions } = flow as { sessions?: { reset?: number; timedOut?: number } }
  return (sessions?.reset ?? 0) + (sessions?.timedOut ?? 0)
}

function isWithin(range: Range, value: number): boolean {
  if (typeof range === 'number') return value === range
  return value >= range.from && value <= (range.to ?? Number.POSITIVE_INFINITY)
}

function describeRange(range: Range): string {
  if (typeof range === 'number') return String(range)
  return range.to === undefined ? `at least ${range.from}` : `${range.from} to ${range.to}`
}
