import { Scheduler } from '../../engine/scheduler.ts'
import { MICROSECOND_NS } from '../../engine/time.ts'
import { type AdvertisedInterval, CarpHost, type CarpState, CarpVhid } from './machine.ts'

/** Something that a node sent, or a state change. */
interface NodeEvent {
  readonly timeUs: number
  readonly node: string
  readonly vhid: number
  /** `send SKEW`, `gratuitous ARP`, or the new state. */
  readonly what: string
  /** The state of the node at that time. */
  readonly state: CarpState
}

interface NodeSettings {
  readonly advskew: number
  readonly advbaseSeconds?: number
  readonly preempt?: boolean
}

/** CARP nodes on one network: state machines with real timers and delays, without bytes. */
export class CarpNetwork {
  readonly scheduler = new Scheduler()
  readonly events: NodeEvent[] = []
  readonly nodes: CarpNode[] = []
  /** False loses all advertisements. */
  carries = true
  readonly #delayUs: number

  /** @param delayUs the delay between two nodes */
  constructor(delayUs = 10) {
    this.#delayUs = delayUs
  }

  get nowUs(): number {
    return this.scheduler.nowNs / MICROSECOND_NS
  }

  runUntil(timeUs: number): void {
    this.scheduler.runUntil(timeUs * MICROSECOND_NS)
  }

  at(timeUs: number, event: () => void): void {
    this.scheduler.postAt(timeUs * MICROSECOND_NS, event, null)
  }

  /** Adds a node that starts as BACKUP of the VHIDs 1, 2, 3, … */
  add(name: string, settings: NodeSettings, vhids = 1): CarpNode {
    const node = new CarpNode(this, name, settings, vhids)
    this.nodes.push(node)
    return node
  }

  broadcast(sender: CarpNode, vhid: number, interval: AdvertisedInterval): void {
    if (!this.carries) return
    for (const node of this.nodes) {
      if (node === sender) continue
      this.at(this.nowUs + this.#delayUs, () => node.receive(vhid, interval))
    }
  }

  eventsOf(what: string, node?: CarpNode): NodeEvent[] {
    return this.events.filter(
      (event) => event.what.startsWith(what) && (node === undefined || event.node === node.name),
    )
  }

  statesOf(vhid: number): Record<string, CarpState | undefined> {
    return Object.fromEntries(this.nodes.map((node) => [node.name, node.vhid(vhid).state]))
  }
}

export class CarpNode {
  readonly name: string
  readonly host: CarpHost
  #vhids = new Map<number, { machine: CarpVhid; armed: { ad: boolean; masterDown: boolean } }>()
  #on = true

  constructor(network: CarpNetwork, name: string, settings: NodeSettings, vhids: number) {
    const { advskew, advbaseSeconds = 1, preempt = true } = settings
    this.name = name
    this.host = new CarpHost({ preempt, interfaceDownDemotion: 240 }, true, {
      defer: (task) => network.at(network.nowUs, task),
      demoted: () => {},
    })
    for (let vhid = 1; vhid <= vhids; vhid++) {
      this.#addVhid(network, { vhid, advskew, advbaseSeconds })
    }
  }

  vhid(vhid: number): CarpVhid {
    return this.#entry(vhid).machine
  }

  timersOf(vhid: number): { ad: boolean; masterDown: boolean } {
    return this.#entry(vhid).armed
  }

  receive(vhid: number, interval: AdvertisedInterval): void {
    if (this.#on) this.vhid(vhid).advertisementReceived(interval)
  }

  /** Cuts the power: the node sends and receives nothing from now on. */
  crash(): void {
    this.#on = false
  }

  #entry(vhid: number): { machine: CarpVhid; armed: { ad: boolean; masterDown: boolean } } {
    const entry = this.#vhids.get(vhid)
    if (entry === undefined) throw new Error(`${this.name} has no VHID ${vhid}`)
    return entry
  }

  #addVhid(
    network: CarpNetwork,
    settings: { vhid: number; advskew: number; advbaseSeconds: number },
  ): void {
    const { vhid } = settings
    const did = (what: string): void => {
      network.events.push({
        timeUs: network.nowUs,
        node: this.name,
        vhid,
        what,
        state: machine.state,
      })
    }
    const armed = { ad: false, masterDown: false }
    const ad = network.scheduler.timer(() => {
      armed.ad = false
      if (this.#on) machine.advertisementTimerFired()
    })
    const masterDown = network.scheduler.timer(() => {
      armed.masterDown = false
      if (this.#on) machine.masterDownTimerFired()
    })
    const machine: CarpVhid = new CarpVhid(this.host, settings, {
      armAdvertisementTimer: (intervalUs) => {
        armed.ad = true
        ad.arm(intervalUs * MICROSECOND_NS)
      },
      armMasterDownTimer: (intervalUs) => {
        armed.masterDown = true
        masterDown.arm(intervalUs * MICROSECOND_NS)
      },
      cancelTimers: () => {
        armed.ad = armed.masterDown = false
        ad.cancel()
        masterDown.cancel()
      },
      sendAdvertisement: (advskew) => {
        did(`send ${advskew}`)
        network.broadcast(this, vhid, { advbaseSeconds: machine.advbaseSeconds, advskew })
      },
      announceAddresses: () => did('gratuitous ARP'),
      stateChanged: (_, after) => did(after),
    })
    this.host.add(machine)
    this.#vhids.set(vhid, { machine, armed })
    machine.interfaceChanged(true)
  }
}
