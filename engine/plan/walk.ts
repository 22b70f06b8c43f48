import { unreachable } from '../errors/assert.ts'
import type { Expression, SortOrder } from '../expr/expression.ts'
import type { LogicalPlan } from './logical-plan.ts'

export function inputsOf(plan: LogicalPlan): readonly LogicalPlan[] {
  switch (plan.kind) {
    case 'unresolved_relation':
    case 'scan':
    case 'local':
    case 'range':
    case 'one_row':
    case 'recursive_reference':
      return []
    case 'recursion':
      return [plan.anchor, plan.step]
    case 'join':
    case 'asof_join':
    case 'set_operation':
      return [plan.left, plan.right]
    case 'union':
      return plan.inputs
    default:
      return [plan.input]
  }
}

/** The same node over mapped inputs; the node itself when none changed. WITH definitions are not entered. */
export function mapInputs(plan: LogicalPlan, f: (input: LogicalPlan) => LogicalPlan): LogicalPlan {
  switch (plan.kind) {
    case 'unresolved_relation':
    case 'scan':
    case 'local':
    case 'range':
    case 'one_row':
    case 'recursive_reference':
      return plan
    case 'recursion': {
      const anchor = f(plan.anchor)
      const step = f(plan.step)
      return anchor === plan.anchor && step === plan.step ? plan : { ...plan, anchor, step }
    }
    case 'join':
    case 'asof_join':
    case 'set_operation': {
      const left = f(plan.left)
      const right = f(plan.right)
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right }
    }
    case 'union': {
      const inputs = plan.inputs.map(f)
      return inputs.every((input, i) => input === plan.inputs[i]) ? plan : { ...plan, inputs }
    }
    default: {
      const input = f(plan.input)
      return input === plan.input ? plan : { ...plan, input }
    }
  }
}

export function transformPlanUp(plan: LogicalPlan, f: (plan: LogicalPlan) => LogicalPlan): LogicalPlan {
  return f(mapInputs(plan, (input) => transformPlanUp(input, f)))
}

/** The expressions a node holds itself, inputs left out. */
export function expressionsOf(plan: LogicalPlan): readonly Expression[] {
  switch (plan.kind) {
    case 'scan':
      return plan.filters ?? []
    case 'local':
      return plan.expressions?.flat() ?? []
    case 'project':
    case 'repartition':
      return plan.expressions
    case 'filter':
      return [plan.condition]
    case 'aggregate':
      return [...plan.grouping, ...plan.aggregates]
    case 'expand':
      return plan.projections.flat()
    case 'join':
      return plan.condition ? [plan.condition] : []
    case 'asof_join':
      return plan.condition ? [plan.match, plan.condition] : [plan.match]
    case 'deduplicate':
      return plan.keys ?? []
    case 'watermark':
      return [plan.eventTime, plan.delay]
    case 'time_window':
      return [plan.time]
    case 'session_window':
      return [plan.time, plan.gap]
    case 'generate':
      return [plan.generator]
    case 'window':
      return [...plan.calls, ...plan.partitionBy, ...plan.orderBy]
    case 'pivot':
      return [...plan.aggregates, ...plan.columns, ...plan.values.flatMap(({ value }) => value)]
    case 'sort':
      return plan.orders
    case 'limit':
    case 'offset':
      return [plan.count]
    case 'unresolved_relation':
      return plan.arguments ?? []
    case 'range':
    case 'one_row':
    case 'recursion':
    case 'recursive_reference':
    case 'with':
    case 'alias':
    case 'union':
    case 'set_operation':
    case 'distinct':
    case 'sample':
    case 'hint':
      return []
    default:
      return unreachable(plan)
  }
}

/** The node with each of its own expressions mapped. Columns that name outputs (`output`) are left alone. */
export function mapExpressions(plan: LogicalPlan, f: (e: Expression) => Expression): LogicalPlan {
  switch (plan.kind) {
    case 'scan':
      return plan.filters ? { ...plan, filters: plan.filters.map(f) } : plan
    case 'local':
      return plan.expressions ? { ...plan, expressions: plan.expressions.map((row) => row.map(f)) } : plan
    case 'project':
    case 'repartition':
      return { ...plan, expressions: plan.expressions.map(f) }
    case 'filter':
      return { ...plan, condition: f(plan.condition) }
    case 'aggregate':
      return { ...plan, grouping: plan.grouping.map(f), aggregates: plan.aggregates.map(f) }
    case 'expand':
      return { ...plan, projections: plan.projections.map((p) => p.map(f)) }
    case 'join':
      return plan.condition ? { ...plan, condition: f(plan.condition) } : plan
    case 'asof_join':
      return { ...plan, match: f(plan.match), ...(plan.condition && { condition: f(plan.condition) }) }
    case 'deduplicate':
      return plan.keys ? { ...plan, keys: plan.keys.map((k) => f(k) as typeof k) } : plan
    case 'watermark':
      return { ...plan, eventTime: f(plan.eventTime), delay: f(plan.delay) }
    case 'time_window':
      return { ...plan, time: f(plan.time) }
    case 'session_window':
      return { ...plan, time: f(plan.time), gap: f(plan.gap) }
    case 'generate':
      return { ...plan, generator: f(plan.generator) }
    case 'window':
      return {
        ...plan,
        calls: plan.calls.map((c) => f(c) as typeof c),
        partitionBy: plan.partitionBy.map(f),
        orderBy: plan.orderBy.map((o) => f(o) as SortOrder),
      }
    case 'pivot':
      return {
        ...plan,
        aggregates: plan.aggregates.map(f),
        columns: plan.columns.map(f),
        values: plan.values.map(({ value, alias }) => ({ value: value.map(f), alias })),
      }
    case 'sort':
      return { ...plan, orders: plan.orders.map((o) => f(o) as SortOrder) }
    case 'limit':
    case 'offset':
      return { ...plan, count: f(plan.count) }
    case 'unresolved_relation':
      return plan.arguments ? { ...plan, arguments: plan.arguments.map(f) } : plan
    case 'range':
    case 'one_row':
    case 'recursion':
    case 'recursive_reference':
    case 'with':
    case 'alias':
    case 'union':
    case 'set_operation':
    case 'distinct':
    case 'sample':
    case 'hint':
      return plan
    default:
      return unreachable(plan)
  }
}

export function anyNode(plan: LogicalPlan, test: (plan: LogicalPlan) => boolean): boolean {
  return test(plan) || inputsOf(plan).some((input) => anyNode(input, test))
}

/** A plan is streaming iff a scan below it is. */
export function isStreaming(plan: LogicalPlan): boolean {
  return anyNode(plan, (p) => (p.kind === 'scan' && p.relation.streaming) || (p.kind === 'unresolved_relation' && p.streamed))
}
