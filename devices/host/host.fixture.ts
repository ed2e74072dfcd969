import { fromHex } from '../../protocols/bytes.ts'
import { arp, dissect } from '../frames.fixture.ts'
import { ip, Laboratory, mac, prefix, Recorder } from '../laboratory.fixture.ts'
import type { EchoError, EchoReply, PingProgram, ReplyVerdict } from '../ping/ping-host.ts'
import { Host, type HostSettings, type RunningHost, type SystemFactory } from './host.ts'

export const PC_MAC = '02:00:00:00:00:01'
export const PEER_MAC = '02:00:00:00:00:02'
export const PC_IP = '10.0.0.1'
export const PEER_IP = '10.0.0.2'

export interface InterfaceText {
  readonly name: string
  readonly nic?: string
  readonly vlanId?: number
  readonly address?: string
  readonly enabled?: boolean
}

export interface HostText {
  readonly name?: string
  readonly system?: HostSettings['system']
  readonly forwarding?: boolean
  /** Name and MAC of each NIC. */
  readonly nics?: Readonly<Record<string, string>>
  readonly interfaces?: readonly InterfaceText[]
  /** Target and next hop. */
  readonly routes?: Readonly<Record<string, string>>
  readonly bootDurationNs?: number
  readonly arp?: HostSettings['arp']
}

export function hostSettings(text: HostText = {}): HostSettings {
  const interfaces = text.interfaces ?? [{ name: 'eth0', address: `${PC_IP}/24` }]
  return {
    name: text.name ?? 'pc',
    system: text.system ?? 'linux',
    forwarding: text.forwarding ?? false,
    nics: Object.entries(text.nics ?? { eth0: PC_MAC }).map(([name, address]) => ({
      name,
      mac: mac(address),
    })),
    interfaces: interfaces.map(({ name, nic, vlanId, address, enabled }) => ({
      name,
      nic: nic ?? 'eth0',
      vlanId,
      address: address === undefined ? undefined : prefix(address),
      enabled: enabled ?? true,
    })),
    routes: Object.entries(text.routes ?? {}).map(([to, via]) => ({
      to: prefix(to),
      via: ip(via),
    })),
    bootDurationNs: text.bootDurationNs ?? 30_000_000_000,
    arp: text.arp,
  }
}

/** A running host with a recorder at the end of the cable of each of its NICs. */
export function hostOnCables(
  text: HostText = {},
  systemOf: (lab: Laboratory) => SystemFactory = () => () => ({}),
) {
  const lab = new Laboratory()
  const host = new Host(lab.world, hostSettings(text), systemOf(lab))
  const peers = new Map(
    host.nics.map((nic) => {
      const peer = new Recorder(lab.world, `peer of ${nic.name}`)
      lab.connect(nic.port, peer.port)
      return [nic.name, peer]
    }),
  )
  host.startRunning()
  const peer = (nic = 'eth0') => peers.get(nic) as Recorder

  /** Sends a frame to the host and returns, taken apart, what it does on the spot. */
  const exchange = (bytes: Uint8Array, nic = 'eth0') => {
    for (const each of peers.values()) each.takeReceived()
    peer(nic).send(bytes)
    lab.runFor(100_000)
    return [...peers].flatMap(([name, each]) =>
      each.takeReceived().map((hex) => ({ nic: name, ...dissect(hex) })),
    )
  }

  return { lab, host, peer, exchange, running: () => runningOf(host) }
}

export function runningOf(host: Host): RunningHost {
  const { running } = host
  if (running === undefined) throw new Error(`${host.name} does not run`)
  return running
}

/** The peer's answer to an ARP request of the host. */
export function peerAnswer(ofIp = PEER_IP, ofMac = PEER_MAC, toIp = PC_IP): Uint8Array {
  return arp({
    operation: 'reply',
    senderMac: ofMac,
    senderIp: ofIp,
    targetMac: PC_MAC,
    targetIp: toIp,
  })
}

/** A ping program that only listens, and a way to send requests in its name. */
export class Probe implements PingProgram {
  readonly identifier: number
  readonly transcript = []
  readonly replies: EchoReply[] = []
  readonly errors: (EchoError & { readonly atNs: number })[] = []
  verdict: ReplyVerdict = 'matched'
  #lab: Laboratory
  #host: Host
  #sequence = 0

  constructor(lab: Laboratory, host: Host, identifier = 77) {
    this.#lab = lab
    this.#host = host
    this.identifier = identifier
    runningOf(host).icmp.addProgram(this)
  }

  start(): void {}
  stop(): void {}

  /** Sends a request; its sequence number counts from 1. */
  send(target: string, data = '6162636465666768', dontFragment = true): number {
    return runningOf(this.#host).icmp.send({
      target: ip(target),
      identifier: this.identifier,
      sequence: ++this.#sequence,
      ttl: 64,
      dontFragment,
      payload: fromHex(data),
    })
  }

  reply(reply: EchoReply): ReplyVerdict {
    this.replies.push(reply)
    return this.verdict
  }

  error(error: EchoError): void {
    this.errors.push({ ...error, atNs: this.#lab.nowNs })
  }
}
