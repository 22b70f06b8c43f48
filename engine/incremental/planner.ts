import { unreachable } from '../errors/assert.ts'
import { AnalysisError, InternalError } from '../errors/engine-error.ts'
import type { ColumnRef, Expression } from '../expr/expression.ts'
import { literal } from '../expr/expression.ts'
import { anyOf } from '../expr/walk.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import type {
  Aggregate,
  AsOfJoin,
  Deduplicate,
  Limit,
  LogicalPlan,
  Offset,
  Scan,
  TimeWindow,
  Watermark,
  Window,
} from '../plan/logical-plan.ts'
import { outputOf, schemaOf } from '../plan/output.ts'
import type { OutputMode } from '../plan/statement.ts'
import { anyNode, isStreaming } from '../plan/walk.ts'
import type { Settings } from '../types/settings.ts'
import { bind, boundColumn, stripAlias } from './bind.ts'
import { eventTimeOf } from './event-time.ts'
import type {
  IncrementalNode,
  IncrementalPlan,
  ScanNode,
  StateDefinition,
  WatermarkOffset,
  WindowDefinition,
} from './incremental-plan.ts'
import { planAggregate } from './plan-aggregate.ts'
import { planAsOfJoin, planJoin, planSetOperation } from './plan-join.ts'
import { planRecursion, recursiveScan } from './plan-recursion.ts'

export interface PlanOptions {
  readonly mode: OutputMode | 'batch'
  readonly settings: Settings
  readonly evaluation: EvaluationContext
  readonly functions: FunctionRegistry
}

/** A planned subtree and the watermark that leaves it. */
export interface Planned {
  readonly node: IncrementalNode
  readonly watermark: WatermarkOffset
}

/**
 * Plans an analysed (and usually optimised) logical plan.
 * Throws AnalysisError for what Spark refuses only when the first epoch runs: two event times in one stateful input, an append aggregate
 * without watermark below another, a stream-stream join without equality.
 */
export function planQuery(plan: LogicalPlan, options: PlanOptions): IncrementalPlan {
  const planner = new Planner(options)
  const root = planner.plan(plan).node
  return { mode: options.mode, root, output: schemaOf(plan), scans: planner.scans }
}

/** One planning run: hands out scan ports and operator ids. The families of nodes with more to them live in plan-aggregate.ts and plan-join.ts. */
export class Planner {
  readonly options: PlanOptions
  readonly scans: ScanNode[] = []
  #statefulCount = 0

  constructor(options: PlanOptions) {
    this.options = options
  }

  /** Whether the subtree is incremental: its rows come in pieces, epoch by epoch. */
  isIncremental(plan: LogicalPlan): boolean {
    return this.options.mode !== 'batch' && isStreaming(plan)
  }

  /** To be called after the inputs were planned, so that ids count from the sources to the sink. */
  state(kind: string, inputWatermark: WatermarkOffset): StateDefinition {
    return { operatorId: `${kind}-${this.#statefulCount++}`, inputWatermark }
  }

  /** A scan on the next port. */
  scanOf(definition: Omit<ScanNode, 'port'>): ScanNode {
    const scan: ScanNode = { ...definition, port: this.scans.length }
    this.scans.push(scan)
    return scan
  }

