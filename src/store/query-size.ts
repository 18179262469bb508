// What a statement may cost before it runs. Nobody can interrupt DuckDB while it plans, and some
// short texts double what is planned with every line: stars within stars, rows as values, aliases
// of aliases. So each is bounded over the parsed statement.

const MOST_NESTED = 200
const MOST_TABLES = 16
/** Each is planned on its own. */
const MOST_SETS = 64
const MOST_STARS = 4
const LARGEST_EXPRESSION = 10_000
const MOST_COLUMNS = 256
const MOST_GROUPINGS = 8
/** Text stands in every row it is selected in. */
export const LONGEST_TEXT = 256

type Tree = Readonly<Record<string, unknown>>

/** What of the statement is too much to be planned; undefined where nothing is. */
export function excessOf(statement: unknown): string | undefined {
  const found: Found = {
    tables: new Set(),
    named: 0,
    sets: 0,
    stars: 0,
    depth: 0,
    largest: 0,
    columns: 0,
    groupings: 0,
    text: 0,
  }
  look(statement, 0, found)
  if (found.depth > MOST_NESTED) return `more than ${MOST_NESTED} levels of nesting`
  if (found.named > MOST_TABLES) return `more than ${MOST_TABLES} tables`
  if (found.sets > MOST_SETS) return `more than ${MOST_SETS} unions and the like`
  if (found.stars > MOST_STARS) return `more than ${MOST_STARS} stars`
  if (found.largest > LARGEST_EXPRESSION) return 'aliases of aliases that grow too large'
  if (found.columns > MOST_COLUMNS) return `more than ${MOST_COLUMNS} columns`
  if (found.groupings > MOST_GROUPINGS) return `more than ${MOST_GROUPINGS} grouping sets`
  if (found.text > LONGEST_TEXT) return `a text of more than ${LONGEST_TEXT} characters`
  return rowAsValue(statement, found.tables)
}

interface Found {
  /** Every name that stands for a table. */
  readonly tables: Set<string>
  /** How many things are selected from. */
  named: number
  /** Unions and the like. */
  sets: number
  stars: number
  depth: number
  columns: number
  groupings: number
  /** Characters of the longest constant. */
  text: number
  /** Nodes of the largest expression, once aliases are put in. */
  largest: number
}

function childrenOf(node: unknown): unknown[] {
  if (Array.isArray(node)) return node
  return typeof node === 'object' && node !== null ? Object.values(node) : []
}

function look(node: unknown, depth: number, found: Found): void {
  if (depth > found.depth) found.depth = depth
  if (depth > MOST_NESTED) return
  if (typeof node === 'object' && node !== null && !Array.isArray(node)) count(node as Tree, found)
  const below = Array.isArray(node) ? depth : depth + 1
  for (const child of childrenOf(node)) look(child, below, found)
}

function count(tree: Tree, found: Found): void {
  if (tree['class'] === 'STAR') found.stars++
  if (tree['class'] === 'CONSTANT') found.text = Math.max(found.text, textLength(tree['value']))
  found.columns = Math.max(found.columns, childrenOf(tree['select_list']).length)
  found.groupings = Math.max(found.groupings, childrenOf(tree['group_sets']).length)
  if (tree['type'] === 'SET_OPERATION_NODE') found.sets++
  if (tree['type'] === 'SELECT_NODE') found.largest = Math.max(found.largest, largestOf(tree))
  if (tree['class'] !== undefined) return
  if (tree['type'] === 'BASE_TABLE' || tree['type'] === 'EXPRESSION_LIST') found.named++
  for (const name of [tree['alias'], tree['table_name'], tree['key']]) {
    if (typeof name === 'string' && name !== '') found.tables.add(name.toLowerCase())
  }
}

function textLength(value: unknown): number {
  return JSON.stringify((value as Tree | undefined)?.['value'] ?? '').length - 2
}

// An alias can be used by what follows it in its list, and by every clause beside it.
function largestOf(select: Tree): number {
  const sizes = new Map<string, number>()
  let largest = 0
  for (const item of childrenOf(select['select_list'])) {
    const size = sizeOf(item, sizes)
    largest = Math.max(largest, size)
    const alias = (item as Tree)['alias']
    if (typeof alias === 'string') sizes.set(alias.toLowerCase(), size)
  }
  const { select_list: _, from_table: __, cte_map: ___, ...clauses } = select
  return Math.max(largest, sizeOf(clauses, sizes))
}

function sizeOf(node: unknown, sizes: ReadonlyMap<string, number>): number {
  if (typeof node !== 'object' || node === null) return 0
  const name = columnOf(node as Tree)
  if (name !== undefined) return sizes.get(name) ?? 1
  return childrenOf(node).reduce<number>((sum, child) => sum + sizeOf(child, sizes), 1)
}

/** The last name of a column, in lower case; undefined for any other node. */
function columnOf(tree: Tree): string | undefined {
  if (tree['class'] !== 'COLUMN_REF') return undefined
  return (tree['column_names'] as string[]).at(-1)?.toLowerCase()
}

// A table's name among expressions is a whole row in one value.
function rowAsValue(node: unknown, tables: ReadonlySet<string>): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined
  const name = columnOf(node as Tree)
  if (name !== undefined && tables.has(name)) return `${name}, a table, as a value`
  for (const child of childrenOf(node)) {
    const found = rowAsValue(child, tables)
    if (found !== undefined) return found
  }
  return undefined
}
