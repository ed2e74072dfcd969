import type { SweepRecord } from './record.ts'
import { pointsOf, type SweepPlan } from './summary.ts'

const COLUMNS = [
  'flow',
  'kind',
  'sent',
  'lost',
  'outage_us',
  'total_outage_us',
  'outage_bound_low_us',
  'outage_bound_high_us',
  'failed',
] as const

/** `sweep.csv` (RFC 4180): a row for each run and flow; one without a flow for a run that failed. */
export function csvOf(plan: SweepPlan, records: readonly SweepRecord[]): string {
  const points = pointsOf(plan)
  const paths = plan.parameters.map(({ path }) => path)
  const rows: (string | number)[][] = [['seed', ...paths, ...COLUMNS]]
  for (const { point, seed, error, ended, flows } of records) {
    const at = [seed, ...paths.map((path) => points[point]?.[path] ?? '')]
    const failed = error ?? ended ?? ''
    if (flows.length === 0) rows.push([...at, ...COLUMNS.slice(1).map(() => ''), failed])
    for (const each of flows) {
      const { name, kind, sent, lost, outageUs, totalOutageUs, outageBoundsUs } = each
      rows.push([...at, name, kind, sent, lost, outageUs, totalOutageUs, ...outageBoundsUs, failed])
    }
  }
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

function cell(value: string | number): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
