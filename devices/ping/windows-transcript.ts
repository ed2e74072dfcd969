import { formatIpv4, type Ipv4Address } from '../../protocols/addresses.ts'
import type { EchoError, EchoErrorKind, EchoReply } from './ping-host.ts'

/**
 * The lines of Windows `ping`, letter by letter. Source: transcripts of Windows XP to 11 (more than
 * twelve French ones), high confidence, but for the French lines marked "secondary", which are
 * quoted in other people's work and were seen in no transcript.
 */

export type WindowsLanguage = 'fr' | 'en'

/**
 * The apostrophe of the French lines: `'` up to Windows 7 and in the reference transcript, `’` on
 * Windows 10 and 11. The quotes around 'Ping' in the header are `'` everywhere.
 */
export type ApostropheStyle = 'ascii' | 'typographic'

export interface WindowsStatistics {
  readonly sent: number
  /** Echo replies and, as Windows counts, ICMP errors. */
  readonly received: number
  /** The times of the echo replies, in whole milliseconds; undefined without any reply. */
  readonly rttMs: RttSummaryMs | undefined
}

export interface RttSummaryMs {
  readonly minimum: number
  readonly maximum: number
  readonly average: number
}

export class WindowsTranscript {
  readonly lines: string[] = []
  #phrases: Phrases
  #apostrophes: ApostropheStyle

  constructor(language: WindowsLanguage, apostrophes: ApostropheStyle) {
    this.#phrases = language === 'fr' ? FRENCH : ENGLISH
    this.#apostrophes = apostrophes
  }

  header(target: Ipv4Address, payloadBytes: number): void {
    this.#print('', this.#phrases.header(formatIpv4(target), payloadBytes))
  }

  /** @param rttMs whole milliseconds */
  reply(reply: EchoReply, rttMs: number): void {
    const { source, payloadBytes, ttl } = reply
    this.#print(this.#phrases.reply(formatIpv4(source), payloadBytes, rttMs, ttl))
  }

  timeout(): void {
    this.#print(this.#phrases.timeout)
  }

  error(error: EchoError): void {
    const sentence = this.#phrases.errors[error.kind]
    // A packet that the own stack refuses to send comes back from nobody.
    const local = error.local && error.kind === 'fragmentationNeeded'
    this.#print(local ? sentence : this.#phrases.replyFrom(formatIpv4(error.source)) + sentence)
  }

  transmitFailed(): void {
    this.#print(this.#phrases.transmitFailed)
  }

  statistics(target: Ipv4Address, statistics: WindowsStatistics): void {
    const { sent, received, rttMs } = statistics
    const lost = sent - received
    const lossPercent = sent === 0 ? 0 : Math.floor((lost * 100) / sent)
    this.#print(
      '',
      this.#phrases.statisticsHead(formatIpv4(target)),
      this.#phrases.packets(sent, received, lost, lossPercent),
    )
    if (rttMs !== undefined) this.#print(this.#phrases.rttHead, this.#phrases.rtt(rttMs))
  }

  interrupted(): void {
    this.#print(this.#phrases.interrupted, '^C')
  }

  #print(...lines: readonly string[]): void {
    for (const line of lines) {
      this.lines.push(this.#apostrophes === 'ascii' ? line.replaceAll('’', "'") : line)
    }
  }
}

// --- The two languages -------------------------------------------------------------------------

interface Phrases {
  header(target: string, payloadBytes: number): string
  reply(source: string, payloadBytes: number, rttMs: number, ttl: number): string
  readonly timeout: string
  /** The text before the sentence of an error. */
  replyFrom(source: string): string
  readonly errors: Readonly<Record<EchoErrorKind, string>>
  readonly transmitFailed: string
  statisticsHead(target: string): string
  packets(sent: number, received: number, lost: number, lossPercent: number): string
  readonly rttHead: string
  rtt(rttMs: RttSummaryMs): string
  readonly interrupted: string
}

const ENGLISH: Phrases = {
  header: (target, payloadBytes) => `Pinging ${target} with ${payloadBytes} bytes of data:`,
  reply: (source, payloadBytes, rttMs, ttl) =>
    `Reply from ${source}: bytes=${payloadBytes} time${rttMs === 0 ? '<1ms' : `=${rttMs}ms`} TTL=${ttl}`,
  timeout: 'Request timed out.',
  replyFrom: (source) => `Reply from ${source}: `,
  errors: {
    hostUnreachable: 'Destination host unreachable.',
    netUnreachable: 'Destination net unreachable.',
    protocolUnreachable: 'Destination protocol unreachable.',
    portUnreachable: 'Destination port unreachable.',
    fragmentationNeeded: 'Packet needs to be fragmented but DF set.',
    ttlExpired: 'TTL expired in transit.',
  },
  transmitFailed: 'PING: transmit failed. General failure.',
  statisticsHead: (target) => `Ping statistics for ${target}:`,
  packets: (sent, received, lost, lossPercent) =>
    `    Packets: Sent = ${sent}, Received = ${received}, Lost = ${lost} (${lossPercent}% loss),`,
  rttHead: 'Approximate round trip times in milli-seconds:',
  rtt: ({ minimum, maximum, average }) =>
    `    Minimum = ${minimum}ms, Maximum = ${maximum}ms, Average = ${average}ms`,
  interrupted: 'Control-C',
}

// The French lines are not evenly spaced: two spaces after 'Ping', a space before "ms" in a reply
// but not after "<1" nor in the statistics, no space before the colon of their heading.
const FRENCH: Phrases = {
  header: (target, payloadBytes) =>
    `Envoi d’une requête 'Ping'  ${target} avec ${payloadBytes} octets de données :`,
  reply: (source, payloadBytes, rttMs, ttl) =>
    `Réponse de ${source} : octets=${payloadBytes} temps${rttMs === 0 ? '<1ms' : `=${rttMs} ms`} TTL=${ttl}`,
  timeout: 'Délai d’attente de la demande dépassé.',
  replyFrom: (source) => `Réponse de ${source} : `,
  errors: {
    hostUnreachable: 'Impossible de joindre l’hôte de destination.',
    // Secondary, like the four that follow; of these, the protocol, port and DF ones the least sure.
    netUnreachable: 'Impossible de joindre le réseau de destination.',
    protocolUnreachable: 'Impossible de joindre le protocole de destination.',
    portUnreachable: 'Impossible de joindre le port de destination.',
    fragmentationNeeded: 'Le paquet doit être fragmenté mais paramétré DF.',
    ttlExpired: 'Durée de vie TTL expirée lors du transit.',
  },
  transmitFailed: 'PING : échec de la transmission. Défaillance générale.',
  statisticsHead: (target) => `Statistiques Ping pour ${target}:`,
  packets: (sent, received, lost, lossPercent) =>
    `    Paquets : envoyés = ${sent}, reçus = ${received}, perdus = ${lost} (perte ${lossPercent}%),`,
  rttHead: 'Durée approximative des boucles en millisecondes :',
  rtt: ({ minimum, maximum, average }) =>
    `    Minimum = ${minimum}ms, Maximum = ${maximum}ms, Moyenne = ${average}ms`,
  interrupted: 'Ctrl+C',
}
