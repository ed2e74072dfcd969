import type { Host } from '../devices/host/host.ts'
import { LINUX_TIMER_DRIFT_NS, LinuxPing } from '../devices/ping/linux-ping.ts'
import type { PingHost } from '../devices/ping/ping-host.ts'
import { SECOND_NS } from '../engine/time.ts'
import { ipv4, nanoseconds } from '../schema/values.ts'
import type { FlowLog } from '../traces/flow-log.ts'
import { type FlowContext, flowKind, flowMapping } from './flow-kind.ts'
import { dataBytes, startPing, summariseProbes } from './ping.ts'

/** The identifier is a process id: 16 bits hold all that is usual. */
export const LINUX_IDENTIFIERS = [300, 0x8000 - 1] as const

export const linuxPing = flowKind({
  schema: flowMapping('linux-ping', 'Linux ping of iputils.', {
    dataBytes: dataBytes().default(56).describe('Bytes of data in each request.'),
  }).describe('A ping from a Linux host.'),
  os: 'linux',
  probesArePackets: true,
  livesInSession: false,
  probeTrace: () => ({ protocol: 'icmp', identifiers: LINUX_IDENTIFIERS }),
  start: (context, flow, host, logs) =>
    startPing(context, flow, host, logs, (_, pingHost) =>
      makeLinuxPing(context, flow, host, pingHost, logs.log, context.timing === 'ideal'),
    ),
  summary: summariseProbes,
})

/** @param exact whether the timer of the program has no drift */
export function makeLinuxPing(
  { world }: FlowContext,
  flow: {
    readonly name: string
    readonly to: string
    readonly interval: string
    readonly dataBytes: number
  },
  { running }: Host,
  pingHost: PingHost,
  log: FlowLog,
  exact: boolean,
): LinuxPing {
  const intervalNs = nanoseconds(flow.interval)
  const [first, last] = LINUX_IDENTIFIERS
  const draws = world.random.stream(`flow/${flow.name}/client`)
  // Two programs of a host are two processes.
  let identifier = draws.integer(first, last + 1)
  while (running?.icmp.hasIdentifier(identifier))
    identifier = identifier < last ? identifier + 1 : first
  return new LinuxPing(
    pingHost,
    {
      target: ipv4(flow.to),
      intervalNs,
      payloadBytes: flow.dataBytes,
      identifier,
      // Measured for 1 s only, where the timer wheel of Linux is coarser.
      timerDriftNs: exact || intervalNs !== SECOND_NS ? 0 : LINUX_TIMER_DRIFT_NS,
    },
    log,
  )
}
