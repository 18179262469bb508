import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const TESTS = ['test/**/*.test.ts']
/** Those that put something else in the place of modules. */
const MOCKED = ['test/simulation/**/*.test.ts']
/** Folders with the longest files: begun first, so that none of them is left alone at the end. */
const LONG_FIRST = ['crash', 'power', 'simulation', 'property', 'fuzz', 'engine']

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const turnOf = ({ moduleId }: TestSpecification) => {
      const turn = LONG_FIRST.findIndex((folder) => moduleId.includes(`/test/${folder}/`))
      return turn < 0 ? LONG_FIRST.length : turn
    }
    return (await super.sort(files)).sort((a, b) => turnOf(a) - turnOf(b))
  }
}

// Tests import the built package (by its own name, or a file of dist): what ships is what is tested.
export default defineConfig({
  test: {
    pool: 'forks',
    // Most of them wait for disks and processes: three share even two cores well.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    projects: [
      // Files share a process: loading all of the package anew for each takes a tenth of the time.
      { extends: true, test: { name: 'all', include: TESTS, exclude: MOCKED, isolate: false } },
      { extends: true, test: { name: 'mocked', include: MOCKED } },
    ],
    // Nothing here is timed: a machine that is shared takes its time, and this is the only bound.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    server: { deps: { external: [/\/dist\//] } },
  },
  resolve: {
    alias: {
      // By require(), as in the package: an import() takes each test file 150 ms of CPU more.
      '@duckdb/node-api': new URL('./dist/src/store/duckdb-api.js', import.meta.url).pathname,
      'tickloom/feeds': new URL('./dist/src/venues/index.js', import.meta.url).pathname,
      ccxt: new URL('./test/support/fake-ccxt.ts', import.meta.url).pathname,
      tickloom: new URL('./dist/src/index.js', import.meta.url).pathname,
    },
  },
})
