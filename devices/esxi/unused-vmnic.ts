import type { Frame } from '../../protocols/frame/frame.ts'
import { type Device, Port } from '../port.ts'
import type { World } from '../world.ts'

/** A vmnic that no vSwitch uses: its driver has the link up, and nobody takes its frames. */
export class UnusedVmnic implements Device {
  readonly name: string
  readonly port: Port
  #world: World

  constructor(world: World, esxiHost: string, vmnic: string) {
    this.#world = world
    this.name = esxiHost
    this.port = new Port(world, this, vmnic)
  }

  receive(frame: Frame): void {
    this.#world.frames.drop(frame, 'noVSwitch', this.port.place)
  }

  linkChanged(): void {}

  walk(): void {}
}
