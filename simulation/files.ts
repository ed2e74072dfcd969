import type { Scenario } from '../topologies/document.ts'
import { writeScenario } from '../topologies/write.ts'
import type { RunMetrics } from '../traces/metrics.ts'
import { type RunFile, textFile } from '../traces/run-file.ts'
import type { RunCaptures } from './captures.ts'
import type { Transcripts } from './metrics.ts'

/** The results of a run that are written to files. */
export interface RunRecord {
  readonly scenario: Scenario
  readonly metrics: RunMetrics
  readonly timeline: string
  /** The text of events.jsonl. */
  readonly events: string
  readonly transcripts: Transcripts
  readonly captures: RunCaptures
}

/** Everything that belongs into the run's directory. */
export function runFiles(record: RunRecord): readonly RunFile[] {
  const { scenario, metrics, timeline, events, transcripts, captures } = record
  return [
    textFile('metrics.json', `${JSON.stringify(metrics, null, 2)}\n`),
    textFile('scenario.yaml', writeScenario(scenario)),
    textFile('timeline.txt', timeline),
    textFile('events.jsonl', events),
    ...[...transcripts].map(([name, lines]) =>
      textFile(`ping-${name}.txt`, lines.map((line) => `${line}\n`).join('')),
    ),
    ...captures.files(),
  ]
}
