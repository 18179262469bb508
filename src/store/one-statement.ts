// A user's statement as a part of a larger one: without the semicolon at its end, and what stands
// behind it.
import { EngineError } from '../errors.js'

const MOST_SEMICOLONS = 100
/** From a semicolon on: nothing but semicolons, blanks and comments. */
const END = /^(?:[;\s]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*$/

/**
 * The text of the one statement in `sql`. `reads` says whether DuckDB reads a text as that same
 * statement: its parser knows which semicolon stands in a text or a comment. Throws QUERY_REFUSED.
 */
export async function oneStatement(
  sql: string,
  reads: (text: string) => Promise<boolean>,
): Promise<string> {
  let semicolons = 0
  for (let at = sql.indexOf(';'); at >= 0; at = sql.indexOf(';', at + 1)) {
    if (++semicolons > MOST_SEMICOLONS) {
      const rule = `a query has at most ${MOST_SEMICOLONS} semicolons; give texts as parameters`
      throw new EngineError('QUERY_REFUSED', `${rule}: length=${sql.length}`)
    }
    const text = sql.slice(0, at)
    if (END.test(sql.slice(at)) && (await reads(text))) return text
  }
  return sql
}
