import { RUN_EPOCH_UNIX_US } from '../engine/time.ts'
import { kindOf } from '../flows/index.ts'
import { parseIpv4, parseIpv4Prefix, parseMac } from '../protocols/addresses.ts'
import { eventStyles } from '../simulation/events.ts'
import { planCapturePoints } from '../topologies/capture-points.ts'
import type { Scenario } from '../topologies/document.ts'
import { inOrderOfHappening } from '../traces/explain/order.ts'
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
  const cast = castOf(scenario)
  const sightings =
    captures.size === 0
      ? undefined
      : inOrderOfHappening(sightingsIn(directory, captures), cast.points)
  return { flows, events, sightings, gap: gapIn(run), cast, styles: eventStyles }
}

/** Point by point, each in the order of its file. */
function sightingsIn(directory: string, captures: ReadonlyMap<string, PcapngContents>): Sighting[] {
  return [...captures].flatMap(([point, { packets }]) =>
    packets.map(({ bytes, comments, direction, packetId, timeUnixUs }, index): Sighting => {
      if (direction === undefined || packetId === undefined) {
        throw new InputError(
          `${directory}/captures/${point}.pcapng: frame ${index + 1} tells no packet id or direction; expected the file as the run wrote it`,
        )
      }
      return { timeUs: timeUnixUs - RUN_EPOCH_UNIX_US, point, direction, bytes, packetId, comments }
    }),
  )
}

/** A sentence about captures that are missing; empty if none is. */
function gapIn({ scenario, captures }: RunDirectory): string {
  const { points } = scenario.captures
  if (points === 'none' || points.length === 0) {
    return 'no captures were taken (captures.points in scenario.yaml); run it again with --set captures.points=all to see hops'
  }
  if (captures.size === 0) return 'the captures are missing; run it again to see hops'
  const all = planCapturePoints(scenario.topology).map(({ name }) => name)
  const seen = all.filter((name) => captures.has(name))
  if (seen.length === all.length) return ''
  return `captured at ${seen.length} of ${all.length} points only: ${seen.join(', ')}; the rest of the way was not seen`
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
