import { advance, distance, type SequenceNumber } from './sequence.ts'

interface Piece {
  readonly sequence: SequenceNumber
  readonly bytes: Uint8Array
}

/** Stores octets that arrived out of order (RFC 9293, section 3.10.7.4). */
export class ReassemblyBuffer {
  /** In order and without overlap. */
  #pieces: Piece[] = []

  /** Whether it contains octets. */
  get waiting(): boolean {
    return this.#pieces.length > 0
  }

  /** Copies the new octets of a segment, which must not start before `next`. */
  insert(next: SequenceNumber, sequence: SequenceNumber, bytes: Uint8Array): void {
    const end = distance(next, sequence) + bytes.length
    const pieces: Piece[] = []
    // The offset from `next` of the first octet that was not placed yet.
    let at = distance(next, sequence)
    const place = (until: number): void => {
      if (at >= until) return
      const from = at - end + bytes.length
      const fresh = bytes.slice(from, from + until - at)
      pieces.push({ sequence: advance(next, at), bytes: fresh })
      at = until
    }
    for (const piece of this.#pieces) {
      const pieceAt = distance(next, piece.sequence)
      place(Math.min(end, pieceAt))
      pieces.push(piece)
      if (pieceAt <= at) at = Math.max(at, pieceAt + piece.bytes.length)
    }
    place(end)
    this.#pieces = pieces
  }

  /** Removes and returns the piece that continues at `next`, if there is one. */
  take(next: SequenceNumber): Uint8Array | undefined {
    const [first] = this.#pieces
    if (first === undefined) return undefined
    const old = distance(first.sequence, next)
    if (old < 0) return undefined
    this.#pieces.shift()
    if (old < first.bytes.length) return first.bytes.subarray(old)
    return this.take(next)
  }
}
