import type { Ipv4Address, MacAddress } from '../../protocols/addresses.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, writeEthernet } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { IPV4_HEADER_BYTES, writeIpv4 } from '../../protocols/ipv4/wire.ts'

/** The fields of the IP header that the sender of a packet decides. */
export interface OutgoingHeader {
  readonly protocol: number
  readonly target: Ipv4Address
  /** Undefined: the address of the interface it leaves by. */
  readonly source?: Ipv4Address
  readonly ttl: number
  readonly tos?: number
  readonly dontFragment?: boolean
  /** Undefined: the next of the host's counter. */
  readonly identification?: number
  readonly options?: Uint8Array
  /** A packet that the packet filter itself sends is not filtered (M_SKIP_FIREWALL). */
  readonly ungated?: boolean
}

/**
 * The start of the payload of a packet that this host makes, in bytes from the start of the
 * frame.
 */
export function payloadOffset(optionBytes: number): number {
  return ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES + optionBytes
}

/** Writes the headers of a host's own packets, which are numbered by one counter. */
export class HeaderWriter {
  #identification: number

  constructor(lastIdentification: number) {
    this.#identification = lastIdentification
  }

  write(
    frame: Frame,
    header: OutgoingHeader,
    source: Ipv4Address,
    destinationMac: MacAddress,
    sourceMac: MacAddress,
  ): void {
    const at = writeEthernet(frame.bytes, frame.start, {
      destination: destinationMac,
      source: sourceMac,
      etherType: ETHER_TYPE.ipv4,
    })
    const headerBytes = IPV4_HEADER_BYTES + (header.options?.length ?? 0)
    writeIpv4(
      frame.bytes,
      at,
      {
        headerBytes,
        tos: header.tos ?? 0,
        totalBytes: frame.end - at,
        identification: header.identification ?? this.#takeIdentification(),
        dontFragment: header.dontFragment ?? false,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: header.ttl,
        protocol: header.protocol,
        source,
        destination: header.target,
      },
      header.options,
    )
  }

  #takeIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff
    return this.#identification
  }
}
