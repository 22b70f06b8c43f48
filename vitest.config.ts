import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Two workers: stream tests are CPU-bound and the smallest machine we test on has two cores.
    maxWorkers: 2,
    testTimeout: 120_000,
    globalSetup: ['tests/harness/temporary-folder.ts'],
    setupFiles: ['tests/harness/fixed-seed.ts'],
  },
})
