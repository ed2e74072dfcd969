import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

/** A file of the directory of a run or of a sweep. */
export interface RunFile {
  /** Its path in the directory: `captures/mgmt-pc.pcapng`. */
  readonly name: string
  /** The file in pieces, made anew at each call. Each is valid until the next one. */
  chunks(): Iterable<Uint8Array>
}

/** A whole file in one piece. */
export function bytesOf(file: RunFile): Uint8Array {
  return concatBytes(...Array.from(file.chunks(), (chunk) => chunk.slice()))
}

export function textFile(name: string, text: string): RunFile {
  return { name, chunks: () => [utf8ToBytes(text)] }
}
