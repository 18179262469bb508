// The one file of a .zip, as venues publish their dumps.

import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { type Entry, open, type ZipFile } from 'yauzl'
import { EngineError } from '../errors.js'

const openFile = promisify((path: string, done: (error: Error | null, file: ZipFile) => void) =>
  open(path, { lazyEntries: true, autoClose: false }, done),
)

/** What is packed, while it is unpacked, and its size. */
export interface Unpacked {
  readonly stream: Readable
  readonly bytes: number
}

/** Opens the one file in an archive; throws BAD_FEED where it holds none, or several. */
export async function openZip(path: string): Promise<Unpacked> {
  const file = await openFile(path)
  try {
    const [entry, ...others] = (await entriesOf(file)).filter(isData)
    if (entry === undefined || others.length > 0) {
      const names = [entry, ...others].slice(0, 5).map((one) => one?.fileName ?? 'nothing')
      const rule = 'a .zip must hold one file; unzip it, and replay the files in their order'
      throw new EngineError('BAD_FEED', `${rule}: holds=${names.join('|')} file=${path}`)
    }
    return { stream: await streamOf(file, entry), bytes: entry.uncompressedSize }
  } catch (cause) {
    file.close()
    throw cause
  }
}

// Not folders, nor what archivers and venues put beside the data.
function isData({ fileName }: Entry): boolean {
  return !/\/$|^__MACOSX\/|\.CHECKSUM$/.test(fileName)
}

function entriesOf(file: ZipFile): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = []
    file.on('entry', (entry: Entry) => {
      entries.push(entry)
      file.readEntry()
    })
    file.once('error', reject)
    file.once('end', () => resolve(entries))
    file.readEntry()
  })
}

function streamOf(file: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    file.openReadStream(entry, (error, stream) => {
      if (error === null) resolve(stream.once('close', () => file.close()))
      else reject(error)
    })
  })
}
