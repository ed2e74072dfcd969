import { MICROSECOND_NS } from '../../engine/time.ts'
import { Story } from '../story.ts'
import { wrap } from './layout.ts'
import type { RecordedRun } from './recorded-run.ts'

const INDENT = '  '
/** The title of the third column of a timeline. */
const THIRD_COLUMN = 'what happened'

/**
 * The part of `timeline.txt` from `fromUs` to `untilUs`, both included, without what happened to
 * other flows. No lines if nothing is told of that time.
 */
export function timelineOf(
  { events, styles }: Pick<RecordedRun, 'events' | 'styles'>,
  flow: string,
  fromUs: number,
  untilUs: number,
): string[] {
  const story = new Story(styles)
  for (const event of events) {
    const { timeUs, details } = event
    if (timeUs < fromUs || timeUs > untilUs) continue
    if ('flow' in details && details.flow !== flow) continue
    story.add({ ...event, timeNs: timeUs * MICROSECOND_NS })
  }
  const [header = '', ...lines] = story.timeline().trimEnd().split('\n')
  if (lines.length === 0) return []
  const all = [header, ...lines]
  const margin = Math.min(...all.map((line) => line.length - line.trimStart().length))
  const hanging = INDENT.length + header.indexOf(THIRD_COLUMN) - margin
  return all.flatMap((line) => wrap(`${INDENT}${line.slice(margin)}`, hanging))
}
