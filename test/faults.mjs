// npm run test:faults [-- --loops N --cuts N --seed S]: everything that ends a process or a thread, or
// cuts the power; N kills instead of 25, 100 power cuts instead of 12, a minute of overload instead of
// seconds.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    loops: { type: 'string' },
    cuts: { type: 'string', default: '100' },
    seed: { type: 'string' },
  },
})
const env = {
  TICKLOOM_OVERLOAD_SECONDS: '60',
  ...process.env,
  ...(values.loops === undefined ? {} : { TICKLOOM_KILLS: values.loops }),
  TICKLOOM_CUTS: values.cuts,
  ...(values.seed === undefined ? {} : { TICKLOOM_SEED: values.seed }),
}
const { status } = spawnSync('npx', ['vitest', 'run', 'test/crash', 'test/power'], {
  stdio: 'inherit',
  env,
})
process.exitCode = status ?? 1
