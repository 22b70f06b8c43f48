import { AnalysisError } from '../errors/engine-error.ts'
import type { Span } from '../errors/span.ts'
import type { ColumnRef } from '../expr/expression.ts'

/** Spark's condition for most of what streams refuse; only the message tells the cases apart. */
const UNSUPPORTED = '_LEGACY_ERROR_TEMP_3102'

export function refusal(
  message: string,
  more: { readonly hint?: string; readonly detail?: string; readonly span?: Span | undefined } = {},
): AnalysisError {
  return new AnalysisError(UNSUPPORTED, { message, ...more })
}

/** Does the column carry a watermark's mark? */
export function isEventTime(column: ColumnRef): boolean {
  return column.metadata?.watermarkDelayMs !== undefined
}
