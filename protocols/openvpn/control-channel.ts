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
 * The reliability layer below TLS in OpenVPN (reliable.c): it numbers packets, retransmits them
 * until they are acknowledged, and delivers received packets once and in order.
 */

/** The timer of a machine; `Timer` of the engine implements it. */
export interface MachineTimer {
  arm(delayNs: Nanoseconds): void
  cancel(): void
}

export interface ControlEffects {
  readonly nowNs: Nanoseconds
  timer(handler: () => void): MachineTimer
  transmit(datagram: Uint8Array): void
}

/** `--tls-timeout`: the time to the first retransmission; each later one doubles it. */
const TLS_TIMEOUT_NS = 2 * SECOND_NS
/** A packet is retransmitted at once after this many ACKs of later packets (N_ACK_RETRANSMIT). */
const OVERTAKEN_MAX = 3
/** TLS_RELIABLE_N_SEND_BUFFERS and TLS_RELIABLE_N_REC_BUFFERS. */
const SEND_WINDOW = 6
const RECEIVE_WINDOW = 12
/** CONTROL_SEND_ACK_MAX: acknowledgements in a control packet with payload. */
const PIGGYBACKED_ACKS_MAX = 4
/** The payload of a control packet: `--max-packet-size` 1250 without all headers. */
const PAYLOAD_MAX_BYTES = 1_180

interface Outgoing {
  readonly packetId: number
  readonly opcode: ReliableOpcode
  readonly payload: Uint8Array
  timeoutNs: Nanoseconds
  nextSendNs: Nanoseconds
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

  /** Queues the packet that opens a session, until `flush`. */
  reset(opcode: typeof OPCODE.hardResetClientV2 | typeof OPCODE.hardResetServerV2): void {
    this.#waiting.push({ opcode, payload: new Uint8Array(0) })
  }

  /** Queues bytes of the stream. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PAYLOAD_MAX_BYTES) {
      const payload = bytes.slice(at, at + PAYLOAD_MAX_BYTES)
      this.#waiting.push({ opcode: OPCODE.controlV1, payload })
    }
  }

  /** @returns the packets that are now in order; undefined for a packet of another session */
  receive(packet: ControlPacket): readonly ControlPacket[] | undefined {
    if (this.#remoteSessionId !== undefined && packet.sessionId !== this.#remoteSessionId) return
    if (packet.acks.length > 0 && packet.remoteSessionId !== this.ownSessionId) return
    this.#remoteSessionId = packet.sessionId
    for (const ack of packet.acks) this.#acknowledged(ack)
    const { packetId } = packet
    if (packetId === undefined) return []
    // Beyond the window it is dropped without acknowledgement.
    if (packetId >= this.#expectedPacketId + RECEIVE_WINDOW) return []
    // A duplicate is acknowledged again, because the first acknowledgement can be lost.
    if (!this.#acks.includes(packetId)) this.#acks.push(packetId)
    if (packetId >= this.#expectedPacketId) this.#early.set(packetId, packet)
    return this.#takeInOrder()
  }

  /** Sends all packets that are due, and all acknowledgements. */
  flush(): void {
    if (this.#closed) return
    const { nowNs } = this.#effects
    this.#fillWindow()
    for (const each of this.#unacknowledged) {
      if (each.nextSendNs > nowNs && each.overtaken < OVERTAKEN_MAX) continue
      each.nextSendNs = nowNs + each.timeoutNs
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

  /** Stops all sending. */
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

  /** Moves queued packets into the window, which starts at the oldest unacknowledged packet. */
  #fillWindow(): void {
    for (;;) {
      const oldest = this.#unacknowledged[0]?.packetId ?? this.#nextPacketId
      const next = this.#waiting[0]
      if (next === undefined || this.#nextPacketId >= oldest + SEND_WINDOW) return
      this.#waiting.shift()
      this.#unacknowledged.push({
        ...next,
        packetId: this.#nextPacketId++,
        timeoutNs: TLS_TIMEOUT_NS,
        nextSendNs: this.#effects.nowNs,
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
    const dueNs = Math.min(...this.#unacknowledged.map(({ nextSendNs }) => nextSendNs))
    if (dueNs === Number.POSITIVE_INFINITY) this.#timer.cancel()
    else this.#timer.arm(Math.max(0, dueNs - this.#effects.nowNs))
  }
}
