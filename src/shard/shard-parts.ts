import type { MessagePort } from 'node:worker_threads'
import type { JournalWriter } from '../journal/journal-writer.js'
import type { ResolvedOptions } from '../options.js'
import type { RingReader } from '../ring/ring-reader.js'
import type { Database } from '../store/duckdb.js'
import type { Answers } from './answers.js'
import type { Committer } from './committer.js'
import type { Folder } from './folder.js'
import type { Intake } from './intake.js'
import type { Outbox } from './outbox.js'
import type { PairFiles } from './pair-files.js'
import type { PairLoader } from './pair-loader.js'
import type { PairState } from './pair-state.js'
import type { PairTable } from './pair-table.js'
import type { Requests } from './requests.js'

/** Everything a shard's loop works with. */
export interface ShardParts {
  readonly shard: number
  readonly epoch: number
  readonly options: ResolvedOptions
  readonly port: MessagePort
  readonly control: Int32Array
  readonly reader: RingReader
  readonly intake: Intake
  readonly journal: JournalWriter | undefined
  readonly db: Database
  readonly pairs: PairTable
  readonly folder: Folder
  readonly files: PairFiles
  readonly loader: PairLoader
  readonly committer: Committer
  readonly answers: Answers
  readonly requests: Requests
  readonly outbox: Outbox
  /** Brings the account of everything folded into shared memory. */
  tellTotals(): void
  /** Has the pair directory written into the journal, in front of the next slots. */
  writeDirectory(): void
  /** Tells main of a fault. */
  fault(code: string, cause: unknown, pair?: PairState): void
}
