import { createHmac } from 'node:crypto'
import { EPOCH_UNIX_US } from './captures.mjs'
import { problemsOf, unless } from './report.mjs'
import { repetitions } from './tshark.mjs'

/**
 * Are the advertisements those of FreeBSD? Judged from the fields that tshark reads, with Node's
 * own HMAC and a second, shorter account of carp(4) than the one under test.
 */

const CARP_PROTOCOL = '112'
const ARP_REQUEST = '1'
const GROUP_MAC = '01:00:5e:00:00:12'
const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff'
const NO_MAC = '00:00:00:00:00:00'
const MAX_SKEW = 240
/** pfSense's maintenance mode. */
const MAINTENANCE_SKEW = 254

export async function checkAdvertisements(report, run, packets) {
  const { title } = run
  const firewalls = new Firewalls(run.scenario)
  const everywhere = packets.everyPacket.filter(({ protocol }) => protocol === CARP_PROTOCOL)
  await report.checkAll([
    [`${title}: the HMAC of every advertisement is right`, () => digests(everywhere, firewalls)],
    [`${title}: advertisements look like FreeBSD's`, () => appearance(everywhere, firewalls)],
    [`${title}: the advertised skews follow demotion`, () => skews(run, packets, firewalls)],
    // Where the passwords differ nobody hears a peer.
    ...(run.metrics.frames.dropped.carpBadAuthentication > 0
      ? []
      : [
          [
            `${title}: counters are random until a peer is heard`,
            () => counters(run, packets, firewalls),
          ],
        ]),
    [`${title}: one gratuitous ARP per takeover`, () => gratuitousArps(run, packets, firewalls)],
  ])
}

// --- What the scenario says ------------------------------------------------------------------------

class Firewalls {
  constructor(scenario) {
    this.nodes = new Map(scenario.topology.firewalls.map((each) => [each.name, each]))
    /** Each address of each virtual IP, with where it is seen alone. */
    this.virtualIps = scenario.topology.firewalls.flatMap((firewall) =>
      firewall.virtualIps.map((virtualIp) => {
        const on = firewall.interfaces.find(({ name }) => name === virtualIp.interface)
        return {
          ...virtualIp,
          node: firewall.name,
          point: `${firewall.name}-${on.name.toLowerCase()}`,
          sourceIp: withoutLength(on.address),
          vip: withoutLength(virtualIp.address),
          vlan: on.vlanId,
          nicMac: firewall.nics.find(({ name }) => name === on.nic).macAddress,
          key: `${firewall.name} ${virtualIp.vhid}@${on.name}`,
        }
      }),
    )
  }

  /** Who may have sent it: the firewall with that address and VHID. */
  senderOf({ sourceIp, vhid }) {
    return this.virtualIps.find((each) => each.sourceIp === sourceIp && each.vhid === vhid)
  }
}

function withoutLength(prefix) {
  return prefix.split('/')[0]
}

function virtualMac(vhid) {
  return `00:00:5e:00:01:${vhid.toString(16).padStart(2, '0')}`
}

// --- The frame -------------------------------------------------------------------------------------

/** HMAC-SHA1 over version, type, VHID, the virtual host's addresses ascending, and the counter. */
function digestOf({ password, vhid }, vips, counter) {
  const message = [
    Buffer.from([2, 1, vhid]),
    ...vips.map((vip) => Buffer.from(vip.split('.').map(Number))).sort(Buffer.compare),
    Buffer.from(BigInt(counter).toString(16).padStart(16, '0'), 'hex'),
  ]
  return createHmac('sha1', password).update(Buffer.concat(message)).digest('hex')
}

function digests(packets, firewalls) {
  const problems = problemsOf(packets, (packet) => {
    const sender = firewalls.senderOf(packet)
    if (sender === undefined) return [`${place(packet)} comes from nobody`]
    const vips = firewalls.virtualIps
      .filter(({ node, vhid }) => node === sender.node && vhid === sender.vhid)
      .map(({ vip }) => vip)
    const digest = packet.digest.replaceAll(':', '')
    const expected = digestOf(sender, vips, packet.counter)
    return unless(digest === expected, `${place(packet)}: ${digest}, expected ${expected}`)
  })
  problems.push(...unless(packets.length > 0, 'there is no advertisement in any capture'))
  return { problems, measured: `${packets.length} digests` }
}

