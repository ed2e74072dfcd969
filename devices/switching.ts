import type { Nanoseconds } from '../engine/time.ts'
import type { MacAddress } from '../protocols/addresses.ts'
import {
  destinationOf,
  ETHERNET_HEADER_BYTES,
  isTagged,
  popTag,
  pushTag,
  sourceOf,
  tagOf,
  VLAN_TAG_BYTES,
  vlanOfTag,
} from '../protocols/ethernet/wire.ts'
import type { DropCause } from '../protocols/frame/fate.ts'
import type { Frame } from '../protocols/frame/frame.ts'
import type { Port } from './port.ts'
import { payloadBytesOf, type Walk, type WalkedFrame } from './walk.ts'
import type { World } from './world.ts'

/** The parts of a frame that a switch decides by. */
export interface SwitchedHeader {
  readonly destination: MacAddress
  readonly source: MacAddress
  /** The 16 bits of its 802.1Q tag; undefined when untagged. */
  readonly tag: number | undefined
  /** The length behind the Ethernet header and the tag. */
  readonly payloadBytes: number
}

/** A port by which a frame leaves a switch. */
export interface Exit {
  readonly port: Port
  readonly tagged: boolean
}

/** A switch's decision about a frame, which frames and walks both follow. */
export type SwitchDecision =
  | {
      readonly exits: readonly Exit[]
      /** Its tag inside the switch, 16 bits. */
      readonly tag: number
    }
  | {
      readonly exits: undefined
      readonly cause: DropCause
      readonly at: string
    }

export function stopped(cause: DropCause, at: string): SwitchDecision {
  return { exits: undefined, cause, at }
}

export function headerOf(frame: Frame): SwitchedHeader {
  const tagged = isTagged(frame)
  const headerBytes = tagged ? ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES : ETHERNET_HEADER_BYTES
  return {
    destination: destinationOf(frame),
    source: sourceOf(frame),
    tag: tagged ? tagOf(frame) : undefined,
    payloadBytes: frame.length - headerBytes,
  }
}

/** Carries a decision out. The last exit gets the frame itself, the others copies. */
export function forward(
  { frames }: World,
  frame: Frame,
  decision: SwitchDecision,
  forwardingDelayNs: Nanoseconds,
): void {
  if (decision.exits === undefined) {
    frames.drop(frame, decision.cause, decision.at)
    return
  }
  const { exits, tag } = decision
  if (isTagged(frame)) popTag(frame)
  for (let index = 0; index < exits.length; index += 1) {
    const { port, tagged } = exits[index] as Exit
    const own = index === exits.length - 1 ? frame : frames.copy(frame)
    if (tagged) pushTag(own, tag)
    port.transmit(own, forwardingDelayNs)
  }
}

/** The header of a walked frame. */
export function walkedHeaderOf(frame: WalkedFrame): SwitchedHeader {
  const { destinationMac: destination, sourceMac: source, vlanId: tag } = frame
  return { destination, source, tag, payloadBytes: payloadBytesOf(frame) }
}

/** Goes on with a walk wherever the switch would send the frame. */
export function walkOn(frame: WalkedFrame, decision: SwitchDecision, walk: Walk): void {
  if (decision.exits === undefined) return
  const vlanId = vlanOfTag(decision.tag)
  const untagged = frame.vlanId === undefined ? frame : { ...frame, vlanId: undefined }
  const tagged = frame.vlanId === vlanId ? frame : { ...frame, vlanId }
  for (const exit of decision.exits) walk.send(exit.tagged ? tagged : untagged, exit.port)
}
