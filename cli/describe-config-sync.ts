import type { ConfigSyncMetrics } from '../traces/config-sync.ts'

const OUTCOMES: Record<ConfigSyncMetrics['result'], string> = {
  synchronized: 'taken over',
  loop: 'refused as a loop, which the sender takes for a success',
  nothingSelected: 'nothing is selected to be synchronised',
  versionMismatch: 'skipped, for the versions differ',
  authenticationFailed: 'not let in',
  failed: 'no connection or no answer',
  interrupted: 'not over at the end, or the sender died',
}

/** One line: the result of a change that was saved. */
export function describeConfigSync(sync: ConfigSyncMetrics): string[] {
  const { atUs, from, to, result, attempts, appliedUs } = sync
  const outcome =
    appliedUs === null
      ? `${OUTCOMES[result]}${attempts > 1 ? ` (${attempts} tries)` : ''}; never in force there`
      : `in force there at ${seconds(appliedUs)}, ${seconds(appliedUs - atUs)} s later`
  return [`saved on ${from} at ${seconds(atUs)} s`, `-> ${to}: ${outcome}`]
}

function seconds(us: number): string {
  return (us / 1e6).toFixed(6)
}
