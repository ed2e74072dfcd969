import { formatIpv4, type Ipv4Address } from '../addresses.ts'

/** The other end, as UDP knows it. */
export interface Remote {
  readonly address: Ipv4Address
  readonly port: number
}

/** As OpenVPN's log has it. */
export function formatRemote(remote: Remote): string {
  return `[AF_INET]${keyOf(remote)}`
}

export function keyOf({ address, port }: Remote): string {
  return `${formatIpv4(address)}:${port}`
}
