import { carpEvents } from '../devices/freebsd/carp/events.ts'
import { pfsyncEvents } from '../devices/freebsd/pfsync/events.ts'
import { hostEvents } from '../devices/host/events.ts'
import { openVpnEvents } from '../devices/openvpn/events.ts'
import { pfsenseEvents } from '../devices/pfsense/events.ts'
import { switchEvents } from '../devices/switch/events.ts'
import type { EventStyles } from '../engine/journal.ts'
import { faultEvents } from '../faults/events.ts'
import { flowEvents } from '../flows/events.ts'
import { redundancyEvents } from '../protocols/redundancy.ts'

/** How every kind of event is told. A kind that is declared but not registered does not compile. */
export const eventStyles: EventStyles = {
  ...faultEvents,
  ...flowEvents,
  ...hostEvents,
  ...redundancyEvents,
  ...carpEvents,
  ...pfsyncEvents,
  ...openVpnEvents,
  ...pfsenseEvents,
  ...switchEvents,
}
