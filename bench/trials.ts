// Every trial, in the order they run.
import type { Trial } from './trial.js'
import { ackLatency } from './trials/ack-latency.js'
import { durableTrials } from './trials/durable.js'
import { flowRead } from './trials/flow-read.js'
import { hostDelay } from './trials/host-delay.js'
import { ingestCost } from './trials/ingest-cost.js'
import { lockstep } from './trials/lockstep.js'
import { pairs1000 } from './trials/pairs-1000.js'
import { queryUnderLoad } from './trials/query-under-load.js'
import { readColumns } from './trials/read-columns.js'
import { recovery } from './trials/recovery.js'
import { replayTrials } from './trials/replay-csv.js'
import { retention } from './trials/retention.js'
import { latencyTrials } from './trials/tick-to-post-latency.js'

export const TRIALS: readonly Trial[] = [
  ingestCost,
  ...durableTrials,
  ...latencyTrials,
  flowRead,
  lockstep,
  pairs1000,
  queryUnderLoad,
  readColumns,
  hostDelay,
  retention,
  ...replayTrials,
  recovery,
  ackLatency,
]
