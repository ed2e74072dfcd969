import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { cleanEnvironment, output, PROJECT, scratchDirectory } from './programs.mjs'
import { problemsOf, unless } from './report.mjs'
import { runScenario } from './runs.mjs'

/**
 * Does the Wireshark dissector decode every byte of a pfsync packet, to what our own parser reads
 * in it? And does the profile beside it do what its page says?
 */

const FOLDER = join(PROJECT, 'traces', 'wireshark')
const DISSECTOR = join(FOLDER, 'plugins', 'pfsync.lua')

const PACKETS = 1000
const DAMAGED_PACKETS = 2000
const CUT_AT_BYTES = 100
/** Ethernet and IPv4 without options. */
const PFSYNC_AT = 14 + 20
const HEADER_BYTES = 20
const SUBHEADER_BYTES = 4

const FAULTS = ['pfsync.malformed', 'pfsync.bad_action', 'pfsync.no_eof', 'pfsync.cut']

export async function checkPfsyncDissector(report) {
  const own = await loadOwnPfsync()
  const frames = own.sampleFrames(PACKETS)
  const damaged = own.damagedFrames(frames, DAMAGED_PACKETS)
  const [whole, broken, cut] = await Promise.all([
    dissect('whole', frames),
    dissect('damaged', damaged),
    dissect('cut', frames, CUT_AT_BYTES),
  ])
  await report.checkAll([
    ['pfsync.lua decodes every packet to its last byte', () => completeness(frames, whole)],
    ['pfsync.lua finds fields where FreeBSD has them', () => places(own, frames, whole)],
    ['pfsync.lua reads what our parser reads', () => agreement(own, frames, whole)],
    ['pfsync.lua finds the faults that our parser finds', () => faults(own, damaged, broken)],
    ['pfsync.lua bears packets that are captured in part', () => partial(frames, cut)],
    ['the Wireshark profile is installed as its page says', () => profile(frames)],
  ])
}

/** Parser and random packets under test, from the sources. */
async function loadOwnPfsync() {
  const outfile = join(scratchDirectory('own-pfsync'), 'pfsync.mjs')
  await build({
    stdin: {
      contents: `
        export { parsePfsync } from './protocols/pfsync/wire.ts'
        export { entryBytesOf, PFSYNC_ACTION } from './protocols/pfsync/actions.ts'
        export { formatStateId, formatCreatorId } from './protocols/pfsync/fields.ts'
        export { sampleFrames, damagedFrames } from './protocols/pfsync/samples.fixture.ts'
        export { formatIpv4 } from './protocols/addresses.ts'`,
      resolveDir: PROJECT,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
    outfile,
  })
  const own = await import(pathToFileURL(outfile))
  return { ...own, parse: (frame) => own.parsePfsync(frame, PFSYNC_AT, frame.length) }
}

// --- What tshark says --------------------------------------------------------------------------------

/** @returns per frame what PDML tells of it, and the fields of pfsync in it */
async function dissect(name, frames, snapBytes) {
  const capture = await captureOf(name, frames, snapBytes)
  const script = `lua_script:${DISSECTOR}`
  const pdml = await output('tshark', ['-X', script, '-r', capture, '-T', 'pdml'])
  return pdml
    .split('<packet>')
    .slice(1)
    .map((text) => ({ text, fields: fieldsOf(text) }))
}

async function captureOf(name, frames, snapBytes) {
  const directory = scratchDirectory('pfsync')
  const [dump, capture] = [join(directory, `${name}.txt`), join(directory, `${name}.pcap`)]
  writeFileSync(dump, frames.map(hexDump).join('\n'))
  await output('text2pcap', ['-q', '-F', 'pcap', dump, capture])
  if (snapBytes === undefined) return capture
  const cut = join(directory, `${name}-${snapBytes}.pcap`)
  await output('editcap', ['-s', String(snapBytes), capture, cut])
  return cut
}

function hexDump(frame) {
  let lines = ''
  for (let at = 0; at < frame.length; at += 16) {
    const octets = [...frame.subarray(at, at + 16)].map((each) => hex(each, 2).slice(2))
    lines += `${hex(at, 6).slice(2)} ${octets.join(' ')}\n`
  }
  return lines
}

function fieldsOf(text) {
  return [...text.matchAll(/<field name="(pfsync\.[^"]*)"([^>]*)>/g)].map(([, name, rest]) => {
    const { size, pos, show } = Object.fromEntries(
      [...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    )
    return { name, size: Number(size), at: Number(pos), show: unescaped(show ?? '') }
  })
}

