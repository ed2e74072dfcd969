import { describe, expect, it } from 'vitest'
import { type Ipv4Address, parseIpv4 } from '../../protocols/addresses.ts'
import type { EchoErrorKind } from './ping-host.ts'
import { type WindowsLanguage, WindowsTranscript } from './windows-transcript.ts'

const SERVER = parseIpv4('10.10.110.10') as Ipv4Address
const GATEWAY = parseIpv4('10.10.199.254') as Ipv4Address
const REPLY = { source: SERVER, sequence: 1, ttl: 127, payloadBytes: 32 }
const ERROR_KINDS: readonly EchoErrorKind[] = [
  'hostUnreachable',
  'netUnreachable',
  'protocolUnreachable',
  'portUnreachable',
  'fragmentationNeeded',
  'ttlExpired',
]

function everyLine(transcript: WindowsTranscript): string {
  transcript.header(SERVER, 32)
  transcript.reply(REPLY, 0)
  transcript.reply(REPLY, 4)
  transcript.timeout()
  for (const kind of ERROR_KINDS) {
    transcript.error({ source: GATEWAY, sequence: 1, kind, local: false })
  }
  transcript.error({ source: GATEWAY, sequence: 1, kind: 'hostUnreachable', local: true })
  transcript.error({ source: GATEWAY, sequence: 1, kind: 'fragmentationNeeded', local: true })
  transcript.transmitFailed()
  transcript.statistics(SERVER, {
    sent: 3,
    received: 2,
    rttMs: { minimum: 0, maximum: 4, average: 2 },
  })
  transcript.interrupted()
  return transcript.lines.join('\n')
}

describe('the lines of a Windows ping', () => {
  it('in English', () => {
    expect(everyLine(new WindowsTranscript('en', 'ascii'))).toMatchInlineSnapshot(`
      "
      Pinging 10.10.110.10 with 32 bytes of data:
      Reply from 10.10.110.10: bytes=32 time<1ms TTL=127
      Reply from 10.10.110.10: bytes=32 time=4ms TTL=127
      Request timed out.
      Reply from 10.10.199.254: Destination host unreachable.
      Reply from 10.10.199.254: Destination net unreachable.
      Reply from 10.10.199.254: Destination protocol unreachable.
      Reply from 10.10.199.254: Destination port unreachable.
      Reply from 10.10.199.254: Packet needs to be fragmented but DF set.
      Reply from 10.10.199.254: TTL expired in transit.
      Reply from 10.10.199.254: Destination host unreachable.
      Packet needs to be fragmented but DF set.
      PING: transmit failed. General failure.

      Ping statistics for 10.10.110.10:
          Packets: Sent = 3, Received = 2, Lost = 1 (33% loss),
      Approximate round trip times in milli-seconds:
          Minimum = 0ms, Maximum = 4ms, Average = 2ms
      Control-C
      ^C"
    `)
  })

  it('in French, with the apostrophes of the reference transcript', () => {
    expect(everyLine(new WindowsTranscript('fr', 'ascii'))).toMatchInlineSnapshot(`
      "
      Envoi d'une requête 'Ping'  10.10.110.10 avec 32 octets de données :
      Réponse de 10.10.110.10 : octets=32 temps<1ms TTL=127
      Réponse de 10.10.110.10 : octets=32 temps=4 ms TTL=127
      Délai d'attente de la demande dépassé.
      Réponse de 10.10.199.254 : Impossible de joindre l'hôte de destination.
      Réponse de 10.10.199.254 : Impossible de joindre le réseau de destination.
      Réponse de 10.10.199.254 : Impossible de joindre le protocole de destination.
      Réponse de 10.10.199.254 : Impossible de joindre le port de destination.
      Réponse de 10.10.199.254 : Le paquet doit être fragmenté mais paramétré DF.
      Réponse de 10.10.199.254 : Durée de vie TTL expirée lors du transit.
      Réponse de 10.10.199.254 : Impossible de joindre l'hôte de destination.
      Le paquet doit être fragmenté mais paramétré DF.
      PING : échec de la transmission. Défaillance générale.

      Statistiques Ping pour 10.10.110.10:
          Paquets : envoyés = 3, reçus = 2, perdus = 1 (perte 33%),
      Durée approximative des boucles en millisecondes :
          Minimum = 0ms, Maximum = 4ms, Moyenne = 2ms
      Ctrl+C
      ^C"
    `)
  })

  it('in French, with the apostrophes of Windows 10 and 11', () => {
    const lines = everyLine(new WindowsTranscript('fr', 'typographic')).split('\n')
    expect(lines.filter((line) => /['’]/.test(line))).toMatchInlineSnapshot(`
      [
        "Envoi d’une requête 'Ping'  10.10.110.10 avec 32 octets de données :",
        "Délai d’attente de la demande dépassé.",
        "Réponse de 10.10.199.254 : Impossible de joindre l’hôte de destination.",
        "Réponse de 10.10.199.254 : Impossible de joindre l’hôte de destination.",
      ]
    `)
  })
})

describe('the statistics of a Windows ping', () => {
  const packets = (language: WindowsLanguage, sent: number, received: number): string[] => {
    const transcript = new WindowsTranscript(language, 'ascii')
    transcript.statistics(SERVER, { sent, received, rttMs: undefined })
    return transcript.lines
  }

  it.each([
    [3, 2, 33],
    [3, 1, 66],
    [7, 7, 0],
    [1000, 999, 0],
    [4, 0, 100],
    [0, 0, 0],
  ])('of %i sent and %i received truncate the loss to %i %%', (sent, received, percent) => {
    expect(packets('en', sent, received)[2]).toContain(`(${percent}% loss),`)
    expect(packets('fr', sent, received)[2]).toContain(`(perte ${percent}%),`)
  })

  it('have no times without a reply', () => {
    expect(packets('fr', 4, 4)).toEqual([
      '',
      'Statistiques Ping pour 10.10.110.10:',
      '    Paquets : envoyés = 4, reçus = 4, perdus = 0 (perte 0%),',
    ])
  })
})
