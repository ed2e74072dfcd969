import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import type { PfsyncService } from '../freebsd/pfsync/service.ts'
import type { IpStack } from '../host/ip-stack.ts'
import type { World } from '../world.ts'

/** `syncdev`, `syncpeer` and `-defer` are each a SIOCSETPFSYNC, and so each asks for all states. */
const SETTINGS_TOLD = 3
/** From one to the next: sources are silent. */
const BETWEEN_SETTINGS_NS = MILLISECOND_NS
/** The longest wait in seconds: then the loop ends, whatever it sees. */
export const LONGEST_WAIT_SECONDS = 31

/**
 * The part of pfSense's interfaces_sync_setup that is about pfsync: sets it up anew, which asks the
 * peer for all of its states, and waits.
 *
 * The wait is meant to last until all states are here, but its test is inverted: each second it
 * looks for "syncok: 0", and the kernel prints 1 once it has them. So it is over after a second
 * where no answer came, and lasts its 31 seconds where one came at once.
 *
 * @param pfsync undefined: state synchronisation is switched off, and there is nothing to wait for
 */
export function setUpPfsync(
  world: World,
  stack: IpStack,
  pfsync: PfsyncService | undefined,
  through: () => void,
): void {
  if (pfsync === undefined) {
    through()
    return
  }
  const tell = (text: string): void =>
    world.tell({
      node: stack.place,
      kind: 'pfsync.wait',
      text: `rc: ${text}`,
      details: {},
    })
  const look = (seconds: number): void => {
    if (pfsync.isOk && seconds < LONGEST_WAIT_SECONDS) {
      stack.defer(() => look(seconds + 1), SECOND_NS)
      return
    }
    tell(`pfsync done in ${seconds} seconds.`)
    through()
  }
  const configure = (left: number): void => {
    pfsync.configure()
    if (left > 1) {
      stack.defer(() => configure(left - 1), BETWEEN_SETTINGS_NS)
      return
    }
    tell('waiting for pfsync...')
    stack.defer(() => look(1), SECOND_NS)
  }
  configure(SETTINGS_TOLD)
}
