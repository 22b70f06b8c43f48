import { AnalysisError } from '../errors/engine-error.ts'
import type { AggregateCall, ColumnRef, Expression } from '../expr/expression.ts'
import { meaningOf } from '../expr/meaning.ts'
import { anyOf, transformDown } from '../expr/walk.ts'
import type { Aggregate, Filter, LogicalPlan, SessionWindow, TimeWindow } from '../plan/logical-plan.ts'
import { columnOf, outputOf, schemaOf } from '../plan/output.ts'
import { field } from '../types/data-type.ts'
import { bind, stripAlias, substitute } from './bind.ts'
import { eventTimeOf } from './event-time.ts'
import type { AggregateDefinition, Emission, EventTime, IncrementalNode, StateDefinition } from './incremental-plan.ts'
import { type Planned, type Planner, placeholder, windowShapeOf } from './planner.ts'

/** An aggregate whose input has been moved down to where its window is made, so that the operator can make it. */
interface Flattened {
  readonly grouping: readonly Expression[]
  readonly calls: readonly AggregateCall[]
  readonly window: TimeWindow | SessionWindow | undefined
  /** Position of the window in `grouping`. */
  readonly windowOrdinal: number
  readonly input: LogicalPlan
}

export function planAggregate(planner: Planner, plan: Aggregate): Planned {
  const columns = plan.grouping.map(columnOf)
  const calls = distinctCalls(plan.aggregates)
  const incremental = planner.isIncremental(plan.input)
  const eventTime = incremental ? eventTimeOf(columns) : undefined
  const flat = flatten(planner, plan, calls.list, eventTime)

  const { node: input, watermark } = planner.plan(flat.input)
  const inputColumns = outputOf(flat.input)
  const grouping = flat.grouping.map((g, i) => (i === flat.windowOrdinal ? placeholder(columns[i]!) : bind(g, inputColumns)))
  const aggregates = flat.calls.map((call) => defineAggregate(call, inputColumns))
  const results = plan.aggregates.map((e) => bindResult(e, columns, calls.positions))

  const emission: Emission = emissionOf(planner.options.mode, incremental)
  if (emission === 'evicted' && eventTime === undefined) throw appendNeedsWatermark(plan)

  const operator = flat.window?.kind === 'session_window' ? 'session_aggregate' : 'aggregate'
  const state: StateDefinition | undefined = incremental ? planner.state(operator, watermark) : undefined
  const common = {
    output: schemaOf(plan),
    input,
    grouping,
    groupingOutput: columns.map((c) => field(c.name, c.type, c.nullable)),
    aggregates,
    results,
    emission,
    state,
  }
  return { node: nodeOf(common, flat, inputColumns, eventTime), watermark }
}

function nodeOf(
  common: Omit<IncrementalNode & { kind: 'aggregate' }, 'kind' | 'window' | 'eventTime'>,
  flat: Flattened,
  inputColumns: readonly ColumnRef[],
  eventTime: EventTime | undefined,
): IncrementalNode {
  const { window, windowOrdinal } = flat
  if (window?.kind === 'session_window') {
    return {
      kind: 'session_aggregate',
      ...common,
      sessionOrdinal: windowOrdinal,
      time: bind(window.time, inputColumns),
      gap: bind(window.gap, inputColumns),
      watermarked: eventTime?.ordinal === windowOrdinal,
    }
  }
  if (window === undefined) return { kind: 'aggregate', ...common, window: undefined, eventTime }
  const definition = { time: bind(window.time, inputColumns), ...windowShapeOf(window), ordinal: windowOrdinal }
  return { kind: 'aggregate', ...common, window: definition, eventTime }
}

export function emissionOf(mode: Planner['options']['mode'], incremental: boolean): Emission {
  if (!incremental || mode === 'batch' || mode === 'complete') return 'all'
  return mode === 'append' ? 'evicted' : 'changed'
}

/** The aggregate calls of a select list, each once. */
function distinctCalls(list: readonly Expression[]): { list: AggregateCall[]; positions: ReadonlyMap<string, number> } {
  const calls: AggregateCall[] = []
  const positions = new Map<string, number>()
  for (const e of list) {
    transformDown(e, (node) => {
      if (node.kind !== 'aggregate') return undefined
      const meaning = meaningOf(node)
      if (!positions.has(meaning)) positions.set(meaning, calls.push(node) - 1)
      return node
    })
  }
  return { list: calls, positions }
}

