import { assert } from '../../engine/assert.ts'
import type { DropCause } from './fate.ts'

/** Room kept in front of a frame, so that a VLAN tag can be added without moving its body. */
const HEADROOM_BYTES = 64
/** Two sizes of buffer: an ordinary frame with its headroom, and a jumbo frame. */
const BUFFER_SIZES_BYTES = [1792, 9472] as const
const BUFFERS_PER_SLAB = 32

/**
 * A frame on its way: real bytes in a pooled buffer.
 *
 * Ownership: a frame has exactly one owner. Whoever passes it on (to a port, a link, a handler)
 * gives it away and must not touch it again; whoever holds it last ends it with `deliver` or
 * `drop`. Nobody shares: a switch that floods makes copies. So a router may decrement the TTL in
 * place, and a forgotten frame shows up as a leak at the end of the run.
 */
export class Frame {
  /** The whole buffer; the frame is `bytes[start, end)`. */
  readonly bytes: Uint8Array
  /** The same buffer for those who read it word by word. */
  readonly words: DataView
  start = HEADROOM_BYTES
  end = HEADROOM_BYTES
  /** Identity of the packet: kept by copies and across hops, and printed in the captures. */
  packetId = 0
  /** The port at the far end while it is on a wire. Only the link uses it. */
  destination: unknown = null
  /** How often the link had been cut when it was sent. For the link only. */
  linkCuts = 0
  /** The last sighting by the captures. Only the captures use it. */
  sighting = -1
  /** Which pool of buffers it goes back to. */
  readonly sizeClass: number
  inUse = false

  constructor(bytes: Uint8Array, sizeClass: number) {
    this.bytes = bytes
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.sizeClass = sizeClass
  }

  get length(): number {
    return this.end - this.start
  }

  /** The frame's bytes, as a view that is valid as long as the frame is owned. */
  view(): Uint8Array {
    return this.bytes.subarray(this.start, this.end)
  }
}

/** Hears how frames end. It must not change anything. */
export interface FateObserver {
  dropped(frame: Frame, cause: DropCause, at: string): void
  /** A packet goes on sealed inside another, which has its number from now on. */
  enclosed?(inner: Frame): void
  /** A translation is about to give the packet other addresses or ports, and has done so. */
  translating?(frame: Frame): void
  translated?(frame: Frame): void
}

/**
 * Makes and ends all frames, and keeps the ledger of the conservation law: sent = delivered +
 * dropped + in flight. Each copy that a switch makes counts as one sent.
 */
export class FramePool {
  readonly dropped = new Map<DropCause, number>()
  observer: FateObserver | undefined
  #free: Frame[][] = BUFFER_SIZES_BYTES.map(() => [])
  #nextPacketId = 1
  #sent = 0
  #delivered = 0
  #inFlight = 0

  get sent(): number {
    return this.#sent
  }

  get delivered(): number {
    return this.#delivered
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /**
   * A new packet of `lengthBytes`, owned by the caller. Its bytes are whatever the buffer last
   * held: the caller writes them all.
   */
  create(lengthBytes: number): Frame {
    const frame = this.#take(lengthBytes)
    frame.packetId = this.#nextPacketId++
    return frame
  }

  /** The same packet once more, with an owner of its own. */
  copy(original: Frame): Frame {
    assertInUse(original)
    const { start, end } = original
    const frame = this.#take(end - start)
    copyBytes(original, frame)
    frame.packetId = original.packetId
    frame.sighting = original.sighting
    return frame
  }

  /**
   * A packet about to travel sealed in another one: to those who watch, the same packet. The inner
   * frame stays its owner's.
   */
  enclose(inner: Frame, outer: Frame): void {
    assertInUse(inner)
    assertInUse(outer)
    outer.packetId = inner.packetId
    outer.sighting = inner.sighting
    this.observer?.enclosed?.(inner)
  }

  /** A packet that came out of another one: what `enclose` made one is still one. */
  createEnclosed(lengthBytes: number, packetId: number): Frame {
    const frame = this.#take(lengthBytes)
    frame.packetId = packetId
    return frame
  }

  /** Ends a frame that reached whom it was for. */
  deliver(frame: Frame): void {
    assertInUse(frame)
    this.#delivered++
    this.#giveBack(frame)
  }

  /** Ends a frame that got no further, and says why and where. */
  drop(frame: Frame, cause: DropCause, at: string): void {
    assertInUse(frame)
    this.dropped.set(cause, (this.dropped.get(cause) ?? 0) + 1)
    this.observer?.dropped(frame, cause, at)
    this.#giveBack(frame)
  }

  /** Gives a packet other addresses or ports, in a way that observers can follow. */
  translate(frame: Frame, change: () => void): void {
    this.observer?.translating?.(frame)
    change()
    this.observer?.translated?.(frame)
  }

  /**
   * The conservation law.
   * @param held how many frames are on wires and in queues, as counted by those who hold them
   */
  assertConserved(held: number): void {
    let dropped = 0
    for (const count of this.dropped.values()) dropped += count
    assert(
      this.#sent === this.#delivered + dropped + held && held === this.#inFlight,
      `frames are conserved: ${this.#sent} sent, ${this.#delivered} delivered, ${dropped} dropped, ${this.#inFlight} not ended, ${held} held`,
    )
  }

  #take(lengthBytes: number): Frame {
    const needed = lengthBytes + HEADROOM_BYTES
    const sizeClass = needed <= BUFFER_SIZES_BYTES[0] ? 0 : 1
    assert(needed <= BUFFER_SIZES_BYTES[1], 'a frame fits one of the buffers')
    const free = this.#free[sizeClass] as Frame[]
    if (free.length === 0) addSlab(free, sizeClass)
    const frame = free.pop() as Frame
    frame.start = HEADROOM_BYTES
    frame.end = needed
    frame.sighting = -1
    frame.inUse = true
    this.#sent++
    this.#inFlight++
    return frame
  }

  #giveBack(frame: Frame): void {
    frame.inUse = false
    frame.destination = null
    this.#inFlight--
    this.#free[frame.sizeClass]?.push(frame)
  }
}

/** Longer ones are copied as a whole; the view that this takes costs more than twenty words. */
const COPIED_BY_WORDS_BYTES = 256

function copyBytes(from: Frame, to: Frame): void {
  const { bytes, words, start, end } = from
  let target = to.start
  if (end - start > COPIED_BY_WORDS_BYTES) {
    to.bytes.set(bytes.subarray(start, end), target)
    return
  }
  let at = start
  for (; at + 4 <= end; at += 4, target += 4) to.words.setInt32(target, words.getInt32(at))
  for (; at < end; at++, target++) to.bytes[target] = bytes[at] as number
}

/** A frame that has ended is nobody's: its buffer may already carry another packet. */
function assertInUse(frame: Frame): void {
  assert(frame.inUse, 'a frame ends only once, and is not used afterwards')
}

/** Buffers are cut from slabs: an off-heap allocation costs 285 ns, a cut of a slab next to none. */
function addSlab(free: Frame[], sizeClass: number): void {
  const size = BUFFER_SIZES_BYTES[sizeClass] as number
  const slab = new ArrayBuffer(size * BUFFERS_PER_SLAB)
  for (let index = 0; index < BUFFERS_PER_SLAB; index++) {
    free.push(new Frame(new Uint8Array(slab, index * size, size), sizeClass))
  }
}
