import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromAscii } from '../bytes.ts'
import { basicAuthorization, fromBase64, parseBasicAuthorization, toBase64 } from './basic-auth.ts'
import { requestReader, responseReader } from './reader.ts'
import { fieldOf, type HttpRequest, parseRequestHead, writeRequest, writeResponse } from './wire.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const REQUEST: HttpRequest = {
  method: 'POST',
  target: '/xmlrpc.php',
  fields: [
    ['Host', '172.29.100.252'],
    ['Content-Type', 'text/xml'],
  ],
  body: fromAscii('<a/>'),
}

const requests = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  target: fc.stringMatching(/^\/[!-~]{0,20}$/),
  fields: fc.array(
    fc.tuple(
      fc.stringMatching(/^X-[A-Za-z-]{1,8}$/),
      fc.stringMatching(/^(?:[!-~](?:[ -~]{0,10}[!-~])?)?$/),
    ),
    { maxLength: 3 },
  ),
  body: fc.uint8Array({ maxLength: 40 }),
})

describe('HTTP message', () => {
  it('is written with Content-Length', () => {
    expect(text(writeRequest(REQUEST))).toBe(
      'POST /xmlrpc.php HTTP/1.1\r\nHost: 172.29.100.252\r\nContent-Type: text/xml\r\n' +
        'Content-Length: 4\r\n\r\n<a/>',
    )
    const response = { status: 200, reason: 'OK', fields: [], body: new Uint8Array() }
    expect(text(writeResponse(response))).toBe('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  })

  it('survives write and read in a stream that is cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(requests, { maxLength: 3 }),
        fc.integer({ min: 1, max: 30 }),
        (sent, size) => {
          const stream = Uint8Array.from(sent.flatMap((each) => [...writeRequest(each)]))
          const reader = requestReader()
          const got: unknown[] = []
          for (let at = 0; at < stream.length; at += size) {
            reader.add(stream.subarray(at, at + size))
            for (let next = reader.next(); next !== undefined; next = reader.next()) got.push(next)
          }
          const lengthOf = ({ body }: HttpRequest): [string, string][] =>
            body.length === 0 ? [] : [['Content-Length', String(body.length)]]
          const expected = sent.map((each) => ({
            ...each,
            fields: [...each.fields, ...lengthOf(each)],
          }))
          expect(got).toEqual(expected)
        },
      ),
    )
  })

  it('has field names that are not case-sensitive', () => {
    expect(fieldOf(REQUEST.fields, 'content-TYPE')).toBe('text/xml')
    expect(fieldOf(REQUEST.fields, 'Accept')).toBeUndefined()
  })

  it.each([
    ['GET / HTTP/1.1\r\nA: b\r\n', 'truncated'],
    ['GET /\r\n\r\n', 'badType'],
    ['GET / HTTP/2.0\r\n\r\n', 'badVersion'],
    ['GET / HTTP/1.1\r\nno field\r\n\r\n', 'badType'],
    ['GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n', 'badLength'],
    ['GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 'badLength'],
    ['GET / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n', 'badLength'],
  ])('with the head %j is refused: %s', (head, why) => {
    expect(parseRequestHead(fromAscii(head))).toBe(why)
  })

  it('ends the stream when it is not valid', () => {
    const reader = responseReader()
    reader.add(fromAscii('nonsense\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'))
    expect([reader.next(), reader.next()]).toEqual(['badType', 'badType'])
    const sealed = responseReader()
    sealed.add(Uint8Array.of(22, 3, 1))
    expect(sealed.next()).toBe('badType')
    const endless = responseReader()
    endless.add(new Uint8Array(40_000).fill(0x41))
    expect(endless.next()).toBe('badLength')
  })

  it('is read from random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const reader = requestReader()
        reader.add(noise)
        reader.add(fromAscii('\r\n\r\n'))
        reader.next()
      }),
    )
  })
})

describe('HTTP basic authentication', () => {
  it('equals the example of RFC 7617', () => {
    const credentials = { username: 'Aladdin', password: 'open sesame' }
    expect(basicAuthorization(credentials)).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')
    expect(parseBasicAuthorization('basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')).toEqual(credentials)
  })

  it('encodes and decodes the Base64 vectors of RFC 4648', () => {
    const vectors = ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==', 'Zm9vYmE=', 'Zm9vYmFy']
    expect(vectors.map((_, count) => toBase64(fromAscii('foobar'.slice(0, count))))).toEqual(
      vectors,
    )
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes)
      }),
    )
  })

  it('accepts any Unicode password, also with a colon', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (password) => {
        fc.pre(!/\p{Cs}/u.test(password))
        const credentials = { username: 'admin', password }
        expect(parseBasicAuthorization(basicAuthorization(credentials))).toEqual(credentials)
      }),
    )
  })

  it.each(['', 'Bearer x', 'Basic a', 'Basic QQ==', 'Basic Q$=='])('refuses %j', (value) => {
    expect(parseBasicAuthorization(value)).toBeUndefined()
  })
})
