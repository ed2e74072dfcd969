import type { Nanoseconds } from '../../engine/time.ts'
import type { Frame } from './frame.ts'

export type Direction = 'inbound' | 'outbound'

/**
 * A capture point, as a tap on a network interface sees it: outbound when the first bit is handed
 * to the wire, inbound when the frame is fully received and before any filter. It only looks.
 */
export interface Tap {
  /** @param timeNs now, or later for a frame that has to wait for the wire */
  sighted(frame: Frame, direction: Direction, timeNs: Nanoseconds): void
  /** The interface died at `timeNs`: what was announced for later did not happen. */
  silenced(timeNs: Nanoseconds): void
}
