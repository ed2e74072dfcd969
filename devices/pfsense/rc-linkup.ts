import type { IpStack } from '../host/ip-stack.ts'
import type { Nic } from '../nic.ts'
import type { ReloadStatus } from './reload-status.ts'

/**
 * `rc.linkup start`, and by way of the event newip rc.newwanip: what follows when a link comes up.
 * There is one for each interface on the NIC, if it has an address of its own to renew.
 *
 * @param renew what rc.newwanip does with an interface of this name
 */
export function linkCameUp(
  nic: Nic,
  stack: IpStack,
  reloadStatus: ReloadStatus,
  renew: (name: string) => void,
): void {
  for (const on of stack.interfaces) {
    if (on.nic !== nic || !on.enabled || on.primaryAddress === undefined) continue
    reloadStatus.send('linkup start', () => reloadStatus.send('newip', () => renew(on.name)))
  }
}