  plan(plan: LogicalPlan): Planned {
    switch (plan.kind) {
      case 'scan':
        return { node: this.#planScan(plan), watermark: undefined }
      case 'local':
        return leaf({ kind: 'rows', output: schemaOf(plan), rows: plan.rows })
      case 'range':
        return leaf({ kind: 'range', output: schemaOf(plan), start: plan.start, end: plan.end, step: plan.step })
      case 'one_row':
        return leaf({ kind: 'rows', output: [], rows: [[]] })
      case 'alias':
      case 'hint':
      case 'repartition':
        return this.plan(plan.input)
      case 'project': {
        const { node: input, watermark } = this.plan(plan.input)
        const columns = outputOf(plan.input)
        const expressions = plan.expressions.map((e) => bind(e, columns))
        return { node: { kind: 'project', output: schemaOf(plan), input, expressions }, watermark }
      }
      case 'filter': {
        const { node: input, watermark } = this.plan(plan.input)
        const condition = bind(plan.condition, outputOf(plan.input))
        return { node: { kind: 'filter', output: input.output, input, condition }, watermark }
      }
      case 'expand': {
        const { node: input, watermark } = this.plan(plan.input)
        const columns = outputOf(plan.input)
        const projections = plan.projections.map((p) => p.map((e) => bind(e, columns)))
        return { node: { kind: 'expand', output: schemaOf(plan), input, projections }, watermark }
      }
      case 'generate': {
        const { node: input, watermark } = this.plan(plan.input)
        const generator = bind(plan.generator, outputOf(plan.input))
        return { node: { kind: 'generate', output: schemaOf(plan), input, generator, outer: plan.outer }, watermark }
      }
      case 'union': {
        const inputs = plan.inputs.map((input) => this.plan(input))
        return {
          node: { kind: 'union', output: schemaOf(plan), inputs: inputs.map((input) => input.node) },
          watermark: leastWatermark(inputs.map((input) => input.watermark)),
        }
      }
      case 'watermark':
        return this.#planWatermark(plan)
      case 'time_window': {
        const { node: input, watermark } = this.plan(plan.input)
        const window = { time: bind(plan.time, outputOf(plan.input)), ...windowShapeOf(plan) }
        return { node: { kind: 'time_window', output: schemaOf(plan), input, window }, watermark }
      }
      case 'session_window': {
        const { node: input, watermark } = this.plan(plan.input)
        const columns = outputOf(plan.input)
        const node: IncrementalNode = {
          kind: 'session_window',
          output: schemaOf(plan),
          input,
          time: bind(plan.time, columns),
          gap: bind(plan.gap, columns),
        }
        return { node, watermark }
      }
      case 'aggregate':
        return planAggregate(this, plan)
      case 'distinct': {
        const columns = outputOf(plan.input)
        const aggregate: Aggregate = { kind: 'aggregate', grouping: columns, aggregates: columns, input: plan.input }
        return planAggregate(this, aggregate)
      }
      case 'deduplicate':
        return this.#planDeduplicate(plan)
      case 'join':
        return planJoin(this, plan)
      case 'asof_join':
        return planAsOfJoin(this, plan satisfies AsOfJoin)
      case 'set_operation':
        return planSetOperation(this, plan)
      case 'recursion':
        return { node: planRecursion(this, plan), watermark: undefined }
      case 'recursive_reference':
        return leaf(this.scanOf(recursiveScan(plan)))
      case 'window':
        return this.#planWindowFunctions(plan)
      case 'sort': {
        const { node: input, watermark } = this.plan(plan.input)
        const columns = outputOf(plan.input)
        const orders = plan.orders.map((o) => ({ ...o, child: bind(o.child, columns) }))
        return { node: { kind: 'sort', output: input.output, input, orders }, watermark }
      }
      case 'limit':
        return this.#planLimit(plan)
      case 'offset': {
        const { node: input, watermark } = this.plan(plan.input)
        return { node: { kind: 'offset', output: input.output, input, count: constantCount(plan) }, watermark }
      }
      case 'sample': {
        const { node: input, watermark } = this.plan(plan.input)
        return { node: { kind: 'sample', output: input.output, input, fraction: plan.fraction }, watermark }
      }
      case 'unresolved_relation':
      case 'with':
      case 'pivot':
        throw new InternalError(`a plan with ${plan.kind} was not analysed`)
      default:
        return unreachable(plan)
    }
  }

  isDeterministic(e: Expression): boolean {
    return !anyOf(e, (node) => {
      if (node.kind !== 'call') return false
      const record = this.options.functions.find(node.name)
      return record?.kind === 'scalar' && record.deterministic === false
    })
  }

  #planScan(plan: Scan): ScanNode {
    const { relation, output } = plan
    const positions = output.map((column, i) => {
      // Pruning keeps the names of the relation's columns; equal names are told apart by order.
      const wanted = output.slice(0, i).filter((c) => c.name === column.name).length
      const found = relation.schema.flatMap((f, at) => (f.name === column.name ? [at] : []))[wanted]
      if (found === undefined) throw new InternalError(`relation ${relation.name} has no column ${column.name}`)
      return found
    })
    return this.scanOf({
      kind: 'scan',
      output: schemaOf(plan),
      relation,
      columns: positions,
      filters: (plan.filters ?? []).map((f) => bind(f, output)),
      first: this.options.mode === 'batch' || !relation.streaming,
    })
  }

