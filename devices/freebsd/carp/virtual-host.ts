import type { RandomStream } from '../../../engine/random.ts'
import type { Timer } from '../../../engine/scheduler.ts'
import type { Ipv4Prefix, MacAddress } from '../../../protocols/addresses.ts'
import { type CarpAuthenticator, carpAuthenticator } from '../../../protocols/carp/hmac.ts'
import { type CarpEffects, type CarpHost, CarpVhid } from '../../../protocols/carp/machine.ts'
import { virtualMacOf } from '../../../protocols/carp/wire.ts'
import { Decider } from '../../decider.ts'
import type { InterfaceAddress, IpInterface } from '../../host/interface.ts'
import { CarpCounter } from './counter.ts'

/** A virtual IP as it is configured. */
export interface VirtualIp {
  readonly interface: string
  readonly vhid: number
  readonly address: Ipv4Prefix
  readonly description: string
  readonly password: string
  readonly advbaseSeconds: number
  readonly advskew: number
}

/** The parts of the CARP service that a virtual host uses. */
export interface VirtualHostParts {
  readonly host: CarpHost
  readonly draws: RandomStream
  timer(handler: () => void): Timer
  effectsOf(self: VirtualHost): CarpEffects
  fired(timer: VirtualHostTimer, self: VirtualHost): void
}

export type VirtualHostTimer = 'advertisementTimer' | 'masterDownTimer'

/** One VHID in the kernel: its machine, its address and what its advertisements need. */
export class VirtualHost {
  readonly machine: CarpVhid
  readonly on: IpInterface
  readonly address: InterfaceAddress
  readonly mac: MacAddress
  readonly authenticator: CarpAuthenticator
  readonly counter: CarpCounter
  /** Decides who has the address. */
  readonly election: Decider
  readonly advertisementTimer: Timer
  readonly masterDownTimer: Timer

  constructor(virtualIp: VirtualIp, on: IpInterface, parts: VirtualHostParts) {
    const { vhid, address, password } = virtualIp
    const mac = virtualMacOf(vhid)
    const machine = new CarpVhid(parts.host, virtualIp, parts.effectsOf(this))
    this.machine = machine
    this.election = new Decider('election', `${on.name}@${vhid}`)
    this.on = on
    this.mac = mac
    this.address = {
      ...address,
      owner: {
        mac,
        election: this.election,
        get active() {
          return machine.state === 'MASTER'
        },
      },
    }
    this.authenticator = carpAuthenticator(password, vhid, {
      ipv4: [address.address],
      ipv6: [],
    })
    this.counter = new CarpCounter(parts.draws)
    this.advertisementTimer = parts.timer(() => parts.fired('advertisementTimer', this))
    this.masterDownTimer = parts.timer(() => parts.fired('masterDownTimer', this))
  }

  /** The timer has fired, or is due now. */
  timerFired(timer: VirtualHostTimer): void {
    this[timer].cancel()
    if (timer === 'advertisementTimer') this.machine.advertisementTimerFired()
    else this.machine.masterDownTimerFired()
  }
}
