import { InternalError } from '../errors/engine-error.ts'
import type { SqlFrontend } from '../plan/sql-frontend.ts'

let frontend: SqlFrontend | undefined

/**
 * The package's entry hands the SQL frontend in once, since the engine does not import `sql`. Columns are made without a session
 * (`col('a').cast('int')`, `expr('a + 1')`), so this one reference is per process, not per session. It has no state.
 */
export function useSqlFrontend(given: SqlFrontend): void {
  frontend = given
}
export function sqlFrontend(): SqlFrontend {
  if (frontend === undefined)
    throw new InternalError('the SQL frontend is not set: import from "millrace", not from a file inside it')
  return frontend
}
