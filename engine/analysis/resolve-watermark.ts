import { AnalysisError } from '../errors/engine-error.ts'
import { type ColumnRef, type Expression, typeOf } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { quotedType } from '../functions/call-errors.ts'
import type { LogicalPlan, Watermark } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { isStreaming } from '../plan/walk.ts'
import { sqlTypeName } from '../types/data-type.ts'
import { aliasOf, planOf, relationOf } from './relation.ts'
import { resolveExpression } from './resolve-expressions.ts'
import { durationOf } from './resolve-windows.ts'
import { type Environment, type Relation, type Scope, scopeOf } from './scope.ts'

const MICROS_PER_DAY = 86_400_000_000n
/** Months in a delay count as 31 days, as in Spark. */
const DAYS_PER_MONTH = 31

/** withWatermark and WATERMARK … DELAY OF: marks the event time. Without effect over tables. */
export function resolveWatermark(plan: Watermark, relation: Relation, environment: Environment): Relation {
  const scope = scopeOf(relation, environment)
  const input = planOf(relation)
  const [below, eventTime] = eventTimeColumn(plan.eventTime, input, scope, environment)
  checkEventTime(eventTime, plan)
  const delayMs = delayOf(plan, scope, environment)
  if (!isStreaming(below)) return relationOf(below)
  const output = outputOf(below).map((c): ColumnRef => {
    if (c.id === eventTime.id) return { ...c, metadata: { ...c.metadata, watermarkDelayMs: delayMs } }
    if (c.metadata?.watermarkDelayMs === undefined) return c
    // The event time of a path is one: the mark of an earlier watermark goes.
    const { watermarkDelayMs: _mark, ...rest } = c.metadata
    const { metadata: _metadata, ...column } = c
    return Object.keys(rest).length > 0 ? { ...column, metadata: rest } : column
  })
  return relationOf({ kind: 'watermark', eventTime, delay: plan.delay, delayMs, output, input: below, span: plan.span })
}

/** The column itself, or a new one below for `WATERMARK expression AS name`. */
function eventTimeColumn(
  written: Expression,
  input: LogicalPlan,
  scope: Scope,
  environment: Environment,
): [LogicalPlan, ColumnRef] {
  const typed = resolveExpression(written.kind === 'alias' ? written.child : written, scope, environment)
  if (written.kind !== 'alias') {
    if (typed.kind === 'column') return [input, typed]
    throw new AnalysisError('REQUIRES_EXPLICIT_NAME_IN_WATERMARK_CLAUSE', {
      message: `the event time "${printExpression(typed)}" of WATERMARK is an expression and needs a name`,
      hint: 'Write WATERMARK expression AS name DELAY OF ….',
      span: written.span,
      parameters: { sqlExpr: `"${printExpression(typed)}"` },
    })
  }
  const alias = aliasOf(typed, written.name)
  return [{ kind: 'project', expressions: [...outputOf(input), alias], input }, columnOf(alias)]
}

function checkEventTime(column: ColumnRef, plan: Watermark): void {
  const { type } = column
  const ofWindow =
    type.kind === 'struct' && column.metadata?.timeWindow !== undefined && type.fields[1]?.type.kind === 'timestamp'
  const endsInTime = type.kind === 'struct' && type.fields.some((f) => f.name === 'end' && f.type.kind === 'timestamp')
  if (type.kind === 'timestamp' || ofWindow || endsInTime) return
  throw new AnalysisError('EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE', {
    message: `the event time "${column.name}" must be TIMESTAMP, not ${sqlTypeName(type)}`,
    hint: `Watermark an expression instead, for example CAST(${column.name} AS TIMESTAMP) AS event_time.`,
    span: plan.eventTime.span ?? plan.span,
    parameters: { eventName: `\`${column.name}\``, eventType: quotedType(type) },
  })
}

function delayOf(plan: Watermark, scope: Scope, environment: Environment): number {
  const typed = resolveExpression(plan.delay, scope, environment)
  const interval = durationOf(typed, environment.context)
  if (interval === undefined)
    throw new AnalysisError('CANNOT_PARSE_INTERVAL', {
      message: `the delay of a watermark must be a constant duration such as '10 seconds', not "${printExpression(typed)}"`,
      detail: `Its type is ${sqlTypeName(typeOf(typed))}.`,
      span: plan.delay.span ?? plan.span,
      parameters: { intervalString: printExpression(typed) },
    })
  const days = interval.months * DAYS_PER_MONTH + interval.days
  const micros = BigInt(days) * MICROS_PER_DAY + interval.microseconds
  // As a whole: '1 day -1 hour' is 23 hours.
  if (micros < 0n)
    throw new AnalysisError('_LEGACY_ERROR_TEMP_3000', {
      message: 'the delay of a watermark must not be negative',
      detail: `It is "${printExpression(typed)}".`,
      span: plan.delay.span ?? plan.span,
    })
  return Number(micros / 1000n)
}
