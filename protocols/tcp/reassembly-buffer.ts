import { advance, distance, type SequenceNumber } from './sequence.ts'

interface Piece {
  readonly sequence: SequenceNumber
  readonly bytes: Uint8Array
}

/** Octets that came before their turn: puts them in order again (RFC 9293, section 3.10.7.4). */
export class ReassemblyBuffer {
  /** In order; no two have an octet in common. */
  #pieces: Piece[] = []

  /** Whether something waits for its turn. */
  get waiting(): boolean {
    return this.#pieces.length > 0
  }

  /**
   * Takes what arrived, of which none comes before `next`, and copies of it what is not there yet.
   */
  insert(next: SequenceNumber, sequence: SequenceNumber, bytes: Uint8Array): void {
    const end = distance(next, sequence) + bytes.length
    const pieces: Piece[] = []
    // What is still to be placed begins here, as an offset from `next`.
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

  /** Takes out what follows at `next` without a hole, as one chunk, or nothing. */
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
