import seedrandom from 'seedrandom'
import { assert } from './assert.ts'

/**
 * All random numbers of a run: one seed gives an independent stream for each name. A new host has
 * its own stream, so it does not change what other hosts draw.
 */
export class RandomSource {
  readonly seed: number
  #streams = new Map<string, RandomStream>()

  /** @param seed an integer from 0 to 2^53 - 1 */
  constructor(seed: number) {
    assert(Number.isSafeInteger(seed) && seed >= 0, `${seed} is no seed`)
    this.seed = seed
  }

  /** The stream of that name; every call returns the same object. */
  stream(name: string): RandomStream {
    let stream = this.#streams.get(name)
    if (stream === undefined) {
      stream = new RandomStream(`bascule/${this.seed}/${name}`)
      this.#streams.set(name, stream)
    }
    return stream
  }
}

/** A sequence of random numbers. */
export class RandomStream {
  #key: string
  #made: seedrandom.PRNG | undefined

  constructor(key: string) {
    this.#key = key
  }

  /** Made at the first draw: it costs microseconds, and many streams are never drawn from. */
  get #generator(): seedrandom.PRNG {
    this.#made ??= seedrandom(this.#key)
    return this.#made
  }

  /** An integer drawn uniformly from [from, to). */
  integer(from: number, to: number): number {
    assert(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from < to, 'an empty range')
    return from + Math.floor(this.#generator.double() * (to - from))
  }

  /** 32 random bits, as an unsigned integer. */
  bits32(): number {
    return this.#generator.int32() >>> 0
  }
}
