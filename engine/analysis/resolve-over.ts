import { AnalysisError } from '../errors/engine-error.ts'
import { type Expression, type FrameBound, isNullable, type SortOrder, typeOf, type WindowCall } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { holdsMap } from '../functions/signature.ts'
import { canCast } from '../types/coercion.ts'
import { sqlTypeName } from '../types/data-type.ts'
import { checkWindowFrame } from './check-window-frame.ts'
import { castTo } from './coerce-types.ts'
import { requireOrder } from './look-up-functions.ts'
import { findFunction } from './resolve-functions.ts'
import type { AnalysisContext } from './scope.ts'

/** The frames that functions which stand only before OVER always have. */
const ROWS_TO_CURRENT = { unit: 'rows', start: { kind: 'unbounded_preceding' }, end: { kind: 'current_row' } } as const
const WHOLE_PARTITION = { unit: 'rows', start: { kind: 'unbounded_preceding' }, end: { kind: 'unbounded_following' } } as const
const RANGE_TO_CURRENT = { unit: 'range', start: { kind: 'unbounded_preceding' }, end: { kind: 'current_row' } } as const
const RANKING = new Set(['row_number', 'rank', 'dense_rank', 'percent_rank', 'ntile', 'cume_dist'])
const OFFSET_FUNCTIONS = new Set(['lag', 'lead'])

/** Aggregates that need all values of the partition. */
const OVER_WHOLE_PARTITIONS: ReadonlySet<string> = new Set(['percentile_cont', 'percentile_disc', 'median'])

/** The parts of an OVER call, typed. */
interface TypedParts {
  readonly call: Expression
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortOrder[]
  readonly bound: (bound: FrameBound) => FrameBound
}

/** An OVER call of typed parts: may the function stand there, and over which frame. */
export function typedOver(e: WindowCall, parts: TypedParts, context: AnalysisContext): Expression {
  const { call: inner, partitionBy, orderBy } = parts
  const record = inner.kind === 'call' || inner.kind === 'aggregate' ? findFunction(inner.name, inner.span, context) : undefined
  const name = inner.kind === 'call' || inner.kind === 'aggregate' ? inner.name : printExpression(inner)
  const windowOnly = record?.kind === 'planner' && record.family === 'window'
  requireOrder(e, context)
  if (OFFSET_FUNCTIONS.has(name) && e.frame !== undefined)
    throw new AnalysisError('_LEGACY_ERROR_TEMP_1035', {
      message: `the window of "${name}" takes no frame: it is one row at a distance`,
      span: e.span,
      parameters: { prettyName: name },
    })
  if (e.frame !== undefined && RANKING.has(name) && !isFrame(e.frame, name === 'cume_dist' ? RANGE_TO_CURRENT : ROWS_TO_CURRENT))
    throw new AnalysisError('INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC', {
      message: `the frame of "${name}" must be ${name === 'cume_dist' ? 'RANGE' : 'ROWS'} BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`,
      span: e.span,
    })
  if (inner.kind !== 'aggregate' && !windowOnly)
    throw new AnalysisError('UNSUPPORTED_EXPR_FOR_WINDOW', {
      message: `"${name}" cannot stand before OVER`,
      hint: 'Only aggregates and window functions can.',
      span: e.span,
      parameters: { sqlExpr: `"${printExpression(inner)}"` },
    })
  if (inner.kind === 'aggregate' && OVER_WHOLE_PARTITIONS.has(name) && (orderBy.length > 0 || e.frame !== undefined))
    throw new AnalysisError('INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC', {
      message: `the window of "${name}" takes neither ORDER BY nor a frame`,
      hint: 'It is over whole partitions: write PARTITION BY alone.',
      span: e.span,
      parameters: { aggFunc: `"${printExpression(inner)}"` },
    })
  refuseMaps(partitionBy)
  const own =
    RANKING.has(name) || OFFSET_FUNCTIONS.has(name) ? (name === 'cume_dist' ? RANGE_TO_CURRENT : ROWS_TO_CURRENT) : undefined
  const given = e.frame && {
    ...e.frame,
    start: boundOver(orderBy, e.frame.unit, parts.bound(e.frame.start)),
    end: boundOver(orderBy, e.frame.unit, parts.bound(e.frame.end)),
  }
  const frame = given ?? own ?? (orderBy.length > 0 ? RANGE_TO_CURRENT : WHOLE_PARTITION)
  const typed: WindowCall = { ...e, call: inner, partitionBy, orderBy, frame, type: typeOf(inner), nullable: isNullable(inner) }
  if (inner.kind === 'aggregate' && inner.distinct)
    throw new AnalysisError('DISTINCT_WINDOW_FUNCTION_UNSUPPORTED', {
      message: `"${name}(DISTINCT …)" cannot stand before OVER`,
      span: e.span,
      parameters: { windowExpr: `"${printExpression(typed)}"` },
    })
  if (given !== undefined) checkWindowFrame(typed, given, context)
  return typed
}

/** Rows of a partition are found by sorting, and maps have no order. */
function refuseMaps(partitionBy: readonly Expression[]): void {
  const map = partitionBy.find((e) => holdsMap(typeOf(e)))
  if (map === undefined) return
  throw new AnalysisError('EXPRESSION_TYPE_IS_NOT_ORDERABLE', {
    message: `PARTITION BY cannot tell maps apart: "${printExpression(map)}"`,
    span: map.span,
    parameters: { expr: `"${printExpression(map)}"`, exprType: `"${sqlTypeName(typeOf(map))}"` },
  })
}

function isFrame(frame: NonNullable<WindowCall['frame']>, wanted: NonNullable<WindowCall['frame']>): boolean {
  return frame.unit === wanted.unit && frame.start.kind === wanted.start.kind && frame.end.kind === wanted.end.kind
}

/** The offset of a RANGE frame is of the type that is ordered by, where that is no moment: 1.1 over a DOUBLE is a DOUBLE. */
function boundOver(orderBy: readonly SortOrder[], unit: string, bound: FrameBound): FrameBound {
  if (unit !== 'range' || orderBy.length !== 1 || (bound.kind !== 'preceding' && bound.kind !== 'following')) return bound
  const key = typeOf(orderBy[0]!.child)
  const offset = typeOf(bound.offset)
  const isMoment = key.kind === 'date' || key.kind === 'timestamp' || key.kind === 'timestamp_ntz'
  if (isMoment || key.kind === offset.kind || !canCast(offset, key)) return bound
  return { ...bound, offset: castTo(bound.offset, key) }
}
