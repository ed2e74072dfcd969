import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

const LINES = 25
const INTERVAL_US = 200

/** Runs `work` under V8's profiler, leaves `path`, and returns where the time went. */
export async function profile(path: string, work: () => void): Promise<readonly string[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  await session.post('Profiler.start')
  work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  writeFileSync(path, JSON.stringify(profile))

  const { nodes, samples = [], timeDeltas = [] } = profile
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const file = url.split('/').at(-1) ?? ''
      const where = file === '' ? '' : ` ${file}:${lineNumber + 1}`
      return [id, `${functionName || '(anonymous)'}${where}`]
    }),
  )
  const selfUs = new Map<string, number>()
  let totalUs = 0
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) ?? '?'
    const us = timeDeltas[at] ?? 0
    if (name === '(idle)') continue
    selfUs.set(name, (selfUs.get(name) ?? 0) + us)
    totalUs += us
  }
  return [...selfUs]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, LINES)
    .map(([name, us]) => `${((100 * us) / totalUs).toFixed(1).padStart(5)} %  ${name}`)
}
