import type { Nanoseconds } from '../../engine/time.ts'
import { readUint32 } from '../bytes.ts'
import type { Frame } from './frame.ts'

/**
 * A running fingerprint of every frame put on a wire: when, where and which bytes. Two lanes of
 * multiply-and-rotate, because a cryptographic hash of each frame would cost more than
 * forwarding it. Equal runs have equal fingerprints; that is all that is asked of it.
 */
export class FrameDigest {
  #low = 0x9e37_79b9
  #high = 0x85eb_ca6b

  add(timeNs: Nanoseconds, portId: number, frame: Frame): void {
    this.#mix(timeNs % 0x1_0000_0000)
    this.#mix(Math.floor(timeNs / 0x1_0000_0000))
    this.#mix(portId * 0x1_0000 + frame.length)
    const { bytes, end } = frame
    let at = frame.start
    for (; at + 4 <= end; at += 4) this.#mix(readUint32(bytes, at))
    for (; at < end; at++) this.#mix(bytes[at] as number)
  }

  toString(): string {
    return [this.#high, this.#low]
      .map((lane) => (lane >>> 0).toString(16).padStart(8, '0'))
      .join('')
  }

  #mix(word: number): void {
    const low = Math.imul(this.#low ^ word, 0x01000193)
    this.#low = (low << 13) | (low >>> 19)
    this.#high = (Math.imul(this.#high, 31) + low) | 0
  }
}
