import { checkInterruptions } from './interruptions.mjs'
import { removeScratch, takeBuiltProgram } from './programs.mjs'
import { Report } from './report.mjs'

/** `npm run attack:files`: interrupted runs at many instants. It needs root, to mount small disks. */

const report = new Report()
await report.check('bascule is built', () => ({ problems: takeBuiltProgram() }))
if (report.failed === 0) {
  await checkInterruptions(report, { kills: 200, interrupts: 50, sizes: 20, vanishings: 20 })
}
report.summary()
removeScratch()
process.exitCode = report.failed === 0 ? 0 : 1
