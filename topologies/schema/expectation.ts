import * as z from 'zod'
import { DROP_CAUSES } from '../../protocols/frame/fate.ts'
import {
  duration,
  expectation,
  identifier,
  integer,
  label,
  list,
  mapping,
  oneOf,
  text,
} from '../../schema/fields.ts'

/** What a scenario should come to. It is compared with the run, and changes nothing in it. */

const COUNT = 'a number, or a mapping with from and to'
const count = () => integer(0, Number.MAX_SAFE_INTEGER)
const countRange = () =>
  z.union(
    [
      count(),
      mapping({
        from: count().describe('The least.'),
        to: count().exactOptional().describe('The most; absent: any.'),
      }),
    ],
    { error: expectation(COUNT) },
  )
const cause = () => oneOf(...(Object.keys(DROP_CAUSES) as [string, ...string[]]))

const roleSchema = mapping({
  node: identifier('the name of a firewall').describe('The firewall.'),
  interface: label('the name of an interface')
    .exactOptional()
    .describe('Only the rows of this interface; absent: every row.'),
  status: text('a text').describe('As the status page writes it at the end; off: no page at all.'),
})

const flowSchema = mapping({
  name: identifier('the name of a flow').describe('The flow.'),
  lost: countRange().exactOptional().describe('How many probes are lost.'),
  received: countRange().exactOptional().describe('How many probes are answered.'),
  duplicates: countRange().exactOptional().describe('How many answers come twice.'),
  outages: countRange().exactOptional().describe('How many outages there truly were.'),
  longestOutage: mapping({
    from: duration().describe('The least.'),
    to: duration().describe('The most.'),
  })
    .exactOptional()
    .describe('How long the longest true outage was; 0s: there was none.'),
  causes: list(cause(), 'causes of losses')
    .exactOptional()
    .describe('Each of them, and no other, ended a lost probe.'),
  sessionsBroken: countRange()
    .exactOptional()
    .describe('How many sessions were reset or timed out.'),
})

export const expectationSchema = mapping({
  roles: list(roleSchema, 'roles').default([]).describe('The status pages at the end.'),
  flows: list(flowSchema, 'flows').default([]).describe('What becomes of the flows.'),
  drops: list(cause(), 'causes').default([]).describe('Frames must have ended by each of these.'),
})

export type Expectation = z.output<typeof expectationSchema>
