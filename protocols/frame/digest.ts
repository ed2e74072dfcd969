import type { Nanoseconds } from '../../engine/time.ts'
import type { Frame } from './frame.ts'

const PRIME = 0x0100_0193

/**
 * A running fingerprint of every frame put on a wire: when, where and which bytes. Two lanes of
 * multiply-and-rotate, because a cryptographic hash of each frame would cost more than
 * forwarding it. Equal runs have equal fingerprints; that is all that is asked of it.
 */
export class FrameDigest {
  #low = 0x9e37_79b9
  #high = 0x85eb_ca6b
  #frames = 0

  /** How many frames were put on a wire, each hop counted. */
  get frames(): number {
    return this.#frames
  }

  add(timeNs: Nanoseconds, portId: number, frame: Frame): void {
    this.#frames++
    this.#mix(timeNs % 0x1_0000_0000)
    this.#mix(Math.floor(timeNs / 0x1_0000_0000))
    this.#mix(portId * 0x1_0000 + frame.length)
    this.#mixBytes(frame)
  }

  toString(): string {
    return [this.#high, this.#low]
      .map((lane) => (lane >>> 0).toString(16).padStart(8, '0'))
      .join('')
  }

  #mix(word: number): void {
    const low = Math.imul(this.#low ^ word, PRIME)
    this.#low = (low << 13) | (low >>> 19)
    this.#high = (Math.imul(this.#high, 31) + this.#low) | 0
  }

  /** `#mix` of each word and of the bytes that are left over, with the lanes in registers. */
  #mixBytes({ bytes, words, start, end }: Frame): void {
    let low = this.#low
    let high = this.#high
    let at = start
    for (; at + 4 <= end; at += 4) {
      low = Math.imul(low ^ words.getInt32(at), PRIME)
      low = (low << 13) | (low >>> 19)
      high = (Math.imul(high, 31) + low) | 0
    }
    this.#low = low
    this.#high = high
    for (; at < end; at++) this.#mix(bytes[at] as number)
  }
}
