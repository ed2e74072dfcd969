import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { conversations } from './conversations.mjs'
import { allPings } from './lost-pings.mjs'
import { inParallel, output, scratchDirectory } from './programs.mjs'
import { problemsOf, unless } from './report.mjs'
import { pointOf, runScenario } from './runs.mjs'
import { captureInfos, readPackets, repetitions } from './tshark.mjs'

/** Do Wireshark's programs find anything wrong with a capture? */

/** 2024-08-21T08:00:00Z, from which simulated time counts (docs: contract of a run's directory). */
export const EPOCH_UNIX_US = Date.UTC(2024, 7, 21, 8) * 1000

/** Severities of Wireshark's expert info, below which it only tells and does not object. */
const EXPERT_WARNING = 0x600000
/** True of a lost ping; and where one packet is seen twice, Wireshark cannot know better. */
const NO_RESPONSE = 'No response seen to ICMP request'

const NO_STREAMS = ['-o', 'tcp.desegment_tcp_streams:FALSE']

/** As Wireshark prints the status of a checksum. */
const GOOD = '1'

/** Everything tshark tells of a run: packets by capture point, those of all, those of each file. */
export async function readRun(run) {
  const paths = run.captures
  const read = await inParallel(paths, (path) => readPackets(path))
  const points = new Map(paths.map((path, index) => [pointOf(path), read[index]]))
  if (run.ofAllPoints === undefined) {
    const ofAllPoints = read.flat().sort((a, b) => a.timeUs - b.timeUs)
    return { points, ofAllPoints, everyPacket: ofAllPoints }
  }
  // There each packet stands many times over: nothing that could be put together to streams.
  const ofAllPoints = await readPackets(run.ofAllPoints, NO_STREAMS)
  return { points, ofAllPoints, everyPacket: [...read, ofAllPoints].flat() }
}

export async function checkCaptures(report, run, packets) {
  const { title } = run
  const { everyPacket } = packets
  await report.checkAll([
    [`${title}: nothing malformed, no warning`, () => wellFormed(everyPacket)],
    [`${title}: IPv4, ICMP, IGMP and CARP checksums are good`, () => checksums(everyPacket, run)],
    [`${title}: capinfos finds order, names and counts`, () => files(run, packets)],
    [`${title}: packet ids and directions are visible`, () => identities(packets)],
  ])
  if (run.ofAllPoints !== undefined) {
    await report.checkAll([
      [`${title}: the file of all points tells the same as the others`, () => agreement(packets)],
      [`${title}: comments tell what happened and what was lost`, () => comments(run, packets)],
    ])
  }
  if (run.scenario.faults.length === 0) {
    await report.checkAll([
      [
        `${title}: TCP analysis finds nothing at any point, VLAN by VLAN`,
        () => conversations(run, packets.points),
      ],
    ])
  }
  if (run.pingFlows.length === 0) return
  await report.checkAll([
    [`${title}: echo requests and replies are those of metrics.json`, () => allPings(run, packets)],
  ])
}

const TCP = '6'

function wellFormed(packets) {
  const problems = problemsOf(packets, (packet) => [
    ...unless(packet.malformed === '', `${place(packet)} is malformed`),
    ...packet.expertMessages.flatMap((message, index) => {
      // Sessions are really cut here; where nothing breaks, conversations.mjs lets nothing pass.
      if (packet.protocol === TCP) return []
      // Of a segment that an ICMP error quotes in part no checksum can be right.
      if (isIcmpError(packet) && message.startsWith('Bad checksum')) return []
      const isComplaint = Number(packet.expertSeverities[index]) >= EXPERT_WARNING
      return unless(!isComplaint || message === NO_RESPONSE, `${place(packet)}: ${message}`)
    }),
  ])
  return { problems, measured: `${packets.length} packets` }
}

function checksums(packets, run) {
  const counts = { ip: 0, icmp: 0, igmp: 0, carp: 0 }
  const problems = problemsOf(packets, (packet) => {
    const judge = (name, status) => {
      if (name in counts) counts[name]++
      const statuses = repetitions(status)
      // What an ICMP error quotes was cut: Wireshark says so, and judges the error alone.
      const own = isIcmpError(packet) ? statuses.slice(0, 1) : statuses
      const isGood = own.length > 0 && own.every((each) => each === GOOD)
      return unless(isGood, `${place(packet)}: the ${name} checksum is not good (${status})`)
    }
    return [
      ...(packet.ipVersion === '' ? [] : judge('ip', packet.ipChecksum)),
      ...(packet.icmpType === '' ? [] : judge('icmp', packet.icmpChecksum)),
      ...(packet.igmpType === '' ? [] : judge('igmp', packet.igmpChecksum)),
      ...(packet.protocol === '112' ? judge('carp', packet.carpChecksum) : []),
      // Of these a checksum may be absent by design, but never wrong.
      ...unless(packet.udpChecksum !== '0', `${place(packet)}: the udp checksum is bad`),
      ...unless(
        packet.tcpChecksum !== '0' || isIcmpError(packet),
        `${place(packet)}: the tcp checksum is bad`,
      ),
    ]
  })
  for (const [name, count] of Object.entries(counts)) {
    // Without any, nothing would have been checked.
    const isExpected = name !== 'icmp' || run.pingFlows.length > 0
    problems.push(
      ...unless(count > 0 || !isExpected, `there is no ${name} checksum in any capture`),
    )
  }
  const measured = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  return { problems, measured: measured.join(', ') }
}

