import * as z from 'zod'
import { sharedSecret } from '../../devices/pfsense/document/openvpn.ts'
import { OPENVPN_PORT } from '../../protocols/openvpn/wire.ts'
import {
  duration,
  identifier,
  integer,
  ipv4,
  mapping,
  oneOf,
  phase,
  positiveDuration,
  variants,
} from '../../schema/fields.ts'

/** What is sent during a run, and by whom. */

const flowName = () =>
  identifier('the name of a flow').describe('Unique; names its transcript ping-NAME.txt.')

const flowFields = {
  from: identifier('the name of a host').describe('Host that sends.'),
  to: ipv4().describe('Address of the target; a ping goes to an address of nothing too.'),
  start: duration().default('5s').describe('When the program is started.'),
  phase: phase()
    .default('random')
    .describe('Delay of the first probe: a duration, or random: drawn from one whole interval.'),
  interval: positiveDuration().default('1s').describe('From one probe to the next.'),
}

const stop = () =>
  duration()
    .exactOptional()
    .describe('When the program is stopped. Default: 100ms before the end of the run.')

// Without fragmentation, the most that 1500 bytes of IPv4 leave for the data of an ICMP echo.
const dataBytes = () => integer(0, 1472)

export const flowSchema = variants(
  'kind',
  ['windows-ping', 'linux-ping', 'tcp', 'udp', 'openvpn', 'web-page'],
  [
    mapping({
      name: flowName(),
      kind: z.literal('windows-ping').describe('Windows ping.exe -t.'),
      ...flowFields,
      timeout: positiveDuration().default('4s').describe('How long a reply is waited for.'),
      pauseAfterTimeout: duration().default('1s').describe('Pause after a reply that never came.'),
      dataBytes: dataBytes().default(32).describe('Bytes of data in each request.'),
      apostrophe: oneOf('ascii', 'typographic')
        .default('ascii')
        .describe("Apostrophe of the French transcript: ' or ’."),
      stop: stop(),
    }).describe('A ping from a Windows host.'),
    mapping({
      name: flowName(),
      kind: z.literal('linux-ping').describe('Linux ping of iputils.'),
      ...flowFields,
      dataBytes: dataBytes().default(56).describe('Bytes of data in each request.'),
      stop: stop(),
    }).describe('A ping from a Linux host.'),
    mapping({
      name: flowName(),
      kind: z.literal('tcp').describe('Requests and responses over one TCP connection.'),
      ...flowFields,
      port: integer(1, 65_535).default(22).describe('Port that the target listens at.'),
      pattern: oneOf('interactive', 'download')
        .default('interactive')
        .describe('interactive: a request each interval; download: each after the last response.'),
      requestBytes: integer(1, 1_000_000).default(48).describe('Bytes of each request.'),
      responseBytes: integer(1, 1_000_000).default(48).describe('Bytes of each response.'),
      timeout: positiveDuration()
        .default('20s')
        .describe('How long a response is waited for before the session is given up.'),
      reconnectAfter: duration().default('1s').describe('Pause before a new connection.'),
      stop: stop(),
    }).describe('A conversation over TCP, such as SSH or a download.'),
    mapping({
      name: flowName(),
      kind: z.literal('udp').describe('A telephone call: RTP, looped back by the far end.'),
      ...flowFields,
      interval: positiveDuration().default('20ms').describe('From one packet to the next.'),
      port: integer(1024, 65_535).default(16_384).describe('UDP port of the far end.'),
      codec: oneOf('g711', 'g729').default('g711').describe('64 or 8 kbit/s of voice.'),
      timeout: positiveDuration().default('1s').describe('A packet that comes back later is lost.'),
      stop: stop(),
    }).describe('A stream over UDP, such as a telephone call.'),
    mapping({
      name: flowName(),
      kind: z.literal('openvpn').describe('A VPN client, and a ping through its tunnel.'),
      ...flowFields,
      server: ipv4().describe('Virtual IP that the OpenVPN server is bound to.'),
      port: integer(1, 65_535).default(OPENVPN_PORT).describe('UDP port of the server.'),
      dataBytes: dataBytes().default(56).describe('Bytes of data in each request.'),
      handshakeWindow: positiveDuration().default('60s').describe('How long a handshake may take.'),
      retry: positiveDuration().default('1s').describe('Pause before a new attempt.'),
      retryMax: positiveDuration().default('300s').describe('What the pause grows to at most.'),
      secret: sharedSecret(),
      stop: stop(),
    }).describe('A road warrior by OpenVPN, who pings through the tunnel once it is up.'),
    mapping({
      name: flowName(),
      kind: z.literal('web-page').describe('The administration page, loaded again and again.'),
      ...flowFields,
      protocol: oneOf('https', 'http').default('https').describe('By TLS or in the clear.'),
      port: integer(1, 65_535).default(443).describe('Port of the page.'),
      timeout: positiveDuration().default('10s').describe('How long a page is waited for.'),
      stop: stop(),
    }).describe('A browser that reloads the page of a firewall; each time it connects anew.'),
  ],
)
