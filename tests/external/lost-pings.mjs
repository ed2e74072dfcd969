import { unless } from './report.mjs'
import { matching } from './tshark.mjs'

/** Does Wireshark count the same pings as `metrics.json`? */

const UNANSWERED = 'icmp.type==8 && !icmp.resp_in'
/** Where a switch floods, a station also sees requests of others, to which it sees no reply. */
const OWN_UNANSWERED = `${UNANSWERED} && frame.packet_flags_direction==2`

const ECHO_REQUEST = '8'
const ECHO_REPLY = '0'

/**
 * The lost ones: a claim for `Report.checkAll`.
 * @param {boolean} overhears whether stations may see requests of others
 */
export function lostPings(run, { overhears = false } = {}) {
  const filter = overhears ? OWN_UNANSWERED : UNANSWERED
  const title = `${run.title}: tshark -2 -Y '${filter}' finds the lost pings`
  return [
    title,
    () =>
      ofEachFlow(run, async (flow, station, target) => {
        const ofFlow = `${filter} && ip.dst==${target}`
        const unanswered = await matching(run.capture(station), ofFlow, 'frame.packet_id')
        const lostIds = flow.losses.map(({ frameId }) => String(frameId))
        return {
          problems: [
            ...unless(
              unanswered.length === flow.lost,
              `${unanswered.length} unanswered, lost ${flow.lost}`,
            ),
            ...unless(
              unanswered.every((id, index) => isEndOf(lostIds[index], id)),
              `unanswered are packets ${unanswered.join()}, lost are frames ${lostIds.join()}`,
            ),
          ],
          measured: `${flow.lost} of ${flow.sent}`,
        }
      }),
  ]
}

/** Whether a request was lost with this frame: itself, or its answer, which was numbered later. */
function isEndOf(lost, request) {
  return Number(lost) >= Number(request)
}

/** Those that were sent, and those that came back. */
export function allPings(run, packets) {
  return ofEachFlow(run, (flow, station, target) => {
    const seen = packets.points.get(station)
    const { address } = run.scenario.topology.hosts.find(({ name }) => name === station)
      .interfaces[0]
    const [own] = address.split('/')
    const requests = seen.filter(
      ({ icmpType, outbound, destinationIp }) =>
        icmpType === ECHO_REQUEST && outbound && destinationIp === target,
    ).length
    const replies = seen.filter(
      ({ icmpType, inbound, sourceIp, destinationIp }) =>
        icmpType === ECHO_REPLY && inbound && sourceIp === target && destinationIp === own,
    ).length
    return {
      problems: [
        ...unless(requests === flow.sent, `${requests} requests, sent ${flow.sent}`),
        ...unless(
          replies === flow.received + flow.duplicates,
          `${replies} replies, received ${flow.received} and ${flow.duplicates} duplicates`,
        ),
      ],
      measured: `${requests} and ${replies}`,
    }
  })
}

/** Pings of one station to one target, one after the other, look like one to Wireshark. */
async function ofEachFlow(run, examine) {
  const documents = new Map(run.scenario.flows.map((flow) => [flow.name, flow]))
  const groups = new Map()
  for (const flow of run.pingFlows) {
    const { from: station, to: target } = documents.get(flow.name)
    const key = `${station} ${target}`
    const { flow: earlier } = groups.get(key) ?? {}
    groups.set(key, { station, target, flow: earlier === undefined ? flow : joined(earlier, flow) })
  }
  const problems = unless(groups.size > 0, 'the scenario has no ping')
  const told = []
  for (const { station, target, flow } of groups.values()) {
    const { problems: found, measured } = await examine(flow, station, target)
    problems.push(...found.map((problem) => `${station}: ${problem}`))
    told.push(`${station} ${measured}`)
  }
  return { problems, measured: told.join(', ') }
}

function joined(one, other) {
  return {
    sent: one.sent + other.sent,
    received: one.received + other.received,
    duplicates: one.duplicates + other.duplicates,
    lost: one.lost + other.lost,
    losses: [...one.losses, ...other.losses].sort((a, b) => a.sentUs - b.sentUs),
  }
}