async function files(run, packets) {
  const paths = run.ofAllPoints === undefined ? run.captures : [...run.captures, run.ofAllPoints]
  const infos = await captureInfos(paths)
  const points = [...packets.points.keys()].sort()
  const problems = infos.flatMap(({ values, interfaces }, index) => {
    const path = paths[index]
    const read = path === run.ofAllPoints ? packets.ofAllPoints : packets.points.get(pointOf(path))
    const count = (name) => read.filter((packet) => packet.point === name).length
    const names = interfaces.map(({ Name }) => Name)
    const expected = path === run.ofAllPoints ? points : [pointOf(path)]
    const wrong = [
      ...unless(values['File name'] === path, `capinfos read ${values['File name']}`),
      // Of no packet capinfos cannot tell an order.
      ...unless(
        read.length === 0 || values['Strict time order'] === 'True',
        `strict time order: ${values['Strict time order']}`,
      ),
      ...unless(
        values['Number of packets'] === String(read.length),
        `${values['Number of packets']} packets, tshark read ${read.length}`,
      ),
      ...unless(
        sameList([...names].sort(), expected),
        `interfaces are named ${names.join(', ')}, expected ${expected.join(', ')}`,
      ),
      ...interfaces.flatMap((each) => [
        ...unless(each.Description?.length > 0, `${each.Name} has no description`),
        ...unless(each['Time resolution'] === '0x06', `${each.Name} does not count microseconds`),
        ...unless(each['Number of stat entries'] === '1', `${each.Name} has no statistics`),
        ...unless(
          each['Number of packets'] === String(count(each.Name)),
          `${each['Number of packets']} packets at ${each.Name}, tshark read ${count(each.Name)}`,
        ),
      ]),
      ...unless(
        values['Capture comment']?.includes(`Scenario ${run.metrics.scenario}, seed`),
        'the header does not name the scenario',
      ),
    ]
    return wrong.map((problem) => `${basename(path)}: ${problem}`)
  })
  const endUs = EPOCH_UNIX_US + run.metrics.simulatedUs
  const strays = packets.ofAllPoints.filter(
    ({ timeUs }) => timeUs < EPOCH_UNIX_US || timeUs > endUs,
  )
  problems.push(...strays.map((packet) => `${place(packet)} is not within the run`))
  return { problems, measured: `${paths.length} captures` }
}

/** Each point's packets are those that the file of all points has of it, in the same order. */
function agreement({ points, ofAllPoints }) {
  const essence = (packet) =>
    [packet.time, packet.packetId, packet.direction, packet.length, packet.sourceMac].join(' ')
  const problems = [...points].flatMap(([point, packets]) => {
    const there = ofAllPoints.filter((packet) => packet.point === point).map(essence)
    return unless(sameList(packets.map(essence), there), `${point} differs`)
  })
  return { problems, measured: `${points.size} points, ${ofAllPoints.length} packets` }
}

function identities({ points, ofAllPoints }) {
  const problems = problemsOf(ofAllPoints, (packet) => [
    ...unless(/^\d+$/.test(packet.packetId), `${place(packet)} has no packet id`),
    ...unless(packet.inbound !== packet.outbound, `${place(packet)} has no direction`),
    ...unless(points.has(packet.point), `${place(packet)} has no capture point`),
  ])
  const ids = new Map()
  for (const packet of ofAllPoints.filter(({ protocol }) => protocol === '112')) {
    const { counter, digest, advskew, vhid, packetId } = packet
    const content = [vhid, advskew, counter, digest].join(' ')
    const known = ids.get(packetId) ?? content
    ids.set(packetId, known)
    problems.push(...unless(known === content, `packet id ${packetId} names two packets`))
  }
  const seen = new Set(ofAllPoints.map(({ packetId }) => packetId)).size
  return { problems, measured: `${seen} packets, seen ${ofAllPoints.length} times` }
}

