import { formatSeconds, MICROSECOND_NS } from '../../../engine/time.ts'
import { formatIpv4 } from '../../../protocols/addresses.ts'
import { type CarpReason, type CarpState, carpIntervalUs } from '../../../protocols/carp/machine.ts'
import type { RedundancyGroup, Role } from '../../../protocols/redundancy.ts'
import type { World } from '../../world.ts'
import type { VirtualHost } from './virtual-host.ts'

/** The events of CARP on one firewall, in the words of the kernel's log where there are any. */
export class CarpJournal {
  #world: World
  #node: string
  /** What the latest advertisement of a virtual host said. */
  #advertised = new WeakMap<VirtualHost, Advertised>()

  constructor(world: World, node: string) {
    this.#world = world
    this.#node = node
  }

  /** @param causeFrameId the advertisement that it is due to */
  state(
    virtualHost: VirtualHost,
    before: CarpState,
    after: CarpState,
    reason: CarpReason,
    causeFrameId: number | undefined,
  ): void {
    const { machine, on } = virtualHost
    const because = reason === 'master timed out' ? this.#masterDownTimer(virtualHost) : undefined
    this.#world.tell({
      node: this.#node,
      kind: 'role.changed',
      text: `carp: ${machine.vhid}@${on.systemName}: ${before} -> ${after} (${reason})`,
      ...(causeFrameId === undefined ? {} : { frameId: causeFrameId }),
      details: {
        ...groupOf(virtualHost),
        role: ROLES[after],
        before,
        after,
        reason,
        ...(because === undefined ? {} : { because }),
      },
    })
  }

  /** The arithmetic of the timer that ran out. */
  #masterDownTimer({ machine }: VirtualHost): string {
    const { advbaseSeconds, advskew } = machine
    const timerNs = carpIntervalUs(3 * advbaseSeconds, advskew) * MICROSECOND_NS
    const sum = `3 x advbase ${advbaseSeconds} s + advskew ${advskew}/256 s = ${formatSeconds(timerNs)} s`
    return `master-down timer of ${this.#node}: ${sum} after the last advertisement it heard`
  }

  demotion(by: number, to: number, reason: string): void {
    this.#world.tell({
      node: this.#node,
      kind: 'carp.demotion',
      text: `carp: demoted by ${by} to ${to} (${reason})`,
      details: { by, to, reason },
    })
  }

  removed(virtualHost: VirtualHost): void {
    const { machine, on } = virtualHost
    this.#world.tell({
      node: this.#node,
      kind: 'role.removed',
      text: `carp: ${machine.vhid}@${on.systemName} removed`,
      details: groupOf(virtualHost),
    })
  }

  /** There are several each second, and all of a virtual host say the same. */
  advertisement(virtualHost: VirtualHost, advskew: number, frameId: number): void {
    let said = this.#advertised.get(virtualHost)
    if (said?.details.advskew !== advskew) {
      const { machine, on } = virtualHost
      said = {
        text: `carp: ${machine.vhid}@${on.systemName}: advertisement, skew ${advskew}`,
        details: { ...groupOf(virtualHost), advskew },
      }
      this.#advertised.set(virtualHost, said)
    }
    const { text, details } = said
    this.#world.tell({ node: this.#node, kind: 'role.advertisement', text, frameId, details })
  }

  gratuitousArp(virtualHost: VirtualHost, frameId: number): void {
    const { on, address } = virtualHost
    this.#world.tell({
      node: this.#node,
      kind: 'carp.gratuitousArp',
      text: `gratuitous ARP for ${formatIpv4(address.address)} on ${on.systemName}`,
      frameId,
      details: groupOf(virtualHost),
    })
  }
}

interface Advertised {
  readonly text: string
  readonly details: RedundancyGroup & { readonly advskew: number }
}

const ROLES: Readonly<Record<CarpState, Role>> = {
  INIT: 'none',
  BACKUP: 'standby',
  MASTER: 'active',
}

function groupOf({ machine, on }: VirtualHost): RedundancyGroup {
  return { protocol: 'carp', id: machine.vhid, interface: on.name }
}
