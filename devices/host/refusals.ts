import type { DropCause } from '../../protocols/frame/fate.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import type { World } from '../world.ts'
import type { IpInterface } from './interface.ts'

/** Why a packet could not go on, for those who tell its sender. */
export type Refusal =
  | 'noRoute'
  | 'ttlExceeded'
  | 'mtuExceeded'
  | 'neighbourUnresolved'
  | 'portClosed'
  /** A rule of the packet filter rejected the packet, with an answer. */
  | 'rejected'

/** Hears of packets that could not go on, before their frame ends. */
export type RefusalListener = (
  reason: Refusal,
  frame: Frame,
  arrival: IpInterface | undefined,
  mtuBytes: number,
) => void

/** Why a packet goes no further. */
export interface Halt {
  readonly cause: DropCause
  /** The error that the sender is told; undefined: none. */
  readonly refusal: Exclude<Refusal, 'rejected'> | undefined
  /** The MTU that a packet that is too large did not fit. */
  readonly mtuBytes: number
}

/** Ends the frames that a stack has no further use for. */
export class Refusals {
  listener: RefusalListener | undefined
  #world: World
  #place: string
  #places = new Map<IpInterface, string>()

  constructor(world: World, place: string) {
    this.#world = world
    this.#place = place
  }

  halt(frame: Frame, { cause, refusal, mtuBytes }: Halt, arrival: IpInterface): void {
    if (refusal === undefined) this.drop(frame, cause, arrival)
    else this.refuse(refusal, frame, arrival, mtuBytes)
  }

  /** Without a word to its sender. */
  drop(frame: Frame, cause: DropCause, on: IpInterface): void {
    this.#world.frames.drop(frame, cause, this.#placeOf(on))
  }

  #placeOf(on: IpInterface): string {
    let place = this.#places.get(on)
    if (place === undefined) {
      place = `${this.#place} ${on.name}`
      this.#places.set(on, place)
    }
    return place
  }

  /** @param arrival undefined: a packet of this host itself */
  refuse(
    reason: Exclude<Refusal, 'rejected'>,
    frame: Frame,
    arrival: IpInterface | undefined,
    mtuBytes = 0,
  ): void {
    this.listener?.(reason, frame, arrival, mtuBytes)
    this.#world.frames.drop(frame, reason, arrival ? this.#placeOf(arrival) : this.#place)
  }
}
