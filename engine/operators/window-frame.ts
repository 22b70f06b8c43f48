import { AnalysisError, InternalError } from '../errors/engine-error.ts'
import { interpret } from '../evaluate/interpret.ts'
import { call, type Expression, type FrameBound, literal, type SortOrder, typeOf, type WindowCall } from '../expr/expression.ts'
import { arithmeticOverflow } from '../functions/operators/arithmetic-errors.ts'
import type { DataType } from '../types/data-type.ts'
import type { CalendarInterval, Value } from '../types/value.ts'
import type { BuildOptions } from './build-options.ts'
import type { Partition } from './window-functions.ts'

/** Rows [from, to) of the frame of a row. */
export type Frame = readonly [from: number, to: number]
export type FrameOf = (partition: Partition, row: number, order: (row: number) => Value) => Frame

type BoundOf = (partition: Partition, row: number, order: (row: number) => Value) => number

/**
 * The frame of a call. Without one written: from the start of the partition to the last peer of the row when there is an ORDER BY, else
 * the whole partition.
 */
export function frameOf(call: WindowCall, orderBy: readonly SortOrder[], options: BuildOptions): FrameOf {
  const { frame } = call
  if (frame === undefined) {
    return orderBy.length === 0
      ? (partition) => [partition.start, partition.end]
      : (partition, row) => [partition.start, partition.peerEnd[row]!]
  }
  const from = boundOf(frame.unit, frame.start, true, orderBy, options)
  const to = boundOf(frame.unit, frame.end, false, orderBy, options)
  return (partition, row, order) => [from(partition, row, order), to(partition, row, order)]
}

function boundOf(
  unit: 'rows' | 'range' | 'groups',
  bound: FrameBound,
  isStart: boolean,
  orderBy: readonly SortOrder[],
  options: BuildOptions,
): BoundOf {
  switch (bound.kind) {
    case 'unbounded_preceding':
      return (partition) => partition.start
    case 'unbounded_following':
      return (partition) => partition.end
    case 'current_row':
      if (unit === 'rows') return (_, row) => (isStart ? row : row + 1)
      return (partition, row) => (isStart ? partition.peerStart[row]! : partition.peerEnd[row]!)
    default: {
      // Not folded before when computing it fails: here the failure is the query's.
      const offset = interpret(bound.offset, options.functions, options.context)([])
      if (offset === null) throw new InternalError('a frame bound was not folded to a constant')
      const sign = bound.kind === 'preceding' ? -1 : 1
      if (unit === 'rows') return rowsBound(sign * Number(offset), isStart)
      if (unit === 'groups') return groupsBound(sign * Number(offset), isStart)
      return rangeBound(shiftOf(bound.offset, offset, sign, orderBy[0]!, options), isStart, orderBy[0]!)
    }
  }
}

function rowsBound(offset: number, isStart: boolean): BoundOf {
  return (partition, row) => clamp(partition, row + offset + (isStart ? 0 : 1))
}

function groupsBound(offset: number, isStart: boolean): BoundOf {
  return (partition, row) => {
    let at = partition.peerStart[row]!
    for (let step = 0; step < Math.abs(offset); step++) {
      if (offset < 0) {
        if (at === partition.start) return partition.start
        at = partition.peerStart[at - 1]!
      } else {
        at = partition.peerEnd[at]!
        if (at >= partition.end) return partition.end
      }
    }
    return isStart ? at : partition.peerEnd[at]!
  }
}

/** Rows whose order key is at most `offset` away. A NULL key has its peers as its frame. */
function rangeBound(shift: Shift, isStart: boolean, orderBy: SortOrder): BoundOf {
  const direction = orderBy.descending ? -1 : 1
  return (partition, row, order) => {
    const own = order(row)
    if (own === null) return isStart ? partition.peerStart[row]! : partition.peerEnd[row]!
    const limit = shift(own)
    let low = partition.start
    let high = partition.end
    // The first row that is inside (start) or beyond (end); rows are sorted, NULLs at one end.
    while (low < high) {
      const middle = (low + high) >> 1
      const key = order(middle)
      const apart = key === null ? 0 : compare(key, limit) * direction
      const isBefore = key === null ? orderBy.nullsFirst : isStart ? apart < 0 : apart <= 0
      if (isBefore) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The key at the end of the frame of a row with this key. */
type Shift = (key: Value) => number | bigint

function shiftOf(bound: Expression, offset: Value, side: number, orderBy: SortOrder, options: BuildOptions): Shift {
  const sign = side * (orderBy.descending ? -1 : 1)
  const key = typeOf(orderBy.child)
  const by = typeOf(bound)
  if (by.kind === 'interval_year_month' || (by.kind === 'interval' && (offset as CalendarInterval).months !== 0))
    return monthShift(key, by, offset, sign, options)
  const distance = by.kind === 'interval' ? intervalMicros(offset as CalendarInterval) : (offset as number | bigint)
  // A day of a DATE is a number, and part of a day lies between two of them.
  if (key.kind === 'date' && typeof distance === 'bigint') {
    const days = (sign * Number(distance)) / 86_400_000_000
    return (value) => (value as number) + days
  }
  return (value) => {
    if (typeof value === 'number') return value + sign * Number(distance)
    if (typeof value !== 'bigint')
      throw new AnalysisError('UNSUPPORTED_FEATURE', {
        message: 'a RANGE frame with an offset needs a number or a time to order by',
      })
    const limit = value + BigInt(sign) * BigInt(distance)
    if (key.kind === 'bigint' && BigInt.asIntN(64, limit) !== limit) throw arithmeticOverflow('overflow')
    return limit
  }
}

/** Months are as long as the calendar says: the sum is that of `+`. */
function monthShift(key: DataType, by: DataType, offset: Value, sign: number, options: BuildOptions): Shift {
  const { functions, context } = options
  const moved: Value = typeof offset === 'object' ? negatedIf(sign < 0, offset as CalendarInterval) : sign * Number(offset)
  const sum: Expression = {
    ...call('+', [{ kind: 'bound', ordinal: 0, type: key, nullable: false }, literal(moved, by)]),
    type: key,
    nullable: false,
  }
  const add = interpret(sum, functions, context)
  return (value) => add([value]) as number | bigint
}
function negatedIf(negative: boolean, { months, days, microseconds }: CalendarInterval): CalendarInterval {
  return negative ? { months: -months, days: -days, microseconds: -microseconds } : { months, days, microseconds }
}
function intervalMicros({ days, microseconds }: CalendarInterval): bigint {
  return BigInt(days) * 86_400_000_000n + microseconds
}
function compare(left: Value, right: number | bigint): number {
  const key = left as number | bigint
  return key < right ? -1 : key > right ? 1 : 0
}
function clamp(partition: Partition, row: number): number {
  return Math.min(partition.end, Math.max(partition.start, row))
}
