import type { SqlFrontend } from '../engine/plan/sql-frontend.ts'
import { parseExpression, parseSchema, parseType, parseTypeOrColumns } from './ddl.ts'
import { parseDialectScript } from './dialects/parse-dialect.ts'
import { parseScript } from './script.ts'

export { formatDiagnostic } from './diagnostic.ts'
export { substituteVariables } from './script.ts'

/** Spark's SQL for the session. Parsing and lowering do no I/O and read no clock. */
export const sqlFrontend: SqlFrontend = {
  parseScript,
  parseDialectScript,
  parseExpression,
  parseSchema,
  parseType,
  parseTypeOrColumns,
}
