import { shortSeconds as seconds } from '../traces/explain/layout.ts'
import type { Distribution, Quantile } from '../traces/sweep/distribution.ts'
import type { FlowSummary, PointSummary, SweepSummary } from '../traces/sweep/summary.ts'
import { escapeHtml } from './html.ts'
import { comparisonChart, histogramChart, valueAt } from './sweep-chart.ts'

/** `sweep.html`: the distribution for people. It needs no network and no program. */

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2330; --dim: #5a6475; --back: #fff; --line: #d5dae3; --bar: #7fa7d8; --mark: #b3331f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ef; --dim: #a3adbd; --back: #14181f; --line: #39424f; --bar: #4a76ad; --mark: #ff8a73; } }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { margin: .25rem 0 1rem; } .dim { color: var(--dim); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; } .n { text-align: right; }
svg { width: 100%; max-width: 40rem; height: auto; display: block; } svg text { font: 11px system-ui, sans-serif; fill: var(--ink); }
svg .unit, svg .share { fill: var(--dim); } .bar { fill: var(--bar); } .axis, .whole { stroke: var(--dim); } .median, .line { stroke: var(--mark); stroke-width: 2; fill: none; }
code { font: .85rem ui-monospace, monospace; } pre { overflow-x: auto; margin: .25rem 0; }
@media print { body { max-width: none; } section { break-inside: avoid; } }
`

export function pageOf(summary: SweepSummary): string {
  const { scenario, runs, firstSeed, version, overrides, points, failed } = summary
  const isGrid = points.length > 1
  const seeds = `seeds ${firstSeed} to ${firstSeed + runs - 1}`
  const set = overrides.length === 0 ? '' : `, with ${overrides.join(', ')}`
  const title = `${scenario}: ${runs} runs${isGrid ? ` at each of ${points.length} points` : ''}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="dim">${escapeHtml(`${seeds}${set}; bascule ${version}. The outage of a run is the longest time in which no packet of the flow could cross.`)}</p>
<main>
${isGrid ? comparison(points) : ''}
${points.map((point) => pointSection(point, isGrid)).join('\n')}
${failed.length === 0 ? '' : failures(summary)}
</main></body></html>
`
}

function nameOf({ settings }: PointSummary): string {
  return Object.entries(settings)
    .map(([path, value]) => `${path.split('.').at(-1)} = ${value}`)
    .join(', ')
}

/** Each flow over all points: what a parameter does to it. */
function comparison(points: readonly PointSummary[]): string {
  const [first] = points
  const charts = (first?.flows ?? []).map(({ name }, at) => {
    const rows = points.flatMap((point) => {
      const all = point.flows[at]?.outageUs
      return all === null || all === undefined ? [] : [{ name: nameOf(point), all }]
    })
    return rows.length === 0
      ? ''
      : `<h3>${escapeHtml(name)}</h3>${comparisonChart(rows, `Outages of ${name} by parameter value`)}`
  })
  return `<section><h2>Comparison</h2><p class="dim">Bar: 5 to 95 % of the runs. Mark: the median. Line: all runs.</p>${charts.join('')}</section>`
}

function pointSection(point: PointSummary, isGrid: boolean): string {
  const heading = isGrid ? `<h2>${escapeHtml(nameOf(point))}</h2>` : ''
  return `${heading}${point.flows.map(flowSection).join('')}`
}

function flowSection(flow: FlowSummary): string {
  const { name, kind, outageUs, lost, worst } = flow
  if (outageUs === null) return ''
  return `<section><h3>${escapeHtml(name)} <span class="dim">(${escapeHtml(kind)})</span></h3>
${histogramChart(outageUs, describe(name, outageUs))}
<div class="scroll"><table><tr><th>quantile</th><th class="n">outage, s</th><th class="n">95 % confidence</th></tr>${outageUs.quantiles.map(quantileRow).join('')}</table></div>
<p>Lost probes: ${lost.map((each) => `${each.lost} (${each.runs} ${each.runs === 1 ? 'run' : 'runs'})`).join(', ')}.</p>
${worst.length === 0 ? '' : `<p>The worst seeds, and how to see each:</p><pre tabindex="0"><code>${worst.map((run) => escapeHtml(`${seconds(run.outageUs)} s   ${run.command}`)).join('\n')}</code></pre>`}
</section>`
}

function describe(name: string, all: Distribution): string {
  const [median, high] = [valueAt(all, 50), valueAt(all, 95)].map(seconds)
  return `Outages of ${name} in ${all.runs} runs: from ${seconds(all.min)} to ${seconds(all.max)} s, median ${median} s, 95 % up to ${high} s`
}

function quantileRow({ percent, value, from, to }: Quantile): string {
  const bound = (us: number | null): string => (us === null ? '?' : seconds(us))
  return `<tr><td>${percent} %</td><td class="n">${seconds(value)}</td><td class="n">${bound(from)} to ${bound(to)}</td></tr>`
}

function failures({ failed }: SweepSummary): string {
  const rows = failed.map(({ why, command }) => escapeHtml(`${command}\n    ${why}`))
  return `<section><h2>${failed.length} failed runs</h2><p>They are in no distribution.</p><pre tabindex="0"><code>${rows.join('\n')}</code></pre></section>`
}
