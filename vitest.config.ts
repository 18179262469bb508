import { defineConfig } from 'vitest/config'

// Tests import the built package (by its own name, or a file of dist): what ships is what is tested.
export default defineConfig({
  test: {
    pool: 'forks',
    // Most of them wait for disks and processes: two share even a small machine well.
    maxWorkers: 2,
    include: ['test/**/*.test.ts'],
    // Nothing here is timed: a machine that is shared takes its time.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    server: { deps: { external: [/\/dist\//] } },
  },
  resolve: {
    alias: {
      'tickloom/feeds': new URL('./dist/src/venues/index.js', import.meta.url).pathname,
      ccxt: new URL('./test/support/fake-ccxt.ts', import.meta.url).pathname,
      tickloom: new URL('./dist/src/index.js', import.meta.url).pathname,
    },
  },
})
