import { AnalysisError } from '../errors/engine-error.ts'
import { type Expression, type FrameBound, typeOf, type WindowCall } from '../expr/expression.ts'
import { printBound, printExpression } from '../expr/print.ts'
import { compareValues } from '../types/compare.ts'
import { type DataType, isNumeric, sameType, sqlTypeName } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import { constantOf, readsRows } from './resolve-functions.ts'
import type { AnalysisContext } from './scope.ts'

type Frame = NonNullable<WindowCall['frame']>
type ValueBound = Extract<FrameBound, { readonly offset: Expression }>

/** A frame as written: bounds that are constants of the right type, in their order. Source: Spark's SpecifiedWindowFrame and WindowSpecDefinition. */
export function checkWindowFrame(e: WindowCall, frame: Frame, context: AnalysisContext): void {
  const text = `${frame.unit.toUpperCase()} BETWEEN ${printBound(frame.start, e)} AND ${printBound(frame.end, e)}`
  const refuse = (condition: string, message: string, parameters: Readonly<Record<string, string>>): AnalysisError =>
    new AnalysisError(`DATATYPE_MISMATCH.${condition}`, {
      message,
      span: e.span,
      parameters: { sqlExpr: `"${text}"`, ...parameters },
    })
  const checkBound = (bound: FrameBound, location: string): void => {
    if (!hasValue(bound)) return
    const { offset } = bound
    if (readsRows(offset))
      throw refuse('SPECIFIED_WINDOW_FRAME_WITHOUT_FOLDABLE', `the ${location} bound of a frame must be a constant`, {
        location,
        expression: `"${printExpression(offset)}"`,
      })
    const type = typeOf(offset)
    if (frame.unit === 'range' ? !isDistance(type) : type.kind !== 'int')
      throw refuse(
        'SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE',
        `the ${location} bound of a ${frame.unit.toUpperCase()} frame cannot be ${sqlTypeName(type)}`,
        {
          location,
          exprType: `"${sqlTypeName(type)}"`,
          expectedType:
            frame.unit === 'range'
              ? '("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")'
              : '"INT"',
        },
      )
  }
  checkBound(frame.start, 'lower')
  checkBound(frame.end, 'upper')
  if (frame.start.kind === 'unbounded_following' || frame.end.kind === 'unbounded_preceding')
    throw refuse('SPECIFIED_WINDOW_FRAME_INVALID_BOUND', 'the frame ends before it begins', {
      upper: `"${printBound(frame.end, e)}"`,
      lower: `"${printBound(frame.start, e)}"`,
    })
  if (hasValue(frame.start) && hasValue(frame.end)) {
    const [low, high] = [typeOf(frame.start.offset), typeOf(frame.end.offset)]
    if (!sameType(low, high))
      throw refuse('SPECIFIED_WINDOW_FRAME_DIFF_TYPES', 'the bounds of a frame must be of one type', {
        lower: `"${printExpression(frame.start.offset)}"`,
        upper: `"${printExpression(frame.end.offset)}"`,
        lowerType: `"${sqlTypeName(low)}"`,
        upperType: `"${sqlTypeName(high)}"`,
      })
    if (isAfter(frame.start, frame.end, low, context))
      throw refuse('SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON', 'the frame ends before it begins', {
        comparison: 'less than or equal',
      })
  }
  if (frame.unit === 'range') checkRange(e, frame)
}

function checkRange(e: WindowCall, frame: Frame): void {
  const valued = [frame.start, frame.end].find(hasValue)
  const unbounded = frame.start.kind === 'unbounded_preceding' && frame.end.kind === 'unbounded_following'
  if (!unbounded && e.orderBy.length === 0)
    throw new AnalysisError('DATATYPE_MISMATCH.RANGE_FRAME_WITHOUT_ORDER', {
      message: 'a RANGE frame needs ORDER BY in its window',
      span: e.span,
      parameters: { sqlExpr: `"${printExpression(e)}"` },
    })
  if (valued === undefined) return
  if (e.orderBy.length > 1)
    throw new AnalysisError('DATATYPE_MISMATCH.RANGE_FRAME_MULTI_ORDER', {
      message: 'a RANGE frame with values needs exactly one ORDER BY expression',
      span: e.span,
      parameters: { sqlExpr: `"${printExpression(e)}"`, orderSpec: e.orderBy.map(printExpression).join(',') },
    })
  const key = typeOf(e.orderBy[0]!.child)
  const distance = typeOf(valued.offset)
  if (!movesBy(key, distance))
    throw new AnalysisError('DATATYPE_MISMATCH.RANGE_FRAME_INVALID_TYPE', {
      message: `a RANGE frame over ${sqlTypeName(key)} cannot reach by ${sqlTypeName(distance)}`,
      span: e.span,
      parameters: {
        sqlExpr: `"${printExpression(e)}"`,
        orderSpecType: `"${sqlTypeName(key)}"`,
        valueBoundaryType: `"${sqlTypeName(distance)}"`,
      },
    })
}

function hasValue(bound: FrameBound): bound is ValueBound {
  return bound.kind === 'preceding' || bound.kind === 'following'
}
function isDistance(type: DataType): boolean {
  return isNumeric(type) || type.kind.startsWith('interval')
}

/** May a key be moved by such a distance? */
function movesBy(key: DataType, distance: DataType): boolean {
  if (key.kind === 'date') return distance.kind === 'int' || distance.kind.startsWith('interval')
  if (key.kind === 'timestamp' || key.kind === 'timestamp_ntz') return distance.kind.startsWith('interval')
  return key.kind === distance.kind
}

/** Preceding distances count back from the row. */
function isAfter(start: ValueBound, end: ValueBound, type: DataType, context: AnalysisContext): boolean {
  if (start.kind !== end.kind) return start.kind === 'following' && !(isZero(start, context) && isZero(end, context))
  const [low, high] = [constantOf(start.offset, context), constantOf(end.offset, context)]
  if (low === null || high === null || low === undefined || high === undefined || type.kind === 'interval') return false
  const order = compareValues(type)(low, high)
  return start.kind === 'following' ? order > 0 : order < 0
}
function isZero(bound: ValueBound, context: AnalysisContext): boolean {
  const value: Value | undefined = constantOf(bound.offset, context)
  return value === 0 || value === 0n
}
