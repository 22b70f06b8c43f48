import type { ColumnRef, Expression } from '../expr/expression.ts'
import type { CalendarInterval } from '../types/value.ts'
import type { Join } from './logical-plan.ts'
import { outputOf } from './output.ts'
import { columnsIn } from './references.ts'

/** What the condition of a stream-stream join says about how long its sides must be kept. Rule: spark.md 3.4. */
export interface JoinBounds {
  /** `left = right` conjuncts, each side's expression over its own columns only. */
  readonly keys: readonly { readonly left: Expression; readonly right: Expression }[]
  /** Conjuncts that are no key. */
  readonly rest: readonly Expression[]
  /** Position in `keys` of the first one that is an event time on either side (left sides first): both sides forget by it. */
  readonly keyWatermark: number | undefined
  /** Per side: rows with event time <= watermark + offset can match nothing any more. µs; undefined: no bound. */
  readonly leftOffsetMicros: number | undefined
  readonly rightOffsetMicros: number | undefined
  /** Does the condition bound the side by the other's event time at all, whichever of its own columns is a time? What legality asks. */
  readonly leftBounded: boolean
  readonly rightBounded: boolean
}

export function joinBounds(join: Join): JoinBounds {
  return boundsOf(join.condition, outputOf(join.left), outputOf(join.right))
}

export function boundsOf(condition: Expression | undefined, left: readonly ColumnRef[], right: readonly ColumnRef[]): JoinBounds {
  const leftIds = new Set(left.map((c) => c.id))
  const rightIds = new Set(right.map((c) => c.id))
  const keys: { left: Expression; right: Expression }[] = []
  const rest: Expression[] = []
  for (const conjunct of conjunctsOf(condition)) {
    const key = equality(conjunct, leftIds, rightIds)
    if (key === undefined) rest.push(conjunct)
    else keys.push(key)
  }
  const isTime = (e: Expression): boolean => markedColumn(e) !== undefined
  const onLeft = keys.findIndex((key) => isTime(key.left))
  const onRight = keys.findIndex((key) => isTime(key.right))
  const keyWatermark = onLeft >= 0 ? onLeft : onRight >= 0 ? onRight : undefined
  const times = (columns: readonly ColumnRef[]): Set<number> =>
    new Set(columns.filter((c) => c.metadata?.watermarkDelayMs !== undefined).map((c) => c.id))
  const leftTimes = times(left)
  const rightTimes = times(right)
  return {
    keys,
    rest,
    keyWatermark,
    leftOffsetMicros: boundOffset(rest, leftTimes, rightTimes),
    rightOffsetMicros: boundOffset(rest, rightTimes, leftTimes),
    leftBounded: boundOffset(rest, leftIds, rightTimes) !== undefined,
    rightBounded: boundOffset(rest, rightIds, leftTimes) !== undefined,
  }
}

export function conjunctsOf(condition: Expression | undefined): Expression[] {
  if (condition === undefined) return []
  if (condition.kind === 'call' && condition.name === 'and') return condition.args.flatMap(conjunctsOf)
  return [condition]
}

function equality(
  e: Expression,
  left: ReadonlySet<number>,
  right: ReadonlySet<number>,
): { left: Expression; right: Expression } | undefined {
  if (e.kind !== 'call' || (e.name !== '=' && e.name !== '<=>')) return undefined
  const [first, second] = e.args as [Expression, Expression]
  if (within(first, left) && within(second, right)) return { left: first, right: second }
  if (within(first, right) && within(second, left)) return { left: second, right: first }
  return undefined
}

/** Reads columns of this side and of no other, and at least one. */
function within(e: Expression, side: ReadonlySet<number>): boolean {
  const columns = [...columnsIn(e).keys()]
  return columns.length > 0 && columns.every((id) => side.has(id))
}

function markedColumn(e: Expression): ColumnRef | undefined {
  return e.kind === 'column' && e.metadata?.watermarkDelayMs !== undefined ? e : undefined
}

/** A term as `time + constant` of one side, or a constant alone; signs summed by `terms`. */
interface Linear {
  readonly own: number
  readonly other: number
  readonly constantMicros: number
}

/**
 * From each conjunct `O + c1 < S + c2` (S the side's time, O the other's) follows S > O + c1 - c2; no O at or before the
 * watermark comes any more, so S <= watermark + c1 - c2 matches nothing (1 ms less for `<=`). The least of all bounds holds. µs; `own` and
 * `other` are the ids of the columns that count as times.
 */
export function boundOffset(
  conjuncts: readonly Expression[],
  own: ReadonlySet<number>,
  other: ReadonlySet<number>,
): number | undefined {
  const offsets: number[] = []
  for (const conjunct of conjuncts) {
    if (conjunct.kind !== 'call') continue
    const swapped = conjunct.name === '>' || conjunct.name === '>='
    if (!swapped && conjunct.name !== '<' && conjunct.name !== '<=') continue
    const [first, second] = conjunct.args as [Expression, Expression]
    const isOwn = (c: ColumnRef): boolean => own.has(c.id)
    const isOther = (c: ColumnRef): boolean => other.has(c.id)
    const less = linear(swapped ? second : first, isOwn, isOther)
    const greater = linear(swapped ? first : second, isOwn, isOther)
    if (less === undefined || greater === undefined) continue
    const difference = {
      own: less.own - greater.own,
      other: less.other - greater.other,
      constantMicros: less.constantMicros - greater.constantMicros,
    }
    if (difference.own !== -1 || difference.other !== 1) continue
    offsets.push(difference.constantMicros - (conjunct.name.endsWith('=') ? 1000 : 0))
  }
  return offsets.length === 0 ? undefined : Math.min(...offsets)
}

function linear(e: Expression, isOwn: (c: ColumnRef) => boolean, isOther: (c: ColumnRef) => boolean): Linear | undefined {
  switch (e.kind) {
    case 'alias':
      return linear(e.child, isOwn, isOther)
    case 'cast':
      return e.type.kind === 'timestamp' || e.type.kind === 'bigint' || e.type.kind === 'double' || e.type.kind === 'interval'
        ? linear(e.child, isOwn, isOther)
        : undefined
    case 'column':
      if (isOwn(e)) return { own: 1, other: 0, constantMicros: 0 }
      return isOther(e) ? { own: 0, other: 1, constantMicros: 0 } : undefined
    case 'literal': {
      const micros = literalMicros(e.type.kind, e.value)
      return micros === undefined ? undefined : { own: 0, other: 0, constantMicros: micros }
    }
    case 'call': {
      const terms = e.args.map((arg) => linear(arg, isOwn, isOther))
      if (terms.some((term) => term === undefined)) return undefined
      const [a, b] = terms as [Linear, Linear | undefined]
      if (e.name === 'negative') return scaled(a, -1)
      if (e.name === '+' && b) return added(a, b)
      if (e.name === '-' && b) return added(a, scaled(b, -1))
      return undefined
    }
    default:
      return undefined
  }
}
function scaled(term: Linear, by: number): Linear {
  return { own: term.own * by, other: term.other * by, constantMicros: term.constantMicros * by }
}
function added(a: Linear, b: Linear): Linear {
  return { own: a.own + b.own, other: a.other + b.other, constantMicros: a.constantMicros + b.constantMicros }
}

/** Intervals with months have no fixed length and bound nothing. */
function literalMicros(kind: string, value: unknown): number | undefined {
  if (kind === 'interval_day_time' || kind === 'timestamp') return Number(value)
  if (kind !== 'interval') return undefined
  const { months, days, microseconds } = value as CalendarInterval
  return months === 0 ? days * 86_400_000_000 + Number(microseconds) : undefined
}
