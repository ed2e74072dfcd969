import { CarpHost, CarpVhid } from './machine.ts'

export interface RecordedSettings {
  readonly preempt?: boolean
  readonly interfaceDownDemotion?: number
  readonly allow?: boolean
}

/**
 * A CARP host that records its effects as lines of text, in order. Deferred tasks wait until
 * `runDeferred`.
 */
export class RecordedHost {
  readonly host: CarpHost
  #lines: string[] = []
  #deferred: (() => void)[] = []

  /** The defaults are those of pfSense. */
  constructor(settings: RecordedSettings = {}) {
    const { preempt = true, interfaceDownDemotion = 240, allow = true } = settings
    this.host = new CarpHost({ preempt, interfaceDownDemotion }, allow, {
      defer: (task) => {
        this.#deferred.push(task)
      },
      demoted: (by, to, reason) => {
        this.#lines.push(`demoted by ${by} to ${to} (${reason})`)
      },
    })
  }

  /** @param name the prefix of each line of this VHID */
  add(vhid: number, advskew: number, name = '', advbaseSeconds = 1): CarpVhid {
    const say = (line: string): void => {
      this.#lines.push(name === '' ? line : `${name}: ${line}`)
    }
    const machine = new CarpVhid(
      this.host,
      { vhid, advbaseSeconds, advskew },
      {
        armAdvertisementTimer: (intervalUs) => say(`advertise in ${intervalUs} µs`),
        armMasterDownTimer: (intervalUs) => say(`master down in ${intervalUs} µs`),
        cancelTimers: () => say('cancel timers'),
        sendAdvertisement: (skew) => say(`send skew ${skew}`),
        announceAddresses: () => say('gratuitous ARP'),
        stateChanged: (before, after, reason) => say(`${before} -> ${after} (${reason})`),
      },
    )
    this.host.add(machine)
    return machine
  }

  get deferredTasks(): number {
    return this.#deferred.length
  }

  runDeferred(): void {
    for (const task of this.#deferred.splice(0)) task()
  }

  /** The lines since the last call. */
  taken(): string[] {
    return this.#lines.splice(0)
  }
}
