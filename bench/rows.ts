import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Contestant, perUnit, wholeProcess } from './measure.ts'
import { ns3 } from './peers/ns3/ns3.ts'
import { libraryQueues, ownEngine, ownQueue } from './queues.ts'
import { frames, simulatedSeconds, trials } from './runs.ts'
import { builtIn, fullPath, grown, likeTheImitation, pingsOf, plainPath } from './scenarios.ts'

/** Everything that is measured, once. The first contestant is this program. */

export interface Row {
  readonly name: string
  readonly unit: string
  /** Whether less is better: the figure is the time of one unit, not units per second. */
  readonly isTime?: true
  /** What differs between the contestants, when the work cannot be made equal. */
  readonly unequal?: string
  /** @param share of the full amount of work, for a short look */
  contestants(share: number): readonly Contestant[]
}

const program = fileURLToPath(new URL('bascule.js', pathToFileURL(process.argv[1] ?? '')))

/** At least one unit of work. */
function part(amount: number, share: number): number {
  return Math.max(1, Math.round(amount * share))
}

let temporary: string | undefined

function scratch(name: string): string {
  temporary ??= mkdtempSync(join(tmpdir(), 'bascule-bench-'))
  return join(temporary, name)
}

function engineRow(pending: number, holds: number): Row {
  const ns3Hold = (scheduler: string, count: number) =>
    ns3(scheduler, 'hold', `--scheduler=${scheduler}`, `--pending=${pending}`, `--holds=${count}`)
  return {
    name: `engine-${pending}`,
    unit: 'events/s',
    unequal: 'the three libraries are queues alone; flatqueue and heapify keep no order of ties',
    contestants(share) {
      const count = part(holds, share)
      return [
        ownEngine(pending, count),
        ownQueue(pending, count),
        ns3Hold('Map', count),
        ns3Hold('PriorityQueue', count),
        ...libraryQueues(pending, count),
      ]
    },
  }
}

function trialRow(name: string, scenario: () => Parameters<typeof trials>[0], count: number): Row {
  return {
    name,
    unit: 'trials/s',
    unequal: 'ns-3 imitates 60 s with one ping, without HMAC, pf, state synchronisation or metrics',
    contestants: (share) => [
      trials(scenario(), part(count, share)),
      ns3('hub', 'reference', '--lan=hub', `--trials=${part(50, share)}`),
      ns3('bridge', 'reference', '--lan=bridge', `--trials=${part(50, share)}`),
    ],
  }
}

const pathDifference =
  'bascule has pf, CARP and one more switch; its copies to promiscuous ports count as frames'

export const rows: readonly Row[] = [
  engineRow(50, 2_000_000),
  engineRow(1_000, 2_000_000),
  engineRow(100_000, 1_000_000),
  {
    name: 'plain-path',
    unit: 'frames/s',
    contestants: (share) => [
      frames('bascule', plainPath(part(20, share))),
      ns3('bridge', 'path', '--lan=bridge', `--seconds=${part(20, share)}`),
    ],
  },
  {
    name: 'full-path',
    unit: 'frames/s',
    unequal: pathDifference,
    contestants: (share) => [
      frames('bascule', fullPath('none', '100us', part(5, share))),
      ns3('bridge', 'path', '--lan=bridge', `--seconds=${part(10, share)}`),
      ns3('hub', 'path', '--lan=hub', `--seconds=${part(10, share)}`),
    ],
  },
  {
    name: 'full-path-captured',
    unit: 'frames/s',
    unequal: `${pathDifference}; bascule captures at every point, in memory, ns-3 at two, on disk`,
    contestants: (share) => [
      frames('bascule', fullPath('all', '100us', part(5, share))),
      ns3(
        'bridge',
        'path',
        '--lan=bridge',
        `--seconds=${part(10, share)}`,
        `--pcap=${scratch('path')}`,
      ),
    ],
  },
  trialRow('trial-as-imitated', likeTheImitation, 100),
  trialRow('trial-pings', () => pingsOf('power-off-return', 'captures.points=none'), 60),
  trialRow('trial-all-flows', () => builtIn('power-off-return', 'captures.points=none'), 10),
  {
    name: 'at-rest',
    unit: 'simulated s/s',
    unequal: 'ns-3 imitates the network, as above',
    contestants: (share) => [
      simulatedSeconds(
        pingsOf('no-fault', `duration=${part(3_600, share)}s`, 'captures.points=none'),
      ),
      ...['hub', 'bridge'].map((lan) =>
        // Its unit is a trial; here it is one of so many seconds.
        perUnit(
          part(3_600, share),
          ns3(
            lan,
            'reference',
            `--lan=${lan}`,
            '--trials=1',
            `--seconds=${part(3_600, share)}`,
            `--diesAt=${part(3_600, share)}`,
          ),
        ),
      ),
    ],
  },
  {
    name: 'cold-run',
    unit: 's',
    isTime: true,
    contestants: () => [
      wholeProcess('bascule', process.execPath, [
        program,
        'run',
        'power-off-return',
        '--quiet',
        '--force',
        '--out',
        scratch('run'),
      ]),
      wholeProcess('node -e 0', process.execPath, ['-e', '0']),
    ],
  },
  ...['--version', 'list'].map(
    (argument): Row => ({
      name: argument.replace('--', ''),
      unit: 's',
      isTime: true,
      contestants: () => [
        wholeProcess('bascule', process.execPath, [program, argument]),
        wholeProcess('node -e 0', process.execPath, ['-e', '0']),
      ],
    }),
  ),
  ...[
    [2, 10],
    [100, 10],
    [2, 1_000],
  ].map(
    ([vlans = 2, hosts = 10]): Row => ({
      name: `scale-${vlans}-vlans-${hosts}-hosts`,
      unit: 'frames/s',
      contestants: (share) => [frames('bascule', grown(vlans, hosts, part(5, share)))],
    }),
  ),
]
