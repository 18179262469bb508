// The `tickloom` command: which subcommand, and what its exit code is.
import { readFileSync } from 'node:fs'
import { candlesCommand } from './candles.js'
import { exportCommand } from './export.js'
import { flowCommand } from './flow.js'
import { formatsCommand } from './formats.js'
import { gapsCommand } from './gaps.js'
import { generateCommand } from './generate-command.js'
import { oneLine, print, quietEpipe, say } from './output.js'
import { pairsCommand } from './pairs.js'
import { repairCommand } from './repair.js'
import { replayCommand } from './replay-command.js'
import { setCommand } from './set.js'
import { sqlCommand } from './sql.js'
import { statsCommand } from './stats.js'
import {
  type Arguments,
  COMMANDS,
  type CommandName,
  didYouMean,
  HELP,
  isUsage,
  parseWords,
  UsageError,
  unknownVariables,
} from './usage.js'
import { verifyCommand } from './verify.js'

const RUN: Readonly<Record<CommandName, (args: Arguments) => Promise<number>>> = {
  replay: replayCommand,
  formats: formatsCommand,
  candles: candlesCommand,
  flow: flowCommand,
  gaps: gapsCommand,
  pairs: pairsCommand,
  export: exportCommand,
  sql: sqlCommand,
  stats: statsCommand,
  verify: verifyCommand,
  repair: repairCommand,
  set: setCommand,
  generate: generateCommand,
}

/** Runs the command with its words; resolves with the exit code. */
export async function run(words: readonly string[]): Promise<number> {
  quietEpipe()
  try {
    const [name, ...rest] = words
    if (name === undefined || name === '--help' || name === '-h' || rest.includes('--help')) {
      await print(HELP)
      return name === undefined ? 2 : 0
    }
    if (name === '--version') {
      await print(`${version()}\n`)
      return 0
    }
    if (!COMMANDS.includes(name as CommandName)) {
      const near = didYouMean(name, COMMANDS)
      throw new UsageError(`no command ${name}${near || `; there are ${COMMANDS.join(', ')}`}`)
    }
    for (const note of unknownVariables()) say(`tickloom: ${oneLine(note)}`)
    return await RUN[name as CommandName](parseWords(name as CommandName, rest))
  } catch (error) {
    const usage = isUsage(error)
    say(`tickloom: ${oneLine(error instanceof Error ? error.message : String(error))}`)
    if (usage) say('see tickloom --help')
    return usage ? 2 : 1
  }
}

function version(): string {
  const url = new URL('../../../package.json', import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')).version
}
