/** What a decision about the way of a packet is about, for whoever explains why a path changed. */
export type DecisionSubject =
  /** A link is up or down, or loses frames. */
  | 'link'
  /** A machine runs, or does not. */
  | 'power'
  /** Who of a redundancy group is active. */
  | 'election'
  /** The addresses and the state of an IP interface. */
  | 'interface'
  /** A table of routes, or whether packets of others are passed on. */
  | 'route'
  /** The rules of a packet filter. */
  | 'filter'
  /** The states of a packet filter. */
  | 'state'
  /** Behind which port a switch has learned an address. */
  | 'addressTable'
  /** An entry of an ARP table. */
  | 'neighbour'
  /** A session of a tunnel at one of its ends. */
  | 'tunnel'
