import type { MacAddress } from '../addresses.ts'

/** The identifiers that bridges compare to agree upon a tree (IEEE 802.1D-2004, 17.5 and 17.6). */

export interface BridgeId {
  /** 0 to 61440 in steps of 4096; the lowest bridge becomes the root. */
  readonly priority: number
  readonly address: MacAddress
}

/** What a port says of its way to the root. The lowest wins, field by field. */
export interface PriorityVector {
  readonly root: BridgeId
  readonly rootPathCost: number
  readonly bridge: BridgeId
  /** Priority in the upper 4 bits, number in the lower 12. */
  readonly portId: number
}

/** Below 0: `a` is better. */
export function compareBridges(a: BridgeId, b: BridgeId): number {
  return a.priority - b.priority || a.address - b.address
}

/** Below 0: `a` is better; 0: they are the same. */
export function compareVectors(a: PriorityVector, b: PriorityVector): number {
  return (
    compareBridges(a.root, b.root) ||
    a.rootPathCost - b.rootPathCost ||
    compareBridges(a.bridge, b.bridge) ||
    a.portId - b.portId
  )
}

/** Whether two vectors come from the same port: then the newer one counts, better or worse. */
export function haveSameSender(a: PriorityVector, b: PriorityVector): boolean {
  return compareBridges(a.bridge, b.bridge) === 0 && a.portId === b.portId
}