function appearance(packets, firewalls) {
  const problems = problemsOf(packets, (packet) => {
    const { vhid } = packet
    const sender = firewalls.senderOf(packet)
    const expected = {
      sourceMac: virtualMac(vhid),
      destinationMac: GROUP_MAC,
      destinationIp: '224.0.0.18',
      ttl: '255',
      tos: '0xe0',
      ipId: '0x0000',
      carpVersion: '2',
      carpType: '1',
      authLength: '7',
      demotion: '0',
      advbase: String(sender?.advbase),
      length: packet.vlan === '' ? '70' : '74',
    }
    return [
      ...Object.entries(expected).flatMap(([name, value]) =>
        unless(packet[name] === value, `${place(packet)}: ${name} ${packet[name]}, not ${value}`),
      ),
      ...unless(isTrue(packet.dontFragment), `${place(packet)}: may be fragmented`),
      // A trunk shows the tag of the interface that sent; the uplink that of the port group too.
      ...unless(
        packet.vlan === '' || sender?.vlan === undefined || packet.vlan === String(sender.vlan),
        `${place(packet)}: VLAN ${packet.vlan}, not ${sender?.vlan}`,
      ),
    ]
  })
  return { problems, measured: `${packets.length} frames` }
}

/** Wireshark wrote 1 up to version 4.0, and True later. */
function isTrue(text) {
  return ['1', 'True'].includes(repetitions(text)[0])
}

// --- What the sender had to say --------------------------------------------------------------------

/** The advertisements a virtual IP's owner sent, as seen on its own interface. */
function sentBy({ point, vhid }, packets) {
  return packets.points
    .get(point)
    .filter((packet) => packet.outbound && packet.vhid === vhid)
    .map((packet) => ({ ...packet, atUs: packet.timeUs - EPOCH_UNIX_US }))
}

function skews(run, packets, firewalls) {
  const found = new Map()
  const problems = problemsOf(firewalls.virtualIps, (virtualIp) =>
    sentBy(virtualIp, packets).flatMap((packet) => {
      const skew = Number(packet.advskew)
      found.set(`${virtualIp.node} ${skew}`, (found.get(`${virtualIp.node} ${skew}`) ?? 0) + 1)
      const possible = possibleSkews(run.events, virtualIp, packet.atUs)
      const expected = [...possible].join(' or ')
      return unless(possible.has(skew), `${place(packet)}: skew ${skew}, expected ${expected}`)
    }),
  )
  const measured = [...found].map(([who, count]) => `${who} (${count} times)`)
  return { problems, measured: measured.join(', ') }
}

/**
 * The configured skew plus the node's demotion, at most 240. What happens in the very microsecond
 * of the advertisement may or may not have preceded it.
 */
function possibleSkews(events, { node, advskew }, atUs) {
  let raw = advskew
  let demotion = 0
  const effective = () => Math.max(0, Math.min(MAX_SKEW, raw + demotion))
  let possible = new Set([effective()])
  for (const event of events.filter((each) => each.node === node && each.timeUs <= atUs)) {
    if (event.kind === 'carp.demotion') demotion = event.to
    else if (event.fault === 'maintenance-enter') raw = MAINTENANCE_SKEW
    else if (event.fault === 'maintenance-leave') raw = advskew
    else if (event.fault === 'power-on') demotion = 0
    else continue
    possible = event.timeUs < atUs ? new Set([effective()]) : possible.add(effective())
  }
  return possible
}

function counters(run, packets, firewalls) {
  let random = 0
  let continued = 0
  const problems = problemsOf(firewalls.virtualIps, (virtualIp) => {
    const boots = run.events.filter(
      ({ node, fault }) => node === virtualIp.node && fault === 'power-on',
    )
    const seen = new Set()
    let previous
    let hasHeard = false
    return packets.points
      .get(virtualIp.point)
      .filter(({ vhid }) => vhid === virtualIp.vhid)
      .flatMap((packet) => {
        const atUs = packet.timeUs - EPOCH_UNIX_US
        if (boots.length > 0 && boots[0].timeUs <= atUs) {
          boots.shift()
          hasHeard = false
        }
        const counter = BigInt(packet.counter)
        // An echo by another uplink, which pf drops.
        if (packet.inbound && seen.has(counter)) return []
        const isNext = counter === ((previous ?? 0n) + 1n) % (1n << 64n)
        const isRepeated = seen.has(counter)
        seen.add(counter)
        previous = counter
        if (packet.inbound) {
          hasHeard = true
          return []
        }
        if (hasHeard) {
          continued++
          return unless(isNext, `${place(packet)}: the counter does not continue the last one`)
        }
        random++
        return unless(!isNext && !isRepeated, `${place(packet)}: the counter is not random`)
      })
  })
  return { problems, measured: `${random} random, ${continued} continued` }
}

// --- The gratuitous ARP ----------------------------------------------------------------------------

