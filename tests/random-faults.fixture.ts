import fc from 'fast-check'

/** Random faults of the reference: something breaks and is mended after a while. */

export interface RandomFault {
  readonly kind: string
  readonly node: string
  /** Milliseconds. */
  readonly atMs: number
}

const FIRST_MS = 1_001

const mishaps = fc
  .record({
    node: fc.constantFrom('pfsense1', 'pfsense2'),
    kinds: fc.constantFrom(
      ['power-off', 'power-on'],
      ['link-down', 'link-up'],
      ['interface-disable', 'interface-enable'],
      ['maintenance-enter', 'maintenance-leave'],
      ['halt', 'power-on'],
      ['carp-disable', 'carp-enable'],
      ['suspend', 'resume'],
      ['reboot'],
      ['interface-apply'],
      ['save'],
    ),
    nic: fc.constantFrom('vmx0', 'vmx1', 'vmx2'),
    interface: fc.constantFrom('WAN', 'VLANSERVER', 'VLANMGMT', 'VLANCLIENT'),
    atMs: fc.integer({ min: FIRST_MS, max: 6_000 }),
    lastsMs: fc.integer({ min: 0, max: 9_000 }),
  })
  .map(({ kinds, atMs, lastsMs, nic, interface: on, node }) =>
    kinds.map((kind, index) => ({
      kind,
      node,
      ...(kind.startsWith('link') ? { nic } : {}),
      ...(kind.startsWith('interface') ? { interface: on } : {}),
      atMs: atMs + index * (1 + lastsMs),
    })),
  )

/** Up to three mishaps, whose faults may overlap. */
export const randomFaults: fc.Arbitrary<readonly RandomFault[]> = fc
  .array(mishaps, { maxLength: 3 })
  .map((all) => all.flat())

/** What a run of 16 s with such faults needs, as `--set` takes it. */
export function withFaults(faults: readonly RandomFault[], seed: number): string[] {
  const written = faults.map(({ atMs, ...fault }) => ({ ...fault, at: `${atMs}ms` }))
  return [
    'duration=16s',
    'topology.firewalls.*.bootDuration=2s',
    'topology.firewalls.*.shutdownDuration=500ms',
    'flows.*.start=1s',
    'flows.mgmt-linux-ping.interval=20ms',
    `seed=${seed}`,
    `faults=${JSON.stringify(written)}`,
  ]
}
