import type { StatementSyntax } from '../ast.ts'
import type { Cursor } from './cursor.ts'

const COMMANDS =
  'ALTER ANALYZE BEGIN CACHE CALL CLEAR COMMENT COMMIT CREATE DECLARE DELETE DESC DESCRIBE DROP EXECUTE EXPORT GRANT IMPORT LIST LOAD LOCK MERGE MSCK ADD REFRESH ' +
  'REPAIR REVOKE ROLLBACK SET SHOW START TRUNCATE UNCACHE UNLOCK UPDATE USE DFS'

/** A statement of Spark's that Millrace knows and does not run. */
export function readUnsupported(cursor: Cursor): StatementSyntax {
  const first = cursor.at
  if (!COMMANDS.split(' ').includes(cursor.token.upper)) throw cursor.unexpected()
  const what = `${cursor.next().upper}${cursor.token.kind === 'word' ? ` ${cursor.token.upper}` : ''}`
  while (!cursor.done && !cursor.sees(';')) cursor.at++
  const span = cursor.spanFrom(first)
  return { kind: 'unsupported', what, text: cursor.text.slice(span.start, span.end), span }
}
