import { assert } from './assert.ts'

/**
 * Simulated time: an integer number of nanoseconds since the start of the run. Integers are exact
 * up to 2^53 ns, which is 104 days.
 */
export type Nanoseconds = number

export const MICROSECOND_NS = 1_000
export const MILLISECOND_NS = 1_000_000
export const SECOND_NS = 1_000_000_000

/** The latest time of a run: 104 days, the last whole day below 2^53 ns. */
export const TIME_MAX_NS = 104 * 86_400 * SECOND_NS

/** The calendar time of simulated time 0, 2024-08-21T08:00:00Z, in µs since 1970. */
export const RUN_EPOCH_UNIX_US = 1_724_227_200 * 1_000_000

/** Throws unless `timeNs` is an integer from 0 to `TIME_MAX_NS`. */
export function assertInstant(timeNs: Nanoseconds): void {
  if (Number.isInteger(timeNs) && timeNs >= 0 && timeNs <= TIME_MAX_NS) return
  // The message is made only on failure, because this function runs for every event.
  assert(false, `${timeNs} is no instant`)
}

/** Whole microseconds, the unit of every output; the fraction is cut, as in a capture. */
export function toMicroseconds(timeNs: Nanoseconds): number {
  return Math.floor(timeNs / MICROSECOND_NS)
}

/** Seconds with six decimals, such as `12.345678`; the rest is cut. */
export function formatSeconds(timeNs: Nanoseconds): string {
  const us = toMicroseconds(Math.abs(timeNs))
  const fraction = String(us % 1_000_000).padStart(6, '0')
  return `${timeNs < 0 ? '-' : ''}${Math.floor(us / 1_000_000)}.${fraction}`
}
