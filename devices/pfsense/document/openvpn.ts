import { OPENVPN_PORT } from '../../../protocols/openvpn/wire.ts'
import {
  duration,
  integer,
  ipv4,
  list,
  mapping,
  network,
  positiveDuration,
  yesOrNo,
} from '../../../schema/fields.ts'
import { sharedSecret } from '../../openvpn/shared-secret.ts'

/** Remote access by OpenVPN. */

export const openVpnServerSchema = mapping({
  virtualIp: ipv4().describe(
    'Address of the CARP virtual IP that it is bound to: it runs only where that is MASTER.',
  ),
  port: integer(1, 65_535).default(OPENVPN_PORT).describe('UDP port that it listens at.'),
  tunnelNetwork: network().describe(
    'Network of the tunnel, /16 to /29: the server takes its first address, clients the next ones.',
  ),
  localNetworks: list(network(), 'networks')
    .default([])
    .describe('Networks behind the firewall that clients reach through the tunnel.'),
  keepaliveInterval: integer(1, 86_400)
    .default(10)
    .describe('Seconds of silence after which an end sends a ping.'),
  keepaliveTimeout: integer(2, 86_400)
    .default(60)
    .describe('Seconds of silence after which a client restarts; the server waits twice as long.'),
  exitNotify: yesOrNo()
    .default(true)
    .describe('Tell clients to restart before the server is stopped (explicit-exit-notify 1).'),
  startDuration: duration()
    .default('1s')
    .describe('From the decision to start it to a process that answers.'),
  authentication: duration()
    .default('500ms')
    .describe("From a client's request for its options to the answer."),
  handshakeWindow: positiveDuration().default('60s').describe('How long a handshake may take.'),
  secret: sharedSecret(),
}).describe('An OpenVPN server over UDP. Rules about its clients stand on the tab OpenVPN.')
