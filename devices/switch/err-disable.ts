import type { Nanoseconds } from '../../engine/time.ts'
import type { Port } from '../port.ts'
import type { World } from '../world.ts'
import type { ErrDisableCause } from './events.ts'

/** Cisco's `errdisable recovery`. */
export interface ErrDisableRecovery {
  readonly causes: readonly ErrDisableCause[]
  readonly intervalNs: Nanoseconds
}

/** Shuts ports for what came in on them, and opens them again after a while if it may. */
export class ErrDisable {
  #world: World
  #switchName: string
  #recovery: ErrDisableRecovery | undefined

  constructor(world: World, switchName: string, recovery: ErrDisableRecovery | undefined) {
    this.#world = world
    this.#switchName = switchName
    this.#recovery = recovery
  }

  /** The link goes down, which the other end sees too. */
  disable(port: Port, cause: ErrDisableCause): void {
    const details = { port: port.name, cause }
    const text = `%PM-4-ERR_DISABLE: ${cause} error detected on ${port.name}, putting ${port.name} in err-disable state`
    this.#world.tell({ node: this.#switchName, kind: 'port.errDisabled', text, details })
    port.setOn(false, 'errDisabled')
    if (this.#recovery?.causes.includes(cause) !== true) return
    this.#world.scheduler
      .timer(() => {
        const text = `%PM-4-ERR_RECOVER: Attempting to recover from ${cause} err-disable state on ${port.name}`
        this.#world.tell({ node: this.#switchName, kind: 'port.recovered', text, details })
        port.setOn(true)
      })
      .arm(this.#recovery.intervalNs)
  }
}
