import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// Style is a test: length of lines, functions and files, the direction of imports, words that do not
// belong somewhere, and files that nobody uses. Each test shows every violation there is.

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAX_COLUMNS = 100
const MAX_FUNCTION_LINES = 70
const MAX_FILE_LINES = 300

interface Source {
  path: string
  lines: string[]
  /** Paths of the project's own files it imports; `types` of those for types alone. */
  imports: { path: string; types: boolean }[]
}

function sources(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => {
        const full = join(entry.parentPath, entry.name)
        const text = readFileSync(full, 'utf8')
        const path = relative(ROOT, full)
        return { path, lines: text.trimEnd().split('\n'), imports: importsOf(path, text) }
      }),
  )
}

function importsOf(path: string, text: string): Source['imports'] {
  const found: Source['imports'] = []
  const statement = /\b(?:import|export)\s+(type\s)?(?:[\w*{][^'"]*?\sfrom\s+)?['"](\.[^'"]+)['"]/g
  for (const [, types, from] of text.matchAll(statement)) {
    found.push({ path: resolved(path, from), types: types !== undefined })
  }
  for (const [, from] of text.matchAll(/\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/g)) {
    found.push({ path: resolved(path, from), types: false })
  }
  for (const [, from] of text.matchAll(/new URL\(\s*['"](\.[^'"]+\.js)['"]/g)) {
    found.push({ path: resolved(path, from), types: false })
  }
  return found
}

function resolved(path: string, from: string): string {
  return normalize(join(dirname(path), from)).replace(/\.js$/, '.ts')
}

const src = sources('src')
const all = sources('src', 'workers')

test('no line is longer than 100 columns, but for a message that is one text', () => {
  // A text that people read is easier to find whole; the formatter does not break it either.
  const text = /^\s*(?:return )?[`'$].*[`',]$|^\$\{.*$/
  const long = all.flatMap(({ path, lines }) =>
    lines.flatMap((line, i) =>
      line.length > MAX_COLUMNS && !text.test(line) ? [`${path}:${i + 1}`] : [],
    ),
  )
  expect(long).toEqual([])
})

test('no file is longer than 300 lines', () => {
  const long = all.filter(({ lines }) => lines.length > MAX_FILE_LINES)
  expect(long.map(({ path, lines }) => `${path} ${lines.length}`)).toEqual([])
})

test('no function is longer than 70 lines', () => {
  // By the formatter's indentation: a function ends at the first line that is indented as its head.
  const head =
    /^(\s*)(?:export |async |static |private |public |override |get |set |\*|default )*(?:function\b|#?[\w$]+(?:<[^>]*>)?\(|const \w+ = (?:async )?\(|#?\[)/
  const long: string[] = []
  for (const { path, lines } of all) {
    lines.forEach((line, i) => {
      const [, indent] = head.exec(line) ?? []
      if (indent === undefined || /^\s*(?:if|for|while|switch|return|catch)\b/.test(line)) return
      let end = i + 1
      while (
        end < lines.length &&
        !(lines[end].startsWith(`${indent}}`) && !/^\s*}.*[{(]$/.test(lines[end]))
      ) {
        if (
          lines[end] !== '' &&
          !lines[end].startsWith(`${indent} `) &&
          !/^\s*[)}\]]/.test(lines[end])
        )
          return
        end++
      }
      if (end - i + 1 > MAX_FUNCTION_LINES) long.push(`${path}:${i + 1} ${end - i + 1}`)
    })
  }
  expect(long).toEqual([])
})

// What a folder may import at run time, beside its own files. Types may come from anywhere but a stage
// behind.
const LEAVES = ['model', 'errors.ts', 'folders.ts', 'limits.ts', 'options.ts', 'pair-options.ts']
const ALLOWED: Record<string, readonly string[]> = {
  model: ['errors.ts'],
  ring: LEAVES,
  // Its processes.
  store: [...LEAVES, 'workers'],
  rollup: LEAVES,
  flow: LEAVES,
  dedupe: LEAVES,
  post: LEAVES,
  journal: LEAVES,
  shard: [...LEAVES, 'ring', 'journal', 'store', 'rollup', 'flow', 'dedupe', 'post'],
  feeds: [...LEAVES, 'index.ts'],
  venues: LEAVES,
}

function stageOf(path: string): string {
  return path.split('/')[1]
}

test('imports go one way', () => {
  const wrong: string[] = []
  for (const { path, imports } of src) {
    const stage = stageOf(path)
    const allowed = ALLOWED[stage]
    for (const imported of imports) {
      const to = imported.path.startsWith('workers/') ? 'workers' : stageOf(imported.path)
      if (to === stage) continue
      const far = stage.endsWith('.ts') || stage === 'ingest'
      const behind = far && (to === 'shard' || to === 'store' || to === 'rollup' || to === 'flow')
      const beyond = allowed !== undefined && !imported.types && !allowed.includes(to)
      const back =
        allowed !== undefined &&
        (to === 'shard' || to === 'engine.ts' || (to === 'pair.ts' && stage !== 'venues'))
      if (behind || beyond || back) wrong.push(`${path} -> ${imported.path}`)
    }
  }
  expect(wrong).toEqual([])
})

test('no word stands where it does not belong', () => {
  const rules: [RegExp, (path: string) => boolean][] = [
    [/[:<,|]\s*any\b|\bas any\b/, () => true],
    [/\bconsole\./, (path) => !path.startsWith('src/cli/')],
    [
      /\bDate\.now\(|\bMath\.random\(|\bperformance\.now\(/,
      (path) => /^src\/(?:rollup|flow|dedupe|model)\//.test(path),
    ],
    [/\bMath\.random\(/, () => true],
    [/\bprocess\.(?:exit|on)\(/, (path) => !path.startsWith('src/cli/')],
    [/\b(?:TODO|FIXME|XXX)\b/, () => true],
    [/\bexport \*|\bexport default\b/, (path) => !path.startsWith('workers/')],
  ]
  const found: string[] = []
  for (const { path, lines } of all) {
    lines.forEach((line, i) => {
      const code = line.replace(/(?:^|\s)\/\/.*$/, '').replace(/^\s*\/?\*.*$/, '')
      const words = /\b(?:TODO|FIXME|XXX)\b/.test(line) ? line : code
      for (const [word, applies] of rules) {
        if (applies(path) && word.test(words)) found.push(`${path}:${i + 1} ${line.trim()}`)
      }
    })
  }
  expect(found).toEqual([])
})

test('every file is used', () => {
  const entries = [
    'src/index.ts',
    'src/venues/index.ts',
    'src/cli/main.ts',
    'src/cli/start.ts',
    'workers/shard.worker.ts',
    'workers/query.process.ts',
    'workers/mend.process.ts',
  ]
  const byPath = new Map(sources('src', 'workers', 'bench').map((file) => [file.path, file]))
  const bench = [...byPath.keys()].filter((path) => path.startsWith('bench/'))
  const used = new Set([...entries, ...bench])
  for (const path of used)
    for (const imported of byPath.get(path)?.imports ?? []) used.add(imported.path)
  expect(src.map(({ path }) => path).filter((path) => !used.has(path))).toEqual([])
})
