export function writePacked(file: string, value: unknown): number
export function readPacked(file: string): unknown
export function packDirectory(dataDir: string, file: string): number
export function unpackDirectory(file: string, dataDir: string): void
export function readAll(pair: object): Promise<unknown>
export function rawTables(
  dataDir: string,
  name: readonly [exchange: string, market: string, symbol: string],
): Promise<unknown>
