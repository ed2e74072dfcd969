import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reportHtml } from '../report/report.ts'
import type { RunMetrics } from '../traces/metrics.ts'
import { InputError } from './input-error.ts'
import { readRunDirectory } from './run-directory.ts'

/** `bascule report`: rebuilds report.html from the other files of a run. */
export function report(directory: string): void {
  // It refuses what is no run, and says why.
  readRunDirectory(directory)
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8')
  const metrics = JSON.parse(read('metrics.json')) as RunMetrics
  if (!Array.isArray(metrics.anatomy)) {
    throw new InputError(
      `${join(directory, 'metrics.json')}: has no anatomy; expected a run of this version: run it again`,
    )
  }
  const captures = join(directory, 'captures')
  const names = existsSync(captures) ? readdirSync(captures).sort() : []
  const html = reportHtml({
    metrics,
    events: read('events.jsonl'),
    timeline: read('timeline.txt'),
    scenario: read('scenario.yaml'),
    transcripts: transcriptsIn(directory, metrics),
    captures: names.map((name) => `captures/${name}`),
  })
  const path = join(directory, 'report.html')
  writeFileSync(path, html)
  process.stdout.write(`${path}\n`)
}

function transcriptsIn(directory: string, { flows }: RunMetrics): Map<string, string> {
  const transcripts = new Map<string, string>()
  for (const { name } of flows) {
    const path = join(directory, `ping-${name}.txt`)
    if (existsSync(path)) transcripts.set(name, readFileSync(path, 'utf8'))
  }
  return transcripts
}
