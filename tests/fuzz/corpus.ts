import { Port } from '../../devices/port.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { ScenarioRun } from '../../simulation/run.ts'
import { findBuiltIn } from '../../topologies/built-in.ts'
import type { Scenario } from '../../topologies/document.ts'
import { resolveScenario } from '../../topologies/read.ts'

/** Real frames, and a way to change frames on their way. */

export function scenarioOf(name: string, ...overrides: readonly string[]): Scenario {
  const result = resolveScenario(findBuiltIn(name)?.document, [
    'captures.points=none',
    ...overrides,
  ])
  if (result.ok) return result.scenario
  throw new Error(JSON.stringify(result.problems))
}

/** Runs some work while each frame that is put on a wire goes through `touch` first. */
export function withEveryFrame(touch: (frame: Frame) => void, work: () => void): void {
  const { transmit } = Port.prototype
  Port.prototype.transmit = function (frame: Frame, processingNs?: number): void {
    touch(frame)
    transmit.call(this, frame, processingNs)
  }
  try {
    work()
  } finally {
    Port.prototype.transmit = transmit
  }
}

const PER_LENGTH = 8

/** Frames of the reference run: of each length the first few. */
export function realFrames(): Uint8Array[] {
  const byLength = new Map<number, Uint8Array[]>()
  const scenario = scenarioOf('power-off-return', 'duration=45s')
  withEveryFrame(
    (frame) => {
      const known = byLength.get(frame.length) ?? []
      byLength.set(frame.length, known)
      if (known.length < PER_LENGTH) known.push(frame.view().slice())
    },
    () => new ScenarioRun(scenario, 'fuzz').finish(),
  )
  return [...byLength.values()].flat()
}
