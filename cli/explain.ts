import { RUN_EPOCH_UNIX_US } from '../engine/time.ts'
import { kindOf } from '../flows/index.ts'
import { parseIpv4, parseIpv4Prefix, parseMac } from '../protocols/addresses.ts'
import { eventStyles } from '../simulation/events.ts'
import { planCapturePoints } from '../topologies/capture-points.ts'
import type { Scenario } from '../topologies/document.ts'
import type {
  Card,
  Cast,
  CastPoint,
  Client,
  RecordedRun,
  Sighting,
} from '../traces/explain/recorded-run.ts'
import { explain as explainRun } from '../traces/explain.ts'
import type { PcapngContents } from '../traces/pcapng-reader.ts'
import { InputError } from './input-error.ts'
import { type RunDirectory, readRunDirectory } from './run-directory.ts'

/**
 * `bascule explain`: what became of a flow or of one packet of a run.
 *
 * @param words of the question, as `mgmt-ping 9` is two
 */
export function explain(directory: string, words: readonly string[]): void {
  const run = recordedRun(directory, readRunDirectory(directory))
  const explanation = explainRun(run, words.join(' '))
  if (!explanation.ok) throw new InputError(`${directory}: ${explanation.reason}`)
  process.stdout.write(`${explanation.lines.join('\n')}\n`)
}

function recordedRun(directory: string, run: RunDirectory): RecordedRun {
  const { scenario, flows, events, captures } = run
  const sightings = captures === undefined ? undefined : sightingsIn(directory, captures)
  return { flows, events, sightings, gap: gapIn(run), cast: castOf(scenario), styles: eventStyles }
}

function sightingsIn(directory: string, { interfaces, packets }: PcapngContents): Sighting[] {
  return packets.map((packet, index) => {
    const { bytes, comments, direction, packetId } = packet
    const { name = '' } = interfaces[packet.interfaceIndex] ?? {}
    if (direction === undefined || packetId === undefined || name === '') {
      throw new InputError(
        `${directory}/captures/all.pcapng: frame ${index + 1} tells no packet id, direction or interface; expected the file as the run wrote it`,
      )
    }
    const timeUs = packet.timeUnixUs - RUN_EPOCH_UNIX_US
    return { timeUs, point: name, direction, bytes, packetId, comments }
  })
}

/** What the reader must know about captures that are not there. */
function gapIn({ scenario, captures }: RunDirectory): string {
  const { points } = scenario.captures
  if (points === 'none' || points.length === 0) {
    return 'no captures were taken (captures.points in scenario.yaml); run it again with --set captures.points=all to see hops'
  }
  if (captures === undefined) {
    return 'captures/all.pcapng is missing; run it again to see hops'
  }
  if (points === 'all') return ''
  const all = planCapturePoints(scenario.topology).length
  return `captured at ${points.length} of ${all} points only: ${points.join(', ')}; the rest of the way was not seen`
}

function castOf({ topology, flows }: Scenario): Cast {
  const machines = [...topology.firewalls, ...topology.hosts]
  const hypervisors = new Set(topology.esxiHosts.map(({ name }) => name))
  const cards = machines.flatMap(({ name: node, nics }) =>
    nics.map(({ name, macAddress, connectedTo }): Card => {
      const esxiHost =
        connectedTo !== undefined && 'esxiHost' in connectedTo ? connectedTo.esxiHost : undefined
      return { node, name, macAddress: parseMac(macAddress) ?? 0, esxiHost }
    }),
  )
  const clients = flows.flatMap((flow): [string, Client][] => {
    const { name, from, to } = flow
    const target = parseIpv4(to)
    if (target === undefined) return []
    const interfaces = machines.find((machine) => machine.name === from)?.interfaces ?? []
    const addresses = interfaces.flatMap(({ address }) =>
      address === undefined ? [] : (parseIpv4Prefix(address)?.address ?? []),
    )
    return [[name, { node: from, addresses, target, probes: kindOf(flow).probeTrace?.(flow) }]]
  })
  const points = planCapturePoints(topology).map(({ name, node, vlans }): [string, CastPoint] => [
    name,
    { node, isUplink: hypervisors.has(node), ...(vlans === undefined ? {} : { vlans }) },
  ])
  return { cards, clients: new Map(clients), points: new Map(points) }
}
