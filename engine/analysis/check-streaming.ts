import { AnalysisError } from '../errors/engine-error.ts'
import type { Span } from '../errors/span.ts'
import type { ColumnRef } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { collect } from '../expr/walk.ts'
import type { Aggregate, Deduplicate, LogicalPlan, Window } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import type { OutputMode } from '../plan/statement.ts'
import { anyNode, expressionsOf, inputsOf, isStreaming } from '../plan/walk.ts'
import type { Settings } from '../types/settings.ts'
import { checkJoin, checkSetOperation, checkUnion } from './check-streaming-joins.ts'
import { isEventTime, refusal } from './refusal.ts'

/**
 * What a stream and an output mode allow, on an analysed and not yet optimised plan; gives warnings for what is accepted and keeps
 * state for ever. Source: Spark's UnsupportedOperationChecker (spark.md 1.6, 3.1, 3.2, observed.md); refusals that Spark makes only when
 * the first epoch runs are made here too. The output mode comes first, so that its message wins over any other, as in Spark.
 */
export function checkStreaming(plan: LogicalPlan, mode: OutputMode, settings: Settings): readonly string[] {
  refuseStreamingSubqueries(plan)
  if (!settings.flag('spark.sql.streaming.unsupportedOperationCheck')) return []
  if (!isStreaming(plan))
    throw refusal('queries without streaming sources cannot be executed with writeStream.start()', {
      hint: 'Read the source as a stream (FROM STREAM name, session.readStream), or run the query as a batch.',
    })
  const warnings: string[] = []
  checkOutputMode(plan, mode)
  eachUp(plan, (node) => {
    checkExpressions(node)
    checkNode(node, mode, settings, warnings)
  })
  checkChaining(plan, mode, settings, warnings)
  return warnings
}

/** What only streams have, or what a batch cannot do. */
export function checkBatch(plan: LogicalPlan): void {
  if (isStreaming(plan))
    throw refusal('queries with streaming sources must be executed with writeStream.start()', {
      hint: 'Write the result to a sink with INSERT INTO or CREATE STREAMING TABLE, or read the source as a table.',
    })
  eachUp(plan, (node) => {
    if (node.kind === 'deduplicate' && node.withinWatermark)
      throw refusal('dropDuplicatesWithinWatermark is not supported with batch DataFrames', {
        hint: 'Use dropDuplicates.',
        span: node.span,
      })
  })
}

function eachUp(plan: LogicalPlan, visit: (node: LogicalPlan) => void): void {
  for (const input of inputsOf(plan)) eachUp(input, visit)
  visit(plan)
}

/** A subquery cannot read a stream, whatever the query around it reads. */
export function refuseStreamingSubqueries(plan: LogicalPlan): void {
  eachUp(plan, (node) => {
    const queries = expressionsOf(node).flatMap((e) => collect(e, (n) => n.kind === 'subquery'))
    for (const subquery of queries) {
      const query = subquery.query as LogicalPlan
      if (isStreaming(query)) throw streamingSubquery(subquery.span)
      refuseStreamingSubqueries(query)
    }
    if (node.kind === 'join' && node.lateral && isStreaming(node.right)) throw streamingSubquery(node.span)
  })
}
function streamingSubquery(span: Span | undefined): AnalysisError {
  return new AnalysisError('INVALID_SUBQUERY_EXPRESSION.STREAMING_QUERY', {
    message: 'a subquery inside an expression cannot read a stream',
    hint: 'Write a join: LEFT SEMI JOIN for IN and EXISTS, LEFT JOIN for a value.',
    span,
  })
}

/** The streaming aggregates, the one nearest the sink first. */
function aggregatesIn(plan: LogicalPlan): Aggregate[] {
  const found: Aggregate[] = []
  const walk = (node: LogicalPlan): void => {
    if (node.kind === 'aggregate' && isStreaming(node)) found.push(node)
    inputsOf(node).forEach(walk)
  }
  walk(plan)
  return found
}

