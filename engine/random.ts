import seedrandom from 'seedrandom'
import { assert } from './assert.ts'

/**
 * The chance of a run: one seed, and from it one independent stream per consumer, found by name.
 * A new host draws from a stream of its own, so it does not shift another host's draws.
 */
export class RandomSource {
  readonly seed: number
  #streams = new Map<string, RandomStream>()

  /** @param seed an integer from 0 to 2^53 - 1 */
  constructor(seed: number) {
    assert(Number.isSafeInteger(seed) && seed >= 0, `${seed} is no seed`)
    this.seed = seed
  }

  stream(name: string): RandomStream {
    let stream = this.#streams.get(name)
    if (stream === undefined) {
      stream = new RandomStream(`bascule/${this.seed}/${name}`)
      this.#streams.set(name, stream)
    }
    return stream
  }
}

/** One named sequence of draws. */
export class RandomStream {
  #generator: seedrandom.PRNG

  constructor(key: string) {
    this.#generator = seedrandom(key)
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
