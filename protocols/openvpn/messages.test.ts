import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 } from '../addresses.ts'
import {
  type PushedOptions,
  parseKeyMessage,
  parsePushReply,
  readCommand,
  writeCommand,
  writeKeyMessage,
  writePushReply,
} from './messages.ts'

const ip = (text: string): number => parseIpv4(text) as number
const OPTIONS: PushedOptions = {
  address: { address: ip('10.20.200.2'), length: 24 },
  gateway: ip('10.20.200.1'),
  routes: [{ address: ip('10.10.110.0'), length: 24 }],
  pingSeconds: 10,
  pingRestartSeconds: 60,
  peerId: 0,
}

describe('OpenVPN PUSH_REPLY', () => {
  it('is written like by OpenVPN', () => {
    expect(writePushReply(OPTIONS)).toBe(
      'PUSH_REPLY,route 10.10.110.0 255.255.255.0,route-gateway 10.20.200.1,topology subnet,ping 10,ping-restart 60,ifconfig 10.20.200.2 255.255.255.0,peer-id 0,cipher CHACHA20-POLY1305',
    )
  })

  it('survives write and parse', () => {
    const prefixes = fc.record({
      address: fc.nat(0xffff_ffff),
      length: fc.integer({ min: 1, max: 32 }),
    })
    fc.assert(
      fc.property(
        prefixes,
        fc.array(prefixes, { maxLength: 4 }),
        fc.nat(500),
        (address, routes, peerId) => {
          const options = { ...OPTIONS, address, routes, peerId }
          expect(parsePushReply(writePushReply(options))).toEqual(options)
        },
      ),
    )
  })

  it.each([
    'PUSH_REQUEST',
    'PUSH_REPLY',
    'PUSH_REPLY,ifconfig 10.20.200.2,route-gateway 10.20.200.1,peer-id 0',
    'PUSH_REPLY,ifconfig 10.20.200.2 255.0.255.0,route-gateway 10.20.200.1,peer-id 0',
    'PUSH_REPLY,ifconfig 10.20.200.2 255.255.255.0,route-gateway x,peer-id 0',
    'PUSH_REPLY,ifconfig 10.20.200.2 255.255.255.0,route-gateway 10.20.200.1,peer-id -1',
  ])('is refused without a required option: %s', (text) => {
    expect(parsePushReply(text)).toBeUndefined()
  })

  it('is sent as text with a zero at the end', () => {
    expect(readCommand(writeCommand('RESTART'))).toBe('RESTART')
    expect(readCommand(Uint8Array.of(82, 69))).toBeUndefined()
  })
})

describe('OpenVPN key message', () => {
  const random = (count: number): Uint8Array => new Uint8Array(count)

  it('contains the user name', () => {
    const bytes = writeKeyMessage({ username: 'vpn' }, 'client', random)
    expect(parseKeyMessage(bytes, 'client')).toEqual({ username: 'vpn' })
  })

  it('is refused when truncated, and parses random bytes without throwing', () => {
    const bytes = writeKeyMessage({ username: 'vpn' }, 'server', random)
    expect(parseKeyMessage(bytes.subarray(0, 70), 'server')).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        any[4] = 2
        const message = parseKeyMessage(any, 'server')
        expect(message === undefined || typeof message.username === 'string').toBe(true)
      }),
    )
  })
})
