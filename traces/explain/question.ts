import type { RecordedRun } from './recorded-run.ts'

/** The question of a user. */
export type Question =
  | { readonly kind: 'flow'; readonly flow: string }
  | { readonly kind: 'probe'; readonly flow: string; readonly probe: number }
  | { readonly kind: 'frame'; readonly frameId: number }

export type QuestionResult =
  | { readonly ok: true; readonly question: Question }
  /** `reason` is a sentence that says what there is. */
  | { readonly ok: false; readonly reason: string }

const FRAME = /^(?:#|frame[ /])(\d+)$/
const PROBE = /^(?:(.+)[/ ])?#?(\d+)$/

/**
 * Reads `mgmt-ping`, `mgmt-ping/9`, `mgmt-ping 9`, `9`, `#146` or `frame 146`. A number alone means
 * the only flow that lost that probe; if none did, the only one that sent it.
 */
export function readQuestion(text: string, run: RecordedRun): QuestionResult {
  const flowNames = run.flows.map(({ name }) => name)
  const existing = flowNames.length === 0 ? 'no flows' : `the flows ${flowNames.join(', ')}`
  if (text === '') {
    return { ok: false, reason: `expected a flow, or a probe as FLOW/N; the run has ${existing}` }
  }
  if (flowNames.includes(text)) return understood({ kind: 'flow', flow: text })
  const frame = FRAME.exec(text)
  if (frame !== null) return understood({ kind: 'frame', frameId: Number(frame[1]) })
  const [, named, digits] = PROBE.exec(text) ?? []
  if (digits === undefined || (named !== undefined && !flowNames.includes(named))) {
    return { ok: false, reason: `${named ?? text}: no such flow; the run has ${existing}` }
  }
  const probe = Number(digits)
  return named === undefined ? findFlowOf(probe, run) : checkProbe(named, probe, run)
}

function understood(question: Question): QuestionResult {
  return { ok: true, question }
}

function findFlowOf(probe: number, run: RecordedRun): QuestionResult {
  const losers = run.flows.filter(({ losses }) => losses.some((loss) => loss.probe === probe))
  const senders = run.flows.filter(({ sent }) => probe >= 1 && probe <= sent)
  const candidates = losers.length > 0 ? losers : senders
  const [only] = candidates
  if (only !== undefined && candidates.length === 1) {
    return understood({ kind: 'probe', flow: only.name, probe })
  }
  if (only === undefined) {
    const ranges = run.flows.map(({ name, sent }) => `${name}/1 to ${name}/${sent}`)
    return { ok: false, reason: `probe ${probe}: no flow has it; there are ${ranges.join(', ')}` }
  }
  const names = candidates.map(({ name }) => `${name}/${probe}`)
  const did = losers.length > 0 ? 'lost it' : 'have it'
  return {
    ok: false,
    reason: `probe ${probe}: ${candidates.length} flows ${did}; expected ${names.join(' or ')}`,
  }
}

/** Room for a probe that was still under way at the end, which `sent` leaves out. */
const UNDECIDED_PROBES = 1

function checkProbe(flow: string, probe: number, run: RecordedRun): QuestionResult {
  const { sent = 0 } = run.flows.find(({ name }) => name === flow) ?? {}
  const question = { kind: 'probe', flow, probe } as const
  if (probe >= 1 && probe <= sent + UNDECIDED_PROBES) return understood(question)
  return { ok: false, reason: noSuchProbe(flow, probe, sent) }
}

export function noSuchProbe(flow: string, probe: number, sent: number): string {
  return sent === 0
    ? `${flow}/${probe}: no such probe; ${flow} sent none`
    : `${flow}/${probe}: no such probe; ${flow} has the probes 1 to ${sent}`
}
