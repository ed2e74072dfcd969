import { SECOND_NS } from '../../../engine/time.ts'
import type { CarpAdvertisement } from '../../../protocols/carp/wire.ts'
import { dissect } from '../../frames.fixture.ts'
import { type HostText, hostOnCables } from '../../host/host.fixture.ts'
import type { IpInterface } from '../../host/interface.ts'
import { KernelCallout } from '../callout.ts'
import { advertisementIn, virtualIp } from './advertisement.fixture.ts'
import { CarpService, type CarpServiceSettings, type VirtualIp } from './service.ts'

export const FIREWALL_MAC = '00:0c:29:aa:00:01'
export const VIRTUAL_MAC = '00:00:5e:00:01:01'

export interface CarpPlan extends Partial<CarpServiceSettings> {
  readonly allow?: boolean
  readonly virtualIps?: readonly VirtualIp[]
  readonly host?: HostText
}

/**
 * A FreeBSD host with CARP, and a recorder on its cable in the place of the other node: the sender
 * of vector V1, with ideal timers.
 */
export function carpOnCable(plan: CarpPlan = {}) {
  const { preempt = true, interfaceDownDemotion = 240, verifyTtl = false } = plan
  const text: HostText = {
    name: 'fw1',
    system: 'freebsd',
    forwarding: true,
    nics: { vmx0: FIREWALL_MAC },
    interfaces: [{ name: 'WAN', nic: 'vmx0', address: '10.10.210.251/24' }],
    ...plan.host,
  }
  const services: CarpService[] = []
  const made = hostOnCables(text, ({ world }) => ({ stack }) => {
    const settings = { preempt, interfaceDownDemotion, verifyTtl }
    const callout = new KernelCallout('ideal', world.random.stream('callout'))
    const service = new CarpService(world, stack, settings, plan.allow ?? true, callout)
    services.push(service)
    return service
  })
  const { lab, host, peer } = made
  const carp = services[0] as CarpService
  const on = (name = 'WAN') => host.findInterface(name) as IpInterface
  const story: string[] = []
  lab.world.journal.listen(({ kind, text: line }) => {
    if (kind === 'role.changed' || kind === 'carp.demotion') story.push(line)
  })
  for (const each of plan.virtualIps ?? [virtualIp()]) carp.add(each, on(each.interface))

  /** The advertisements that came out of a NIC since the last call, and when, in seconds. */
  const takeSent = (nic = 'vmx0'): (CarpAdvertisement & { atSeconds: number })[] =>
    peer(nic)
      .received.splice(0)
      .flatMap(({ hex, timeNs }) => {
        const sent = advertisementIn(hex)
        return sent === undefined ? [] : [{ ...sent, atSeconds: timeNs / SECOND_NS }]
      })

  /** What the service told of state and demotion since the last call. */
  const takeStory = () => story.splice(0)

  /** Hands the host a frame, and some time to deal with it. */
  const hear = (bytes: Uint8Array, nic = 'vmx0') => {
    peer(nic).send(bytes)
    lab.runFor(50_000)
  }

  return { ...made, carp, on, takeSent, takeStory, hear }
}

/** The frames that are neither IGMP nor anything of IPv6. */
export function withoutReports(frames: readonly string[]): string[] {
  return frames.filter((hex) => dissect(hex).ipv4?.protocol !== 2)
}
