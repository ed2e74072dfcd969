import { formatIpv4, type Ipv4Address } from '../addresses.ts'

/** The UDP address of the other end. */
export interface Remote {
  readonly address: Ipv4Address
  readonly port: number
}

/** The address as in the OpenVPN log. */
export function formatRemote(remote: Remote): string {
  return `[AF_INET]${keyOf(remote)}`
}

export function keyOf({ address, port }: Remote): string {
  return `${formatIpv4(address)}:${port}`
}
