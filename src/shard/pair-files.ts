// Which pairs' files are attached. At most `limit` at once, unless more are held: the least
// recently used is committed and detached first. One file is attached at a time, beside the
// folding.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pairPath, parsePairName } from '../model/pair-key.js'
import type { ResolvedOptions } from '../options.js'
import { parseStoredOptions, type StoredPairOptions, storedOptions } from '../pair-options.js'
import { isFileInvalid } from '../store/damage.js'
import type { Database } from '../store/duckdb.js'
import { PairFile } from '../store/pair-file.js'
import type { Meta } from '../store/schema.js'
import type { Template } from '../store/template.js'
import { attachReadable, type SetAside, tellLoss, wasSetAside } from './broken-file.js'
import { optionFacts } from './option-facts.js'
import { describeAgain, describedBy, writeDescription } from './pair-description.js'
import type { PairState } from './pair-state.js'

/** What happens to files that somebody else sees to. */
export interface PairFileHooks {
  /** Stores all the pair has folded: its file is to be detached. False where that fails. */
  evict(pair: PairState): Promise<boolean>
  /** A part of the pair's file could not be read: it was moved, or mended. */
  setAside(pair: PairState, part: SetAside): void
}

export class PairFiles {
  readonly #db: Database
  readonly #template: Template
  readonly #dataDir: string
  readonly #limit: number
  readonly #hooks: PairFileHooks
  // Insertion order is order of use.
  readonly #attached = new Set<PairState>()
  #turn: Promise<unknown> = Promise.resolve()
  #next = 0
  #textTemplate: Promise<Template> | undefined
  readonly #makeTextTemplate: () => Promise<Template>

  constructor(
    db: Database,
    template: Template,
    makeTextTemplate: () => Promise<Template>,
    options: ResolvedOptions,
    hooks: PairFileHooks,
  ) {
    this.#db = db
    this.#template = template
    this.#makeTextTemplate = makeTextTemplate
    this.#dataDir = options.dataDir
    this.#limit = options.attachedFiles
    this.#hooks = hooks
  }

  get attached(): Iterable<PairState> {
    return this.#attached
  }

  pathOf(name: string): string {
    return join(this.#dataDir, ...pairPath(parsePairName(name)), 'trading.duckdb')
  }

  /** Whether the pair has a file; makes none. */
  exists(name: string): boolean {
    return existsSync(this.pathOf(name))
  }

  /** What stands beside the pair's file of its options. */
  described(name: string): StoredPairOptions | undefined {
    try {
      return parseStoredOptions(readFileSync(describedBy(this.pathOf(name)), 'utf8'))
    } catch {
      return undefined
    }
  }

  /** Sees to it that the description of a pair's file is there. */
  async describe(name: string): Promise<void> {
    if (this.described(name) !== undefined) return
    await describeAgain(this.#db, this.pathOf(name), `p${this.#next++}`)
  }

  /** The pair's file, attached; it is made where there is none. */
  ensure(pair: PairState): Promise<PairFile> {
    if (pair.file !== undefined) {
      this.#attached.delete(pair)
      this.#attached.add(pair)
      return Promise.resolve(pair.file)
    }
    if (pair.attaching === undefined) {
      const attach = this.#turn.then(() => this.#attach(pair))
      this.#turn = attach.catch(() => undefined)
      pair.attaching = attach.finally(() => {
        pair.attaching = undefined
      })
    }
    return pair.attaching
  }

  /** The pair's file for as long as `work` runs: it is not detached before. */
  async hold<T>(pair: PairState, work: (file: PairFile) => Promise<T>): Promise<T> {
    pair.holds++
    let invalid = false
    try {
      return await work(await this.ensure(pair))
    } catch (cause) {
      invalid = isFileInvalid(cause)
      throw cause
    } finally {
      pair.holds--
      if (invalid) void this.renew(pair)
    }
  }

  /**
   * Detaches a file that DuckDB takes nothing for since a checkpoint failed: it holds what was
   * committed, and is attached anew when next needed. Nobody waits for it.
   */
  renew(pair: PairState): Promise<void> {
    const renewed = this.#turn.then(async () => {
      if (pair.holds === 0) await this.#detach(pair)
    })
    this.#turn = renewed.catch(() => undefined)
    return this.#turn as Promise<void>
  }

  /** Makes what was committed safe without the journal. */
  syncNames(): void {
    for (const { file } of this.#attached) file?.syncNames()
  }

  /** Detaches everything; throws the first error when all were tried. */
  async detachAll(): Promise<void> {
    await this.#turn
    const failed: unknown[] = []
    for (const pair of [...this.#attached]) {
      await this.#detach(pair).catch((cause) => failed.push(cause))
    }
    await (await this.#textTemplate)?.remove()
    if (failed.length > 0) throw failed[0]
  }

  async #attach(pair: PairState): Promise<PairFile> {
    await this.#makeRoom()
    const meta = { name: pair.name, ...optionFacts(pair.options) }
    const path = this.pathOf(pair.name)
    const alias = `p${this.#next++}`
    const { file, aside } = await attachReadable(this.#db, path, alias, meta)
    for (const part of aside) this.#hooks.setAside(pair, part)
    // Of a pair that is in memory already, it says nothing new.
    if (pair.phase !== 'unloaded') file?.takeLastCommit()
    const attached = file ?? (await this.#create(pair, path, alias, meta))
    const lost = aside.some(({ mended }) => !mended)
    if (lost || (file === undefined && wasSetAside(path))) {
      await this.#db.admin(tellLoss(alias)).catch(async (cause) => {
        await attached.detach()
        throw cause
      })
    }
    pair.file = attached
    this.#attached.add(pair)
    return attached
  }

  async #create(pair: PairState, path: string, alias: string, meta: Meta): Promise<PairFile> {
    await (await this.#templateFor(pair)).copyTo(path)
    // Not synced: one that a power cut takes is made again at open().
    writeDescription(path, storedOptions(pair.options))
    return PairFile.create(this.#db, path, alias, meta)
  }

  // Few venues have ids that are text: their template is made when the first is met.
  #templateFor(pair: PairState): Promise<Template> {
    if (!pair.textual) return Promise.resolve(this.#template)
    this.#textTemplate ??= this.#makeTextTemplate()
    return this.#textTemplate
  }

  async #makeRoom(): Promise<void> {
    for (const oldest of [...this.#attached]) {
      if (this.#attached.size < this.#limit) return
      // One that cannot be stored stays: it must not keep another from being opened.
      if (oldest.holds > 0 || !(await this.#hooks.evict(oldest))) continue
      if (oldest.holds === 0) await this.#detach(oldest)
    }
  }

  async #detach(pair: PairState): Promise<void> {
    this.#attached.delete(pair)
    const file = pair.file
    pair.file = undefined
    await file?.detach()
  }
}
