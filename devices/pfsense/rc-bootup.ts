import type { Nanoseconds } from '../../engine/time.ts'
import type { IpStack } from '../host/ip-stack.ts'
import type { World } from '../world.ts'

/** The boot of a pfSense node from its interfaces on, in the order of /etc/rc.bootup. */

/** When each stage is reached, counted from the power; none before the one above it is through. */
export interface BootStages {
  /** Interfaces and virtual IPs are configured, CARP not being allowed yet. */
  readonly interfacesNs: Nanoseconds
  /** The rules are loaded, and with them pf is enabled. */
  readonly filterNs: Nanoseconds
  /** Routes are there, and packets are forwarded. */
  readonly forwardingNs: Nanoseconds
  /** CARP is allowed, and services are up: "Bootup complete". */
  readonly completeNs: Nanoseconds
}

/** The steps of the stages. */
export interface BootSteps {
  configureInterfaces(): void
  /** interfaces_sync_setup, which waits for pfsync. */
  setUpSync(through: () => void): void
  loadFilter(): void
  startForwarding(): void
  complete(): void
}

/** Shares of the whole boot that its stages take unless they are told. */
const USUAL_SHARES = { interfaces: 0.5, filter: 0.6, forwarding: 0.65 }

export function usualStages(bootNs: Nanoseconds): BootStages {
  return {
    interfacesNs: Math.round(bootNs * USUAL_SHARES.interfaces),
    filterNs: Math.round(bootNs * USUAL_SHARES.filter),
    forwardingNs: Math.round(bootNs * USUAL_SHARES.forwarding),
    completeNs: bootNs,
  }
}

/** Starts when the interfaces are configured: `stages.interfacesNs` after the power. */
export function bootUp(world: World, stack: IpStack, stages: BootStages, steps: BootSteps): void {
  const powerNs = world.nowNs - stages.interfacesNs
  const reach = (stageNs: Nanoseconds, step: () => void): void =>
    stack.defer(step, Math.max(0, powerNs + stageNs - world.nowNs))
  const tell = (stage: string, text: string): void =>
    world.tell({
      node: stack.place,
      kind: 'node.bootStage',
      text: `boot: ${text}`,
      details: { stage },
    })
  tell('interfaces', 'interfaces and virtual IPs are configured, CARP is not allowed')
  steps.configureInterfaces()
  steps.setUpSync(() =>
    reach(stages.filterNs, () => {
      tell('filter', 'the packet filter is enabled')
      steps.loadFilter()
      reach(stages.forwardingNs, () => {
        tell('forwarding', 'packets are forwarded')
        steps.startForwarding()
        reach(stages.completeNs, () => steps.complete())
      })
    }),
  )
}
