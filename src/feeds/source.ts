// Bytes of a file or of stdin, unpacked where they are gzip or zip, with a first chunk long enough
// to tell the format by.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { EngineError } from '../errors.js'
import type { Tally } from './tally.js'
import { openZip } from './zip.js'

/** Least size of the first chunk, unless the input is shorter: what the format is told by. */
export const HEAD_BYTES = 65_536

const CHUNK_BYTES = 1 << 18
const GZIP_MAGIC = [0x1f, 0x8b]
const ZIP_MAGIC = [0x50, 0x4b, 0x03, 0x04]

/** The bytes of `path` ('-' is stdin), decompressed; throws BAD_FEED when they cannot be read. */
export async function* openSource(
  path: string,
  tally: Tally,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const raw = await openRaw(path, tally).catch((cause) => {
    throw cause instanceof EngineError ? cause : unreadable(path, cause)
  })
  const stop = (): void => void raw.destroy()
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  try {
    const chunks = counted(raw, tally)
    const first = await gather(chunks, ZIP_MAGIC.length)
    if (startsWith(first, ZIP_MAGIC)) {
      const rule = 'zip is read from files named .zip only, since its index is at its end'
      throw new EngineError('BAD_FEED', `${rule}: file=${path}`)
    }
    const all = prepend(first, chunks)
    const plain = startsWith(first, GZIP_MAGIC) ? gunzip(all) : all
    const head = await gather(plain, HEAD_BYTES)
    if (head.length > 0) yield head
    yield* plain
  } catch (thrown) {
    // Destroying the stream is how an abort ends the feed: quietly, as if the file ended here.
    if (signal?.aborted) return
    throw thrown instanceof EngineError ? thrown : unreadable(path, thrown)
  } finally {
    signal?.removeEventListener('abort', stop)
    raw.destroy()
  }
}

async function openRaw(path: string, tally: Tally): Promise<Readable> {
  if (path === '-') return process.stdin
  tally.bytesTotal = await fileSize(path)
  if (/\.zip$/i.test(path)) {
    const { stream, bytes } = await openZip(path)
    tally.bytesTotal = bytes
    return stream
  }
  return createReadStream(path, { highWaterMark: CHUNK_BYTES })
}

/** Bytes of a file, 0 for a pipe; throws BAD_FEED where there is nothing to read. */
export async function fileSize(path: string): Promise<number> {
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) throw new EngineError('BAD_FEED', `it is a directory: file=${path}`)
    return stats.size
  } catch (thrown) {
    throw thrown instanceof EngineError ? thrown : unreadable(path, thrown)
  }
}

function unreadable(path: string, cause: unknown): EngineError {
  const code = (cause as NodeJS.ErrnoException).code
  const reason =
    code === 'ENOENT'
      ? 'no such file'
      : code === 'Z_BUF_ERROR'
        ? 'the gzip stream is cut off'
        : (cause as Error).message
  return new EngineError('BAD_FEED', `${reason}: file=${path}`, { cause })
}

async function* counted(raw: Readable, tally: Tally): AsyncGenerator<Uint8Array> {
  for await (const chunk of raw as AsyncIterable<Uint8Array>) {
    tally.bytesRead += chunk.length
    yield chunk
  }
}

// Reads on by hand, because `for await` would close the generator that is still to be read from.
async function gather(chunks: AsyncGenerator<Uint8Array>, least: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  while (length < least) {
    const next = await chunks.next()
    if (next.done) break
    parts.push(next.value)
    length += next.value.length
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

async function* prepend(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  yield* rest
}

async function* gunzip(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks, { objectMode: false, highWaterMark: CHUNK_BYTES })
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES })
  // pipeline() hands an error of either on to the other; iterating `unpacked` then throws it.
  pipeline(source, unpacked, () => {})
  for await (const chunk of unpacked as AsyncIterable<Uint8Array>) yield chunk
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte)
}
