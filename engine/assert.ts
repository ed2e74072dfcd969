/**
 * States what must hold; stays on in release. A failure is a fault of this program, never of its
 * input: input is checked where it enters and answered with a message.
 */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(`internal fault: ${sentence}`)
}
