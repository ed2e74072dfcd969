import { checkAdvertisements, checkCadence } from './advertisements.mjs'
import { checkCaptures, checkClassicPcap, checkControls, readRun } from './captures.mjs'
import { checkDeterminism } from './determinism.mjs'
import { checkInterruptions } from './interruptions.mjs'
import { lostPings } from './lost-pings.mjs'
import { checkPfsyncDissector } from './pfsync-dissector.mjs'
import { findPrograms, removeScratch, SCRATCH, takeBuiltProgram } from './programs.mjs'
import { checkRealDaemon } from './real-daemon.mjs'
import {
  FIREWALLS_ONLY,
  MISCONFIGURATIONS,
  REFERENCE,
  STATIONS_ONLY,
  withThinCall,
} from './reference.mjs'
import { Report } from './report.mjs'
import { builtInScenarios, runScenarios } from './runs.mjs'
import { checkSweeps } from './sweeps.mjs'

/**
 * The checks with foreign programs: `npm run check:external`. Wireshark reads what we write, and a
 * real CARP daemon hears it. One line per check; exit status 1 if any failed.
 */

const report = new Report()

async function checkPrograms() {
  report.heading('Programs')
  await report.checkAll(findPrograms())
  await report.check('bascule is built', () => ({ problems: takeBuiltProgram() }))
  return report.failed === 0
}

/** One run also writes the file of all points, which repeats every packet. */
const MERGED = ['--set', 'captures.merged=true']

async function checkWireshark(scenarios) {
  const runs = await runScenarios([
    ...scenarios.map((name) => [name, name === REFERENCE ? MERGED : withThinCall(name)]),
    ...MISCONFIGURATIONS.map((setting) => [
      REFERENCE,
      ['--set', setting, ...withThinCall(REFERENCE)],
    ]),
  ])
  for (const run of runs) {
    const packets = await readRun(run)
    await checkCaptures(report, run, packets)
    await checkAdvertisements(report, run, packets)
    await checkCadence(report, run, packets)
  }
  const timed = await runScenarios(
    ['bare', 'vm'].map((timing) => [REFERENCE, ['--timing', timing, ...FIREWALLS_ONLY]]),
  )
  for (const run of timed) await checkCadence(report, run, await readRun(run))
  await checkClassicPcap(report, REFERENCE)
  await checkControls(report, runs[0])
}

async function checkPings(scenarios) {
  const seeds = (count, options = []) =>
    Array.from({ length: count }, (_, index) => [
      ...['--seed', String(index + 1)],
      ...options,
      ...STATIONS_ONLY,
    ])
  const runs = await runScenarios([
    ...seeds(12).map((options) => [REFERENCE, options]),
    ...seeds(3, ['--timing', 'vm']).map((options) => [REFERENCE, options]),
    ...scenarios
      .filter((name) => name !== REFERENCE)
      .flatMap((name) => seeds(3).map((options) => [name, options])),
  ])
  await report.checkAll(
    runs.filter(({ pingFlows }) => pingFlows.length > 0).map((run) => lostPings(run)),
  )
  const misconfigured = await runScenarios(
    MISCONFIGURATIONS.map((setting) => [REFERENCE, ['--set', setting, ...STATIONS_ONLY]]),
  )
  await report.checkAll(misconfigured.map((run) => lostPings(run, { overhears: true })))
}

/** A group that breaks is a failure like another, and the next one goes on. */
async function group(title, examine) {
  report.heading(title)
  try {
    await examine()
  } catch (error) {
    await report.check(title, () => Promise.reject(error))
  }
}

if (await checkPrograms()) {
  const scenarios = await builtInScenarios()
  // The daemon first and alone: it lives in real time.
  await group('A real CARP daemon', () => checkRealDaemon(report))
  await group('Captures, as Wireshark reads them', () => checkWireshark(scenarios))
  await group('pfsync, as Wireshark reads it', () => checkPfsyncDissector(report))
  await group('Lost pings, as Wireshark counts them', () => checkPings(scenarios))
  await group('Interrupted runs', () =>
    checkInterruptions(report, { kills: 6, interrupts: 4, sizes: 3, vanishings: 2 }),
  )
  await group('Sweeps', () => checkSweeps(report))
  await group('Always the same', () => checkDeterminism(report, scenarios))
}
report.summary()
if (report.failed === 0) removeScratch()
else process.stdout.write(`the files of the checks are left in ${SCRATCH}\n`)
process.exitCode = report.failed === 0 ? 0 : 1
