import { parseIpv4, parseIpv4Prefix } from '../../../protocols/addresses.ts'
import { type CheckContext, checkDistinct } from '../../../schema/check-context.ts'
import type { Path } from '../../../schema/problem.ts'
import type { PfSenseDocument } from '../document/firewall.ts'

/** Administration: users apart from each other, and a configuration that goes to another node. */

export function checkConfigSync(
  context: CheckContext,
  firewall: PfSenseDocument,
  path: Path,
): void {
  checkTarget(context, firewall, path)
  checkDistinct(
    context,
    firewall.webGui.users.map(({ username }, index) => ({
      key: username,
      path: [...path, 'webGui', 'users', index, 'username'],
    })),
    (name, where) => `${name} is the name of the user at ${where} already; expected another one`,
  )
}

/** To itself it would go on for ever. */
function checkTarget(context: CheckContext, firewall: PfSenseDocument, path: Path): void {
  const { configSync, interfaces } = firewall
  const to = parseIpv4(configSync?.to ?? '')
  if (configSync === undefined || to === undefined) return
  const own = interfaces.find(({ address }) => parseIpv4Prefix(address ?? '')?.address === to)
  if (own === undefined) return
  const message = `${configSync.to} is the address of ${own.name} of ${firewall.name} itself`
  context.report([...path, 'configSync', 'to'], `${message}; expected one of another firewall`)
}
