import { RandomSource } from '../../../engine/random.ts'
import { SECOND_NS } from '../../../engine/time.ts'
import { toHex } from '../../../protocols/bytes.ts'
import { ETHERNET_HEADER_BYTES } from '../../../protocols/ethernet/wire.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, parseIpv4 } from '../../../protocols/ipv4/wire.ts'
import type { PfsyncRegion } from '../../../protocols/pfsync/regions.ts'
import {
  describePfsync,
  type ParsedPfsync,
  type PfsyncPacket,
  parsePfsync,
  pfsyncLength,
  writePfsync,
} from '../../../protocols/pfsync/wire.ts'
import { isWireError } from '../../../protocols/wire-error.ts'
import { ipv4 } from '../../frames.fixture.ts'
import { hostSettings } from '../../host/host.fixture.ts'
import { Host } from '../../host/host.ts'
import { ip, Laboratory, Recorder } from '../../laboratory.fixture.ts'
import { HOST, ruleSet } from '../pf/bench.fixture.ts'
import { PacketFilter } from '../pf/filter.ts'
import type { PacketSummary } from '../pf/packet.ts'
import { type Details, packet } from '../pf/packets.fixture.ts'
import type { Rule } from '../pf/rule.ts'
import type { PfState } from '../pf/state.ts'
import type { Verdict } from '../pf/verdict.ts'
import type { BulkReason } from './bulk.ts'
import { PfsyncService, type PfsyncSettings } from './service.ts'

export const CHECKSUM = Uint8Array.from({ length: 16 }, (_, index) => index)
/** Uptime of a node that runs from the start, so that it knows no special first seconds. */
const OLD_NS = 1000 * SECOND_NS

export interface NodePlan extends Partial<PfsyncSettings> {
  readonly name?: string
  readonly address?: string
  readonly mac?: string
  readonly creatorId?: number
  readonly rules?: readonly (string | Rule)[]
  readonly statePolicy?: 'floating' | 'if-bound'
  /** Interfaces of the other node that this one lacks. */
  readonly missing?: readonly string[]
  readonly limit?: number
  /** When pf was enabled, on which state ids are built. Undefined: at the boot. */
  readonly pfStartNs?: number
  /** Whether the service is configured at the boot. */
  readonly isConfigured?: boolean
  /** Of the whole seconds of uptime. */
  readonly phaseNs?: number
}

export interface SentPacket {
  readonly atSeconds: number
  readonly hex: string
  readonly parsed: ParsedPfsync
}

/** A FreeBSD host with pf and pfsync, a SYNC interface on vmx5, and what it sent there. */
export class PfsyncNode {
  readonly host: Host
  /** pfsync packets as they left. */
  readonly sent: SentPacket[] = []
  readonly bulk: BulkReason[] = []
  /** When the last state went that the other node may not know of yet. */
  lastEndNs = 0
  #lab: Laboratory
  #filter: PacketFilter | undefined
  #service: PfsyncService | undefined

  constructor(lab: Laboratory, plan: NodePlan = {}) {
    this.#lab = lab
    const settings = hostSettings({
      name: plan.name ?? 'fw1',
      system: 'freebsd',
      forwarding: true,
      nics: { vmx5: plan.mac ?? '00:0c:29:aa:00:06', vmx1: '00:0c:29:aa:00:01' },
      interfaces: [
        { name: 'SYNC', nic: 'vmx5', address: plan.address ?? '172.16.1.2/24' },
        { name: 'LAN', nic: 'vmx1', address: '10.0.1.2/24' },
      ],
    })
    this.host = new Host(lab.world, settings, ({ stack }) => {
      const filter = makeFilter(lab, plan)
      const service = new PfsyncService(lab.world, stack, filter, {
        interface: 'SYNC',
        peer: undefined,
        buckets: 4,
        rulesetChecksum: CHECKSUM,
        mtuBytes: 1500,
        onBulk: (reason) => this.bulk.push(reason),
        ...plan,
      })
      const purge = stack.timer(() => {
        filter.states.purge(lab.nowNs)
        purge.armAt(filter.states.nextPurgeNs)
      })
      if (filter.states.nextPurgeNs < OLD_NS) purge.armAt(filter.states.nextPurgeNs)
      filter.states.listen({
        onDelete: () => {
          this.lastEndNs = lab.nowNs
        },
      })
      this.#filter = filter
      this.#service = service
      return {
        boot: (_hasLongBooted, complete) => {
          complete()
          if (plan.isConfigured !== false) service.configure()
        },
      }
    })
    this.host.interfaceTaps.set('SYNC', {
      sighted: (frame, direction, timeNs) => {
        const parsed = pfsyncIn(frame.view())
        if (direction === 'inbound' || parsed === undefined) return
        this.sent.push({ atSeconds: timeNs / SECOND_NS, hex: toHex(frame.view()), parsed })
      },
      silenced: () => {},
    })
  }

