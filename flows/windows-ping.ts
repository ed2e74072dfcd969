import { WINDOWS_ICMP_IDENTIFIER, WindowsPing } from '../devices/ping/windows-ping.ts'
import { MILLISECOND_NS } from '../engine/time.ts'
import { duration, oneOf, positiveDuration } from '../schema/fields.ts'
import { nanoseconds } from '../schema/values.ts'
import { flowKind, flowMapping } from './flow-kind.ts'
import { dataBytes, startPing, summariseProbes } from './ping.ts'

export const windowsPing = flowKind({
  schema: flowMapping('windows-ping', 'Windows ping.exe -t.', {
    timeout: positiveDuration().default('4s').describe('How long a reply is waited for.'),
    pauseAfterTimeout: duration().default('1s').describe('Pause after a reply that never came.'),
    dataBytes: dataBytes().default(32).describe('Bytes of data in each request.'),
    apostrophe: oneOf('ascii', 'typographic')
      .default('ascii')
      .describe("Apostrophe of the French transcript: ' or ’."),
  }).describe('A ping from a Windows host.'),
  os: 'windows',
  probesArePackets: true,
  livesInSession: false,
  probeTrace: () => ({
    protocol: 'icmp',
    identifiers: [WINDOWS_ICMP_IDENTIFIER, WINDOWS_ICMP_IDENTIFIER],
  }),
  start: (context, flow, host, logs) => {
    const { world, timing, language } = context
    return startPing(context, flow, host, logs, (target, pingHost) => {
      const draws = world.random.stream(`flow/${flow.name}/client`)
      const intervalJitterNs = () => draws.integer(MILLISECOND_NS, 2 * MILLISECOND_NS + 1)
      const options = {
        target,
        intervalNs: nanoseconds(flow.interval),
        language,
        apostrophes: flow.apostrophe,
        payloadBytes: flow.dataBytes,
        timeoutNs: nanoseconds(flow.timeout),
        timeoutPauseNs: nanoseconds(flow.pauseAfterTimeout),
        ...(timing === 'ideal' ? {} : { intervalJitterNs }),
      }
      return new WindowsPing(pingHost, options, logs.log)
    })
  },
  summary: summariseProbes,
})
