import * as z from 'zod'
import { expectation, label, list, mapping, yesOrNo } from '../../schema/fields.ts'

/** The captures of a run. */

const POINTS = 'all, none, or a list of capture points'

const points = z.union(
  [
    z.enum(['all', 'none'], { error: expectation(POINTS) }),
    list(label('the name of a capture point'), 'names of capture points'),
  ],
  { error: expectation(POINTS) },
)

export const capturesSchema = mapping({
  points: points.default('all').describe('Where frames are recorded: all, none, or names.'),
  merged: yesOrNo()
    .default(false)
    .describe('Write all captures once more in one file, all.pcapng.'),
  classicPcap: yesOrNo().default(false).describe('Write each capture as classic pcap too.'),
})
