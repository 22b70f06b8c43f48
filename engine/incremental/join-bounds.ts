import type { ColumnRef, Expression } from '../expr/expression.ts'
import { isNumeric } from '../types/data-type.ts'
import type { CalendarInterval } from '../types/value.ts'
import type { EventTime } from './incremental-plan.ts'

/** An expression as `own·S + other·O + constant`, S and O being the sides' event times; all in microseconds. */
interface LinearTime {
  readonly own: number
  readonly other: number
  readonly constantMicros: number
}

/**
 * How far behind the input watermark the stored rows of a side may be forgotten, in milliseconds; undefined when the condition bounds
 * nothing. From each conjunct `O + c1 < S + c2` follows S > O + c1 - c2: as no row with O at or before the watermark can still come,
 * rows with S <= watermark + c1 - c2 can match nothing (one millisecond less for `<=`). Of several bounds the least holds.
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
  const own = ownColumns[ownTime.ordinal]!.id
  const other = otherColumns[otherTime.ordinal]!.id
  const offsets: number[] = []
  for (const conjunct of conjuncts) {
    if (conjunct.kind !== 'call') continue
    const [first, second] = conjunct.args
    const swapped = conjunct.name === '>' || conjunct.name === '>='
    if (!swapped && conjunct.name !== '<' && conjunct.name !== '<=') continue
    if (isOwnLowerBound(swapped ? second! : first!, swapped ? first! : second!, ownColumns)) {
      offsets.push(NEVER)
      continue
    }
    const less = linear(swapped ? second! : first!, own, other)
    const greater = linear(swapped ? first! : second!, own, other)
    if (less === undefined || greater === undefined) continue
    const difference = add(less, greater, -1)
    if (difference.own !== -1 || difference.other !== 1) continue
    const inclusive = conjunct.name.endsWith('=')
    offsets.push(Math.floor(difference.constantMicros / 1000) - (inclusive ? 1 : 0))
  }
  return offsets.length === 0 ? undefined : Math.min(...offsets)
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

function linear(e: Expression, own: number, other: number): LinearTime | undefined {
  switch (e.kind) {
    case 'alias':
      return linear(e.child, own, other)
    case 'cast':
      return e.type.kind === 'timestamp' ? linear(e.child, own, other) : undefined
    case 'column':
      if (e.id === own) return { own: 1, other: 0, constantMicros: 0 }
      return e.id === other ? { own: 0, other: 1, constantMicros: 0 } : undefined
    case 'literal': {
      const micros = literalMicros(e.type.kind, e.value as bigint | CalendarInterval | null)
      return micros === undefined ? undefined : { own: 0, other: 0, constantMicros: micros }
    }
    case 'call': {
      const terms = e.args.map((a) => linear(a, own, other))
      const [left, right] = terms
      if (left === undefined || (terms.length === 2 && right === undefined)) return undefined
      if (e.name === '+') return add(left, right!, 1)
      if (e.name === '-') return add(left, right!, -1)
      if (e.name === 'negative') return add({ own: 0, other: 0, constantMicros: 0 }, left, -1)
      return e.name === 'positive' ? left : undefined
    }
    default:
      return undefined
  }
}

/** Intervals with months have no fixed length: they bound nothing. */
function literalMicros(kind: string, value: bigint | CalendarInterval | null): number | undefined {
  if (value === null) return undefined
  if (typeof value === 'bigint') return kind === 'timestamp' || kind === 'interval_day_time' ? Number(value) : undefined
  if (kind !== 'interval' || value.months !== 0) return undefined
  return value.days * 86_400_000_000 + Number(value.microseconds)
}

function add(left: LinearTime, right: LinearTime, sign: 1 | -1): LinearTime {
  return {
    own: left.own + sign * right.own,
    other: left.other + sign * right.other,
    constantMicros: left.constantMicros + sign * right.constantMicros,
  }
}
