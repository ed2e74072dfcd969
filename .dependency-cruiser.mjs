// The arrows of the house (docs/architecture.md): an import may only point down.
const houseRules = {
  engine: [],
  protocols: ['engine'],
  schema: ['protocols', 'engine'],
  traces: ['protocols', 'engine'],
  devices: ['schema', 'protocols', 'engine'],
  flows: ['devices', 'traces', 'schema', 'protocols', 'engine'],
  faults: ['devices', 'schema', 'protocols', 'engine'],
  topologies: ['flows', 'faults', 'devices', 'traces', 'schema', 'protocols', 'engine'],
  simulation: [
    'topologies',
    'flows',
    'faults',
    'devices',
    'traces',
    'schema',
    'protocols',
    'engine',
  ],
  bench: [
    'simulation',
    'topologies',
    'flows',
    'faults',
    'devices',
    'traces',
    'schema',
    'protocols',
    'engine',
  ],
  report: ['traces', 'protocols', 'engine'],
}
const floors = ['cli', 'report', ...Object.keys(houseRules)]
const notATest = '\\.(test|fixture)\\.ts$'

export default {
  forbidden: [
    ...Object.entries(houseRules).map(([floor, below]) => ({
      name: `${floor}-imports-only-what-lies-below`,
      severity: 'error',
      from: { path: `^${floor}/`, pathNot: notATest },
      to: { path: `^(${floors.filter((f) => f !== floor && !below.includes(f)).join('|')})/` },
    })),
    {
      name: 'runs-in-a-browser',
      comment: 'whatever is below the command line and the benchmarks uses no module of Node',
      severity: 'error',
      from: {
        path: '^(engine|protocols|schema|devices|traces|flows|faults|topologies|simulation)/',
        pathNot: notATest,
      },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dead-files',
      severity: 'error',
      from: { orphan: true, pathNot: '\\.config\\.ts$|\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'tests-are-leaves',
      severity: 'error',
      from: { pathNot: notATest },
      to: { path: notATest },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(dist|node_modules)/' },
  },
}
