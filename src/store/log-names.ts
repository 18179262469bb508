/** What DuckDB keeps beside a file: its log, and a second one while a checkpoint is under way. */
export const LOGS = ['.wal', '.wal.checkpoint', '.wal.recovery']
