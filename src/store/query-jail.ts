// What a user's SQL may say. DuckDB's own switches are instance-wide, and the shard must go on
// attaching files: so the jail is an allow-list over the parsed statement. Whatever is not known
// here is refused: kinds of nodes, tables, functions, types.
import { EngineError } from '../errors.js'
import { INTERVALS } from '../model/interval.js'

const TABLES: ReadonlySet<string> = new Set([
  'ticks',
  'late_ticks',
  'rejected_ticks',
  'order_flow',
  'gaps',
  ...INTERVALS.map((interval) => `candles_${interval}`),
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
   to_timestamp year month day hour minute second millisecond microsecond dayofweek isodow
   dayofyear week quarter last_day to_microseconds to_milliseconds to_seconds to_minutes to_hours
   to_days to_weeks to_months to_years age lower upper length strlen substring substr left right
   trim ltrim rtrim starts_with ends_with contains nullif ifnull`
    .split(/\s+/)
    .filter((name) => name !== ''),
)

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
   DECIMAL VARCHAR DATE TIME TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS INTERVAL`.split(/\s+/),
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

/** Admits a statement as json_serialize_sql gives it; throws QUERY_REFUSED, naming what is not. */
export function admit(serialized: string): void {
  const parsed = JSON.parse(serialized) as {
    error: boolean
    error_message?: string
    statements?: Tree[]
  }
  if (parsed.error) refuse(parsed.error_message ?? 'it cannot be parsed')
  const { statements = [] } = parsed
  if (statements.length !== 1) refuse(`${statements.length} statements`)
  walk(statements[0], new Set())
}

function walk(node: unknown, scope: ReadonlySet<string>): void {
  if (Array.isArray(node)) for (const one of node) walk(one, scope)
  else if (typeof node === 'object' && node !== null) walkTree(node as Tree, scope)
}

function walkTree(tree: Tree, outer: ReadonlySet<string>): void {
  if (typeof tree['class'] === 'string') checkExpression(tree, tree['class'])
  else if (typeof tree['type'] === 'string') checkNode(tree, tree['type'], outer)
  const scope = scopeOf(tree, outer)
  for (const [key, value] of Object.entries(tree)) {
    // The value of a constant and the type of a cast are looked at above.
    if (tree['class'] === 'CONSTANT' || key === 'cast_type') continue
    walk(value, scope)
  }
}

function checkExpression(tree: Tree, kind: string): void {
  if (!EXPRESSIONS.has(kind)) refuse(`${kind.toLowerCase()} expression`)
  const name = String(tree['function_name'] ?? '')
  if (kind === 'OPERATOR' && !OPERATORS.has(String(tree['type']))) refuse(`${tree['type']}`)
  if (kind === 'FUNCTION' || kind === 'WINDOW') {
    const elsewhere = tree['schema'] !== undefined || tree['catalog'] !== undefined
    if (elsewhere || !FUNCTIONS.has(name.toLowerCase())) refuse(`function ${name}`)
  }
  if (kind !== 'CAST') return
  const type = tree['cast_type'] as Tree | undefined
  const info = (type?.['type_info'] as Tree | undefined)?.['type'] ?? 'DECIMAL_TYPE_INFO'
  if (!TYPES.has(String(type?.['id'])) || info !== 'DECIMAL_TYPE_INFO') {
    refuse(`cast to ${type?.['id']}`)
  }
}

function checkNode(tree: Tree, kind: string, scope: ReadonlySet<string>): void {
  if (!NODES.has(kind)) refuse(kind.toLowerCase().replaceAll('_', ' '))
  if (kind !== 'BASE_TABLE') return
  const name = String(tree['table_name'])
  const elsewhere = tree['schema_name'] !== undefined || tree['catalog_name'] !== undefined
  const known = TABLES.has(name.toLowerCase()) || scope.has(name.toLowerCase())
  if (elsewhere || !known) refuse(`table ${name}`)
}

// The names of common table expressions hold in the node that has them and below.
function scopeOf(tree: Tree, outer: ReadonlySet<string>): ReadonlySet<string> {
  const map = (tree['cte_map'] as { map?: { key: string }[] } | undefined)?.map
  if (map === undefined) return outer
  const names = map.map(({ key }) => key.toLowerCase())
  for (const name of names) if (!OWN_NAME.test(name)) refuse(`name ${name}`)
  return new Set([...outer, ...names])
}
