/** As pf sees them: by the system's names, those with an address only. */
function firewallInterfaces(
  stack: IpStack,
  { gateways }: FilterSettings,
  virtualIps: readonly VirtualIp[],
): FirewallInterface[] {
  return stack.interfaces.flatMap((each) => {
    const address = each.addresses.find(({ owner }) => owner === undefined)
    if (address === undefined) return []
    const gateway = gateways.get(each.name)
    return [
      {
        name: each.systemName,
        address,
        virtualIps: virtualIps
          .filter((virtualIp) => virtualIp.interface === each.name)
          .map((virtualIp) => virtualIp.address),
        ...(gateway === undefined ? {} : { gateway }),
      },
    ]
  })
}

/** Rules of the user go by the name of the interface's tab. */
function rulesOf(
  stack: IpStack,
  { rules }: FilterSettings,
  interfaces: readonly FirewallInterface[],
): Rule[] {
  const hasCarp = interfaces.some(({ virtualIps }) => virtualIps.length > 0)
  const users = rules.flatMap(({ interface: name, rule }) => {
    const systemName = stack.interfaces.find((each) => each.name === name)?.systemName
    const on = interfaces.find((each) => each.name === systemName)
    return on === undefined ? [] : [userRule(rule, on)]
  })
  return [...generatedRules({ interfaces, hasCarp }), ...users]
}

function filterHostOf(stack: IpStack): FilterHost {
  const find = (name: string): IpInterface | undefined =>
    stack.interfaces.find(({ systemName }) => systemName === name)
  const hasAddress = (on: IpInterface | undefined, address: Ipv4Address): boolean =>
    on?.addresses.some((each) => each.address === address) ?? false
  return {
    hasInterface: (name) => find(name) !== undefined,
    isSelf: (address) => stack.interfaces.some((each) => hasAddress(each, address)),
    isOn: (name, address) => hasAddress(find(name), address),
    primaryAddress: (name) => find(name)?.primaryAddress,
  }
}
