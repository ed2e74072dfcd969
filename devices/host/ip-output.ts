import { IPV4_ANY, MAC_NONE, multicastMacOf } from '../../protocols/addresses.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import type { GateKeeper } from './gate-keeper.ts'
import type { HeaderWriter, OutgoingHeader } from './header-writer.ts'
import type { IpInterface } from './interface.ts'
import type { LinkLayer } from './link-layer.ts'
import type { NeighbourTable } from './neighbours.ts'
import type { Refusals } from './refusals.ts'
import type { NextHop, RouteTable } from './routes.ts'

/** The parts of the stack that a packet passes on its way out. */
export interface IpOutputParts {
  readonly routes: RouteTable
  readonly headers: HeaderWriter
  readonly gates: GateKeeper
  readonly neighbours: NeighbourTable
  readonly link: LinkLayer
  readonly refusals: Refusals
}

/** The way out of a stack: from a packet to the wire, through the packet filter (ip_output). */
export class IpOutput {
  #parts: IpOutputParts

  constructor(parts: IpOutputParts) {
    this.#parts = parts
  }

  /** Sends a packet of this host by its routes. */
  send(frame: Frame, header: OutgoingHeader): void {
    const { routes, headers, refusals } = this.#parts
    const byRoutes = routes.lookUp(header.target)
    if (byRoutes === undefined) {
      headers.write(frame, header, header.source ?? IPV4_ANY, MAC_NONE, MAC_NONE)
      refusals.refuse('noRoute', frame, undefined)
      return
    }
    const source = header.source ?? byRoutes.out.primaryAddress ?? IPV4_ANY
    headers.write(frame, header, source, MAC_NONE, byRoutes.out.mac)
    if (header.ungated) this.#handOver(frame, byRoutes)
    else this.pass(frame, byRoutes)
  }

  /** Sends a packet to a group, on one link. */
  sendToGroup(out: IpInterface, frame: Frame, header: OutgoingHeader, sourceMac = out.mac): void {
    const { headers, gates, link } = this.#parts
    const source = header.source ?? out.primaryAddress ?? IPV4_ANY
    headers.write(frame, header, source, multicastMacOf(header.target), sourceMac)
    if (gates.cross('out', frame, out) === 'stopped') return
    link.output(out, frame)
  }

  /** Lets a packet out where its routes lead, or where the packet filter sends it instead. */
  pass(frame: Frame, byRoutes: NextHop): void {
    const hop = this.#parts.gates.crossOut(frame, byRoutes)
    if (hop !== undefined) this.#handOver(frame, hop)
  }

  /** Into a tunnel there is nobody to ask for a MAC. */
  #handOver(frame: Frame, { out, neighbour }: NextHop): void {
    if (out.tunnel === undefined) this.#parts.neighbours.send(out, neighbour, frame)
    else this.#parts.link.output(out, frame)
  }
}
