import {
  CARP_AUTH_LENGTH,
  CARP_BYTES,
  CARP_DIGEST_BYTES,
  CARP_GROUP,
  CARP_TOS,
  CARP_TTL,
  writeCarp,
} from '../../../protocols/carp/wire.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import type { IpStack } from '../../host/ip-stack.ts'
import type { CarpJournal } from './journal.ts'
import type { VirtualHost } from './virtual-host.ts'

const HEADER = {
  protocol: IP_PROTOCOL.carp,
  target: CARP_GROUP,
  ttl: CARP_TTL,
  tos: CARP_TOS,
  dontFragment: true,
  identification: 0,
} as const

/** Sends for the virtual hosts of a firewall: advertisements and gratuitous ARP. */
export class CarpAnnouncer {
  #stack: IpStack
  #journal: CarpJournal

  constructor(stack: IpStack, journal: CarpJournal) {
    this.#stack = stack
    this.#journal = journal
  }

  /** carp_send_ad_locked: from the virtual MAC, which is what moves the switches. */
  advertise(virtualHost: VirtualHost, advskew: number): void {
    const { machine, on, mac, authenticator, counter } = virtualHost
    counter.step()
    const digest = new Uint8Array(CARP_DIGEST_BYTES)
    authenticator.sign(counter.high, counter.low, digest, 0)
    const frame = this.#stack.newPacket(CARP_BYTES)
    writeCarp(frame.bytes, this.#stack.payloadAt(frame), {
      vhid: machine.vhid,
      advskew,
      advbaseSeconds: machine.advbaseSeconds,
      authLength: CARP_AUTH_LENGTH,
      demotion: 0,
      counterHigh: counter.high,
      counterLow: counter.low,
      digest,
    })
    this.#journal.advertisement(virtualHost, advskew, frame.packetId)
    this.#stack.sendToGroup(on, frame, HEADER, mac)
  }

  /** One gratuitous ARP: it refreshes what hosts believe, but it moves no switch. */
  announceAddress(virtualHost: VirtualHost): void {
    const frameId = this.#stack.arp.announce(virtualHost.on, virtualHost.address)
    this.#journal.gratuitousArp(virtualHost, frameId)
  }
}
