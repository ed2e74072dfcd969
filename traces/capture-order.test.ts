import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RUN_EPOCH_UNIX_US } from '../engine/time.ts'
import { type Frame, FramePool } from '../protocols/frame/frame.ts'
import { CaptureRecorder } from './capture.ts'
import { readPcapng } from './pcapng-reader.fixture.ts'
import { bytesOf } from './run-file.ts'

/*
 * The recorder notes and sorts out later. Against it stands an oracle that does what a live capture
 * would do: hold announced frames back, release them as time passes, forget them when silenced.
 */

const POINTS = 3

type Step =
  | { readonly kind: 'wait'; readonly us: number }
  | {
      readonly kind: 'see'
      readonly packet: number
      readonly point: number
      readonly aheadUs: number
    }
  | { readonly kind: 'silence'; readonly point: number; readonly aheadUs: number }
  | { readonly kind: 'event'; readonly node: number | undefined }
  | { readonly kind: 'comment'; readonly packet: number }

const point = fc.nat(POINTS - 1)
const packet = fc.nat(5)
// Few different times, so that many are equal.
const aheadUs = fc.oneof(fc.constant(0), fc.nat(4))
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.nat(3) }) },
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('see' as const), packet, point, aheadUs }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('silence' as const), point, aheadUs }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('event' as const),
        node: fc.option(point, { nil: undefined }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('comment' as const), packet }) },
  ),
  { maxLength: 60 },
)

interface Sighting {
  readonly timeUs: number
  readonly point: number
  readonly packet: number
  readonly before: Sighting | undefined
  readonly notes: string[]
  forgotten: boolean
}

class Oracle {
  nowUs = 0
  readonly files = Array.from({ length: POINTS + 1 }, () => ({
    lines: [] as { sighting: Sighting; events: string[] }[],
    pendingEvents: [] as string[],
  }))
  #held: Sighting[] = []
  #last = new Map<number, Sighting>()

  wait(us: number): void {
    // One microsecond at a time, as a clock does.
    for (let tick = 0; tick < us; tick++) {
      this.nowUs++
      this.#release()
    }
  }

  see(packet: number, point: number, timeUs: number): void {
    const before = this.#last.get(packet)
    const sighting = { timeUs, point, packet, before, notes: [], forgotten: false }
    this.#last.set(packet, sighting)
    this.#held.push(sighting)
    this.#release()
  }

  silence(point: number, timeUs: number): void {
    const isSilenced = (held: Sighting) => held.point === point && held.timeUs > timeUs
    for (const held of this.#held.filter(isSilenced)) {
      held.forgotten = true
      this.#lastKept(held)?.notes.push(...held.notes)
    }
    this.#held = this.#held.filter((held) => !isSilenced(held))
  }

  event(text: string, node: number | undefined): void {
    for (const [index, file] of this.files.entries()) {
      if (node === undefined || index === node || index === POINTS) file.pendingEvents.push(text)
    }
  }

  comment(packet: number, text: string): void {
    this.#lastKept(this.#last.get(packet))?.notes.push(text)
  }

  /** Nothing more will come: what is still held back did not happen. */
  end(): void {
    for (let point = 0; point < POINTS; point++) this.silence(point, this.nowUs)
  }

  #lastKept(sighting: Sighting | undefined): Sighting | undefined {
    let kept = sighting
    while (kept?.forgotten) kept = kept.before
    return kept
  }

  #release(): void {
    const due = this.#held.filter(({ timeUs }) => timeUs === this.nowUs)
    this.#held = this.#held.filter(({ timeUs }) => timeUs !== this.nowUs)
    for (const sighting of due) {
      for (const index of [sighting.point, POINTS]) {
        const file = this.files[index]
        file?.lines.push({ sighting, events: file.pendingEvents.splice(0) })
      }
    }
  }
}

describe('a recording', () => {
  it('shows what a live capture would have written, at each point and at all', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const clock = { nowNs: 0 }
        const recorder = new CaptureRecorder(clock, { scenario: 's', seed: 1, version: '0' })
        const taps = Array.from({ length: POINTS }, (_, index) =>
          recorder.point({
            name: `p${index}`,
            description: '',
            node: `n${index}`,
            macAddress: index,
          }),
        )
        const pool = new FramePool()
        const frames: Frame[] = Array.from({ length: 6 }, () => pool.create(14))
        const oracle = new Oracle()

        for (const [index, step] of list.entries()) {
          const text = `${step.kind} ${index}`
          if (step.kind === 'wait') {
            clock.nowNs += step.us * 1000
            oracle.wait(step.us)
          } else if (step.kind === 'see') {
            const timeUs = oracle.nowUs + step.aheadUs
            const frame = frames[step.packet] as Frame
            taps[step.point]?.sighted(frame, 'outbound', timeUs * 1000)
            oracle.see(step.packet, step.point, timeUs)
          } else if (step.kind === 'silence') {
            const timeUs = oracle.nowUs + step.aheadUs
            taps[step.point]?.silenced(timeUs * 1000)
            oracle.silence(step.point, timeUs)
          } else if (step.kind === 'event') {
            const { node } = step
            if (node === undefined) recorder.event(text)
            else recorder.event(text, `n${node}`)
            oracle.event(text, node)
          } else {
            recorder.comment((frames[step.packet] as Frame).sighting, text)
            oracle.comment(step.packet, text)
          }
        }
        oracle.end()

        const files = recorder.files({ merged: true })
        expect(files).toHaveLength(POINTS + 1)
        for (const [index, file] of files.entries()) {
          const read = readPcapng(bytesOf(file))
          const expected = oracle.files[index]
          expect(
            read.packets.map(({ packetId, timeUnixUs, interfaceId, comments }) => ({
              packetId,
              timeUs: timeUnixUs - RUN_EPOCH_UNIX_US,
              point: index === POINTS ? interfaceId : index,
              // Notes come in the order of telling, except that a live capture would add those of
              // a forgotten sighting when it forgets it.
              comments: [...comments].sort(),
            })),
          ).toEqual(
            expected?.lines.map(({ sighting, events }) => ({
              packetId: sighting.packet + 1,
              timeUs: sighting.timeUs,
              point: sighting.point,
              comments: [...events, ...sighting.notes].sort(),
            })),
          )
          expect(read.statistics[0]?.comments).toEqual(expected?.pendingEvents)
        }
      }),
      { numRuns: 500 },
    )
  })
})
