import type { DropCause } from '../../protocols/frame/fate.ts'
import type { Refusal } from '../../protocols/openvpn/data-channel.ts'

/** How a datagram ends that OpenVPN would not have. */
export const CAUSE_OF_REFUSAL: Record<Refusal, DropCause> = {
  noSession: 'openvpnNoSession',
  badSeal: 'openvpnBadSeal',
  badSource: 'openvpnBadSource',
  malformed: 'openvpnMalformed',
}
