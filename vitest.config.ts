import { availableParallelism } from 'node:os'
import { defineConfig, type Plugin } from 'vitest/config'
import { yamlAsModule } from './tools/yaml-value.mjs'

/** A YAML file is its value, as in the built program. */
const yamlValues: Plugin = {
  name: 'yaml-values',
  transform: (text, file) => (file.endsWith('.yaml') ? yamlAsModule(text) : undefined),
}

export default defineConfig({
  plugins: [yamlValues],
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
