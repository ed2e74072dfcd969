/** Why bytes could not be parsed. Parsers return this reason; they never throw on input. */
export type WireError = 'truncated' | 'badVersion' | 'badLength' | 'badChecksum' | 'badType'

/** Whether a parser returned a reason instead of a result. */
export function isWireError(result: unknown): result is WireError {
  return typeof result === 'string'
}
