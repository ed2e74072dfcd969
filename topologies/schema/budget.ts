import { integer, mapping } from '../../schema/fields.ts'

/** The most that a run may take. Honest scenarios stay far below the defaults. */

export const budgetSchema = mapping({
  events: integer(1, Number.MAX_SAFE_INTEGER)
    .default(300_000_000)
    .describe('Events of the simulation. The default is some minutes of computing.'),
  captureMegabytes: integer(1, 1_000_000)
    .default(2_000)
    .describe('Captured frames, which stay in memory until the end.'),
})
