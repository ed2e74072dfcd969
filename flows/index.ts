import { assert } from '../engine/assert.ts'
import { kindVariants } from '../schema/fields.ts'
import type { FlowMetrics } from '../traces/flow-metrics.ts'
import type { FlowKind, FlowOf, FlowSchema } from './flow-kind.ts'
import { linuxPing } from './linux-ping.ts'
import { openVpn } from './openvpn.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'
import { webPage } from './web-page.ts'
import { windowsPing } from './windows-ping.ts'

/** Every kind of flow, registered here and nowhere else. */
const flowKinds = [windowsPing, linuxPing, tcp, udp, openVpn, webPage] as const

type Registered = (typeof flowKinds)[number]

/** Told apart by `kind`. `stop` is a duration since the start of the run. */
export type Flow = Registered extends infer Kind
  ? Kind extends { schema: infer Schema extends FlowSchema }
    ? FlowOf<Schema>
    : never
  : never

export const flowSchema = kindVariants(flowKinds)

/** @returns undefined for a name that no kind has */
export function findFlowKind(name: string): FlowKind<FlowSchema, FlowMetrics, Flow> | undefined {
  const found = flowKinds.find(({ schema }) => schema.shape.kind.value === name)
  return found as FlowKind<FlowSchema, FlowMetrics, Flow> | undefined
}

/** The kind of a flow of a validated document. */
export function kindOf({
  kind,
}: {
  readonly kind: string
}): FlowKind<FlowSchema, FlowMetrics, Flow> {
  const found = findFlowKind(kind)
  assert(found !== undefined, `${kind} is a kind of flow`)
  return found
}
