import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import {
  ACKS_MAX,
  type ControlPacket,
  OPCODE,
  type ReliableOpcode,
  type SessionId,
  writeControl,
} from './wire.ts'

/**
 * The reliable layer under OpenVPN's TLS (reliable.c): numbers what it sends, sends it again until
 * it is acknowledged, and hands on what it receives in order and once.
 */

/** A timer in the hands of a machine; the engine's `Timer` is one. */
export interface MachineTimer {
  arm(delayNs: Nanoseconds): void
  cancel(): void
}

export interface ControlEffects {
  readonly nowNs: Nanoseconds
  timer(handler: () => void): MachineTimer
  transmit(datagram: Uint8Array): void
}

/** `--tls-timeout`: the first retransmission; each later one waits twice as long. */
const TLS_TIMEOUT_NS = 2 * SECOND_NS
/** A packet that so many later ones overtook is sent again at once (N_ACK_RETRANSMIT). */
const OVERTAKEN_MAX = 3
/** TLS_RELIABLE_N_SEND_BUFFERS and TLS_RELIABLE_N_REC_BUFFERS. */
const SEND_WINDOW = 6
const RECEIVE_WINDOW = 12
/** CONTROL_SEND_ACK_MAX: acknowledgements that ride on another packet. */
const PIGGYBACKED_ACKS_MAX = 4
/** What a control packet carries of the stream: `--max-packet-size` 1250 less all headers. */
const PAYLOAD_MAX_BYTES = 1_180

interface Outgoing {
  readonly packetId: number
  readonly opcode: ReliableOpcode
  readonly payload: Uint8Array
  timeoutNs: Nanoseconds
  nextTryNs: Nanoseconds
  overtaken: number
}

export class ControlChannel {
  readonly ownSessionId: SessionId
  #remoteSessionId: SessionId | undefined
  #effects: ControlEffects
  #timer: MachineTimer
  #nextPacketId = 0
  #waiting: { opcode: ReliableOpcode; payload: Uint8Array }[] = []
  #unacknowledged: Outgoing[] = []
  #expectedPacketId = 0
  #early = new Map<number, ControlPacket>()
  #acks: number[] = []
  #closed = false

  constructor(effects: ControlEffects, ownSessionId: SessionId) {
    this.#effects = effects
    this.ownSessionId = ownSessionId
    this.#timer = effects.timer(() => this.flush())
  }

  get remoteSessionId(): SessionId | undefined {
    return this.#remoteSessionId
  }

  /** Queues the packet that opens a session. Nothing leaves before `flush`. */
  reset(opcode: typeof OPCODE.hardResetClientV2 | typeof OPCODE.hardResetServerV2): void {
    this.#waiting.push({ opcode, payload: new Uint8Array(0) })
  }

  /** Queues a piece of the stream. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PAYLOAD_MAX_BYTES) {
      const payload = bytes.slice(at, at + PAYLOAD_MAX_BYTES)
      this.#waiting.push({ opcode: OPCODE.controlV1, payload })
    }
  }

  /** @returns what has come in order now; undefined when the packet is not of this session */
  receive(packet: ControlPacket): readonly ControlPacket[] | undefined {
    if (this.#remoteSessionId !== undefined && packet.sessionId !== this.#remoteSessionId) return
    if (packet.acks.length > 0 && packet.remoteSessionId !== this.ownSessionId) return
    this.#remoteSessionId = packet.sessionId
    for (const ack of packet.acks) this.#acknowledged(ack)
    const { packetId } = packet
    if (packetId === undefined) return []
    // Past the window it could not be kept, so it must come again.
    if (packetId >= this.#expectedPacketId + RECEIVE_WINDOW) return []
    // A repeated one is acknowledged again: the last acknowledgement may be what was lost.
    if (!this.#acks.includes(packetId)) this.#acks.push(packetId)
    if (packetId >= this.#expectedPacketId) this.#early.set(packetId, packet)
    return this.#takeInOrder()
  }

  /** Sends what is due, and acknowledges what has come. */
  flush(): void {
    if (this.#closed) return
    const { nowNs } = this.#effects
    this.#admit()
    for (const each of this.#unacknowledged) {
      if (each.nextTryNs > nowNs && each.overtaken < OVERTAKEN_MAX) continue
      each.nextTryNs = nowNs + each.timeoutNs
      each.timeoutNs *= 2
      each.overtaken = 0
      const { opcode, packetId, payload } = each
      this.#transmit(opcode, packetId, payload, PIGGYBACKED_ACKS_MAX)
    }
    while (this.#acks.length > 0) {
      this.#transmit(OPCODE.ackV1, undefined, new Uint8Array(0), ACKS_MAX)
    }
    this.#arm()
  }

  /** Ends it: nothing is sent again any more. */
  close(): void {
    this.#closed = true
    this.#timer.cancel()
  }

  #takeInOrder(): ControlPacket[] {
    const inOrder: ControlPacket[] = []
    for (;;) {
      const next = this.#early.get(this.#expectedPacketId)
      if (next === undefined) return inOrder
      this.#early.delete(this.#expectedPacketId)
      this.#expectedPacketId++
      inOrder.push(next)
    }
  }

  #acknowledged(packetId: number): void {
    this.#unacknowledged = this.#unacknowledged.filter((each) => each.packetId !== packetId)
    for (const each of this.#unacknowledged) if (each.packetId < packetId) each.overtaken++
  }

  /** Lets into the window what fits: it is counted from the oldest that is not acknowledged. */
  #admit(): void {
    for (;;) {
      const oldest = this.#unacknowledged[0]?.packetId ?? this.#nextPacketId
      const next = this.#waiting[0]
      if (next === undefined || this.#nextPacketId >= oldest + SEND_WINDOW) return
      this.#waiting.shift()
      this.#unacknowledged.push({
        ...next,
        packetId: this.#nextPacketId++,
        timeoutNs: TLS_TIMEOUT_NS,
        nextTryNs: this.#effects.nowNs,
        overtaken: 0,
      })
    }
  }

  #transmit(
    opcode: ControlPacket['opcode'],
    packetId: number | undefined,
    payload: Uint8Array,
    acksMax: number,
  ): void {
    this.#effects.transmit(
      writeControl({
        opcode,
        keyId: 0,
        sessionId: this.ownSessionId,
        acks: this.#acks.splice(0, acksMax),
        remoteSessionId: this.#remoteSessionId,
        packetId,
        payload,
      }),
    )
  }

  #arm(): void {
    const dueNs = Math.min(...this.#unacknowledged.map(({ nextTryNs }) => nextTryNs))
    if (dueNs === Number.POSITIVE_INFINITY) this.#timer.cancel()
    else this.#timer.arm(Math.max(0, dueNs - this.#effects.nowNs))
  }
}
