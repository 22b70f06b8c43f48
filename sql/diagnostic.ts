import { EngineError } from '../engine/errors/engine-error.ts'

/**
 * An error as people read it:
 *
 *   query.sql:3:8: column "pric" does not exist
 *     3 | SELECT pric * qty
 *       |        ^^^^
 *     Columns in scope: price, qty.
 *     Did you mean "price"?
 *     UNRESOLVED_COLUMN.WITH_SUGGESTION, SQLSTATE 42703
 *
 * The last line is what to search for.
 * Lines and columns count from 1; a column is a UTF-16 code unit, as editors count. Without a place, the first line has the file alone.
 */
export function formatDiagnostic(error: unknown, text: string, fileName: string): string {
  if (!(error instanceof EngineError)) return `${fileName}: ${error instanceof Error ? error.message : String(error)}`
  const { span, detail, hint } = error
  const lines: string[] = []
  if (span === undefined) lines.push(`${fileName}: ${error.message}`)
  else {
    const place = placeOf(text, span.start)
    lines.push(`${fileName}:${place.line}:${place.column}: ${error.message}`)
    const number = `${place.line}`
    // Tabs stay tabs on both lines, so that the caret stands below its word.
    const lead = place.text.slice(0, place.column - 1).replace(/[^\t]/g, ' ')
    const length = Math.max(1, Math.min(span.end, place.start + place.text.length) - span.start)
    lines.push(`  ${number} | ${place.text}`, `  ${' '.repeat(number.length)} | ${lead}${'^'.repeat(length)}`)
  }
  for (const sentence of [detail, hint]) if (sentence) lines.push(`  ${sentence}`)
  const { condition, sqlState } = rootOf(error)
  lines.push(sqlState === undefined ? `  ${condition}` : `  ${condition}, SQLSTATE ${sqlState}`)
  return lines.join('\n')
}

/** That a query has failed says little; what made it fail does. */
function rootOf(error: EngineError): EngineError {
  return error.condition === 'STREAM_FAILED' && error.cause instanceof EngineError ? error.cause : error
}

function placeOf(text: string, offset: number): { line: number; column: number; start: number; text: string } {
  const at = Math.min(offset, text.length)
  const start = text.lastIndexOf('\n', at - 1) + 1
  const end = text.indexOf('\n', start)
  const line = text.slice(0, start).split('\n').length
  return { line, column: at - start + 1, start, text: text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '') }
}