function checkOutputMode(plan: LogicalPlan, mode: OutputMode): void {
  const aggregate = aggregatesIn(plan)[0]
  const refuse = (operation: string, message: string, hint: string, span?: Span): AnalysisError =>
    new AnalysisError('STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION', {
      message,
      hint,
      span,
      parameters: { outputMode: mode, operation },
    })
  if (aggregate === undefined) {
    if (mode !== 'complete') return
    throw refuse(
      'no streaming aggregations',
      'complete output mode needs an aggregate: without one every row ever read would have to be kept',
      'Use append mode, or group the rows.',
    )
  }
  const keys = aggregate.grouping.map(columnOf)
  if (mode === 'append' && !keys.some(isEventTime)) throw refuseAppend(aggregate, refuse)
  if (mode === 'update' && keys.some((key) => key.metadata?.timeWindow === 'session_window'))
    throw refuse(
      'session window streaming aggregations',
      'update output mode cannot show sessions: two of them may become one after they were shown',
      'Use append mode: each session comes once, when the watermark has passed its end.',
      aggregate.span,
    )
}

function refuseAppend(
  aggregate: Aggregate,
  refuse: (operation: string, message: string, hint: string, span?: Span) => AnalysisError,
): AnalysisError {
  const operation = 'streaming aggregations without watermark'
  const marked = outputOf(aggregate.input).find(isEventTime) ?? eventTimeBelow(aggregate.input)
  const advice =
    marked === undefined
      ? 'Declare a watermark on the event time (WATERMARK at DELAY OF INTERVAL 10 SECONDS) and group by a window of it; or use update mode, which keeps every group for ever.'
      : `Group by "${marked.name}" itself or by window(${marked.name}, …): any other expression of it does not count; or use update mode, which keeps every group for ever.`
  return refuse(
    operation,
    'append output mode needs a group key with a watermark: without one no group is ever final, and nothing could be written',
    advice,
    aggregate.span,
  )
}
function eventTimeBelow(plan: LogicalPlan): ColumnRef | undefined {
  if (plan.kind === 'watermark') return outputOf(plan).find(isEventTime)
  for (const input of inputsOf(plan)) {
    const found = eventTimeBelow(input)
    if (found !== undefined) return found
  }
  return undefined
}

/** Functions whose value depends on how rows are dealt out. */
function checkExpressions(node: LogicalPlan): void {
  if (!isStreaming(node)) return
  for (const e of expressionsOf(node)) {
    const found = collect(e, (n) => n.kind === 'call').find((call) => call.name === 'monotonically_increasing_id')
    if (found !== undefined)
      throw refusal('monotonically_increasing_id() is not supported on streams', {
        hint: 'Use uuid() for a unique value.',
        span: found.span,
      })
  }
}

function checkNode(node: LogicalPlan, mode: OutputMode, settings: Settings, warnings: string[]): void {
  // Spark refuses OFFSET wherever it stands, even over a table.
  if (node.kind === 'offset')
    throw refusal('OFFSET is not supported in streaming queries', {
      hint: 'Filter by a column instead.',
      span: node.span,
    })
  if (!isStreaming(node)) return
  switch (node.kind) {
    case 'aggregate':
      checkAggregate(node, mode, warnings)
      break
    case 'watermark':
      checkWatermark(node.input, settings, node.span)
      break
    case 'deduplicate':
      checkDeduplicate(node, warnings)
      break
    case 'join':
    case 'asof_join':
      checkJoin(node, mode, warnings)
      break
    case 'union':
      checkUnion(node)
      break
    case 'set_operation':
      checkSetOperation(node)
      break
    case 'limit':
      if (mode === 'update')
        throw refusal('LIMIT is not supported on streams in update output mode', {
          hint: 'Use append mode; or, over an aggregate, complete mode.',
          span: node.span,
        })
      break
    case 'sort':
      checkSort(node, mode)
      break
    case 'sample':
      throw refusal('sampling is not supported on streams', {
        hint: 'Filter by a hash of a column, for example WHERE hash(k) % 10 = 0.',
        span: node.span,
      })
    case 'window':
      throw windowFunction(node)
    default:
  }
}

function checkSort(node: Extract<LogicalPlan, { kind: 'sort' }>, mode: OutputMode): void {
  // DISTINCT makes no table that could be sorted, although it is an aggregate otherwise: Spark's rule.
  if (mode === 'complete' && aggregatesIn(node).some((aggregate) => !aggregate.distinct)) return
  throw refusal('sorting is not supported on streams, unless over an aggregate in complete output mode', {
    hint:
      aggregatesIn(node).length > 0
        ? 'Use complete mode, which writes the whole sorted result every time; or leave ORDER BY out and sort in the sink.'
        : 'Leave ORDER BY out: rows come in the order of the source.',
    span: node.span,
  })
}

