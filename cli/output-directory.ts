import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { RunFile } from '../traces/run-file.ts'
import type { SlabStore } from '../traces/slab-log.ts'
import { InputError } from './input-error.ts'
import { SlabFile } from './slab-file.ts'

/**
 * The directory of a run. A run writes its files beside it, in NAME.incomplete, and puts them in
 * place when all are there: so its files are complete or absent.
 */
export class OutputDirectory {
  readonly #path: string
  readonly #target: string
  readonly #beside: string
  /** The earlier run, while the new one is put in its place. */
  readonly #replaced: string
  #isHeld = false

  private constructor(path: string) {
    this.#path = path
    this.#target = resolve(path)
    this.#beside = `${this.#target}.incomplete`
    this.#replaced = `${this.#target}.replaced`
  }

  /**
   * Takes the directory for this process, before any work is done.
   * @param force whether files that no run has written are removed
   * @throws InputError if it is not a directory, holds other files, or another run is at work there
   */
  static claim(path: string, force: boolean): OutputDirectory {
    const directory = new OutputDirectory(path)
    directory.#restore()
    directory.#refuseForeignFiles(force)
    directory.#lock()
    return directory
  }

  /** Puts an earlier run back if its successor died in the middle of `write`. */
  #restore(): void {
    if (existsSync(this.#target) || !existsSync(this.#replaced)) return
    renameSync(this.#replaced, this.#target)
  }

  #refuseForeignFiles(force: boolean): void {
    if (!existsSync(this.#target)) return
    if (!statSync(this.#target).isDirectory()) {
      throw new InputError(`--out ${this.#path}: is a file; expected a directory`)
    }
    const foreign = foreignFilesIn(this.#target)
    if (foreign.length === 0 || force) return
    const more = foreign.length > FOREIGN_SHOWN ? ` and ${foreign.length - FOREIGN_SHOWN} more` : ''
    const names = foreign.slice(0, FOREIGN_SHOWN).join(', ')
    throw new InputError(
      `--out ${this.#path}: holds files that no run wrote, or that were changed since: ${names}${more}; expected another directory, or --force to remove them`,
    )
  }

  /** A lock of a process that is gone is broken, with all that it left. */
  #lock(): void {
    const lock = join(this.#beside, LOCK)
    try {
      const owner = ownerOf(lock)
      if (owner !== undefined && owner !== process.pid && isAlive(owner)) {
        throw this.#isTaken(`process ${owner}`)
      }
      rmSync(this.#beside, { recursive: true, force: true })
      mkdirSync(dirname(this.#beside), { recursive: true })
      // Of two processes that come here at once, one makes the directory.
      mkdirSync(this.#beside)
      const file = openSync(lock, 'wx')
      writeSync(file, `${process.pid}\n`)
      closeSync(file)
      this.#isHeld = true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw code === 'EEXIST' ? this.#isTaken('started just now') : this.refusal(error)
    }
  }

  #isTaken(by: string): InputError {
    return new InputError(
      `--out ${this.#path}: another run (${by}) is at work there; expected it to end, or another directory`,
    )
  }

  /** Writes all files, or none. Those of an earlier run there are replaced. */
  write(files: readonly RunFile[]): void {
    try {
      const [newest] = NEWEST.filter((name) => files.some((file) => file.name === name))
      const last = files.filter(({ name }) => name === newest)
      for (const each of [...files.filter((file) => !last.includes(file)), ...last]) {
        const path = join(this.#beside, each.name)
        mkdirSync(dirname(path), { recursive: true })
        const file = openSync(path, 'w')
        try {
          for (const chunk of each.chunks()) writeFileSync(file, chunk)
        } finally {
          closeSync(file)
        }
      }
      rmSync(join(this.#beside, LOCK))
      rmSync(this.#replaced, { recursive: true, force: true })
      if (existsSync(this.#target)) renameSync(this.#target, this.#replaced)
      renameSync(this.#beside, this.#target)
      this.#isHeld = false
      rmSync(this.#replaced, { recursive: true, force: true })
    } catch (error) {
      this.release()
      throw this.refusal(error)
    }
  }

  /** Memory for what a run in work has no room for. Its file has no name, so it never stays. */
  slabStore(): SlabStore & { close(): void } {
    return new SlabFile(join(this.#beside, SLABS))
  }

  /** Removes what was not put in place. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    try {
      rmSync(this.#beside, { recursive: true, force: true })
    } catch {
      // The place is gone, so nothing of ours is left there.
    }
  }

  /** What a person is told of an error that a file caused; other errors as they are. */
  refusal(error: unknown): unknown {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || error instanceof InputError) return error
    return new InputError(
      `--out ${this.#path}: cannot be written (${code}); expected a writable directory`,
    )
  }
}

/** Holds the number of the process that writes here. */
const LOCK = 'lock'
const SLABS = 'slabs'
const FOREIGN_SHOWN = 3

/** The files that a run or a sweep writes, by their names in its directory. */
const FILES_OF_RUN =
  /^(?:metrics\.json|scenario\.yaml|timeline\.txt|events\.jsonl|report\.html|ping-[^/]+\.txt|captures\/[^/]+\.pcap(?:ng)?|sweep\.(?:json|csv|html)|runs\.jsonl)$/

/** One of these is there, and written last: a file that is newer was changed after the run. */
const NEWEST = ['metrics.json', 'sweep.json', 'runs.jsonl']
/** A directory that is copied has its files in any order. */
const TOLERANCE_MS = 2_000

/** Files that no run has written, or that somebody has changed since. */
function foreignFilesIn(directory: string): string[] {
  const marker = NEWEST.map((name) => join(directory, name)).find(existsSync)
  const isRun = marker !== undefined
  const untilMs = isRun ? statSync(marker).mtimeMs + TOLERANCE_MS : 0
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => {
      const name = relative(directory, path).replaceAll('\\', '/')
      // The report may be made at any time, from the rest.
      const isChanged = name !== 'report.html' && statSync(path).mtimeMs > untilMs
      return !isRun || !FILES_OF_RUN.test(name) || isChanged
    })
    .map((path) => relative(directory, path))
    .sort()
}

/** @returns undefined if there is no lock, or none that can be read */
function ownerOf(lock: string): number | undefined {
  if (!existsSync(lock)) return undefined
  const owner = Number(readFileSync(lock, 'utf8'))
  return Number.isInteger(owner) && owner > 0 ? owner : undefined
}

function isAlive(owner: number): boolean {
  try {
    process.kill(owner, 0)
    return !isZombie(owner)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Dead, but its parent has not noticed, as in a container whose first process reaps nobody. */
function isZombie(owner: number): boolean {
  try {
    const status = readFileSync(`/proc/${owner}/stat`, 'utf8')
    // Behind the name in parentheses, which may hold anything.
    return status.slice(status.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}
