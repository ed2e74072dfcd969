import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { InputError } from './input-error.ts'
import type { ScenarioOptions } from './load-scenario.ts'
import type { MeasureOptions } from './measure.ts'
import type { RunOptions } from './run.ts'
import type { SweepOptions } from './sweep.ts'
import { VERSION } from './version.ts'

/** Exit statuses of the contract: 0 done, 1 a fault of ours, 2 wrong input. */
const STATUS_FAULT = 1
const STATUS_WRONG_INPUT = 2

const SCENARIO = 'a built-in scenario (see bascule list) or a YAML file'
const QUESTIONS = "mgmt-ping, mgmt-ping/9, 9 if only one flow lost it, or a frame as '#146'"

/** Each command loads its own code: `--version` and `list` need none of the simulation. */
function program(): Command {
  const bascule = new Command('bascule')
    .description('What do users lose, for how long and why, when a firewall of a cluster dies?')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(bascule --help tells more)')

  bascule
    .command('list')
    .description('the built-in scenarios by cause, or the symptom, cause and fix of one')
    .argument('[scenario]', 'the name of a built-in scenario')
    .action(async (scenario?: string) => (await import('./list.ts')).list(scenario))

  withScenarioOptions(bascule.command('run'))
    .description('one run')
    .option('--out <dir>', 'the directory for its files (default: runs/SCENARIO-SEED)')
    .option('--force', 'replace that directory even if it holds files of your own')
    .option('--json', 'metrics on stdout, and nothing else')
    .option('--quiet', 'nothing on stdout')
    .action(async (scenario: string, options: RunOptions) =>
      (await import('./run.ts')).run(scenario, options),
    )

  withScenarioOptions(bascule.command('verify'))
    .description('run twice, compare every artifact byte by byte')
    .action(async (scenario: string, options: ScenarioOptions) => {
      process.exitCode = (await import('./verify.ts')).verify(scenario, options)
    })

  const sweep = withScenarioOptions(bascule.command('sweep'))
    .description('many seeds: the distribution of outages and losses')
    .option('--runs <n>', 'how many seeds, from --seed on (default: 100, from 1 on)', '100')
    .option('--jobs <n>', 'threads (default: one a processor)')
    .option('--shard <i/n>', 'only one of n parts; bascule sweep merge puts them together')
    .option('--out <dir>', 'the directory for its files (default: sweeps/SCENARIO)')
    .option('--force', 'replace that directory even if it holds files of your own')
    .option('--quiet', 'nothing on stdout')
    .addHelpText('after', '\n--set a.b=1,2,5 sweeps over the values; all combinations are run')
    .action(async (scenario: string, options: SweepOptions) =>
      (await import('./sweep.ts')).sweep(scenario, options),
    )
  sweep
    .command('merge')
    .description('the shards of a sweep, put together as if it had been one')
    .argument('<dirs...>', 'the directories of all shards')
    .action(async (directories: string[], _: unknown, merge: Command) =>
      (await import('./sweep.ts')).mergeSweeps(directories, merge.optsWithGlobals()),
    )

  bascule
    .command('compare')
    .description('two runs side by side, and the first event at which they differ')
    .argument('<a>', 'the directory of a run')
    .argument('<b>', 'that of another')
    .action(async (first: string, second: string) =>
      (await import('./compare.ts')).compare(first, second),
    )

  bascule
    .command('explain')
    .description('what happened to a flow or to one packet: hop by hop, and why it died')
    .argument('<dir>', 'the directory of a run')
    .argument('[what...]', `a flow or a probe of it: ${QUESTIONS}`)
    .action(async (directory: string, words: string[]) =>
      (await import('./explain.ts')).explain(directory, words),
    )
  bascule
    .command('report')
    .description('report.html of a run, made from its files: a page that needs nothing but itself')
    .argument('<dir>', 'the directory of a run')
    .action(async (directory: string) => (await import('./report.ts')).report(directory))

  bascule
    .command('measure')
    .description('what captures of a real failover prove: losses, outages, who was active')
    .argument('<file...>', 'pcap or pcapng files, each with a clock of its own')
    .option('--json', 'metrics on stdout, and nothing else')
    .action(async (files: string[], options: MeasureOptions) =>
      (await import('./measure.ts')).measure(files, options),
    )
  return bascule
}

function withScenarioOptions(command: Command): Command {
  return command
    .argument('<scenario>', SCENARIO)
    .option('--seed <n>', 'chooses every drawn time (default: that of the scenario)', parseSeed)
    .option(
      '--set <path=value>',
      'override a field of the scenario; repeatable, and * and ** match any part of a path',
      (value: string, previous: string[]) => [...previous, value],
      [],
    )
    .addOption(
      new Option(
        '--timing <preset>',
        "the firewalls' kernel timers (default: the scenario's)",
      ).choices(['ideal', 'bare', 'vm']),
    )
    .option('--fixed', 'the mended variant, which the scenario describes under fixed')
    .addOption(new Option('--lang <language>', 'of the Windows transcripts').choices(['fr', 'en']))
}

function parseSeed(text: string): number {
  const seed = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError('expected an integer from 0 to 9007199254740991')
  }
  return seed
}

async function main(): Promise<void> {
  try {
    await program().parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed what it has to say; help and --version are no errors.
      process.exitCode = error.exitCode === 0 ? 0 : STATUS_WRONG_INPUT
    } else if (error instanceof InputError) {
      process.stderr.write(`${error.message}\n`)
      process.exitCode = STATUS_WRONG_INPUT
    } else {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exitCode = STATUS_FAULT
    }
  }
}

// A reader that closes the pipe early, such as head, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

await main()
