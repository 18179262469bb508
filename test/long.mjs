// npm run test:long [-- --seconds N --seed S --loops N --cuts N FILE…]: the tests that make up what
// they do by a seed, over and over with fresh seeds until the time is up. Each seed is printed; a
// failure ends it with exit code 1 and the words that do the same again.
//
// npm run test:faults is the same for everything that ends a process or a thread, or cuts the power:
// each file once, with many kills and cuts and a minute of overload.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'

/** What makes up its input by a seed has it from one of these. */
const BY_SEED = /from '[./]*support\/(?:seed|hostile)\.js'/
/** Files that run at once; each takes about a core. */
const LANES = Math.max(1, Math.min(2, cpus().length))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string' },
    once: { type: 'boolean', default: false },
    loops: { type: 'string' },
    cuts: { type: 'string' },
    overload: { type: 'string' },
  },
})
// A seed that is given is tried once: again and again it would do the same.
const once = values.once || values.seed !== undefined
const env = { ...process.env }
for (const [name, value] of [
  ['TICKLOOM_KILLS', values.loops],
  ['TICKLOOM_CUTS', values.cuts],
  ['TICKLOOM_OVERLOAD_SECONDS', values.overload],
]) {
  if (value !== undefined) env[name] = value
}
const given = values.seed ?? process.env['TICKLOOM_SEED']
const first = given === undefined ? Date.now() % 2 ** 31 : Number(given)
if (!Number.isSafeInteger(first)) throw new Error(`--seed must be a whole number: seed=${given}`)

const files =
  positionals.length > 0
    ? positionals.flatMap(testsOf)
    : testsOf('test').filter((file) => BY_SEED.test(readFileSync(file, 'utf8')))
// Another file comes first each time, so that a short time reaches all of them in the end.
const turned = files.map((_, i) => files[(i + (once ? 0 : first)) % files.length])
const until = performance.now() + Number(values.seconds) * 1000
const counts = new Map()
const failed = []
const children = new Set()
let started = 0

console.log(`test:long: ${files.length} files, first seed=${first}`)
await Promise.all(Array.from({ length: LANES }, lane))
const ran = [...counts.values()].reduce((sum, n) => sum + n, 0)
const missed = files.filter((file) => !counts.has(file))
console.log(`test:long: ${ran} runs of ${counts.size} files, ${failed.length} failed`)
if (missed.length > 0) console.log(`test:long: no time for ${missed.join(' ')}`)
for (const { file, seed } of failed)
  console.log(`again: npm run test:long -- --seed ${seed} ${file}`)
process.exitCode = failed.length > 0 ? 1 : 0

async function lane() {
  while (failed.length === 0 && (once ? started < files.length : performance.now() < until)) {
    const file = turned[started % files.length]
    const seed = (first + started++) % 2 ** 31
    await run(file, once ? first : seed)
  }
}

function run(file, seed) {
  const from = performance.now()
  const child = spawn('npx', ['vitest', 'run', file], {
    env: { ...env, TICKLOOM_SEED: String(seed) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  children.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  return new Promise((resolve) => {
    child.on('close', (code) => {
      children.delete(child)
      const seconds = ((performance.now() - from) / 1000).toFixed(1)
      counts.set(file, (counts.get(file) ?? 0) + 1)
      if (once && code === 0) console.log(said)
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} seed=${seed} ${file} ${seconds} s`)
      if (code !== 0) {
        console.log(said)
        failed.push({ file, seed })
      }
      resolve()
    })
  })
}

// A file, or those of a folder.
function testsOf(path) {
  if (path.endsWith('.ts')) return [path]
  return readdirSync(path, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${path}/${name}`)
    .sort()
}

// Whoever stops it stops what it runs.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const { pid } of children) process.kill(-pid, 'SIGKILL')
    process.exit(1)
  })
}
