// npm run test:faults [-- --loops N --seed S]: everything that ends a process or a thread, N kills
// instead of 50, and a minute of overload instead of seconds.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { loops: { type: 'string' }, seed: { type: 'string' } } })
const env = {
  TICKLOOM_OVERLOAD_SECONDS: '60',
  ...process.env,
  ...(values.loops === undefined ? {} : { TICKLOOM_KILLS: values.loops }),
  ...(values.seed === undefined ? {} : { TICKLOOM_SEED: values.seed }),
}
const { status } = spawnSync('npx', ['vitest', 'run', 'test/crash'], { stdio: 'inherit', env })
process.exitCode = status ?? 1
