import { output } from './programs.mjs'

/** Captures as Wireshark's engine reads them. */

/** Protocol 112 belongs to VRRP by default; checksums are not looked at by default. */
const DISSECTION = [
  ...['-d', 'ip.proto==112,carp'],
  ...['-o', 'ip.check_checksum:TRUE'],
  ...['-o', 'tcp.check_checksum:TRUE'],
  ...['-o', 'udp.check_checksum:TRUE'],
]

/** What is asked of each packet: our name for it, and Wireshark's. */
const FIELDS = {
  number: 'frame.number',
  time: 'frame.time_epoch',
  point: 'frame.interface_name',
  direction: 'frame.packet_flags_direction',
  packetId: 'frame.packet_id',
  length: 'frame.len',
  comments: 'frame.comment',
  malformed: '_ws.malformed',
  expertSeverities: '_ws.expert.severity',
  expertMessages: '_ws.expert.message',
  sourceMac: 'eth.src',
  destinationMac: 'eth.dst',
  vlan: 'vlan.id',
  ipVersion: 'ip.version',
  sourceIp: 'ip.src',
  destinationIp: 'ip.dst',
  ttl: 'ip.ttl',
  tos: 'ip.dsfield',
  ipId: 'ip.id',
  dontFragment: 'ip.flags.df',
  protocol: 'ip.proto',
  ipChecksum: 'ip.checksum.status',
  icmpType: 'icmp.type',
  icmpChecksum: 'icmp.checksum.status',
  igmpType: 'igmp.type',
  igmpChecksum: 'igmp.checksum.status',
  udpChecksum: 'udp.checksum.status',
  tcpChecksum: 'tcp.checksum.status',
  carpVersion: 'carp.version',
  carpType: 'carp.type',
  vhid: 'carp.vhid',
  advskew: 'carp.advskew',
  authLength: 'carp.authlen',
  demotion: 'carp.demotion',
  advbase: 'carp.adver_int',
  carpChecksum: 'carp.checksum.status',
  counter: 'carp.counter',
  digest: 'carp.hmac',
  arpOperation: 'arp.opcode',
  arpSenderMac: 'arp.src.hw_mac',
  arpSenderIp: 'arp.src.proto_ipv4',
  arpTargetMac: 'arp.dst.hw_mac',
  arpTargetIp: 'arp.dst.proto_ipv4',
}

/** What separates repetitions of a field: no byte of a text. */
const REPETITION = '\u001f'
const INBOUND = 1
const OUTBOUND = 2

/**
 * Every packet of a capture, each field as Wireshark prints it. Repeated fields are arrays; `timeUs`
 * (of 1970), `inbound` and `outbound` are worked out.
 */
export async function readPackets(path, options = []) {
  const names = Object.keys(FIELDS)
  const text = await output('tshark', [
    ...['-n', '-2', '-r', path],
    ...DISSECTION,
    ...options,
    ...['-T', 'fields', '-E', 'separator=/t', '-E', `aggregator=${REPETITION}`],
    ...Object.values(FIELDS).flatMap((field) => ['-e', field]),
  ])
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => packetOf(names, line.split('\t')))
}

function packetOf(names, cells) {
  const packet = Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']))
  for (const name of ['comments', 'expertSeverities', 'expertMessages']) {
    packet[name] = repetitions(packet[name])
  }
  const direction = Number(packet.direction)
  return {
    ...packet,
    timeUs: microseconds(packet.time),
    inbound: direction === INBOUND,
    outbound: direction === OUTBOUND,
    vhid: packet.vhid === '' ? undefined : Number(packet.vhid),
  }
}

/** The values of a field that may occur several times in a packet. */
export function repetitions(text) {
  return text === '' ? [] : text.split(REPETITION)
}

/** `1724227203.000025000` without ever being a float of seconds. */
function microseconds(text) {
  const [, seconds, micros, rest] = /^(\d+)\.(\d{6})(\d*)$/.exec(text) ?? []
  if (seconds === undefined || /[1-9]/.test(rest)) throw new Error(`tshark: the time ${text}`)
  return Number(seconds) * 1_000_000 + Number(micros)
}

/** A field of each packet that passes a display filter once replies are known (two passes). */
export async function matching(path, filter, field) {
  const text = await output('tshark', [
    ...['-n', '-2', '-r', path, '-Y', filter],
    ...['-T', 'fields', '-e', field],
  ])
  return text.split('\n').filter((line) => line !== '')
}

/** Time (µs of 1970) and bytes of each packet that passes a display filter. */
export async function rawFrames(path, filter) {
  const select = ['-n', '-r', path, ...DISSECTION, '-Y', filter]
  const json = await output('tshark', [...select, '-T', 'jsonraw'])
  const times = await output('tshark', [...select, '-T', 'fields', '-e', 'frame.time_epoch'])
  const frames = JSON.parse(json).map(({ _source }) => _source.layers.frame_raw[0])
  return times
    .trim()
    .split('\n')
    .map((time, index) => ({
      timeUs: microseconds(time),
      frame: Buffer.from(frames[index], 'hex'),
    }))
}

/** Per file what `capinfos` says, as `Name: value` pairs and the names of the interfaces. */
export async function captureInfos(paths) {
  const text = await output('capinfos', ['-M', '-A', ...paths])
  return text.split(/(?=^File name:)/m).map((part) => {
    const values = Object.fromEntries(
      [...part.matchAll(/^(\w[^:\n]*): +(.*)$/gm)].map(([, name, value]) => [name, value]),
    )
    const interfaces = part.split(/^Interface #\d+ info:$/m).slice(1)
    return {
      values,
      interfaces: interfaces.map((each) =>
        Object.fromEntries(
          [...each.matchAll(/^ +([^=\n]*) = (.*)$/gm)].map(([, name, value]) => [name, value]),
        ),
      ),
    }
  })
}
