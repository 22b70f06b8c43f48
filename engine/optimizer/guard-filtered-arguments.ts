import type { AggregateCall, Expression } from '../expr/expression.ts'
import { sameMeaning } from '../expr/meaning.ts'
import { transformUp } from '../expr/walk.ts'
import type { Aggregate, LogicalPlan } from '../plan/logical-plan.ts'
import { columnsIn } from '../plan/references.ts'
import { mapExpressions, transformPlanUp } from '../plan/walk.ts'
import type { OptimizerRule } from './rule.ts'

/**
 * FILTER decides before the argument is computed: `sum(1 / x) FILTER (WHERE x > 0)` never divides by 0. Arguments are computed for all rows at
 * once, so one that could fail becomes a CASE over the filter. Beside a DISTINCT aggregate Spark computes the arguments first, and so do we.
 */
export const guardFilteredArguments: OptimizerRule = {
  name: 'guard-filtered-arguments',
  required: true,
  apply: (plan) => transformPlanUp(plan, (node): LogicalPlan => (node.kind === 'aggregate' ? guarded(node) : node)),
}

function guarded(node: Aggregate): LogicalPlan {
  const calls = node.aggregates.flatMap((e) => (e.kind === 'alias' && e.child.kind === 'aggregate' ? [e.child] : []))
  if (calls.some((call) => call.distinct) || !calls.some(needsGuard)) return node
  return mapExpressions(node, (e) =>
    transformUp(e, (n) =>
      n.kind === 'aggregate' && needsGuard(n) ? { ...n, args: n.args.map((arg) => under(n.filter!, arg)) } : n,
    ),
  )
}

function needsGuard({ filter, args }: AggregateCall): boolean {
  return filter !== undefined && args.some((arg) => !isSafe(filter, arg))
}

/** A column cannot fail, and a constant must stay one; what is guarded already needs no more. */
function isSafe(filter: Expression, arg: Expression): boolean {
  return (
    arg.kind === 'column' ||
    columnsIn(arg).size === 0 ||
    (arg.kind === 'case' && arg.branches.length === 1 && sameMeaning(arg.branches[0]!.when, filter))
  )
}
function under(filter: Expression, arg: Expression): Expression {
  if (isSafe(filter, arg)) return arg
  return { kind: 'case', branches: [{ when: filter, then: arg }], type: arg.type, nullable: true }
}
