import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { SLAB_BYTES, type SlabStore } from '../traces/slab-log.ts'

/** Slabs in a file without a name, made when the first one comes. */
export class SlabFile implements SlabStore {
  #path: string
  #file: number | undefined

  constructor(path: string) {
    this.#path = path
  }

  write(index: number, slab: Uint8Array): void {
    this.#file ??= this.#open()
    let done = 0
    while (done < slab.length) {
      done += writeSync(this.#file, slab, done, slab.length - done, index * SLAB_BYTES + done)
    }
  }

  read(index: number, into: Uint8Array): void {
    if (this.#file !== undefined) readSync(this.#file, into, 0, into.length, index * SLAB_BYTES)
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #open(): number {
    const file = openSync(this.#path, 'w+')
    rmSync(this.#path)
    return file
  }
}
