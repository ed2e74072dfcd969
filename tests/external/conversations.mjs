import { basename, join } from 'node:path'
import { inParallel, output, scratchDirectory } from './programs.mjs'
import { unless } from './report.mjs'
import { pointOf } from './runs.mjs'
import { matching } from './tshark.mjs'

/** What Wireshark's analysis of TCP says of a run in which nothing breaks: nothing at all. */

const COMPLAINTS = 'tcp.analysis.flags || _ws.malformed'

/**
 * At every point. A trunk sees each packet that a firewall routes from one VLAN of it into another
 * twice, as a real one does, and Wireshark takes the second for a retransmission: there, each VLAN
 * is looked at by itself.
 */
export async function conversations(run, packets) {
  const wholes = run.captures.flatMap((path) => partsOf(path, packets.get(pointOf(path))))
  const found = await inParallel(wholes, complaintsIn)
  const segments = found.reduce((sum, part) => sum + part.segments, 0)
  return {
    problems: [
      ...unless(segments > 0 || !hasTcp(run), 'there is no TCP segment in any capture'),
      ...found.flatMap(({ problems }) => problems),
    ],
    measured: `${segments} segments at ${run.captures.length} points`,
  }
}

function partsOf(path, packets) {
  const vlans = [...new Set(packets.map(({ vlan }) => vlan))]
  return vlans.length < 2 ? [{ path, vlan: undefined }] : vlans.map((vlan) => ({ path, vlan }))
}

async function complaintsIn({ path, vlan }) {
  const part = vlan === undefined ? path : await onlyVlan(path, vlan)
  const name = vlan === undefined ? pointOf(path) : `${pointOf(path)} VLAN ${vlan || 'none'}`
  const segments = await matching(part, 'tcp', 'frame.number')
  const complaints = await matching(part, COMPLAINTS, 'frame.packet_id')
  return {
    segments: segments.length,
    problems: complaints.map((packetId) => `${name}: TCP analysis objects to packet ${packetId}`),
  }
}

async function onlyVlan(path, vlan) {
  const part = join(scratchDirectory('vlans'), `${vlan || 'none'}-${basename(path)}`)
  const filter = vlan === '' ? '!vlan' : `vlan.id == ${vlan}`
  await output('tshark', ['-n', '-2', '-r', path, '-Y', filter, '-w', part])
  return part
}

function hasTcp({ metrics }) {
  return metrics.flows.some(({ kind }) => kind === 'tcp' || kind === 'web-page')
}
