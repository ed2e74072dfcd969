import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // A whole run takes a while on a busy machine. No test measures time.
    testTimeout: 60_000,
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', 'tests/external/**'],
    // Nothing here keeps state in a module, so that a worker may load each module once.
    isolate: false,
    pool: 'threads',
    maxWorkers: availableParallelism(),
  },
})