  get filter(): PacketFilter {
    return this.#filter as PacketFilter
  }

  get states(): PacketFilter['states'] {
    return this.filter.states
  }

  get service(): PfsyncService {
    return this.#service as PfsyncService
  }

  /** Lets a packet cross the packet filter, now. */
  see(seen: PacketSummary | string, details: Details = {}): Verdict {
    const summary = typeof seen === 'string' ? packet(seen, details) : seen
    return this.filter.inspect(summary, this.#lab.nowNs)
  }

  /** What it sent since the last call: `1.000 insert 1, update compressed 2`. */
  takeSaid(): string[] {
    return this.sent.splice(0).map(({ atSeconds, parsed }) => {
      const lines = describePfsync(parsed).split('\n').slice(1, -1)
      const said = lines.map((line) => line.trim().replace(' count', ''))
      return `${atSeconds.toFixed(3)} ${said.join(', ')}`
    })
  }

  /** The regions that it sent since the last call. */
  takeRegions(): PfsyncRegion[] {
    return this.sent.splice(0).flatMap(({ parsed }) => parsed.regions)
  }

  /** The states by their ids, without what is a node's own. */
  table(): PfState[] {
    const all = this.states.all()
    return all.sort((one, other) => idOf(one) - idOf(other) || one.creatorId - other.creatorId)
  }
}

function idOf({ id }: PfState): number {
  return id.high * 2 ** 32 + id.low
}

function makeFilter(lab: Laboratory, plan: NodePlan): PacketFilter {
  const { missing = [], phaseNs = 0 } = plan
  const { nowNs } = lab
  const bootNs = nowNs === 0 ? -OLD_NS - phaseNs : nowNs - 30 * SECOND_NS
  return new PacketFilter({
    states: {
      creatorId: plan.creatorId ?? 0x1a2b3c4d,
      bootNs,
      startNs: plan.pfStartNs ?? nowNs,
      ...(plan.limit === undefined ? {} : { limit: plan.limit }),
    },
    host: { ...HOST, hasInterface: (name) => HOST.hasInterface(name) && !missing.includes(name) },
    draws: new RandomSource(1).stream('nat'),
    nat: { outbound: [], forwards: [] },
    rules: ruleSet(plan.rules ?? ['pass'], plan.statePolicy ?? 'floating'),
  })
}

/** The pfsync packet in a frame; undefined in others. */
export function pfsyncIn(bytes: Uint8Array): ParsedPfsync | undefined {
  const header = parseIpv4(bytes, ETHERNET_HEADER_BYTES, bytes.length)
  if (isWireError(header) || header.protocol !== IP_PROTOCOL.pfsync) return undefined
  const at = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES
  const parsed = parsePfsync(bytes, at, ETHERNET_HEADER_BYTES + header.totalBytes)
  return isWireError(parsed) ? undefined : parsed
}

// --- Two nodes, or one with a recorder ---------------------------------------------------------

/** fw1 and fw2 on a cable, running, after their bulk updates at the start. */
export function pfsyncPair(first: NodePlan = {}, second: NodePlan = {}) {
  const lab = new Laboratory()
  const fw1 = new PfsyncNode(lab, first)
  const fw2 = new PfsyncNode(lab, {
    name: 'fw2',
    address: '172.16.1.3/24',
    mac: '00:0c:29:bb:00:06',
    creatorId: 0x5e6f7081,
    phaseNs: 0.3 * SECOND_NS,
    ...second,
  })
  const [ofFw1, ofFw2] = [fw1, fw2].map(({ host }) => host.nics[0])
  if (ofFw1 === undefined || ofFw2 === undefined) throw new Error('no NIC')
  lab.connect(ofFw1.port, ofFw2.port)
  fw1.host.startRunning()
  fw2.host.startRunning()
  /** Runs until what waits has been sent, and what that provoked. */
  const runUntilQuiet = () => {
    lab.runForSeconds(3)
    while (lab.nowNs - Math.max(fw1.lastEndNs, fw2.lastEndNs) < 1.1 * SECOND_NS) {
      lab.runForSeconds(0.2)
    }
  }
  const cut = (isCut: boolean) => ofFw1.port.setOn(!isCut)
  lab.runForSeconds(3)
  for (const node of [fw1, fw2]) {
    node.sent.length = 0
    node.bulk.length = 0
  }
  return { lab, fw1, fw2, cut, runUntilQuiet }
}

/**
 * fw1 with a recorder in the place of fw2.
 *
 * @param isAnswered whether its bulk request at the start was
 */
export function pfsyncOnCable(plan: NodePlan = {}, isAnswered = true) {
  const lab = new Laboratory()
  const node = new PfsyncNode(lab, plan)
  const peer = new Recorder(lab.world, 'peer')
  const other = new Recorder(lab.world, 'lan')
  const [sync, lan] = node.host.nics
  if (sync === undefined || lan === undefined) throw new Error('no NIC')
  lab.connect(sync.port, peer.port)
  lab.connect(lan.port, other.port)
  node.host.startRunning()
  if (isAnswered) peer.send(frameOf({ regions: [BULK_END] }))
  lab.runForSeconds(3)
  node.sent.length = 0
  node.bulk.length = 0
  lab.takeDrops()

  /** Hands fw1 a frame, and some time to deal with it. */
  const hear = (frame: Uint8Array, by: 'SYNC' | 'LAN' = 'SYNC') => {
    const recorder = by === 'SYNC' ? peer : other
    recorder.send(frame)
    lab.runFor(50_000)
  }
  const hearRegions = (...regions: PfsyncRegion[]) => hear(frameOf({ regions }))
  return { lab, node, peer, hear, hearRegions }
}

export const BULK_END: PfsyncRegion = {
  kind: 'bulkStatus',
  entries: [{ creatorId: 0x5e6f7081, sinceRequestSeconds: 0, status: 2 }],
}

export interface FrameText {
  readonly regions?: readonly PfsyncRegion[]
  readonly rulesetChecksum?: Uint8Array
  readonly ttl?: number
  /** Changes the bytes of pfsync. */
  readonly spoil?: (bytes: Uint8Array) => Uint8Array
}

/** A frame from fw2 to the group. */
export function frameOf(text: FrameText = {}): Uint8Array {
  const { regions = [], rulesetChecksum = CHECKSUM, ttl = 255, spoil = (bytes) => bytes } = text
  const content: PfsyncPacket = { regions, rulesetChecksum }
  const bytes = new Uint8Array(pfsyncLength(content))
  writePfsync(bytes, 0, content)
  return ipv4(
    { to: '01:00:5e:00:00:f0', from: '00:0c:29:bb:00:06' },
    { source: '172.16.1.3', target: '224.0.0.240', ttl, protocol: IP_PROTOCOL.pfsync },
    spoil(bytes),
  )
}

export const SYNC_PEER = ip('172.16.1.3')
