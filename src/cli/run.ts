// The `tickloom` command: which subcommand, and what its exit code is.
import { readFileSync } from 'node:fs'
import { oneLine, print, quietEpipe, say } from './output.js'
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

type Command = (args: Arguments) => Promise<number>

/** Each command is loaded when it is called: the help waits for no database. */
const COMMAND: Readonly<Record<CommandName, () => Promise<Command>>> = {
  replay: async () => (await import('./replay-command.js')).replayCommand,
  formats: async () => (await import('./formats.js')).formatsCommand,
  candles: async () => (await import('./candles.js')).candlesCommand,
  flow: async () => (await import('./flow.js')).flowCommand,
  gaps: async () => (await import('./gaps.js')).gapsCommand,
  pairs: async () => (await import('./pairs.js')).pairsCommand,
  export: async () => (await import('./export.js')).exportCommand,
  sql: async () => (await import('./sql.js')).sqlCommand,
  stats: async () => (await import('./stats.js')).statsCommand,
  verify: async () => (await import('./verify.js')).verifyCommand,
  repair: async () => (await import('./repair.js')).repairCommand,
  set: async () => (await import('./set.js')).setCommand,
  generate: async () => (await import('./generate-command.js')).generateCommand,
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
    const args = parseWords(name as CommandName, rest)
    const command = await COMMAND[name as CommandName]()
    return await command(args)
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
