import { join } from 'node:path'
import { kindOf } from '../flows/index.ts'
import { DROP_CAUSES } from '../protocols/frame/fate.ts'
import { PROTOCOL_WORDS } from '../protocols/redundancy.ts'
import type { RunResult } from '../simulation/run.ts'
import type { Scenario } from '../topologies/document.ts'
import { describeAnatomy, sharedOutages } from '../traces/anatomy-text.ts'
import { columns, seconds } from '../traces/explain/layout.ts'
import type { FailoverMetrics } from '../traces/failover.ts'
import type { FlowMetrics, LossMetrics } from '../traces/flow-metrics.ts'
import type { RunFile } from '../traces/run-file.ts'
import { describeConfigSync } from './describe-config-sync.ts'
import { describeStory } from './describe-story.ts'

/** Prints a run on the terminal: the transcripts, then the ground truth. */
export function printRun(
  scenario: Scenario,
  result: RunResult,
  directory: string,
  files: readonly RunFile[],
): void {
  const { metrics, transcripts } = result
  const out: string[] = [...describeStory(scenario)]
  for (const [flow, lines] of transcripts) {
    const { from = '', to = '' } = scenario.flows.find(({ name }) => name === flow) ?? {}
    out.push(heading(`${flow}: ${from} pings ${to}`), ...foldRepeats(lines), '')
  }
  out.push(heading('What really happened'))
  out.push(...columns(metrics.flows.map(describeFlow)), '')
  for (const failover of metrics.failovers) out.push(...describeFailover(failover), '')
  const parts = sharedOutages(metrics.anatomy).flatMap(describeAnatomy)
  if (parts.length > 0) out.push('What the outages waited for', ...parts, '')
  const syncs = metrics.configSync.map(describeConfigSync)
  if (syncs.length > 0) out.push('Configuration synchronisation', ...columns(syncs), '')
  const losses = metrics.flows.flatMap(describeLosses)
  if (losses.length > 0) out.push('Where the lost packets died', ...columns(losses), '')
  out.push(...describeDifferences(metrics.differences))
  out.push(heading('Files'))
  out.push(...describeFiles(scenario, files, directory))
  process.stdout.write(`${out.join('\n')}\n`)
}

function describeDifferences(differences: readonly string[] | undefined): string[] {
  if (differences === undefined) return []
  if (differences.length === 0) return ['As expected', '']
  return ['Not as expected', ...differences.map((each) => `  ${each}`), '']
}

function heading(text: string): string {
  return `── ${text} ${'─'.repeat(Math.max(4, 92 - text.length))}`
}

/** From this many equal lines on, one stands for all; the transcript on disk has them all. */
const REPEATS_SHOWN = 3

function foldRepeats(lines: readonly string[]): string[] {
  const shown: string[] = []
  for (let index = 0; index < lines.length; ) {
    let next = index + 1
    while (next < lines.length && follows(lines[next - 1] as string, lines[next] as string)) next++
    const run = lines.slice(index, next)
    if (run.length <= REPEATS_SHOWN || run[0] === '') shown.push(...run)
    else {
      const folded = `        … ${run.length - 2} more like it …`
      shown.push(run[0] as string, folded, run.at(-1) as string)
    }
    index = next
  }
  return shown
}

const SEQUENCE = /icmp_seq=(\d+)/

/** Whether a line says the same as the one before it. A gap in Linux's count is where it lost. */
function follows(before: string, line: string): boolean {
  const [earlier, later] = [before, line].map((each) => Number(SEQUENCE.exec(each)?.[1] ?? 0))
  if (earlier !== 0 && later !== (earlier ?? 0) + 1) return false
  return withoutNumbers(before) === withoutNumbers(line)
}

function withoutNumbers(line: string): string {
  return line.replace(SEQUENCE, 'icmp_seq').replace(/time=[\d.]+ ms/, 'time')
}

function describeFlow(flow: FlowMetrics): string[] {
  if (flow.started === false)
    return [flow.name, 'never started', 'its host was off or had no route']
  return [flow.name, ...kindOf(flow).summary(flow), describeTruth(flow)]
}

