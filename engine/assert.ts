/**
 * Throws `internal fault: SENTENCE` when a condition does not hold, also in release builds. It is
 * for mistakes of this program; wrong input is reported where it is read.
 */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(`internal fault: ${sentence}`)
}
