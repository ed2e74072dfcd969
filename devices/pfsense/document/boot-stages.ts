import type * as z from 'zod'
import { formatDuration, parseDuration } from '../../../schema/duration.ts'
import { nanoseconds } from '../../../schema/values.ts'
import { type BootStages, usualStages } from '../rc-bootup.ts'
import type { PfSenseDocument, pfsenseSchema } from './firewall.ts'

/** The stages of a firewall's boot. Those that the document leaves open are a share of the whole. */

type DraftFirewall = z.output<typeof pfsenseSchema>

export function withBootStages<Draft extends Pick<DraftFirewall, 'boot' | 'bootDuration'>>(
  firewall: Draft,
): Draft & Pick<PfSenseDocument, 'boot'> {
  const { boot, bootDuration } = firewall
  const usual = usualStages(parseDuration(bootDuration) ?? 0)
  const told = (stage: string | undefined) =>
    stage === undefined ? undefined : parseDuration(stage)
  // A stage that is left open gives way to those that are told.
  const forwardingNs = told(boot.forwarding) ?? Number.POSITIVE_INFINITY
  const filterNs = told(boot.filter) ?? Math.min(usual.filterNs, forwardingNs)
  const interfacesNs = told(boot.interfaces) ?? Math.min(usual.interfacesNs, filterNs)
  const interfaces = boot.interfaces ?? formatDuration(interfacesNs)
  const laterFilterNs = Math.max(filterNs, interfacesNs)
  const filter = boot.filter ?? formatDuration(laterFilterNs)
  const forwarding =
    boot.forwarding ?? formatDuration(Math.max(usual.forwardingNs, filterNs, interfacesNs))
  return { ...firewall, boot: { interfaces, filter, forwarding } }
}

/** The stages of a validated document. */
export function bootStagesOf({ boot, bootDuration }: PfSenseDocument): BootStages {
  return {
    interfacesNs: nanoseconds(boot.interfaces),
    filterNs: nanoseconds(boot.filter),
    forwardingNs: nanoseconds(boot.forwarding),
    completeNs: nanoseconds(bootDuration),
  }
}
