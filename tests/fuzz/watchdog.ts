import { Worker } from 'node:worker_threads'

/** A case takes seconds; one that takes this long on a busy machine does not end. */
const PATIENCE_MS = 300_000

/** What a second thread does: the first one cannot look at a clock while a case hangs. */
const WATCH = `
  const { workerData } = require('node:worker_threads')
  const { beats, names, patienceMs, pid } = workerData
  let last = -1
  setInterval(() => {
    const now = Atomics.load(beats, 0)
    if (now !== last) return void (last = now)
    const name = names[Atomics.load(beats, 1)]
    const why = name + ', seed ' + Atomics.load(beats, 2) + ': case ' + Atomics.load(beats, 3)
    require('node:fs').writeSync(2, why + ' does not end\\nFAILED\\n')
    process.kill(pid, 'SIGKILL')
  }, patienceMs)
`

/** Ends the process, and says where it was, when no case began for long. */
export class Watchdog {
  /** Cases in all; and the target, the seed and the cases of this round. */
  #beats = new Int32Array(new SharedArrayBuffer(16))
  #names: readonly string[]

  /** @param names of the targets */
  constructor(names: readonly string[]) {
    this.#names = names
    const workerData = { beats: this.#beats, names, patienceMs: PATIENCE_MS, pid: process.pid }
    new Worker(WATCH, { eval: true, workerData }).unref()
  }

  roundBegins(name: string, seed: number): void {
    Atomics.store(this.#beats, 1, this.#names.indexOf(name))
    Atomics.store(this.#beats, 2, seed)
    Atomics.store(this.#beats, 3, 0)
  }

  caseBegins(): void {
    Atomics.add(this.#beats, 0, 1)
    Atomics.add(this.#beats, 3, 1)
  }
}
