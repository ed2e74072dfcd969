import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { columns, seconds } from '../traces/explain/layout.ts'
import { CaptureLog } from '../traces/measure/capture-log.ts'
import { InputError } from './input-error.ts'
import { VERSION } from './version.ts'

export interface MeasureOptions {
  readonly json?: boolean
}

const CHUNK_BYTES = 1 << 20

/** `bascule measure`: what captures of a real failover prove. Each file has its own clock. */
export function measure(paths: readonly string[], { json = false }: MeasureOptions): void {
  const logs = paths.map(readCapture)
  if (json) process.stdout.write(`${JSON.stringify(metricsOf(logs), null, 2)}\n`)
  else process.stdout.write(`${textOf(logs).join('\n')}\n`)
}

function metricsOf(logs: readonly CaptureLog[]) {
  return {
    version: VERSION,
    captures: logs.map(({ name, packets, startUnixUs, endUs }) => ({
      ...{ name, packets, startUnixUs, endUs },
    })),
    flows: logs.flatMap(({ flows }) => flows),
    // A capture knows neither the fault nor the truth.
    failovers: logs
      .flatMap(({ moves }) => moves)
      .map(({ from, to, ...group }) => ({
        ...{ fault: null, atUs: null, nodes: { from, to }, groups: [group], because: [] },
        ...{ detectionUs: null, switchoverUs: null, recoveryUs: null, serviceOutageUs: null },
      })),
  }
}

function readCapture(path: string): CaptureLog {
  const log = new CaptureLog(basename(path))
  const refuse = (reason: string): never => {
    throw new InputError(`${path}: ${reason}; expected a whole pcap or pcapng capture`)
  }
  const chunk = new Uint8Array(CHUNK_BYTES)
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    for (;;) {
      const length = readSync(file, chunk)
      if (length === 0) break
      // A copy: what is left of a chunk waits for the next one.
      const reason = log.push(chunk.slice(0, length))
      if (reason !== undefined) refuse(reason)
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    refuse(`cannot be read (${(error as NodeJS.ErrnoException).code})`)
  } finally {
    if (file !== undefined) closeSync(file)
  }
  const reason = log.finish()
  if (reason !== undefined) refuse(reason)
  return log
}

function textOf(logs: readonly CaptureLog[]): string[] {
  const flows = logs.flatMap((log) => log.flows)
  const moves = logs.flatMap((log) => log.moves)
  const lines = columns(
    logs.map(({ name, packets, endUs }) => [name, `${packets} packets`, `${seconds(endUs)} s`]),
  )
  lines.push('', flows.length === 0 ? 'No pings were seen.' : 'Pings')
  lines.push(
    ...columns(
      flows.map(({ name, seenAt, sent, lost, outageBoundsUs: [low, high] }) => [
        `  ${name}`,
        `${lost} of ${sent} lost`,
        `longest outage ${seconds(low)} to ${seconds(high)} s`,
        seenAt,
      ]),
    ),
  )
  lines.push('', moves.length === 0 ? 'No group was seen to move.' : 'Groups that moved')
  lines.push(
    ...columns(
      moves.map(({ protocol, id, from, to, firstAdvertUs, lastAdvertUs, interface: place }) => [
        `  ${protocol} ${id}`,
        `${from} -> ${to} at ${seconds(firstAdvertUs)} s`,
        `silent ${seconds(firstAdvertUs - lastAdvertUs)} s`,
        place,
      ]),
    ),
  )
  return lines
}
