import type { LogicalPlan } from '../plan/logical-plan.ts'
import { transformPlanUp } from '../plan/walk.ts'
import type { OptimizerRule } from './rule.ts'

/** Relation aliases and hints have done their work once names are columns. */
export const dropAliases: OptimizerRule = {
  name: 'drop-aliases',
  apply: (plan) =>
    transformPlanUp(plan, (node): LogicalPlan => (node.kind === 'alias' || node.kind === 'hint' ? node.input : node)),
}
