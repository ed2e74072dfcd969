import { formatIpv4 } from '../../../protocols/addresses.ts'
import type { CarpReason, CarpState } from '../../../protocols/carp/machine.ts'
import type { World } from '../../world.ts'
import type { VirtualHost } from './virtual-host.ts'

/** What CARP of one firewall tells, in the words of the kernel's log where it has any. */
export class CarpJournal {
  #world: World
  #node: string

  constructor(world: World, node: string) {
    this.#world = world
    this.#node = node
  }

  /** @param causeFrameId the advertisement that it is due to */
  state(
    { machine: { vhid }, on }: VirtualHost,
    before: CarpState,
    after: CarpState,
    reason: CarpReason,
    causeFrameId: number | undefined,
  ): void {
    this.#world.journal.tell({
      ...this.#here('carp.state'),
      text: `carp: ${vhid}@${on.systemName}: ${before} -> ${after} (${reason})`,
      ...(causeFrameId === undefined ? {} : { frameId: causeFrameId }),
      details: { interface: on.name, vhid, before, after, reason },
    })
  }

  demotion(by: number, to: number, reason: string): void {
    this.#world.journal.tell({
      ...this.#here('carp.demotion'),
      text: `carp: demoted by ${by} to ${to} (${reason})`,
      details: { by, to, reason },
    })
  }

  removed({ machine: { vhid }, on }: VirtualHost): void {
    this.#world.journal.tell({
      ...this.#here('carp.removed'),
      text: `carp: ${vhid}@${on.systemName} removed`,
      details: { interface: on.name, vhid },
    })
  }

  advertisement({ machine: { vhid }, on }: VirtualHost, advskew: number, frameId: number): void {
    this.#world.journal.tell({
      ...this.#here('carp.advertisement'),
      text: `carp: ${vhid}@${on.systemName}: advertisement, skew ${advskew}`,
      frameId,
      details: { interface: on.name, vhid, advskew },
    })
  }

  gratuitousArp({ machine: { vhid }, on, address }: VirtualHost, frameId: number): void {
    this.#world.journal.tell({
      ...this.#here('carp.gratuitousArp'),
      text: `gratuitous ARP for ${formatIpv4(address.address)} on ${on.systemName}`,
      frameId,
      details: { interface: on.name, vhid },
    })
  }

  #here(kind: string) {
    return { timeNs: this.#world.nowNs, node: this.#node, kind }
  }
}
