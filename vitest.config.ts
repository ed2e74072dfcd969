import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Whole runs over many seeds take a while on a busy machine; nothing here measures time.
    testTimeout: 60_000,
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', 'tests/external/**'],
  },
})