/** Every fault, every takeover and every lost probe of the run is told in the file of all points. */
function comments(run, { ofAllPoints, points }) {
  const told = new Map()
  for (const { comments: texts, packetId } of ofAllPoints) {
    for (const text of texts) told.set(text, [...(told.get(text) ?? []), packetId])
  }
  const strange = [...told.keys()].filter((text) => !/^(EVENT|DROP) \S/.test(text))
  const problems = strange.map((text) => `a comment neither of an event nor of a loss: ${text}`)
  // What happens after the last packet is told by the statistics of the interface, not by a packet.
  const lastUs = ofAllPoints.at(-1).timeUs - EPOCH_UNIX_US
  const events = run.events.filter(
    ({ kind, timeUs }) => (kind === 'fault' || kind === 'role.changed') && timeUs < lastUs,
  )
  for (const { node, text, kind, timeUs } of events) {
    const seconds = `${Math.floor(timeUs / 1e6)}.${String(timeUs % 1e6).padStart(6, '0')}`
    const comment = `EVENT ${kind === 'fault' ? '' : `${node} `}${text} at ${seconds} s`
    problems.push(...unless(told.has(comment), `no packet tells: ${comment}`))
  }
  const losses = run.metrics.flows.flatMap((flow) => flow.losses)
  const visible = new Set([...points.values()].flat().map(({ packetId }) => packetId))
  for (const { cause, at, frameId } of losses.filter((loss) => visible.has(String(loss.frameId)))) {
    const ids = [...told]
      .filter(([text]) => text.startsWith(`DROP ${at}: ${cause} (`))
      .flatMap(([, packetIds]) => packetIds)
    problems.push(
      ...unless(
        ids.includes(String(frameId)),
        `no packet with id ${frameId} tells of its drop at ${at}: ${cause}`,
      ),
    )
  }
  return { problems, measured: `${events.length} events, ${losses.length} losses` }
}

// --- The other format, and whether these checks can fail -----------------------------------------

/** Classic pcap on request: what editcap makes of our pcapng, byte by byte. */
export async function checkClassicPcap(report, scenario) {
  const run = await runScenario(scenario, ['--set', 'captures.classicPcap=true'])
  await report.check(`${run.title}: readable, and equal to what editcap makes of it`, async () => {
    const classic = run.classicCaptures
    const names = (paths) => paths.map(pointOf)
    const problems = unless(
      sameList(names(classic), names(run.captures)),
      `there are ${classic.length} classic captures for ${run.captures.length} points`,
    )
    const converted = scratchDirectory('editcap')
    for (const path of classic) {
      const reference = join(converted, basename(path))
      await output('editcap', ['-F', 'pcap', run.capture(pointOf(path)), reference])
      const isEqual = readFileSync(path).equals(readFileSync(reference))
      problems.push(...unless(isEqual, `${basename(path)} differs from what editcap makes`))
    }
    const infos = await captureInfos(classic)
    const packets = infos.reduce((sum, { values }) => sum + Number(values['Number of packets']), 0)
    problems.push(
      ...unless(infos.length === classic.length && packets > 0, 'capinfos reads no packet'),
      ...infos.flatMap(({ values }) =>
        unless(
          values['File type'] === 'pcap' &&
            values['File timestamp precision'] === 'microseconds (6)',
          `${values['File name']} is ${values['File type']}`,
        ),
      ),
    )
    return { problems, measured: `${classic.length} captures, ${packets} packets` }
  })
}

/** Damage that these checks must find, or they would prove nothing. */
export async function checkControls(report, run) {
  const original = readFileSync(run.capture('pfsense1-wan'))
  const damaged = join(scratchDirectory('controls'), 'damaged.pcapng')
  // The digest of one advertisement: protocol 112, source to group, then 16 bytes of CARP.
  const at = original.indexOf(Buffer.from('e000001221', 'hex')) + 4 + 16
  const bytes = Buffer.from(original)
  bytes[at] ^= 0x01
  writeFileSync(damaged, bytes)
  await report.check('control: a flipped bit of a digest is found as a bad checksum', async () => {
    const { problems } = checksums(await readPackets(damaged), run)
    const found = problems.filter((problem) => problem.includes('the carp checksum is not good'))
    return { problems: unless(found.length === 1, `found ${found.length} of 1`) }
  })
  await report.check('control: a flipped bit is found as a warning', async () => {
    const { problems } = wellFormed(await readPackets(damaged))
    return { problems: unless(problems.length === 1, `found ${problems.length} of 1`) }
  })
}

// --- Small things ----------------------------------------------------------------------------------

function sameList(left, right) {
  return left.length === right.length && left.every((each, index) => each === right[index])
}

/** Of destinations and of times exceeded; what they quote follows their own type. */
function isIcmpError({ icmpType }) {
  return ['3', '11'].includes(repetitions(icmpType)[0])
}

function place({ point, number }) {
  return `${point} packet ${number}`
}
