import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../../protocols/ipv4/wire.ts'
import { PING } from '../../protocols/openvpn/data-channel.ts'
import { DATA_HEADER_BYTES } from '../../protocols/openvpn/wire.ts'
import { UDP_HEADER_BYTES } from '../../protocols/udp/wire.ts'
import type { UdpEnd } from '../host/udp.ts'
import type { SealedWalk, WalkedPacket } from '../walk.ts'

/** The datagram that carries a packet of a walk, or a keepalive, through a tunnel. */
export function sealedWalk(
  ttl: number,
  from: UdpEnd,
  to: UdpEnd,
  sealed: SealedWalk,
): WalkedPacket {
  const carriedBytes = sealed.packet?.totalBytes ?? PING.length
  return {
    kind: 'ipv4',
    source: from.address,
    target: to.address,
    protocol: IP_PROTOCOL.udp,
    ttl,
    totalBytes: IPV4_HEADER_BYTES + UDP_HEADER_BYTES + DATA_HEADER_BYTES + carriedBytes,
    ports: { sourcePort: from.port, targetPort: to.port },
    sealed,
  }
}
