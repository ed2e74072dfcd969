/** The timeouts of pf (PFTM_* in sys/netpfil/pf/pf.h). The index is the `timeout` of pfsync. */

export const TIMEOUT = {
  tcpFirst: 0,
  tcpOpening: 1,
  tcpEstablished: 2,
  tcpClosing: 3,
  tcpFinWait: 4,
  tcpClosed: 5,
  udpFirst: 6,
  udpSingle: 7,
  udpMultiple: 8,
  icmpFirst: 9,
  /** Also of every echo that was answered or repeated. */
  icmpError: 10,
  otherFirst: 11,
  otherSingle: 12,
  otherMultiple: 13,
  /** From here on (PFTM_MAX) no lookup finds the state and no peer accepts it. */
  max: 25,
  /** To be purged by the next scan of its row. */
  purge: 26,
} as const

/** One of `TIMEOUT`. */
export type TimeoutIndex = number

/** Seconds by index, 0 to 13. */
export type Timeouts = readonly number[]

/** `set optimization normal`: the PFTM_*_VAL of the kernel. */
export const NORMAL_TIMEOUTS: Timeouts = [
  120, 30, 86_400, 900, 45, 90, 60, 30, 60, 20, 10, 60, 30, 60,
]
