/**
 * The closed list of drop causes. A frame ends by delivery, or by a drop with one of these causes
 * and a place.
 *
 * An *incidental* end is the end of a copy that no host waits for, for example the copy that a
 * flooding switch sends to a host with another address. It explains the loss of a packet only when
 * every copy of that packet ended so.
 */
export const DROP_CAUSES = {
  // Cables and ports
  linkDown: { incidental: false, meaning: 'the link was down, or went down under the frame' },
  poweredOff: { incidental: false, meaning: 'the node was switched off' },
  errDisabled: { incidental: false, meaning: 'the switch had put the port in err-disable state' },
  impaired: { incidental: false, meaning: 'the link lost the frame, as it was told to' },
  queueFull: { incidental: false, meaning: 'the transmit queue was full' },

  // Physical switch
  samePort: { incidental: true, meaning: 'the switch had learned the target on the arrival port' },
  noOtherPort: { incidental: true, meaning: 'there was no other port in the VLAN to flood to' },
  vlanNotAllowed: { incidental: false, meaning: 'the VLAN is not allowed on the port' },
  stpBlocked: { incidental: true, meaning: 'the spanning tree lets the port forward nothing' },
  bridgeGroup: {
    incidental: true,
    meaning: 'it is for the switch itself or its neighbour, and a switch passes no such frame on',
  },
  taggedOnAccess: { incidental: false, meaning: 'a tagged frame came in on an access port' },

  // ESXi virtual switch
  forgedTransmit: {
    incidental: false,
    meaning: 'forgedTransmits is reject and the source MAC is not the effective MAC of the vNIC',
  },
  macChangeBlocked: {
    incidental: false,
    meaning: 'macChanges is reject and the vNIC uses another MAC than its initial one',
  },
  vlanMismatch: { incidental: false, meaning: 'the port group does not carry this VLAN' },
  unknownUnicast: {
    incidental: true,
    meaning: 'no vNIC has the target MAC and none is promiscuous; a vSwitch does not flood',
  },
  noVSwitch: { incidental: true, meaning: 'the vmnic is an uplink of no vSwitch' },
  noUplink: { incidental: false, meaning: 'no uplink of the vSwitch has a link' },
  noMember: { incidental: true, meaning: 'no vNIC in the VLAN takes this group' },
  reversePath: {
    incidental: true,
    meaning: 'the frame came back on an uplink the receiving port does not use',
  },
  uplinkUnused: {
    incidental: true,
    meaning: 'the uplink is unused by the port group of every vNIC that would take the frame',
  },
  guestBpdu: { incidental: true, meaning: 'a guest sent a BPDU and Net.BlockGuestBPDU is 1' },

  // Network interface of a node
  notForUs: { incidental: true, meaning: 'the target MAC is not of this node' },
  groupNotJoined: { incidental: true, meaning: 'the node has not joined the multicast group' },
  noVlanInterface: { incidental: true, meaning: 'the node has no interface for the VLAN tag' },
  interfaceDisabled: { incidental: false, meaning: 'the interface is administratively down' },
  virtualMacNotMaster: {
    incidental: true,
    meaning: 'the target is the virtual MAC of a VHID that is not MASTER here',
  },
  unknownProtocol: { incidental: true, meaning: 'no service of the node takes this protocol' },
  malformed: { incidental: false, meaning: 'the bytes do not parse' },
  badChecksum: { incidental: false, meaning: 'a checksum does not match' },

  // IPv4
  notOurAddress: { incidental: false, meaning: 'the target IP is not of this host' },
  noRoute: { incidental: false, meaning: 'no route to the target' },
  ttlExceeded: { incidental: false, meaning: 'the time to live ran out' },
  mtuExceeded: { incidental: false, meaning: 'the packet is larger than the MTU' },
  neighbourUnresolved: { incidental: false, meaning: 'nobody answered the ARP requests' },
  neighbourQueueFull: {
    incidental: false,
    meaning: 'too many packets were waiting for the same ARP answer',
  },
  replyTooLate: { incidental: false, meaning: 'the reply came after the client had given up' },
  portClosed: { incidental: false, meaning: 'no program listens at the UDP port' },
  noListener: { incidental: true, meaning: 'no program was waiting for it' },

  // pf
  filtered: { incidental: false, meaning: 'the packet filter stopped it, by the rule named' },
  noState: {
    incidental: false,
    meaning: 'no state for a segment in the middle of a connection, so the rule named stopped it',
  },

  // OpenVPN
  tunnelDown: { incidental: false, meaning: 'OpenVPN had no session to carry it by' },
  openvpnNoSession: { incidental: false, meaning: 'OpenVPN does not know the session' },
  openvpnBadSeal: { incidental: false, meaning: 'OpenVPN could not open it: another key' },
  openvpnBadSource: { incidental: false, meaning: 'it is not from the client that sealed it' },
  openvpnMalformed: { incidental: false, meaning: 'it is no packet of OpenVPN' },

  // CARP
  carpNotAllowed: { incidental: true, meaning: 'net.inet.carp.allow is 0' },
  carpBadLength: { incidental: false, meaning: 'the advertisement is too short' },
  carpBadVersion: { incidental: false, meaning: 'the CARP version is not 2' },
  carpBadChecksum: { incidental: false, meaning: 'the CARP checksum does not match' },
  carpBadVhid: { incidental: true, meaning: 'the interface has no such VHID' },
  carpBadTtl: { incidental: false, meaning: 'the TTL is not 255' },
  carpBadAuthentication: { incidental: false, meaning: 'the HMAC does not match' },

  // pfsync
  pfsyncNotRunning: { incidental: true, meaning: 'pfsync has no SYNC interface yet, or pf is off' },
  pfsyncWrongInterface: { incidental: true, meaning: 'pfsync came in by another interface' },
  pfsyncBadTtl: { incidental: false, meaning: 'the TTL of pfsync is not 255: it was routed' },
  pfsyncBadLength: { incidental: false, meaning: 'pfsync is shorter than it says' },
  pfsyncBadVersion: { incidental: false, meaning: 'the pfsync version is not 5' },
  pfsyncMalformed: {
    incidental: false,
    meaning: 'a region of pfsync is unknown or cut off; what came before it counted',
  },
} as const satisfies Record<string, { incidental: boolean; meaning: string }>

export type DropCause = keyof typeof DROP_CAUSES

/** Ends of a copy at a NIC that is not its target, or at a switch that has no way to the target. */
const AWAY_FROM_TARGET: readonly DropCause[] = [
  'notForUs',
  'virtualMacNotMaster',
  'unknownUnicast',
  'noOtherPort',
]

/** How much the end of one copy tells about the loss of the packet: 0 (little) to 2. */
export function weightOf(cause: DropCause): number {
  if (!DROP_CAUSES[cause].incidental) return 2
  return AWAY_FROM_TARGET.includes(cause) ? 1 : 0
}
