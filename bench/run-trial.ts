// Entry of a child process: one run of one trial, then the end of the process.
import type { RunOrder, RunReply } from './trial.js'
import { TRIALS } from './trials.js'

async function run(order: RunOrder): Promise<RunReply> {
  try {
    const trial = TRIALS.find(({ name }) => name === order.trial)
    if (trial === undefined) throw new Error(`no such trial: trial=${order.trial}`)
    const work = order.part === 'subject' ? trial.subject : trial.baseline.run
    return { result: await work(order) }
  } catch (cause) {
    return { error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }
  }
}

const reply = await run(JSON.parse(process.argv[2]) as RunOrder)
// A run that failed leaves its engine open, and with it the process.
const leave = () => ('error' in reply ? process.exit(1) : process.disconnect())
if (process.send === undefined) console.log(reply)
else process.send(reply, leave)
