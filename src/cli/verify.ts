// tickloom verify: whether a data directory holds what it should.
import { verify } from '../verify/verify.js'
import { grouped, print } from './output.js'
import { type Arguments, dataDirOf, UsageError } from './usage.js'

export async function verifyCommand(args: Arguments): Promise<number> {
  if (args.words.length > 0) throw new UsageError(`verify wants no ${args.words[0]}`)
  const report = await verify(dataDirOf(args))
  const { pairs, ticks, candles, journalSlots, problems, notes } = report
  if (args.flag('json')) await print(`${JSON.stringify(report)}\n`)
  else {
    const lines = problems.map(({ where, check, detail }) => `${where}  ${check}  ${detail}\n`)
    const held = `${grouped(pairs)} pairs, ${grouped(ticks)} ticks, ${grouped(candles)} candles`
    const counts = `${held}, ${grouped(journalSlots)} slots in the journal`
    const end =
      problems.length === 0
        ? 'all sound'
        : `${grouped(problems.length)} ${problems.length === 1 ? 'problem' : 'problems'}`
    await print([...lines, ...notes.map((note) => `${note}\n`), `${counts}: ${end}\n`].join(''))
  }
  return problems.length === 0 ? 0 : 1
}
