/** Why bytes are not what they should be. Parsers return it; they never throw on input. */
export type WireError = 'truncated' | 'badVersion' | 'badLength' | 'badChecksum' | 'badType'

/** Tells a parse result from a reason. */
export function isWireError(result: unknown): result is WireError {
  return typeof result === 'string'
}