/** A select item over [grouping columns, aggregates]. */
function bindResult(item: Expression, grouping: readonly ColumnRef[], positions: ReadonlyMap<string, number>): Expression {
  const replaced = transformDown(stripAlias(item), (node) => {
    if (node.kind !== 'aggregate') return undefined
    const ordinal = grouping.length + positions.get(meaningOf(node))!
    return { kind: 'bound', ordinal, type: node.type, nullable: node.nullable }
  })
  return bind(replaced, grouping)
}

function defineAggregate(call: AggregateCall, columns: readonly ColumnRef[]): AggregateDefinition {
  return {
    name: call.name,
    args: call.args.map((a) => bind(a, columns)),
    filter: call.filter && bind(call.filter, columns),
    distinct: call.distinct,
    ignoreNulls: call.ignoreNulls ?? false,
    withinGroup: (call.withinGroup ?? []).map((o) => ({ ...o, child: bind(o.child, columns) })),
    output: field(call.name, call.type, call.nullable),
  }
}

/**
 * Looks through projections and filters for the window that the aggregate groups by. When the window is used by nothing else, everything
 * above it is rewritten over its input and the operator makes the windows itself: no row is copied once a window, and groups lie in
 * segments by window. Otherwise the aggregate stays as it is, over a column of structs.
 */
function flatten(
  planner: Planner,
  plan: Aggregate,
  calls: readonly AggregateCall[],
  eventTime: EventTime | undefined,
): Flattened {
  const asWritten: Flattened = { grouping: plan.grouping, calls, window: undefined, windowOrdinal: -1, input: plan.input }
  let grouping: readonly Expression[] = plan.grouping.map(stripAlias)
  let moved: readonly Expression[] = calls
  let filters: readonly Expression[] = []
  let below = plan.input
  for (;;) {
    switch (below.kind) {
      case 'alias':
      case 'hint':
      case 'repartition':
        below = below.input
        continue
      case 'project': {
        if (below.expressions.some((e) => !planner.isDeterministic(e))) return withoutWindow(asWritten)
        const definitions = new Map(below.expressions.map((e) => [columnOf(e).id, stripAlias(e)]))
        grouping = grouping.map((g) => substitute(g, definitions))
        moved = moved.map((c) => substitute(c, definitions))
        filters = filters.map((f) => substitute(f, definitions))
        below = below.input
        continue
      }
      case 'filter':
        if (!planner.isDeterministic(below.condition)) return withoutWindow(asWritten)
        filters = [below.condition, ...filters]
        below = below.input
        continue
      case 'time_window':
      case 'session_window': {
        const id = below.window.id
        const uses = (e: Expression): boolean => anyOf(e, (node) => node.kind === 'column' && node.id === id)
        const ordinal = grouping.findIndex((g) => g.kind === 'column' && g.id === id)
        const elsewhere = [...grouping.filter((_, i) => i !== ordinal), ...moved, ...filters]
        // Segments by window serve eviction only if the window is the event time.
        const isOtherTime = eventTime !== undefined && eventTime.ordinal !== ordinal
        if (ordinal < 0 || isOtherTime || elsewhere.some(uses)) return withoutWindow(asWritten)
        let input: LogicalPlan = below.input
        for (const condition of filters) input = { kind: 'filter', condition, input } satisfies Filter
        return { grouping, calls: moved as readonly AggregateCall[], window: below, windowOrdinal: ordinal, input }
      }
      default:
        return withoutWindow(asWritten)
    }
  }
}

/** Sessions cannot be grouped as they stand: only an operator that makes them can merge them. */
function withoutWindow(aggregate: Flattened): Flattened {
  const session = aggregate.grouping.map(columnOf).find((c) => c.metadata?.timeWindow === 'session_window')
  if (session === undefined || !makesSessions(aggregate.input)) return aggregate
  throw new AnalysisError('UNSUPPORTED_FEATURE', {
    message: `the session "${session.name}" is used by more than the GROUP BY`,
    detail: 'Sessions are known only once the rows of a group have been merged.',
    hint: 'Use the columns of the session in the select list above the aggregate instead.',
  })
}

function makesSessions(plan: LogicalPlan): boolean {
  if (plan.kind === 'session_window') return true
  return (plan.kind === 'project' || plan.kind === 'filter' || plan.kind === 'alias') && makesSessions(plan.input)
}

function appendNeedsWatermark(plan: Aggregate): AnalysisError {
  return new AnalysisError('UNSUPPORTED_STREAMING_OPERATOR_WITHOUT_WATERMARK', {
    message: 'an aggregate in append mode groups by no column with a watermark',
    detail: 'Its groups would never be final, so nothing could ever be written.',
    hint: 'Group by a window of a watermarked column, or use update mode.',
    span: plan.span,
    parameters: { outputMode: 'append', statefulOperator: 'aggregation' },
  })
}
