// tickloom repair: sets aside what cannot be read, and says what is left.
import { repair } from '../verify/repair.js'
import { grouped, print } from './output.js'
import { type Arguments, dataDirOf, UsageError } from './usage.js'

export async function repairCommand(args: Arguments): Promise<number> {
  if (args.words.length > 0) throw new UsageError(`repair wants no ${args.words[0]}`)
  const { repairs, report } = await repair(dataDirOf(args))
  const { problems } = report
  if (args.flag('json')) await print(`${JSON.stringify({ repairs, problems })}\n`)
  else {
    const lines = [
      ...repairs.map(({ where, done }) => `${where}  ${done}\n`),
      ...problems.map(({ where, check, detail }) => `${where}  ${check}  ${detail}\n`),
    ]
    const end = `${grouped(repairs.length)} repairs, ${grouped(problems.length)} problems left\n`
    await print([...lines, end].join(''))
  }
  return problems.length === 0 ? 0 : 1
}
