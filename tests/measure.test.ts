import { describe, expect, it } from 'vitest'
import { RUN_EPOCH_UNIX_US } from '../engine/time.ts'
import { ScenarioRun } from '../simulation/run.ts'
import { CaptureLog } from '../traces/measure/capture-log.ts'
import { PcapWriter } from '../traces/pcap.ts'
import { readPcapng } from '../traces/pcapng-reader.ts'
import { bytesOf } from '../traces/run-file.ts'
import { randomNumbers } from './fuzz/mutation.ts'
import { flowOf, scenarioOf } from './run-scenario.fixture.ts'

const run = new ScenarioRun(
  scenarioOf('power-off', 'captures.points=["mgmt-pc", "mgmt-linux"]'),
  'test',
).finish()
const CASES = 2000
const files = run.makeFiles()

function captureOf(point: string): Uint8Array {
  const file = files.find(({ name }) => name === `captures/${point}.pcapng`)
  if (file === undefined) throw new Error(`no capture of ${point}`)
  return bytesOf(file)
}

function measured(bytes: Uint8Array, chunkBytes = bytes.length): CaptureLog | string {
  const log = new CaptureLog('a file')
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const reason = log.push(bytes.slice(at, at + chunkBytes))
    if (reason !== undefined) return reason
  }
  return log.finish() ?? log
}

function measuredWell(bytes: Uint8Array, chunkBytes?: number): CaptureLog {
  const log = measured(bytes, chunkBytes)
  if (typeof log === 'string') throw new Error(log)
  return log
}

/** The same packets in the other format. */
function asPcap(pcapng: Uint8Array): Uint8Array {
  const writer = new PcapWriter()
  const result = readPcapng(pcapng)
  if (!result.ok) throw new Error(result.reason)
  for (const { timeUnixUs, bytes } of result.contents.packets) writer.packet(timeUnixUs, bytes)
  return writer.toBytes()
}

describe('a measured capture of our own', () => {
  it.each(['mgmt-pc', 'mgmt-linux'])('finds at %s what the client found', (point) => {
    const log = measuredWell(captureOf(point))
    const [flow] = log.flows
    const known = flowOf(run.metrics, point === 'mgmt-pc' ? 'mgmt-ping' : 'mgmt-linux-ping')
    const { sent, received, lost, duplicates, reordered, outageBoundsUs } = known
    expect(flow).toMatchObject({
      sent,
      received,
      lost,
      duplicates,
      reordered,
      outageBoundsUs,
    })
    // Both ends are cut to microseconds here; the client's own clock was not.
    expect(Math.abs((flow?.rttUs?.p50 ?? 0) - (known.rttUs?.p50 ?? 0))).toBeLessThanOrEqual(1)
    const startUs = log.startUnixUs - RUN_EPOCH_UNIX_US
    expect(flow?.losses.map(({ probe, sentUs }) => [probe, sentUs + startUs])).toEqual(
      known.losses.map(({ probe, sentUs }) => [probe, sentUs]),
    )
  })

  it('finds the takeover of the group that it sees', () => {
    const log = measuredWell(captureOf('mgmt-pc'))
    const [move] = log.moves
    const group = run.metrics.failovers[0]?.groups.find(({ id }) => id === move?.id)
    const startUs = log.startUnixUs - RUN_EPOCH_UNIX_US
    expect(log.moves).toHaveLength(1)
    // A frame needs some microseconds to the capture.
    expect(
      Math.abs((move?.firstAdvertUs ?? 0) + startUs - (group?.firstAdvertUs ?? 0)),
    ).toBeLessThan(1000)
  })

  it('is the same in either format and in chunks of any size', () => {
    const bytes = captureOf('mgmt-pc')
    const [whole, pieces, classic] = [
      measuredWell(bytes),
      measuredWell(bytes, 7),
      measuredWell(asPcap(bytes), 13),
    ]
    expect(pieces.flows).toEqual(whole.flows)
    expect(classic.flows.map(({ losses }) => losses)).toEqual(
      whole.flows.map(({ losses }) => losses),
    )
  })
})

describe('a file that cannot be measured', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'it is empty'],
    ['a text', new TextEncoder().encode('a text'), 'it is no pcap or pcapng file'],
    ['no packets', new PcapWriter().toBytes(), 'it holds no packets'],
    [
      'half a packet',
      asPcap(captureOf('mgmt-pc')).subarray(0, 50),
      'byte 24: it ends within a packet',
    ],
  ])('%s: says why', (_, bytes, reason) => {
    expect(measured(bytes)).toBe(reason)
  })

  it('never throws, whatever bytes are others', () => {
    const formats = [captureOf('mgmt-pc'), asPcap(captureOf('mgmt-pc'))].map((each) =>
      each.slice(0, 6000),
    )
    for (let seed = 0; seed < CASES; seed++) {
      const next = randomNumbers(seed)
      const bytes = (formats[seed % 2] as Uint8Array).slice(0, 3000 + (next() % 3000))
      for (let count = 1 + (next() % 8); count > 0; count--) bytes[next() % bytes.length] = next()
      const log = measured(bytes, 1 + (next() % 4000))
      if (typeof log === 'string') expect(log).not.toBe('')
      else for (const flow of log.flows) expect(flow.sent).toBe(flow.received + flow.lost)
    }
  })
})
