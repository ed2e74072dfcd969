import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { RunFile } from '../simulation/files.ts'
import { InputError } from './input-error.ts'

/** What marks a directory as one of ours, which a new run may replace. */
const MARK = 'metrics.json'

/**
 * Refuses a directory that holds somebody else's files, before any work is done.
 * @throws InputError
 */
export function checkOutputDirectory(path: string): void {
  if (!existsSync(path)) return
  let entries: string[]
  try {
    entries = readdirSync(path)
  } catch {
    throw new InputError(`--out ${path}: is a file; expected a directory`)
  }
  if (entries.length > 0 && !entries.includes(MARK)) {
    throw new InputError(
      `--out ${path}: holds other files; expected a new directory, an empty one, or that of an earlier run`,
    )
  }
}

/**
 * Writes all files, or none: they are written beside and the directory is put in place when it is
 * complete. An earlier run there is replaced.
 */
export function writeRunDirectory(path: string, files: readonly RunFile[]): void {
  const target = resolve(path)
  const beside = `${target}.incomplete`
  const removeBeside = (): void => rmSync(beside, { recursive: true, force: true })
  const interrupted = (): void => {
    removeBeside()
    process.exit(130)
  }
  process.once('SIGINT', interrupted)
  try {
    removeBeside()
    for (const { name, bytes } of files) {
      const file = join(beside, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, bytes)
    }
    rmSync(target, { recursive: true, force: true })
    renameSync(beside, target)
  } catch (error) {
    removeBeside()
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new InputError(
      `--out ${path}: cannot be written (${code}); expected a writable directory`,
    )
  } finally {
    process.off('SIGINT', interrupted)
  }
}
