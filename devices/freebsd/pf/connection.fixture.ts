import { Bench } from './bench.fixture.ts'
import type { TcpSummary } from './packet.ts'
import { answerTo, packet } from './packets.fixture.ts'
import { TIMEOUT } from './timeouts.ts'

/** A segment: `>` goes in the direction of the state. Numbers not given: seq 0, ack 0, no data. */
export type Numbers = Omit<Partial<TcpSummary>, 'flags'>
export type Step = readonly [way: '>' | '<', flags: string, details?: Numbers]

const LINE = 'in vmx1 tcp 10.0.1.5:50000 > 1.1.1.1:443'
/** What the ends of an open connection begin to count at. */
const CLIENT = 1000
const SERVER = 9000

/** One connection as the firewall follows it. */
export class Connection {
  readonly #bench: Bench

  constructor(rule = 'pass all flags any') {
    this.#bench = new Bench([rule])
  }

  get state() {
    const [state] = this.#bench.states.all()
    if (state === undefined) throw new Error('there is no state')
    return state
  }

  /** What becomes of a segment: `pass`, or why not. */
  send(...[way, flags, details = {}]: Step): string {
    const numbers = { seq: 0, ack: 0, window: 1000, payloadBytes: 0, ...details }
    const forth = packet(`${LINE} ${flags}`, numbers)
    const seen = way === '>' ? forth : answerTo(forth, { ...numbers, flags })
    const { action, reason, answer } = this.#bench.see(seen)
    return action === 'pass' ? 'pass' : `${reason}${answer === undefined ? '' : `, ${answer}`}`
  }

  /** Levels of both ends and the name of the timeout. */
  get stage(): string {
    const { source, destination, timeout } = this.state
    const name = Object.entries(TIMEOUT).find(([, index]) => index === timeout)?.[0]
    return `${source.level}:${destination.level} ${name}`
  }

  open(clientScale?: number, serverScale?: number): this {
    const scale = (wscale?: number) => (wscale === undefined ? {} : { wscale })
    this.send('>', 'S', { seq: CLIENT, ...scale(clientScale) })
    this.send('<', 'SA', { seq: SERVER, ack: CLIENT + 1, ...scale(serverScale) })
    this.send('>', 'A', { seq: CLIENT + 1, ack: SERVER + 1 })
    return this
  }

  waitSeconds(seconds: number): void {
    this.#bench.waitSeconds(seconds)
  }
}
