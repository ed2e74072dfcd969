import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { formatMac, type MacAddress } from '../protocols/addresses.ts'

/** Where vCenter begins to give addresses: 00:50:56:80:00:00 to 00:50:56:bf:ff:ff. */
const VMWARE_FIRST: MacAddress = 0x0050_5680_0000
const VMWARE_COUNT = 0x40_0000
/** Locally administered, as no maker of cards gives them. */
const LOCAL_FIRST: MacAddress = 0x0200_0000_0000
const LOCAL_COUNT = 0x1_0000_0000

/**
 * The MAC address of a card for which the document has none. It follows from the names alone, so
 * that a machine that is added moves no other's.
 *
 * @param isVirtual a vNIC, whose address the hypervisor's manager gives
 */
export function defaultMac(node: string, nic: string, isVirtual: boolean): string {
  const digest = sha256(utf8ToBytes(`${node}\n${nic}`))
  const drawn = new DataView(digest.buffer, digest.byteOffset).getUint32(0)
  return formatMac(
    isVirtual ? VMWARE_FIRST + (drawn % VMWARE_COUNT) : LOCAL_FIRST + (drawn % LOCAL_COUNT),
  )
}
