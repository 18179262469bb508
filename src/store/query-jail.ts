// What a user's SQL may say. DuckDB's own switches are instance-wide, and the shard must go on
// attaching files: so the jail is an allow-list over the parsed statement. Whatever is not known
// here is refused: kinds of nodes, tables, functions, types.
import { EngineError } from '../errors.js'
import { INTERVALS } from '../model/interval.js'
import { ADDED_NAMES, ADDED_TABLES } from './added-tables.js'
import { excessOf } from './query-size.js'

const TABLES: ReadonlySet<string> = new Set([
  'ticks',
  'late_ticks',
  'rejected_ticks',
  'order_flow',
  'gaps',
  ...INTERVALS.map((interval) => `candles_${interval}`),
  ...ADDED_NAMES.filter((name) => ADDED_TABLES[name].forUsers),
])

// No function whose output can be larger than its input: a chain of concatenations doubles with
// every link, and neither limit nor interrupt stops one that is at it.
const FUNCTIONS: ReadonlySet<string> = new Set(
  `count count_star sum fsum kahan_sum avg min max first last any_value arg_min arg_max min_by
   max_by stddev stddev_samp stddev_pop variance var_samp var_pop median quantile_cont
   quantile_disc mode corr covar_pop covar_samp regr_slope regr_intercept regr_r2 regr_count
   skewness kurtosis entropy bool_and bool_or product approx_count_distinct mad sem row_number
   rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value + - * /
   // % ** ^ & | << >> ~~ !~~ ~~* !~~* abs ceil ceiling floor round trunc sqrt cbrt ln log log2
   log10 exp power pow sign mod greatest least sin cos tan asin acos atan atan2 radians degrees
   pi isnan isfinite isinf nextafter date_trunc datetrunc date_part datepart date_diff datediff
   date_sub datesub epoch epoch_ms epoch_us epoch_ns make_timestamp make_date time_bucket
   timezone to_timestamp year month day hour minute second millisecond microsecond dayofweek isodow
   dayofyear week quarter last_day to_microseconds to_milliseconds to_seconds to_minutes to_hours
   to_days to_weeks to_months to_years age lower upper length strlen substring substr left right
   trim ltrim rtrim starts_with ends_with contains nullif ifnull`
    .split(/\s+/)
    .filter((name) => name !== ''),
)

// The parser writes `x AT TIME ZONE zone` as main.timezone(zone, x).
const WRITTEN_BY_PARSER = 'timezone'

// With one argument more these keep as many values as it says, outside any memory limit and deaf to
// interrupt().
const MOST_ARGUMENTS: Readonly<Record<string, number>> = {
  min: 1,
  max: 1,
  arg_min: 2,
  arg_max: 2,
  min_by: 2,
  max_by: 2,
}
// Written like columns, these are functions, and tell of the shard's own database.
const VALUE_FUNCTIONS: ReadonlySet<string> = new Set(
  'current_catalog current_schema current_role current_user session_user user'.split(' '),
)
// Tables of a pair's file that are not a user's: no name of a query's own may be theirs.
const PRIVATE_TABLES: ReadonlySet<string> = new Set([
  'meta',
  'state',
  ...ADDED_NAMES.filter((name) => !ADDED_TABLES[name].forUsers),
])

const EXPRESSIONS: ReadonlySet<string> = new Set([
  'BETWEEN',
  'CASE',
  'CAST',
  'COLUMN_REF',
  'COMPARISON',
  'CONJUNCTION',
  'CONSTANT',
  'FUNCTION',
  'OPERATOR',
  'PARAMETER',
  'POSITIONAL_REFERENCE',
  'STAR',
  'SUBQUERY',
  'WINDOW',
])
const OPERATORS: ReadonlySet<string> = new Set([
  'COMPARE_IN',
  'COMPARE_NOT_IN',
  'OPERATOR_COALESCE',
  'OPERATOR_IS_NOT_NULL',
  'OPERATOR_IS_NULL',
  'OPERATOR_NOT',
  'OPERATOR_NULLIF',
])
// Query nodes, things to select from, and what modifies them.
const NODES: ReadonlySet<string> = new Set([
  'SELECT_NODE',
  'SET_OPERATION_NODE',
  'BASE_TABLE',
  'EMPTY',
  'EXPRESSION_LIST',
  'JOIN',
  'SUBQUERY',
  'DISTINCT_MODIFIER',
  'LIMIT_MODIFIER',
  'LIMIT_PERCENT_MODIFIER',
  'ORDER_MODIFIER',
  'ASCENDING',
  'DESCENDING',
  'ORDER_DEFAULT',
])
const TYPES: ReadonlySet<string> = new Set(
  `BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT DOUBLE
   DECIMAL VARCHAR DATE TIME TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS INTERVAL`
    .split(/\s+/)
    .concat('TIMESTAMP WITH TIME ZONE'),
)
// A name of DuckDB's own catalogs, or one that could be a file, must not pass for an expression's.
const OWN_NAME = /^(?!duckdb_|pragma_|sqlite_|pg_|information_schema)[a-z_][a-z0-9_]*$/i

