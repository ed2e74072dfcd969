import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { PROJECT, scratchDirectory } from './programs.mjs'

/**
 * The receiving side under test, from the sources: frame to verdict, through the same parsers and
 * the same authenticator that the emulated firewalls use.
 */
export async function loadOwnReceiver() {
  const outfile = join(scratchDirectory('own-carp'), 'carp.mjs')
  await build({
    stdin: {
      contents: `
        export * as ethernet from './protocols/ethernet/wire.ts'
        export * as ipv4 from './protocols/ipv4/wire.ts'
        export * as carp from './protocols/carp/wire.ts'
        export { CarpAuthenticator } from './protocols/carp/hmac.ts'
        export { parseIpv4 as parseAddress } from './protocols/addresses.ts'`,
      resolveDir: PROJECT,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    outfile,
  })
  const { ethernet, ipv4, carp, CarpAuthenticator, parseAddress } = await import(
    pathToFileURL(outfile)
  )

  /** @returns the advertisement and whether its digest is right, or why it is none */
  return (frame, { password, vhid, vip }) => {
    const bytes = new Uint8Array(frame)
    const outer = ethernet.parseEthernet(bytes, 0, bytes.length)
    if (typeof outer === 'string') return { error: `ethernet: ${outer}` }
    const start = ethernet.ethernetLength(outer)
    const header = ipv4.parseIpv4(bytes, start, bytes.length)
    if (typeof header === 'string') return { error: `IPv4: ${header}` }
    const body = start + header.headerBytes
    const advertisement = carp.parseCarp(bytes, body, start + header.totalBytes)
    if (typeof advertisement === 'string') return { error: `CARP: ${advertisement}` }
    const addresses = { ipv4: [parseAddress(vip)], ipv6: [] }
    const { counterHigh, counterLow, digest } = advertisement
    const isAuthentic = new CarpAuthenticator(password, vhid, addresses).verify(
      counterHigh,
      counterLow,
      digest,
      0,
    )
    return { outer, header, advertisement, isAuthentic }
  }
}
