import { describeAnatomy, PART_TEXT, sharedOutages } from '../traces/anatomy-text.ts'
import { duration, seconds } from '../traces/explain/layout.ts'
import type { FlowMetrics } from '../traces/flow-metrics.ts'
import type { RunMetrics } from '../traces/metrics.ts'
import { escapeHtml } from './html.ts'
import { rolesOf, rolesSection } from './roles.ts'
import { STYLE } from './style.ts'

/** The files of a run that its report is made from, as text. */
export interface ReportSources {
  readonly metrics: RunMetrics
  /** events.jsonl. */
  readonly events: string
  readonly timeline: string
  readonly scenario: string
  /** By the name of the flow. */
  readonly transcripts: ReadonlyMap<string, string>
  /** The names of the capture files, as `captures/mgmt-pc.pcapng`. */
  readonly captures: readonly string[]
}

/** `report.html`: one page that needs nothing but itself. */
export function reportHtml(sources: ReportSources): string {
  const { metrics, events, timeline, scenario, transcripts, captures } = sources
  const title = `${metrics.scenario}, seed ${metrics.seed}`
  const roles = rolesOf(events)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)} - bascule</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1><p>bascule ${escapeHtml(metrics.version)}, ${seconds(metrics.simulatedUs)} s simulated</p></header>
<main>
${section('What was cut', faultsList(metrics))}
${section('What each user lost', flowsTable(metrics.flows))}
${section('What the outages waited for', waterfalls(metrics))}
${section('Who was active', rolesSection(roles, metrics.simulatedUs))}
${section('Probes', metrics.flows.map((flow) => probeStrip(flow, metrics.simulatedUs)).join(''))}
${section('Where the lost packets died', deathsTable(metrics.flows))}
${section('What happened', `<pre tabindex="0">${escapeHtml(timeline)}</pre>`)}
${section('What the programs printed', [...transcripts].map(folded).join(''))}
${section('Captures', capturesList(captures))}
${section('The scenario', folded(['scenario.yaml', scenario]))}
</main>
</body>
</html>
`
}

function section(title: string, body: string): string {
  return `<section><h2>${title}</h2>${body}</section>`
}

function folded([name, text]: readonly [string, string]): string {
  return `<details><summary>${escapeHtml(name)}</summary><pre tabindex="0">${escapeHtml(text)}</pre></details>`
}

function faultsList({ anatomy, failovers }: RunMetrics): string {
  const faults = new Map<string, number>()
  for (const { fault, atUs } of failovers) faults.set(fault, atUs)
  for (const { fault, faultUs } of anatomy) if (fault !== null) faults.set(fault, faultUs ?? 0)
  if (faults.size === 0) return '<p>Nothing that moved a group or broke a path.</p>'
  const items = [...faults].sort(([, a], [, b]) => a - b)
  return `<ul>${items.map(([fault, atUs]) => `<li><strong>${escapeHtml(fault)}</strong> at ${seconds(atUs)} s</li>`).join('')}</ul>`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')
  return `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(head[0] ?? '')}"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body}</tbody></table></div>`
}

function flowsTable(flows: readonly FlowMetrics[]): string {
  const rows = flows.map(({ name, kind, lost, sent, outages, outageBoundsUs, rttUs }) => {
    const down = outages.map(({ durationUs }) => duration(durationUs)).join(', ')
    const bounds = outageBoundsUs.map(duration).join(' to ')
    return [
      name,
      kind,
      `${lost} of ${sent}`,
      bounds,
      down || 'none',
      rttUs === null ? '-' : duration(rttUs.p50),
    ]
  })
  const head = [
    'Flow',
    'Kind',
    'Lost',
    'What its probes prove',
    'The truth: down for',
    'Median round trip',
  ]
  return table(head, rows)
}

function waterfalls({ anatomy }: RunMetrics): string {
  if (anatomy.length === 0) return '<p>No path was down.</p>'
  return sharedOutages(anatomy)
    .map((shared) => {
      const { downUs, durationUs, parts } = shared.outage
      const width = (us: number) => ((1000 * us) / Math.max(1, durationUs)).toFixed(2)
      const bars = parts
        .map(({ part, fromUs, durationUs: lastsUs }, row) => {
          const text = `${PART_TEXT[part]}: ${duration(lastsUs)}`
          return `<rect class="part ${part}" data-us="${lastsUs}" x="${width(fromUs - downUs)}" y="${row * 18}" width="${Math.max(2, Number(width(lastsUs)))}" height="15"><title>${escapeHtml(text)}</title></rect>`
        })
        .join('')
      const lines = describeAnatomy(shared)
      return `<figure data-outage-us="${durationUs}"><svg viewBox="0 0 1002 ${parts.length * 18}" role="img" aria-label="${escapeHtml(lines[0] ?? '')}">${bars}</svg><figcaption><pre tabindex="0">${escapeHtml(lines.join('\n'))}</pre></figcaption></figure>`
    })
    .join('')
}

function probeStrip({ name, losses, outages, sent }: FlowMetrics, endUs: number): string {
  const at = (us: number) => ((1000 * us) / Math.max(1, endUs)).toFixed(2)
  const down = outages
    .map(
      ({ downUs, durationUs }) =>
        `<rect class="down" x="${at(downUs)}" y="0" width="${at(durationUs)}" height="22"/>`,
    )
    .join('')
  const lost = losses
    .map(
      ({ sentUs, probe, cause }) =>
        `<rect class="lost" x="${at(sentUs)}" y="3" width="2" height="16"><title>${escapeHtml(`probe ${probe}: ${cause}`)}</title></rect>`,
    )
    .join('')
  const text = `${name}: ${losses.length} of ${sent} lost`
  return `<figure><figcaption>${escapeHtml(text)}</figcaption><svg viewBox="0 0 1000 22" role="img" aria-label="${escapeHtml(text)}"><rect class="up" width="1000" height="22"/>${down}${lost}</svg></figure>`
}

function deathsTable(flows: readonly FlowMetrics[]): string {
  const counts = new Map<string, { row: readonly string[]; count: number }>()
  for (const { name, losses } of flows) {
    for (const { cause, at, frameId } of losses) {
      const key = JSON.stringify([name, at, cause])
      const known = counts.get(key)
      if (known !== undefined) known.count += 1
      else counts.set(key, { row: [name, at, cause, `#${frameId}`], count: 1 })
    }
  }
  if (counts.size === 0) return '<p>No probe was lost.</p>'
  const rows = [...counts.values()].map(({ row, count }) => [...row, String(count)])
  return table(['Flow', 'Place', 'Cause', 'First frame', 'How many'], rows)
}

const CAPTURE_FILTER = 'carp || arp || icmp'

function capturesList(captures: readonly string[]): string {
  if (captures.length === 0) return '<p>None were taken.</p>'
  const links = captures
    .map((name) => `<li><a href="${escapeHtml(encodeURI(name))}">${escapeHtml(name)}</a></li>`)
    .join('')
  return `<p>Wireshark reads CARP if told so: <code>wireshark -d ip.proto==112,carp FILE</code>; display filter: <code>${CAPTURE_FILTER}</code></p><ul class="files">${links}</ul>`
}