function describeTruth({ outages, impairments = [], lostWhileUp = {} }: FlowMetrics): string {
  const down = outages.map(({ downUs, upUs, durationUs }) =>
    upUs === null
      ? `down from ${seconds(downUs)} s to the end`
      : `${seconds(durationUs)} s (${seconds(downUs)} to ${seconds(upUs)})`,
  )
  const impaired = impairments.map(({ fromUs, untilUs, lossProbability }) => {
    const until = untilUs === null ? 'the end' : `${seconds(untilUs)} s`
    return `impaired from ${seconds(fromUs)} s to ${until} (loses ${lossProbability})`
  })
  const truth = `the truth: ${[...down, ...impaired].join(', ') || 'none'}`
  const causes = Object.entries(lostWhileUp).map(([cause, count]) => `${count} by ${cause}`)
  return causes.length === 0 ? truth : `${truth}; lost while a path existed: ${causes.join(', ')}`
}

function describeFailover(failover: FailoverMetrics): string[] {
  const { fault, nodes, groups, because } = failover
  const rows = groups.map((each) => [
    `  ${each.interface}@${each.id}`,
    microseconds(each.lastAdvertUs),
    microseconds(each.newActiveUs),
    each.lastAdvertUs === null || each.firstAdvertUs === null
      ? '-'
      : seconds(each.firstAdvertUs - each.lastAdvertUs),
    microseconds(each.oldStandbyUs),
    seconds(each.dualActiveUs),
  ])
  const { group, active } = PROTOCOL_WORDS[groups[0]?.protocol ?? ''] ?? DEFAULT_WORDS
  const header = [`  ${group}`, 'last advert', `new ${active}`, 'silence', 'old one left']
  return [
    `${fault} at ${seconds(failover.atUs)} s: ${nodes.from ?? 'nobody'} -> ${nodes.to}`,
    ...columns([[...header, `both ${active}`], ...rows]),
    ...because.map((text) => `  ${text}`),
    `  decided ${seconds(failover.detectionUs)} s after the fault, whole again ${seconds(failover.switchoverUs)} s later; no packet crossed for ${seconds(failover.serviceOutageUs)} s`,
  ]
}

const DEFAULT_WORDS = { group: 'group', active: 'active' }

/** More losses in a row of one flow, alike in place and cause, are told as one. */
const LOSSES_SHOWN = 4

function describeLosses({ name, losses }: FlowMetrics): string[][] {
  const runs: LossMetrics[][] = []
  for (const loss of losses) {
    const last = runs.at(-1)?.at(-1)
    if (last?.at === loss.at && last.cause === loss.cause) runs.at(-1)?.push(loss)
    else runs.push([loss])
  }
  return runs.flatMap((run) => {
    const [first] = run
    if (first === undefined || run.length <= LOSSES_SHOWN) {
      return run.map((loss) => describeLoss(`${name} ${loss.probe}`, loss))
    }
    return [describeLoss(`${name} ${first.probe} to ${run.at(-1)?.probe}`, first)]
  })
}

function describeLoss(what: string, { sentUs, cause, at, frameId }: LossMetrics): string[] {
  const meaning = cause in DROP_CAUSES ? DROP_CAUSES[cause as keyof typeof DROP_CAUSES].meaning : ''
  return [
    `  ${what}`,
    `sent ${seconds(sentUs)}`,
    `frame ${frameId}`,
    at,
    meaning === '' ? cause : `${cause}: ${meaning}`,
  ]
}

function describeFiles(scenario: Scenario, files: readonly RunFile[], directory: string): string[] {
  const captures = files.filter(({ name }) => name.endsWith('.pcapng'))
  const others = files.filter(({ name }) => !name.startsWith('captures/'))
  const client = scenario.flows[0]?.from
  const shown = captures.find(({ name }) => name === `captures/${client}.pcapng`) ?? captures[0]
  const lines = [`${directory}: ${others.map(({ name }) => name).join(', ')}`]
  if (shown === undefined) return lines
  return [
    ...lines,
    `${join(directory, 'captures')}: ${captures.length} captures, one per point`,
    '',
    'To open one in Wireshark, with protocol 112 read as CARP rather than VRRP:',
    `  wireshark -d ip.proto==112,carp ${join(directory, shown.name)}`,
  ]
}

function microseconds(us: number | null): string {
  return us === null ? '-' : seconds(us)
}