function windowFunction(node: Window): AnalysisError {
  const call = node.calls[0]!
  const over = call.child.kind === 'over' ? call.child : undefined
  return new AnalysisError('NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING', {
    message: `OVER is not supported on streams: "${printExpression(call.child)}"`,
    hint: 'Streams have time windows only: group by window(at, …), or keep the newest row of a key with max_by.',
    span: over?.span ?? node.span,
    parameters: {
      windowFunc: over === undefined ? call.name : printExpression(over.call),
      columnName: `\`${call.name}\``,
      windowSpec: printExpression(call.child),
    },
  })
}

function checkAggregate(node: Aggregate, mode: OutputMode, warnings: string[]): void {
  const distinct = node.aggregates.flatMap((e) => collect(e, (n) => n.kind === 'aggregate')).find((call) => call.distinct)
  if (distinct !== undefined)
    throw refusal('distinct aggregates are not supported on streams', {
      hint: 'Use approx_count_distinct, or dropDuplicates below the aggregate.',
      span: distinct.span,
    })
  const keys = node.grouping.map(columnOf)
  if (mode === 'update' && keys.length > 0 && !keys.some(isEventTime))
    warnings.push(
      `state of the aggregate by ${names(keys)} is unbounded because no key has a watermark: every group ever seen is kept`,
    )
  if (mode === 'complete' && keys.length > 0)
    warnings.push(`state of the aggregate by ${names(keys)} is unbounded because complete output mode keeps every group`)
}

function names(columns: readonly ColumnRef[]): string {
  return columns.map((c) => `"${c.name}"`).join(', ')
}

/** Only one watermark on each way from a source to the sink. */
function checkWatermark(input: LogicalPlan, settings: Settings, span: Span | undefined): void {
  if (!settings.flag('spark.sql.streaming.statefulOperator.allowMultiple')) return
  if (!anyNode(input, (node) => node.kind === 'watermark')) return
  throw new AnalysisError('_LEGACY_ERROR_TEMP_3076', {
    message: 'the input of this watermark has one already',
    detail: 'There can be one watermark on each way from a source.',
    hint: 'Keep one of them. A stream declared with WATERMARK brings its own.',
    span,
  })
}

function checkDeduplicate(node: Deduplicate, warnings: string[]): void {
  const input = outputOf(node.input)
  const keys = node.keys ?? input
  if (node.withinWatermark && !input.some(isEventTime))
    throw refusal('dropDuplicatesWithinWatermark on a stream needs a watermark', {
      hint: 'Call withWatermark before it: its delay says how long a key is remembered.',
      span: node.span,
    })
  if (!node.withinWatermark && !keys.some(isEventTime))
    warnings.push(
      `state of dropDuplicates by ${names(keys)} is unbounded because no key has a watermark: every key ever seen is kept`,
    )
}

// ---- stateful operators above one another

/**
 * An operator that may put out rows older than the watermark must not stand below a stateful one, which would take them for late.
 * In append mode the watermark is carried through, and nothing is late.
 */
function checkChaining(plan: LogicalPlan, mode: OutputMode, settings: Settings, warnings: string[]): void {
  const emitsLate = (node: LogicalPlan): boolean => node.kind === 'aggregate' && isStreaming(node) && mode !== 'append'
  eachUp(plan, (node) => {
    if (!isStateful(node)) return
    const below = inputsOf(node).some((input) => anyNode(input, emitsLate))
    if (!below) return
    const message = `a stateful operator stands above an aggregate in ${mode} output mode, whose rows it could take for late and lose`
    if (!settings.flag('spark.sql.streaming.statefulOperator.checkCorrectness.enabled')) {
      warnings.push(message)
      return
    }
    throw refusal(message, {
      hint: 'Use append mode, in which the watermark is carried through chained operators; or set spark.sql.streaming.statefulOperator.checkCorrectness.enabled to false and accept lost rows.',
      span: node.span,
    })
  })
}

function isStateful(node: LogicalPlan): boolean {
  if (!isStreaming(node)) return false
  switch (node.kind) {
    case 'aggregate':
      return true
    case 'join':
      return isStreaming(node.left) && isStreaming(node.right)
    case 'deduplicate':
      return node.withinWatermark || (node.keys ?? outputOf(node.input)).some(isEventTime)
    default:
      return false
  }
}
