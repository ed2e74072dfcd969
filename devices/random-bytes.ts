import type { RandomStream } from '../engine/random.ts'
import { writeUint32 } from '../protocols/bytes.ts'

/** Bytes of a stream, four to a draw. */
export function drawBytes(stream: RandomStream, count: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(count / 4) * 4)
  for (let at = 0; at < bytes.length; at += 4) writeUint32(bytes, at, stream.bits32())
  return bytes.slice(0, count)
}
