import {
  readUint8,
  readUint16,
  readUint32,
  writeUint8,
  writeUint16,
  writeUint32,
} from '../bytes.ts'

/** One end of a state (FreeBSD pfvar.h, struct pf_state_peer_export). */

// --- Constants of the wire ---------------------------------------------------------------------

export const PF_PEER_BYTES = 32

const SCRUB_FLAGS = 0
const SCRUB_TTL = 2
const SCRUB_FLAG = 3
const SCRUB_TIMESTAMP_OFFSET = 4
const SEQLO = 8
const SEQHI = 12
const SEQDIFF = 16
const MAX_WINDOW = 20
const MSS = 22
const STATE = 24
const WSCALE = 25

/** PF_SCRUB_FLAG_VALID: the scrub fields are valid. */
const SCRUB_VALID = 1

// --- Parsed form -------------------------------------------------------------------------------

/** The normalisation data of one end (struct pf_state_scrub_export). */
interface PfScrub {
  /** 16 bits: PFSS_TIMESTAMP (1) or 0. */
  readonly flags: number
  /** The largest TTL seen: 0 to 255. */
  readonly ttl: number
  /** The offset that pf adds to the timestamps of this end: 32 bits, unsigned. */
  readonly timestampOffset: number
}

/** Without TCP all fields but `state` are 0. */
export interface PfPeer {
  /** Absent when the state is not normalised. */
  readonly scrub?: PfScrub
  /** The highest sequence number sent, 32 bits, unsigned. */
  readonly seqlo: number
  /** The highest acknowledgement of the other end plus its window: 32 bits, unsigned. */
  readonly seqhi: number
  /** The offset that pf adds to the sequence numbers of this end: 32 bits, unsigned. */
  readonly seqdiff: number
  /** The largest window, before scaling: 16 bits. */
  readonly maxWindow: number
  /** The MSS option of the SYN: 16 bits. */
  readonly mss: number
  /** A TCP state 0 to 10 (tcp_fsm.h), 11 and 12 in the SYN proxy; 0 to 2 for other protocols. */
  readonly state: number
  /** The window scale 0 to 14, with PF_WSCALE_FLAG (0x80) when the option was present. */
  readonly wscale: number
}

/** An end without TCP data, such as both ends of an ICMP state. */
export const PF_PEER_NONE: PfPeer = {
  seqlo: 0,
  seqhi: 0,
  seqdiff: 0,
  maxWindow: 0,
  mss: 0,
  state: 0,
  wscale: 0,
}

/** Reads a peer like pf_state_peer_ntoh; ignores scrub fields without the valid flag. */
export function readPeer(bytes: Uint8Array, at: number): PfPeer {
  const peer = {
    seqlo: readUint32(bytes, at + SEQLO),
    seqhi: readUint32(bytes, at + SEQHI),
    seqdiff: readUint32(bytes, at + SEQDIFF),
    maxWindow: readUint16(bytes, at + MAX_WINDOW),
    mss: readUint16(bytes, at + MSS),
    state: readUint8(bytes, at + STATE),
    wscale: readUint8(bytes, at + WSCALE),
  }
  if (readUint8(bytes, at + SCRUB_FLAG) !== SCRUB_VALID) return peer
  const scrub = {
    flags: readUint16(bytes, at + SCRUB_FLAGS),
    ttl: readUint8(bytes, at + SCRUB_TTL),
    timestampOffset: readUint32(bytes, at + SCRUB_TIMESTAMP_OFFSET),
  }
  return { scrub, ...peer }
}

/** Writes a peer like pf_state_peer_hton; the bytes must be zero before. */
export function writePeer(bytes: Uint8Array, at: number, peer: PfPeer): void {
  const { scrub } = peer
  if (scrub !== undefined) {
    writeUint16(bytes, at + SCRUB_FLAGS, scrub.flags)
    writeUint8(bytes, at + SCRUB_TTL, scrub.ttl)
    writeUint8(bytes, at + SCRUB_FLAG, SCRUB_VALID)
    writeUint32(bytes, at + SCRUB_TIMESTAMP_OFFSET, scrub.timestampOffset)
  }
  writeUint32(bytes, at + SEQLO, peer.seqlo)
  writeUint32(bytes, at + SEQHI, peer.seqhi)
  writeUint32(bytes, at + SEQDIFF, peer.seqdiff)
  writeUint16(bytes, at + MAX_WINDOW, peer.maxWindow)
  writeUint16(bytes, at + MSS, peer.mss)
  writeUint8(bytes, at + STATE, peer.state)
  writeUint8(bytes, at + WSCALE, peer.wscale)
}
