import type { Network } from '../../devices/network.ts'
import type { World } from '../../devices/world.ts'
import type { ReachabilityWatch } from '../../flows/reachability.ts'
import type { Scenario } from '../../topologies/document.ts'
import type { FateLog } from '../../traces/fate-log.ts'
import type {
  FlowMetrics,
  OpenVpnFlowMetrics,
  TcpFlowMetrics,
  WebFlowMetrics,
} from '../../traces/flow-metrics.ts'

/** What `metrics.json` tells of flows of some kinds beyond what it tells of every flow. */
export type KindMetrics =
  | Omit<TcpFlowMetrics, keyof FlowMetrics>
  | Omit<WebFlowMetrics, keyof FlowMetrics>
  | Omit<OpenVpnFlowMetrics, keyof FlowMetrics>

/** What a flow tells and asks of the run that it belongs to. */
export interface FlowContext {
  readonly world: World
  readonly network: Network
  readonly scenario: Scenario
  readonly fates: FateLog
  readonly reachability: ReachabilityWatch
}

/** The running client of a flow. */
export interface FlowProgram {
  stop(): void
  transcript(): readonly string[] | undefined
  metrics?(): KindMetrics
}