  #planWatermark(plan: Watermark): Planned {
    const planned = this.plan(plan.input)
    // Over tables a watermark means nothing.
    if (!this.isIncremental(plan.input)) return planned
    const time = bind(plan.eventTime, outputOf(plan.input))
    if (time.kind !== 'bound' || plan.delayMs === undefined) throw new InternalError('a watermark was not analysed')
    const eventTime = { ordinal: time.ordinal, form: time.type.kind === 'struct' ? ('window' as const) : ('time' as const) }
    const node: IncrementalNode = {
      kind: 'watermark',
      output: schemaOf(plan),
      input: planned.node,
      eventTime,
      delayMs: plan.delayMs,
    }
    return { node, watermark: 0 }
  }

  #planDeduplicate(plan: Deduplicate): Planned {
    const { node: input, watermark } = this.plan(plan.input)
    const columns = outputOf(plan.input)
    const keys = (plan.keys ?? columns).map((k) => boundColumn(k, columns).ordinal)
    const incremental = this.isIncremental(plan.input)
    const eventTime = incremental ? eventTimeOf(columns) : undefined
    if (plan.withinWatermark && eventTime === undefined) {
      throw new AnalysisError('_LEGACY_ERROR_TEMP_3102', {
        message: incremental
          ? 'dropDuplicatesWithinWatermark needs a watermark on its input'
          : 'dropDuplicatesWithinWatermark is only for streams',
        hint: incremental ? 'Call withWatermark before it.' : 'Use dropDuplicates on tables.',
        span: plan.span,
      })
    }
    const form = plan.withinWatermark
      ? 'within_watermark'
      : eventTime === undefined
        ? 'for_ever'
        : keys.includes(eventTime.ordinal)
          ? 'by_event_time'
          : 'late_dropped'
    const delayMs = eventTime === undefined ? 0 : (columns[eventTime.ordinal]!.metadata?.watermarkDelayMs ?? 0)
    const state = incremental ? this.state('deduplicate', watermark) : undefined
    return { node: { kind: 'deduplicate', output: input.output, input, form, keys, eventTime, delayMs, state }, watermark }
  }

  #planWindowFunctions(plan: Window): Planned {
    const { node: input, watermark } = this.plan(plan.input)
    const columns = outputOf(plan.input)
    const node: IncrementalNode = {
      kind: 'window_functions',
      output: schemaOf(plan),
      input,
      calls: plan.calls.map((c) => bind(c, columns)),
      partitionBy: plan.partitionBy.map((e) => bind(e, columns)),
      orderBy: plan.orderBy.map((o) => ({ ...o, child: bind(o.child, columns) })),
    }
    return { node, watermark }
  }

  #planLimit(plan: Limit): Planned {
    const { node: input, watermark } = this.plan(plan.input)
    // Above a complete aggregate every epoch brings the whole table, so the limit begins anew; anywhere else it counts for the query's life.
    const wholeTable = this.options.mode === 'complete' && anyNode(plan.input, (p) => p.kind === 'aggregate' && isStreaming(p))
    const state = this.isIncremental(plan.input) && !wholeTable ? this.state('limit', watermark) : undefined
    return { node: { kind: 'limit', output: input.output, input, count: constantCount(plan), state }, watermark }
  }
}

function leaf(node: IncrementalNode): Planned {
  return { node, watermark: undefined }
}

export function leastWatermark(offsets: readonly WatermarkOffset[]): WatermarkOffset {
  const known = offsets.filter((offset) => offset !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** The numbers of a window, without those it does not have: plans are compared as text. */
export function windowShapeOf(plan: TimeWindow): Omit<WindowDefinition, 'time'> {
  const { sizeMicros, slideMicros, startMicros, cumulative } = plan
  return { sizeMicros, slideMicros, startMicros, ...(cumulative && { cumulative }) }
}

/** Stands in `grouping` where the operator itself makes the value (a fused window). */
export function placeholder(column: ColumnRef): Expression {
  return literal(null, column.type)
}

function constantCount(plan: Limit | Offset): number {
  const count = stripAlias(plan.count)
  const value = count.kind === 'cast' ? stripAlias(count.child) : count
  if (value.kind !== 'literal') throw new InternalError(`the count of ${plan.kind} was not folded to a constant`)
  return Number(value.value)
}
