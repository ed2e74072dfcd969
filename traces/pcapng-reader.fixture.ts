/**
 * A small reader of pcapng for tests, written from draft-ietf-opsawg-pcapng and sharing nothing
 * with the writer. It throws on anything that the draft does not allow.
 */

export interface Block {
  readonly type: number
  readonly body: DataView
}

/** Options by code, in file order. */
export type Options = readonly { readonly code: number; readonly value: Uint8Array }[]

export interface ReadPacket {
  readonly interfaceId: number
  /** Microseconds since 1970. */
  readonly timeUnixUs: number
  readonly bytes: Uint8Array
  readonly comments: readonly string[]
  readonly flags: number
  readonly packetId: number
}

export interface ReadCapture {
  readonly header: Options
  readonly interfaces: readonly Options[]
  readonly names: readonly string[]
  readonly packets: readonly ReadPacket[]
  readonly statistics: readonly {
    readonly interfaceId: number
    readonly startUnixUs: number
    readonly endUnixUs: number
    readonly framesReceived: number
    readonly comments: readonly string[]
  }[]
}

function check(condition: boolean, sentence: string): void {
  if (!condition) throw new Error(sentence)
}

export function readBlocks(bytes: Uint8Array): Block[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks: Block[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at + 4, true)
    check(length >= 12 && length % 4 === 0, `a block of ${length} bytes`)
    check(view.getUint32(at + length - 4, true) === length, 'another length at the end')
    const body = new DataView(view.buffer, view.byteOffset + at + 8, length - 12)
    blocks.push({ type: view.getUint32(at, true), body })
    at += length
  }
  return blocks
}

function readOptions(body: DataView, from: number): Options {
  const options: { code: number; value: Uint8Array }[] = []
  let at = from
  for (;;) {
    const code = body.getUint16(at, true)
    const length = body.getUint16(at + 2, true)
    const value = slice(body, at + 4, length)
    at = skipPadding(body, at + 4 + length)
    if (code === 0) {
      check(length === 0 && at === body.byteLength, 'the end of options ends the block')
      return options
    }
    options.push({ code, value })
  }
}

function slice(body: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(body.buffer, body.byteOffset + at, length)
}

function skipPadding(body: DataView, at: number): number {
  const aligned = (at + 3) & ~3
  for (const byte of slice(body, at, aligned - at)) check(byte === 0, 'padding is zero')
  return aligned
}

function time(body: DataView, at: number): number {
  return body.getUint32(at, true) * 2 ** 32 + body.getUint32(at + 4, true)
}

function viewOf(value: Uint8Array): DataView {
  return new DataView(value.buffer, value.byteOffset, value.byteLength)
}

/** The value of an option that stands exactly once. */
export function only(options: Options, code: number): Uint8Array {
  const found = options.filter((option) => option.code === code)
  check(found.length === 1, `option ${code} stands ${found.length} times`)
  return found[0]?.value as Uint8Array
}

export function text(value: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(value)
}

export function uint64(value: Uint8Array): number {
  check(value.length === 8, '64 bits')
  const view = viewOf(value)
  return view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32
}

function commentsOf(options: Options): string[] {
  return options.filter(({ code }) => code === 1).map(({ value }) => text(value))
}

function readNames(body: DataView): string[] {
  const names: string[] = []
  for (let at = 0; ; ) {
    const type = body.getUint16(at, true)
    const value = slice(body, at + 4, body.getUint16(at + 2, true))
    at = skipPadding(body, at + 4 + value.length)
    if (type === 0) {
      check(value.length === 0 && at === body.byteLength, 'the end record ends the block')
      return names
    }
    check(type === 1 && value.at(-1) === 0, 'an IPv4 record ends in a zero')
    names.push(`${value.subarray(0, 4).join('.')} ${text(value.subarray(4, -1))}`)
  }
}

export function readPcapng(bytes: Uint8Array): ReadCapture {
  const [first, ...rest] = readBlocks(bytes)
  if (first?.type !== 0x0a0d0d0a) throw new Error('a section header comes first')
  check(first.body.getUint32(0, true) === 0x1a2b3c4d, 'little-endian')
  check(first.body.getUint32(4, true) === 1, 'version 1.0')
  check(first.body.getBigInt64(8, true) === -1n, 'no section length')
  const interfaces: Options[] = []
  const names: string[] = []
  const packets: ReadPacket[] = []
  const statistics: ReadCapture['statistics'][number][] = []
  for (const { type, body } of rest) {
    if (type === 1) {
      check(body.getUint16(0, true) === 1, 'Ethernet')
      check(body.getUint16(2, true) === 0, 'reserved is zero')
      check(body.getUint32(4, true) === 262_144, 'the snap length')
      interfaces.push(readOptions(body, 8))
    } else if (type === 4) {
      names.push(...readNames(body))
    } else if (type === 5) {
      const interfaceId = body.getUint32(0, true)
      check(interfaceId < interfaces.length, 'a known interface')
      const options = readOptions(body, 12)
      const endUnixUs = time(body, 4)
      check(time(viewOf(only(options, 3)), 0) === endUnixUs, 'statistics as of the end')
      statistics.push({
        interfaceId,
        startUnixUs: time(viewOf(only(options, 2)), 0),
        endUnixUs,
        framesReceived: uint64(only(options, 4)),
        comments: commentsOf(options),
      })
    } else {
      check(type === 6, `a block of type ${type}`)
      const interfaceId = body.getUint32(0, true)
      check(interfaceId < interfaces.length, 'a known interface')
      const length = body.getUint32(12, true)
      check(body.getUint32(16, true) === length, 'the frame is not cut')
      const options = readOptions(body, skipPadding(body, 20 + length))
      packets.push({
        interfaceId,
        timeUnixUs: time(body, 4),
        bytes: slice(body, 20, length),
        comments: commentsOf(options),
        flags: viewOf(only(options, 2)).getUint32(0, true),
        packetId: uint64(only(options, 5)),
      })
    }
  }
  return { header: readOptions(first.body, 16), interfaces, names, packets, statistics }
}