type Tree = Readonly<Record<string, unknown>>

function refuse(what: string): never {
  throw new EngineError(
    'QUERY_REFUSED',
    `a query is one SELECT over this pair's tables (${[...TABLES].join(', ')}); refused: ${what}`,
  )
}

/**
 * Admits a statement as json_serialize_sql gives it, and answers which of the pair's tables it
 * reads; throws QUERY_REFUSED, naming what is refused.
 */
export function admit(serialized: string): ReadonlySet<string> {
  const parsed = parse(serialized)
  if (parsed.error) refuse(parsed.error_message ?? 'it cannot be parsed')
  const { statements = [] } = parsed
  if (statements.length !== 1) refuse(`${statements.length} statements`)
  const read = new Set<string>()
  walk(statements[0], { names: new Set(), read })
  const excess = excessOf(statements[0])
  if (excess !== undefined) refuse(excess)
  return read
}

interface Parsed {
  readonly error: boolean
  readonly error_message?: string
  readonly statements?: Tree[]
}

// A number beyond a double's is written as Infinity, which is no JSON.
function parse(serialized: string): Parsed {
  try {
    return JSON.parse(serialized) as Parsed
  } catch {
    return refuse('a number that no DOUBLE holds')
  }
}

/** Names of common table expressions that hold here, and the tables met so far. */
interface Scope {
  readonly names: ReadonlySet<string>
  readonly read: Set<string>
}

function walk(node: unknown, scope: Scope): void {
  if (Array.isArray(node)) for (const one of node) walk(one, scope)
  else if (typeof node === 'object' && node !== null) walkTree(node as Tree, scope)
}

function walkTree(tree: Tree, outer: Scope): void {
  const scope = walkNamed(tree, outer)
  if (typeof tree['class'] === 'string') checkExpression(tree, tree['class'])
  else if (typeof tree['type'] === 'string') checkNode(tree, tree['type'], scope)
  for (const [key, value] of Object.entries(tree)) {
    // The value of a constant and the type of a cast are looked at above.
    if (tree['class'] === 'CONSTANT' || key === 'cast_type' || key === 'cte_map') continue
    walk(value, scope)
  }
}

function checkExpression(tree: Tree, kind: string): void {
  if (!EXPRESSIONS.has(kind)) refuse(`${kind.toLowerCase()} expression`)
  const name = String(tree['function_name'] ?? '')
  if (kind === 'OPERATOR' && !OPERATORS.has(String(tree['type']))) refuse(`${tree['type']}`)
  if (kind === 'FUNCTION' || kind === 'WINDOW') {
    const own = name === WRITTEN_BY_PARSER && tree['schema'] === 'main'
    const elsewhere = (tree['schema'] !== undefined && !own) || tree['catalog'] !== undefined
    if (elsewhere || !FUNCTIONS.has(name.toLowerCase())) refuse(`function ${name}`)
    const given = ((tree['children'] as unknown[] | undefined) ?? []).length
    if (given > (MOST_ARGUMENTS[name.toLowerCase()] ?? given)) {
      refuse(`function ${name} with ${given} arguments`)
    }
  }
  if (kind === 'COLUMN_REF') {
    const names = tree['column_names'] as string[]
    if (names.length > 2) refuse(`column ${names.join('.')}`)
    if (VALUE_FUNCTIONS.has(names[0].toLowerCase())) refuse(`column ${names[0]}`)
  }
  if (kind !== 'CAST') return
  const type = tree['cast_type'] as Tree | undefined
  const info = (type?.['type_info'] as Tree | undefined)?.['type'] ?? 'DECIMAL_TYPE_INFO'
  if (!TYPES.has(String(type?.['id'])) || info !== 'DECIMAL_TYPE_INFO') {
    refuse(`cast to ${type?.['id']}`)
  }
}

function checkNode(tree: Tree, kind: string, scope: Scope): void {
  if (!NODES.has(kind)) refuse(kind.toLowerCase().replaceAll('_', ' '))
  if (kind !== 'BASE_TABLE') return
  const name = String(tree['table_name']).toLowerCase()
  const elsewhere = tree['schema_name'] !== undefined || tree['catalog_name'] !== undefined
  if (elsewhere) refuse(`table ${name} of a schema`)
  if (scope.names.has(name)) return
  if (!TABLES.has(name)) refuse(`table ${name}`)
  scope.read.add(name)
}

// A common table expression sees those before it and those around it, not itself and none after;
// the node that has them, and all below, see every one.
function walkNamed(tree: Tree, outer: Scope): Scope {
  const map = (tree['cte_map'] as { map?: { key: string; value: Tree }[] } | undefined)?.map
  if (map === undefined) return outer
  let scope = outer
  for (const { key, value } of map) {
    walk(value, scope)
    const name = key.toLowerCase()
    if (!OWN_NAME.test(name) || PRIVATE_TABLES.has(name)) refuse(`name ${key}`)
    scope = { names: new Set([...scope.names, name]), read: scope.read }
  }
  return scope
}
