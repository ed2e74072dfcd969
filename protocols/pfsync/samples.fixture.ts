import fc from 'fast-check'
import { writeUint16 } from '../bytes.ts'
import { PfsyncBuilder, type PfsyncSentKind } from './builder.fixture.ts'
import { entriesOf, packets } from './packets.fixture.ts'
import type { PfsyncEntries } from './regions.ts'
import { frameAround, frameOf, PFSYNC_AT, VECTORS } from './vectors.fixture.ts'
import type { PfsyncPacket } from './wire.ts'

/** Fixed sample frames for tests with external tools. */

const SEED = 1
/** More entries than fit into a packet. */
const TOO_MANY = 130

/** The vectors, full packets of each kind, and `count` random packets. */
export function sampleFrames(count: number): readonly Uint8Array[] {
  return [
    ...VECTORS.map(({ expected }) => expected),
    ...fullPackets().map((packet) => frameOf(packet)),
    ...fc.sample(packets, { seed: SEED, numRuns: count }).map((packet) => frameOf(packet)),
  ]
}

function fullPackets(): readonly PfsyncPacket[] {
  const builder = new PfsyncBuilder()
  const kinds = Object.keys(entriesOf).filter((kind): kind is PfsyncSentKind => kind !== 'tdb')
  return kinds.map((kind) => {
    const arbitrary = entriesOf[kind] as fc.Arbitrary<PfsyncEntries[PfsyncSentKind]>
    for (const entry of fc.sample(arbitrary, { seed: SEED, numRuns: TOO_MANY })) {
      if (!builder.add(kind, entry)) break
    }
    return builder.take(new Uint8Array(16).fill(0x77))
  })
}

/** Frames with a valid IPv4 header and a damaged or truncated pfsync packet. */
export function damagedFrames(frames: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  const damages = fc.record({
    frame: fc.nat(),
    // Small offsets and small values cause the most faults.
    changes: fc.array(
      fc.record({ at: fc.oneof(fc.nat(60), fc.nat()), value: fc.oneof(fc.nat(20), fc.nat(255)) }),
      { maxLength: 3 },
    ),
    bytesLeft: fc.option(fc.nat()),
    fixLength: fc.boolean(),
  })
  return fc.sample(damages, { seed: SEED, numRuns: count }).map((damage) => {
    const whole = frames[damage.frame % frames.length] ?? new Uint8Array()
    const length = whole.length - PFSYNC_AT
    const left = damage.bytesLeft === null ? length : 1 + (damage.bytesLeft % length)
    const bytes = whole.slice(PFSYNC_AT, PFSYNC_AT + left)
    if (damage.fixLength && left >= 4) writeUint16(bytes, 2, left)
    for (const { at, value } of damage.changes) bytes[at % left] = value
    return frameAround(bytes)
  })
}
