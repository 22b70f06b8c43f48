import type { LogicalPlan } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import { decorrelateSubqueries } from './decorrelate-subqueries.ts'
import { dropAliases } from './drop-aliases.ts'
import { foldConstants } from './fold-constants.ts'
import { guardFilteredArguments } from './guard-filtered-arguments.ts'
import { inferJoinFilters } from './infer-join-filters.ts'
import { limitRecursion } from './limit-recursion.ts'
import { mergeProjections } from './merge-projections.ts'
import { pruneColumns } from './prune-columns.ts'
import { pushDownFilters } from './push-down-filters.ts'
import type { OptimizerContext, OptimizerRule } from './rule.ts'
import { simplifyPredicates } from './simplify-predicates.ts'

export type { OptimizerContext, OptimizerRule } from './rule.ts'

/** In order; the whole list runs until a round changes nothing. */
export const OPTIMIZER_RULES: readonly OptimizerRule[] = Object.freeze([
  decorrelateSubqueries,
  guardFilteredArguments,
  limitRecursion,
  dropAliases,
  foldConstants,
  simplifyPredicates,
  inferJoinFilters,
  pushDownFilters,
  mergeProjections,
  pruneColumns,
])

/** Rounds after which the plan is taken as it is; real plans settle in two or three. */
const MAX_ROUNDS = 20

/**
 * Rewrites an analysed plan into one that means the same and does less. Output columns keep their ids, names and order.
 * With millrace.optimizer.enabled=false only what planning needs is done.
 */
export function optimize(plan: LogicalPlan, context: OptimizerContext): LogicalPlan {
  const all = context.settings.flag('millrace.optimizer.enabled')
  const rules = OPTIMIZER_RULES.filter((rule) => all || rule.required)
  let current = plan
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = current
    for (const rule of rules) current = rule.apply(current, context)
    if (current === before) break
  }
  return withOutputOf(plan, current)
}

/** Rules may lose names that only an alias gave. */
function withOutputOf(original: LogicalPlan, plan: LogicalPlan): LogicalPlan {
  const wanted = outputOf(original)
  const output = outputOf(plan)
  const same = wanted.length === output.length && wanted.every((c, i) => c.id === output[i]!.id && c.name === output[i]!.name)
  return same ? plan : { kind: 'project', expressions: wanted, input: plan }
}
