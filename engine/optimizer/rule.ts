import type { Expression } from '../expr/expression.ts'
import { anyOf } from '../expr/walk.ts'
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
  /** The same object when nothing changed: that ends the rounds. */
  readonly apply: (plan: LogicalPlan, context: OptimizerContext) => LogicalPlan
}

/** Gives the same value wherever and however often it is computed for a row. */
export function isDeterministic(e: Expression, context: OptimizerContext): boolean {
  return !anyOf(e, (node) => {
    if (node.kind === 'subquery') return true
    if (node.kind !== 'call') return false
    const record = context.functions.find(node.name)
    return record?.kind !== 'scalar' || record.deterministic === false
  })
}
