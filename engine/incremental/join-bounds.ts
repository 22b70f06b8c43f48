import type { ColumnRef, Expression } from '../expr/expression.ts'
import { boundOffset } from '../plan/join-bounds.ts'
import { isNumeric } from '../types/data-type.ts'
import type { EventTime } from './incremental-plan.ts'

/**
 * How far behind the input watermark the stored rows of a side may be forgotten, in milliseconds; undefined when the condition bounds
 * nothing. The rule is `boundOffset`'s.
 * Rule: spark.md 3.4 b (Spark: StreamingJoinHelper.getStateValueWatermark); the sides' event times are the only columns that may occur.
 *
 * Spark takes a lower bound on any number or time of the side alone (`l.v > 0` in the ON of an outer join) for a bound too, a constant that the watermark
 * left behind long ago: such a side forgets nothing and its NULL rows do not come. Its answers are the measure, so it is the same here
 * (observed on 4.3; analysis warns).
 */
export function deriveEvictOffset(
  conjuncts: readonly Expression[],
  ownColumns: readonly ColumnRef[],
  ownTime: EventTime | undefined,
  otherColumns: readonly ColumnRef[],
  otherTime: EventTime | undefined,
): number | undefined {
  if (ownTime === undefined || otherTime === undefined) return undefined
  const lowerBounded = conjuncts.some((conjunct) => {
    if (conjunct.kind !== 'call') return false
    const [first, second] = conjunct.args
    if (conjunct.name === '<' || conjunct.name === '<=') return isOwnLowerBound(first!, second!, ownColumns)
    return (conjunct.name === '>' || conjunct.name === '>=') && isOwnLowerBound(second!, first!, ownColumns)
  })
  if (lowerBounded) return NEVER
  const idOf = (columns: readonly ColumnRef[], time: EventTime): ReadonlySet<number> => new Set([columns[time.ordinal]!.id])
  const micros = boundOffset(conjuncts, idOf(ownColumns, ownTime), idOf(otherColumns, otherTime))
  return micros === undefined ? undefined : Math.floor(micros / 1000)
}

/** So far behind every watermark that nothing is ever forgotten; finite, so that plans print and compare it. */
const NEVER = -8.64e15

/** `constant < column of the side`. */
function isOwnLowerBound(less: Expression, greater: Expression, ownColumns: readonly ColumnRef[]): boolean {
  const column = greater.kind === 'cast' ? greater.child : greater
  return (
    less.kind === 'literal' &&
    less.value !== null &&
    column.kind === 'column' &&
    (isNumeric(column.type) || column.type.kind === 'timestamp') &&
    ownColumns.some((c) => c.id === column.id)
  )
}
