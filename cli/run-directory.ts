import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { formatProblem } from '../schema/problem.ts'
import { eventStyles } from '../simulation/events.ts'
import { planCapturePoints } from '../topologies/capture-points.ts'
import type { Scenario } from '../topologies/document.ts'
import { readScenario } from '../topologies/read.ts'
import type { RecordedEvent, RecordedFlow } from '../traces/explain/recorded-run.ts'
import { type PcapngContents, readPcapng } from '../traces/pcapng-reader.ts'
import { InputError } from './input-error.ts'
import { VERSION } from './version.ts'

/** Reads what a run has left in its directory, and trusts none of it. */

const us = z.int().min(0)

/** The fields of `metrics.json` that are needed here. The file has more. */
const metricsSchema = z.object({
  scenario: z.string(),
  seed: z.int().min(0),
  version: z.string(),
  flows: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      sent: us,
      received: us,
      lost: us,
      rttUs: z
        .object({ min: us, p50: us, p95: us, p99: us, max: us, mean: us, stddev: us })
        .nullable()
        .exactOptional(),
      outages: z.array(z.object({ downUs: us, upUs: us.nullable(), durationUs: us })),
      outageBoundsUs: z.tuple([us, us]).exactOptional(),
      losses: z.array(
        z.object({ probe: us, sentUs: us, cause: z.string(), at: z.string(), frameId: us }),
      ),
    }),
  ),
})

const eventSchema = z
  .object({
    timeUs: us,
    node: z.string(),
    kind: z.string().refine((kind) => Object.hasOwn(eventStyles, kind), 'is no kind of event'),
    text: z.string(),
    frameId: us.exactOptional(),
  })
  .catchall(z.union([z.string(), z.number(), z.boolean(), z.null()]))

export interface RunDirectory {
  readonly scenario: Scenario
  readonly flows: readonly RecordedFlow[]
  readonly events: readonly RecordedEvent[]
  /** The captures by the name of their point. A point without a file is absent. */
  readonly captures: ReadonlyMap<string, PcapngContents>
}

/** What a run has measured and told, without its captures. */
export interface RunResults {
  readonly scenario: string
  readonly seed: number
  readonly flows: readonly RecordedFlow[]
  readonly events: readonly RecordedEvent[]
}

/** @throws InputError if there is no run in `directory`, or not one that this version can read */
export function readRunResults(directory: string): RunResults {
  const { metrics, written } = readWhatIsMeasured(directory)
  const { scenario, seed, flows } = metrics
  return { scenario, seed, flows, events: readEvents(join(directory, 'events.jsonl'), written) }
}

/** @throws InputError if there is no run in `directory`, or not one that this version can read */
export function readRunDirectory(directory: string): RunDirectory {
  const { metrics, written } = readWhatIsMeasured(directory)
  const scenario = readScenarioFile(join(directory, 'scenario.yaml'), written)
  return {
    flows: metrics.flows,
    scenario,
    events: readEvents(join(directory, 'events.jsonl'), written),
    captures: readCaptures(join(directory, 'captures'), scenario),
  }
}

/** `metrics.json`, and the version that wrote it where that is another one. */
function readWhatIsMeasured(directory: string) {
  if (!existsSync(directory)) {
    throw new InputError(`${directory}: no such directory; expected that of a run (bascule run)`)
  }
  if (!statSync(directory).isDirectory()) {
    throw new InputError(`${directory}: is a file; expected the directory of a run`)
  }
  if (!existsSync(join(directory, 'metrics.json'))) {
    throw new InputError(
      `${directory}: holds no run, as there is no metrics.json; expected the directory of a run`,
    )
  }
  const metrics = readMetrics(join(directory, 'metrics.json'))
  const written = metrics.version === VERSION ? '' : ` (the run is of bascule ${metrics.version})`
  return { metrics, written }
}

function readMetrics(path: string): z.infer<typeof metricsSchema> {
  const value = parseJson(path, readText(path))
  const result = metricsSchema.safeParse(value)
  if (result.success) return result.data
  const { version } = (value ?? {}) as { version?: unknown }
  const written =
    typeof version === 'string' && version !== VERSION ? ` (the run is of bascule ${version})` : ''
  throw new InputError(`${path}: ${firstProblem(result.error)}${wanted(written)}`)
}

function readEvents(path: string, written: string): RecordedEvent[] {
  const lines = readText(path)
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line, index) => {
    const result = eventSchema.safeParse(parseJson(`${path}:${index + 1}`, line))
    if (!result.success) {
      throw new InputError(`${path}:${index + 1}: ${firstProblem(result.error)}${wanted(written)}`)
    }
    const { timeUs, node, kind, text, frameId, ...details } = result.data
    const event = { timeUs, node, kind, text, details } as RecordedEvent
    return frameId === undefined ? event : { ...event, frameId }
  })
}

function readScenarioFile(path: string, written: string): Scenario {
  const result = readScenario(readText(path))
  if (result.ok) return result.scenario
  const [first] = result.problems
  const problem = first === undefined ? `${path}: no scenario` : formatProblem(path, first)
  throw new InputError(`${problem}${wanted(written)}`)
}

function readCaptures(directory: string, { topology }: Scenario): Map<string, PcapngContents> {
  const captures = new Map<string, PcapngContents>()
  for (const { name } of planCapturePoints(topology)) {
    const path = join(directory, `${name}.pcapng`)
    if (!existsSync(path)) continue
    const result = readPcapng(readBytes(path))
    if (!result.ok) {
      throw new InputError(`${path}: ${result.reason}; expected a pcapng capture file`)
    }
    captures.set(name, result.contents)
  }
  return captures
}

function readText(path: string): string {
  return readBytes(path).toString('utf8')
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'missing' : `cannot be read (${code})`
    throw new InputError(`${path}: ${why}; expected it among the files of the run`)
  }
}

function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InputError(`${where}: is no JSON; expected the file as the run wrote it`)
  }
}

function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues
  return `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'is wrong'}`
}

function wanted(written: string): string {
  return `; expected the file as bascule ${VERSION} writes it${written}`
}