function gratuitousArps(run, packets, firewalls) {
  let total = 0
  const problems = problemsOf(firewalls.virtualIps, (virtualIp) => {
    const { node, vhid, vip, point, nicMac, key } = virtualIp
    const arps = packets.points
      .get(point)
      .filter(
        (packet) =>
          packet.outbound &&
          packet.arpOperation === ARP_REQUEST &&
          packet.arpSenderIp === vip &&
          packet.arpTargetIp === vip,
      )
    const takeovers = run.events.filter(
      (event) =>
        event.kind === 'role.changed' &&
        event.node === node &&
        event.id === vhid &&
        event.after === 'MASTER',
    )
    total += arps.length
    const adverts = sentBy(virtualIp, packets)
    return [
      ...unless(
        arps.length === takeovers.length,
        `${key}: ${arps.length} gratuitous ARPs, ${takeovers.length} takeovers`,
      ),
      ...arps.flatMap((packet) => {
        const expected = {
          sourceMac: nicMac,
          destinationMac: BROADCAST_MAC,
          arpSenderMac: virtualMac(vhid),
          arpTargetMac: NO_MAC,
        }
        // The advertisement goes first: it is what moves the virtual MAC.
        const isAnnounced = adverts.some(
          ({ timeUs, number }) =>
            packet.timeUs - timeUs <= 1 && Number(number) === Number(packet.number) - 1,
        )
        return [
          ...Object.entries(expected).flatMap(([name, value]) =>
            unless(
              packet[name] === value,
              `${place(packet)}: ${name} ${packet[name]}, not ${value}`,
            ),
          ),
          ...unless(isAnnounced, `${place(packet)}: no advertisement right before it`),
        ]
      }),
    ]
  })
  problems.push(...unless(total > 0, 'there is no gratuitous ARP'))
  return { problems, measured: `${total} of ${total}` }
}

// --- Cadence ---------------------------------------------------------------------------------------

/** The kernel's tick and how late a callout may be, per timing preset (carp-pfsync.md A7). */
const SLOP_SHARE = 1 / 16
const TICK_US = { bare: 1000, vm: 10_000 }

/** How long a MASTER waits between two advertisements, from the shortest to the longest. */
function cadenceOf(timing, skew, advbase) {
  const nominalUs = advbase * 1_000_000 + Math.floor((skew * 1_000_000) / 256)
  const tickUs = TICK_US[timing]
  if (tickUs === undefined) return [nominalUs, nominalUs]
  const ticks = Math.ceil(nominalUs / tickUs) + 1
  return [(ticks - 1) * tickUs, ticks * tickUs * (1 + SLOP_SHARE)]
}

export async function checkCadence(report, run, packets) {
  const { timing } = run.metrics
  // The timers of a suspended node stand still.
  if (run.events.some(({ kind }) => kind === 'node.suspended')) return
  const claim =
    timing === 'ideal' ? 'exact to the microsecond' : `within the ${timing} timer's slop`
  await report.check(`${run.title}: gaps between advertisements are ${claim}`, () => {
    const firewalls = new Firewalls(run.scenario)
    const gaps = firewalls.virtualIps.flatMap((virtualIp) => gapsOf(virtualIp, run, packets))
    const problems = problemsOf(gaps, ({ packet, gapUs, skew, advbase }) => {
      const [low, high] = cadenceOf(timing, skew, advbase)
      return unless(
        gapUs >= low && gapUs <= high,
        `${place(packet)}: ${gapUs} µs after the last, expected ${low} to ${high}`,
      )
    })
    problems.push(...unless(gaps.length > 0, 'nobody sent two advertisements in a row'))
    const measured = [...new Set(gaps.map(({ skew }) => skew))].map((skew) => {
      const found = gaps.filter((each) => each.skew === skew).map(({ gapUs }) => gapUs)
      const [low, high] = [Math.min(...found), Math.max(...found)].map((us) =>
        (us / 1e6).toFixed(6),
      )
      return `${found.length} of ${low === high ? low : `${low} to ${high}`} s (skew ${skew})`
    })
    return { problems, measured: measured.join(', ') }
  })
}

/** The undisturbed gaps: a change of state or of demotion sends at once and starts the timer anew. */
function gapsOf(virtualIp, run, packets) {
  const disturbances = run.events.filter(
    ({ node, kind, id }) =>
      node === virtualIp.node &&
      (kind === 'carp.demotion' || (kind === 'role.changed' && id === virtualIp.vhid)),
  )
  const sent = sentBy(virtualIp, packets)
  return sent.flatMap((packet, index) => {
    const before = sent[index - 1]
    if (before === undefined) return []
    const isDisturbed = disturbances.some(
      ({ timeUs }) => timeUs > before.atUs && timeUs <= packet.atUs,
    )
    if (isDisturbed) return []
    const { advbase } = virtualIp
    return [{ packet, gapUs: packet.timeUs - before.timeUs, skew: Number(before.advskew), advbase }]
  })
}

function place({ point, number }) {
  return `${point} packet ${number}`
}
