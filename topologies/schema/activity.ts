import * as z from 'zod'
import {
  duration,
  expectation,
  identifier,
  integer,
  ipv4,
  label,
  list,
  mapping,
  oneOf,
  phase,
  positiveDuration,
  variants,
  yesOrNo,
} from './fields.ts'

/** What happens during a run: who pings whom, what breaks when, and what is recorded. */

// --- Flows -------------------------------------------------------------------------------------

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
  ['windows-ping', 'linux-ping', 'tcp'],
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
  ],
)

// --- Faults ------------------------------------------------------------------------------------

const AT = 'a duration such as 12s, or a range such as { from: 12s, to: 13s }'

const instant = z.union(
  [
    duration(),
    mapping({
      from: duration().describe('Earliest instant.'),
      to: duration().describe('The instant drawn is before this one.'),
    }).describe('A range from which the seed draws.'),
  ],
  { error: expectation(AT) },
)

const at = () => instant.describe('When: a time since the start, or a range to draw from.')
const node = () => identifier('the name of a node').describe('Firewall or host.')
const firewall = () => identifier('the name of a firewall').describe('Firewall.')

const faultVariants = [
  mapping({
    kind: z.literal('power-off').describe('Cut, without warning.'),
    node: node(),
    at: at(),
  }),
  mapping({ kind: z.literal('power-on').describe('Power back; boots.'), node: node(), at: at() }),
  mapping({
    kind: z.literal('interface-disable').describe('Unticked in the configuration.'),
    node: node(),
    interface: label('the name of an interface').describe('Interface of that node.'),
    at: at(),
  }),
  mapping({
    kind: z.literal('interface-enable').describe('Ticked again.'),
    node: node(),
    interface: label('the name of an interface').describe('Interface of that node.'),
    at: at(),
  }),
  mapping({
    kind: z.literal('link-down').describe('Unplugged.'),
    node: identifier('the name of a node').describe('Firewall, host or ESXi host.'),
    nic: label('the name of a NIC').describe('NIC of that node (of an ESXi host: a vmnic).'),
    at: at(),
  }),
  mapping({
    kind: z.literal('link-up').describe('Plugged in again.'),
    node: identifier('the name of a node').describe('Firewall, host or ESXi host.'),
    nic: label('the name of a NIC').describe('NIC of that node (of an ESXi host: a vmnic).'),
    at: at(),
  }),
  mapping({
    kind: z.literal('maintenance-enter').describe('Persistent CARP maintenance mode: on.'),
    node: firewall(),
    at: at(),
  }),
  mapping({
    kind: z.literal('maintenance-leave').describe('Persistent CARP maintenance mode: off.'),
    node: firewall(),
    at: at(),
  }),
] as const

export const faultSchema = variants(
  'kind',
  faultVariants.map((variant) => variant.shape.kind.value),
  faultVariants,
)

// --- Captures ----------------------------------------------------------------------------------

const POINTS = 'all, none, or a list of capture points'

const points = z.union(
  [
    z.enum(['all', 'none'], { error: expectation(POINTS) }),
    list(label('the name of a capture point'), 'names of capture points'),
  ],
  { error: expectation(POINTS) },
)

export const capturesSchema = mapping({
  points: points.default('all').describe('Where frames are recorded: all, none, or names.'),
  classicPcap: yesOrNo().default(false).describe('Write each capture as classic pcap too.'),
})
