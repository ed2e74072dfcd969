import { RUN_EPOCH_UNIX_US } from '../engine/time.ts'
import { fromHex, writeUint32 } from '../protocols/bytes.ts'
import { type Frame, FramePool } from '../protocols/frame/frame.ts'
import { CaptureRecorder } from './capture.ts'
import type { CapturePointOptions } from './capture-files.ts'
import { type ReadCapture, readPcapng } from './pcapng-reader.fixture.ts'
import { bytesOf, type RunFile } from './run-file.ts'

/** What the tests of captures share: three capture points and a clock that they set by hand. */

export const RUN = { scenario: 'power-off-return', seed: 1, version: '0.1.0' }

export const PC: CapturePointOptions = {
  name: 'mgmt-pc',
  description: 'Windows 10, Ethernet',
  node: 'mgmt-pc',
  macAddress: 0x0050_56a1_0010,
  speedBps: 1_000_000_000,
  ipv4: { address: 0x0a0a_6e0a, length: 24 },
}
export const FW: CapturePointOptions = {
  name: 'fw1-vlanmgmt',
  description: 'vmx1, VLAN 110',
  node: 'fw1',
  macAddress: 0x0050_56a1_0001,
}
export const FW_SYNC: CapturePointOptions = { ...FW, name: 'fw1-sync', description: 'vmx2' }

export class World {
  readonly clock = { nowNs: 0 }
  readonly pool = new FramePool()
  readonly recorder: CaptureRecorder

  constructor(run: ConstructorParameters<typeof CaptureRecorder>[1] = RUN) {
    this.recorder = new CaptureRecorder(this.clock, run)
  }

  /** A frame whose payload is a serial number, so that it can be told from others. */
  frame(destination = '0050 56a1 0001'): Frame {
    const frame = this.pool.create(18)
    frame.bytes.set(fromHex(`${destination} 005056a10010 88b5`), frame.start)
    writeUint32(frame.bytes, frame.start + 14, frame.packetId)
    return frame
  }

  read(point: string): ReadCapture {
    return readPcapng(
      bytesOfNamed(this.recorder.files({ merged: true }), `captures/${point}.pcapng`),
    )
  }
}

export function bytesOfNamed(files: readonly RunFile[], name: string): Uint8Array {
  const found = files.find((file) => file.name === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return bytesOf(found)
}

/** Each frame of a file as `packet id@ns since the start: its comments`. */
export function story(capture: ReadCapture): string[] {
  return capture.packets.map(({ packetId, timeUnixUs, comments }) => {
    const at = `${packetId}@${(timeUnixUs - RUN_EPOCH_UNIX_US) * 1000}`
    return comments.length === 0 ? at : `${at}: ${comments.join(' | ')}`
  })
}
