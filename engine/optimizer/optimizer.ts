import type { EvaluationContext } from '../functions/function.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import type { Settings } from '../types/settings.ts'

export interface OptimizerContext {
  readonly functions: FunctionRegistry
  readonly settings: Settings
  readonly evaluation: EvaluationContext
}

/** One rewriting that keeps what a plan means, on tables and on streams: every watermark sees the same rows before and after. */
export interface OptimizerRule {
  readonly name: string
  /** Planning cannot do without it: it also runs when the optimiser is switched off. */
  readonly required?: boolean
  readonly apply: (plan: LogicalPlan, context: OptimizerContext) => LogicalPlan
}

/** In order; the whole list runs until a round changes nothing. */
export const OPTIMIZER_RULES: readonly OptimizerRule[] = Object.freeze([])

/** Rounds after which the plan is taken as it is; real plans settle in two or three. */
const MAX_ROUNDS = 20

export function optimize(plan: LogicalPlan, context: OptimizerContext): LogicalPlan {
  const all = context.settings.flag('millrace.optimizer.enabled')
  const rules = OPTIMIZER_RULES.filter((rule) => all || rule.required)
  let current = plan
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = current
    for (const rule of rules) current = rule.apply(current, context)
    if (current === before) break
  }
  return current
}
