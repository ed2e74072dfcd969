import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Contestant, selfTimed } from '../../measure.ts'

/** Our programs for ns-3 as `npm run bench:peers` builds them, beside the bundle of the bench. */

const directory = fileURLToPath(new URL('peers/', pathToFileURL(process.argv[1] ?? '')))

export function ns3(name: string, program: string, ...args: readonly string[]): Contestant {
  return selfTimed(`ns-3 ${name}`, join(directory, `ns3-${program}`), args)
}
