import type { CheckContext } from '../schema/check-context.ts'
import { variants } from '../schema/fields.ts'
import { pfsense } from './pfsense/product.ts'
import type { FirewallEntry } from './product.ts'

/** Every firewall product, registered here and nowhere else. The first one is the default. */
export const products = [pfsense] as const

type AnyProduct = (typeof products)[number]
/** A firewall of any product, with every default spelled out. */
export type Firewall = ReturnType<AnyProduct['derive']>

export const firewallSchema = variants(
  'product',
  products.map(({ name }) => name),
  products.map(({ schema }) => schema) as unknown as readonly [AnyProduct['schema']],
)

/** @param name of a product that is registered; a wrong one has its own problem: then the default */
export function productOf(name: string): AnyProduct {
  return products.find((each) => each.name === name) ?? products[0]
}

/** Runs the checks of each product over its firewalls. */
export function checkFirewalls(context: CheckContext, firewalls: readonly Firewall[]): void {
  const entries = firewalls.map(
    (firewall, at): FirewallEntry<Firewall> => ({
      firewall,
      path: ['topology', 'firewalls', at],
    }),
  )
  for (const product of products) {
    const own = entries.filter(({ firewall }) => productOf(firewall.product) === product)
    product.check(context, own)
  }
}
