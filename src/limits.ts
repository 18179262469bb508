// Every limit in one place; relations between them are asserted when the module loads.
import { invariant } from './errors.js'

/** Rows in one DuckDB chunk, and the natural size of a drained batch. */
export const CHUNK_ROWS = 2048
/** Rows in a DuckDB row group: the size a commit grows towards. */
export const ROW_GROUP_ROWS = 122_880
/** DuckDB's appender flushes by itself at this many rows; we commit before. */
export const APPENDER_AUTO_FLUSH_ROWS = 204_800
/** Slots written before they are published without the event loop turning. */
export const PUBLISH_EVERY = 64
/** Room for text ids, a power of two: 36 bytes for each slot of a full ring and a full spill. */
export const TEXT_BYTES = 2 ** 24
/** Pairs one engine can hold. */
export const MAX_PAIRS = 65_536
/** Sliding windows a pair can have. */
export const MAX_WINDOWS = 8
/** Files one shard keeps attached, unless told otherwise, where the memory suffices. */
export const ATTACHED_FILES = 1024
/** Memory DuckDB may take for each attached file, beside a floor for the shard. */
export const MEMORY_PER_FILE_MB = 3
export const MEMORY_FLOOR_MB = 512
/** The least a shard's database can work with. */
export const SMALLEST_DATABASE_MB = 256
/** Largest JavaScript heap of a shard's thread: a part of its share of the memory. */
export const SMALLEST_HEAP_MB = 256
export const LARGEST_HEAP_MB = 4096
/** Part of the memory that all shards together may take. */
export const MEMORY_SHARE = 0.5
export const MOST_SHARDS_BY_DEFAULT = 8
/**
 * Rows a shard that keeps up with its ring stores at once: a few ms, where a row group takes 40.
 */
export const LIVE_COMMIT_ROWS = 8192
/** Largest part of a shard's time that small commits may take. */
export const COMMIT_BUDGET = 0.2
/** Age at which a small batch is committed, budget permitting. */
export const COMMIT_AGE_MS = 5000
/** Group sync of the journal: at most this long after something was written. */
export const GROUP_SYNC_MS = 10
/** Size at which a journal goes on in a new segment. */
export const SEGMENT_BYTES = 64 * 1024 * 1024
/** How long a shard folds before it lets its event loop turn. */
export const TURN_MS = 1
/** Longest sleep of a parked shard. */
export const PARK_MS = 100
/** Between two looks at a pair that holds its shard up. */
export const STALL_MS = 20
/** Beyond close()'s deadline, to bring what is in the ring and in main's spill into the journal. */
export const GRACE_MS = 2000
/**
 * Sequences left out between two sessions: more than one session can have committed ahead of its
 * journal's last sync.
 */
export const SESSION_GAP = 2 ** 32
/** Clock records a second apart. */
export const CLOCK_RECORD_MS = 1000
/** Shard restarts in a row (without a minute of health between) before it is given up. */
export const MAX_RESTARTS = 5
/** Candle pages a pair keeps in memory. */
export const HOUR_PAGES = 8
export const DAY_PAGES = 4
/** Pages of ids (an hour each) it keeps in memory, beyond those with ticks that are not stored. */
export const ID_PAGES = 3

invariant(ROW_GROUP_ROWS % CHUNK_ROWS === 0, 'a row group is whole chunks')
invariant(ROW_GROUP_ROWS + CHUNK_ROWS < APPENDER_AUTO_FLUSH_ROWS, 'commits come before auto flush')
invariant(PUBLISH_EVERY < CHUNK_ROWS, 'a chunk holds many publishes')
