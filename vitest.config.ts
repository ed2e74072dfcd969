import { availableParallelism } from 'node:os'
import { defineConfig, type Plugin } from 'vitest/config'

/** A YAML file is its text, as in the built program. */
const yamlText: Plugin = {
  name: 'yaml-text',
  transform: (text, file) =>
    file.endsWith('.yaml') ? `export default ${JSON.stringify(text)}` : undefined,
}

export default defineConfig({
  plugins: [yamlText],
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