const ENTITIES = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#x27;': "'", '&amp;': '&' }

function unescaped(text) {
  return text.replaceAll(/&(lt|gt|quot|#x27|amp);/g, (entity) => ENTITIES[entity])
}

function valuesOf({ fields }, name) {
  return fields.filter((field) => field.name === name).map(({ show }) => show)
}

function faultsOf({ fields }) {
  return fields.map(({ name }) => name).filter((name) => FAULTS.includes(name))
}

/** The dissector itself failed, which is not the same as finding a fault. */
function failuresOf({ text }) {
  const signs = ['Lua Error', '[Malformed Packet', '[Packet size limited']
  return signs.filter((sign) => text.includes(sign)).map((sign) => `tshark says ${sign}`)
}

/** Problems of each packet, told with its number. */
function ofEach(frames, packets, judge) {
  const problems = frames.flatMap((frame, index) =>
    judge(frame, packets[index]).map((problem) => `packet ${index + 1}: ${problem}`),
  )
  return [...unless(packets.length === frames.length, `tshark saw ${packets.length}`), ...problems]
}

// --- Claims ------------------------------------------------------------------------------------------

function completeness(frames, packets) {
  const problems = ofEach(frames, packets, (frame, packet) => {
    const covered = new Uint8Array(frame.length)
    for (const { at, size } of packet.fields) covered.fill(1, at, at + size)
    const missing = covered.indexOf(0, PFSYNC_AT)
    return [
      ...unless(missing === -1, `byte ${missing} is no field`),
      ...unless(valuesOf(packet, 'pfsync.trailer').length === 0, 'something is not looked at'),
      ...failuresOf(packet),
      ...faultsOf(packet),
    ]
  })
  const bytes = frames.reduce((sum, { length }) => sum + length - PFSYNC_AT, 0)
  return { problems, measured: `${frames.length} packets, ${bytes} bytes` }
}

/** Offsets in struct pfsync_state_1301, _1400 and _1500 (facts: C3). */
const COMMON_PLACES = {
  ...{ id: 0, ifname: 8, 'src.scrub.flags': 96, 'src.scrub.ttl': 98, 'src.scrub.valid': 99 },
  ...{ 'src.scrub.ts_mod': 100, 'src.seqlo': 104, 'src.seqhi': 108, 'src.seqdiff': 112 },
  ...{ 'src.max_win': 116, 'src.mss': 118, 'src.level': 120, 'src.wscale': 121 },
  ...{ 'dst.seqlo': 136, 'dst.level': 152, 'dst.wscale': 153, rule: 176, anchor: 180 },
  ...{ nat_rule: 184, creation: 188, expire: 192, packets: 196, packets_back: 204 },
  ...{ bytes: 212, bytes_back: 220, creatorid: 228 },
}
const QUEUE_PLACES = (at) => ({ qid: at, pqid: at + 2, dnpipe: at + 4, dnrpipe: at + 6 })
const KIND_PLACES = { af: 232, proto: 233, direction: 234 }
const PLACES = {
  insert1301: {
    ...KIND_PLACES,
    ...{ log: 237, flags: 238, timeout: 239, sync_flags: 240, updates: 241 },
  },
  insert1400: {
    ...KIND_PLACES,
    ...{ flags: 235, log: 237, timeout: 239, sync_flags: 240, updates: 241, ...QUEUE_PLACES(242) },
    ...{ rtableid: 250, min_ttl: 254, set_tos: 255, max_mss: 256, set_prio: 258 },
    ...{ rt: 260, rt_ifname: 261 },
  },
  insert1500: {
    ...{ tagname: 232, rt_ifname: 296, orig_ifname: 312, rtableid: 328, flags: 332 },
    ...{ ...QUEUE_PLACES(334), max_mss: 342, af: 344, stack_af: 345, rt_af: 346, proto: 347 },
    ...{ stack_proto: 348, log: 349, timeout: 350, direction: 351, rt: 352, min_ttl: 353 },
    ...{ set_tos: 354, set_prio: 355 },
  },
}

function places({ parse, entryBytesOf, PFSYNC_ACTION }, frames, packets) {
  const placesOf = new Map(
    Object.entries(PLACES).flatMap(([name, table]) => {
      const whole = Object.entries({ ...COMMON_PLACES, ...table })
      return [name, name.replace('insert', 'update')].map((each) => [PFSYNC_ACTION[each], whole])
    }),
  )
  const counts = new Map([...placesOf.keys()].map((action) => [action, 0]))
  const problems = ofEach(frames, packets, (frame, { fields }) => {
    const found = new Set(fields.map(({ name, at }) => `${name} ${at}`))
    let at = PFSYNC_AT + HEADER_BYTES
    return parse(frame).regions.flatMap((region) => {
      const action = region.action ?? PFSYNC_ACTION[region.kind]
      const count = region.count ?? region.entries.length
      at += SUBHEADER_BYTES
      return Array.from({ length: count }, () => {
        const start = at
        at += entryBytesOf(action)
        if (counts.has(action)) counts.set(action, counts.get(action) + 1)
        return (placesOf.get(action) ?? []).flatMap(([name, offset]) =>
          unless(
            found.has(`pfsync.state.${name} ${start + offset}`),
            `action ${action} has no ${name} at ${offset}`,
          ),
        )
      }).flat()
    })
  })
  for (const [action, count] of counts) problems.push(...unless(count > 0, `no action ${action}`))
  const states = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return { problems, measured: `${states} states` }
}

/** What tshark should show of an entry, by filter: undefined where there is nothing of the kind. */
const SHOWN = {
  id: (own, { id }) => id && `0x${own.formatStateId(id)}`,
  creatorid: (_, { creatorId }) => hex(creatorId, 8),
  ifname: (_, { interfaceName }) => interfaceName,
  'wire.src': (own, state) => address(own, state, 'wire', sourceIndex(state)),
  'wire.dst': (own, state) => address(own, state, 'wire', 1 - sourceIndex(state)),
  'stack.src': (own, state) => address(own, state, 'stack', sourceIndex(state)),
  'stack.dst': (own, state) => address(own, state, 'stack', 1 - sourceIndex(state)),
  'wire.srcport': (_, state) => state.wire?.ports[sourceIndex(state)],
  'wire.dstport': (_, state) => state.wire?.ports[1 - sourceIndex(state)],
  'stack.srcport': (_, state) => state.stack?.ports[sourceIndex(state)],
  'stack.dstport': (_, state) => state.stack?.ports[1 - sourceIndex(state)],
  'src.scrub.ttl': (_, { source }) => source && (source.scrub?.ttl ?? 0),
  'src.seqlo': (_, { source }) => source?.seqlo,
  'src.seqhi': (_, { source }) => source?.seqhi,
  'src.max_win': (_, { source }) => source?.maxWindow,
  'dst.seqdiff': (_, { destination }) => destination?.seqdiff,
  'dst.mss': (_, { destination }) => destination?.mss,
  'dst.level': (_, { destination }) => destination?.state,
  'dst.wscale': (_, { destination }) => hex(destination?.wscale, 2),
  rt_addr: (own, { routeAddress }) => ipv4(own, routeAddress),
  rule: (_, { rule }) => rule,
  nat_rule: (_, { natRule }) => natRule,
  creation: (_, { ageSeconds }) => ageSeconds,
  packets: (_, { packets }) => packets?.[0],
  bytes_back: (_, { bytes }) => bytes?.[1],
  proto: (_, { wire, protocol }) => wire && protocol,
  direction: (_, { direction }) => direction,
  flags: (_, { flags }) => hex(flags, 4),
  timeout: (_, { timeout }) => timeout,
  rtableid: (_, { routingTable }) => routingTable,
  max_mss: (_, { maxMss }) => maxMss,
  rt_ifname: (_, { routeInterfaceName }) => routeInterfaceName,
}

/** Of a state outwards the destination comes first. */
function sourceIndex({ direction }) {
  return direction === 2 ? 1 : 0
}

function address(own, state, side, index) {
  return ipv4(own, state[side]?.addresses[index])
}

/** For IPv6 there is another filter. */
function ipv4(own, found) {
  return typeof found === 'number' ? own.formatIpv4(found) : undefined
}

function hex(value, digits) {
  return value === undefined ? undefined : `0x${value.toString(16).padStart(digits, '0')}`
}

function agreement(own, frames, packets) {
  let compared = 0
  const problems = ofEach(frames, packets, (frame, packet) => {
    const { regions } = own.parse(frame)
    const counts = [...regions.map(({ count, entries }) => count ?? entries.length), 1]
    // Of states in other layouts we know the size alone.
    const filters = regions.some(({ kind }) => kind === 'foreign') ? [] : Object.entries(SHOWN)
    const entries = regions.flatMap(({ kind, entries }) => (kind === 'tdb' ? [] : (entries ?? [])))
    const told = filters.flatMap(([filter, shownOf]) => {
      const expected = entries
        .map((entry) => shownOf(own, entry))
        .filter((value) => value !== undefined)
      compared += expected.length
      const shown = valuesOf(packet, `pfsync.state.${filter}`)
      return unless(shown.join() === expected.join(), `${filter} is ${shown}, not ${expected}`)
    })
    const shownCounts = valuesOf(packet, 'pfsync.count')
    return [...unless(shownCounts.join() === counts.join(), `counts ${shownCounts}`), ...told]
  })
  problems.push(...unless(compared > 10_000, `only ${compared} fields were compared`))
  return { problems, measured: `${compared} fields` }
}

function faults(own, frames, packets) {
  const kinds = new Map()
  const problems = ofEach(frames, packets, (frame, packet) => {
    const expected = expectedFault(own.parse(frame))
    kinds.set(expected, (kinds.get(expected) ?? 0) + 1)
    const found = faultsOf(packet).join()
    return [...failuresOf(packet), ...unless(found === expected, `${found || 'no fault'} found`)]
  })
  problems.push(...unless(kinds.size === 4, `not all faults occurred: ${[...kinds.keys()]}`))
  const measured = [...kinds].map(([kind, count]) => `${count} ${kind || 'without'}`)
  return { problems, measured: measured.join(', ') }
}

function expectedFault(parsed) {
  if (typeof parsed === 'string') return 'pfsync.malformed'
  if (parsed.fault?.reason === 'badType') return 'pfsync.bad_action'
  if (parsed.fault !== undefined) return 'pfsync.malformed'
  return parsed.isTerminated ? '' : 'pfsync.no_eof'
}

function partial(frames, packets) {
  const problems = ofEach(frames, packets, (frame, packet) => {
    const expected = frame.length > CUT_AT_BYTES ? 'pfsync.cut' : ''
    const found = faultsOf(packet).join()
    return [...failuresOf(packet), ...unless(found === expected, `${found || 'no fault'} found`)]
  })
  return { problems, measured: `${CUT_AT_BYTES} bytes` }
}

/** Does what the page says, in a home of its own. */
async function profile(frames) {
  const page = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  const command = /^ {4}(\(cd traces\/wireshark && .*\))$/m.exec(page)?.[1]
  if (command === undefined) return { problems: ['README.md has no command that installs it'] }
  const { WIRESHARK_CONFIG_DIR: _, ...environment } = cleanEnvironment
  const home = scratchDirectory('pfsync', 'home')
  const options = { env: { ...environment, HOME: home }, cwd: PROJECT }
  await output('sh', ['-c', command], options)
  const columns = ['Protocol', 'Source', 'Iface'].flatMap((name) => ['-e', `_ws.col.${name}`])
  const rowsOf = async (capture, ...more) => {
    const args = ['-C', 'bascule', '-r', capture, '-T', 'fields', ...columns, ...more]
    return (await output('tshark', args, options)).trim().split('\n')
  }
  const run = await runScenario('no-fault')
  const adverts = await rowsOf(run.capture('pfsense1-wan'), '-Y', 'ip.proto == 112')
  const states = await rowsOf(await captureOf('profile', frames.slice(0, 3)))
  const problems = [
    ...problemsOf(adverts, (row) => unless(/^CARP\tpfsense\d\tpfsense1-wan$/.test(row), row)),
    ...problemsOf(states, (row) => unless(row.startsWith('PFSYNC\t'), row)),
    ...hostNames(run.scenario),
  ]
  return { problems, measured: `${adverts.length} CARP, ${states.length} pfsync` }
}

/** The file `hosts` has every address of the reference. */
function hostNames({ topology }) {
  const lines = readFileSync(join(FOLDER, 'hosts'), 'utf8').split('\n')
  const names = new Map(lines.filter((line) => /^\d/.test(line)).map((line) => line.split(' ')))
  const expected = [...topology.firewalls, ...topology.hosts].flatMap((node) => [
    ...node.interfaces.map((each) => [each.address, node.name]),
    ...(node.virtualIps ?? []).map((each) => [each.address, `vip-${each.interface.toLowerCase()}`]),
  ])
  return expected
    .filter(([prefix]) => prefix !== undefined)
    .flatMap(([prefix, name]) => {
      const found = names.get(prefix.split('/')[0])
      return unless(found === name, `hosts calls ${prefix} ${found}, not ${name}`)
    })
}
