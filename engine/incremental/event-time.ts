import { AnalysisError } from '../errors/engine-error.ts'
import type { ColumnRef } from '../expr/expression.ts'
import type { EventTime } from './incremental-plan.ts'

/**
 * The column of a stateful operator's input that carries the watermark's mark, by position; undefined when none does.
 * Two different ones are an error, as in Spark (MULTIPLE_EVENT_TIME_COLUMNS): nobody could say which of them makes a row late.
 */
export function eventTimeOf(columns: readonly ColumnRef[]): EventTime | undefined {
  const marked = columns.filter((c) => c.metadata?.watermarkDelayMs !== undefined)
  const first = marked[0]
  if (first === undefined) return undefined
  const ids = new Set(marked.map((c) => c.id))
  if (ids.size > 1) {
    throw new AnalysisError('MULTIPLE_EVENT_TIME_COLUMNS', {
      message: 'a stateful operator has several event-time columns in its input',
      detail: `They are ${marked.map((c) => `"${c.name}"`).join(' and ')}.`,
      hint: 'Select only one of them below the operator.',
      parameters: { eventTimeCols: marked.map((c) => c.name).join(',') },
    })
  }
  return { ordinal: columns.indexOf(first), form: first.type.kind === 'struct' ? 'window' : 'time' }
}
