import type { Expression } from '../expr/expression.ts'
import { transformUp } from '../expr/walk.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { mapExpressions, transformPlanUp } from '../plan/walk.ts'
import type { OptimizerRule } from './rule.ts'

/** TRUE and FALSE in AND, OR and NOT go; a filter that keeps everything goes. Only what holds under three-valued logic. */
export const simplifyPredicates: OptimizerRule = {
  name: 'simplify-predicates',
  apply: (plan) =>
    transformPlanUp(plan, (node): LogicalPlan => {
      let changed = false
      const next = mapExpressions(node, (e) => {
        const simpler = transformUp(e, simplify)
        if (simpler !== e) changed = true
        return simpler
      })
      const simplified = changed ? next : node
      return simplified.kind === 'filter' && isLiteral(simplified.condition, true) ? simplified.input : simplified
    }),
}

function isLiteral(e: Expression, value: boolean): boolean {
  return e.kind === 'literal' && e.value === value
}

function simplify(e: Expression): Expression {
  if (e.kind !== 'call') return e
  const [first, second] = e.args
  switch (e.name) {
    case 'and':
    case 'or': {
      const neutral = e.name === 'and'
      if (isLiteral(first!, neutral)) return second!
      if (isLiteral(second!, neutral)) return first!
      // The other side is not needed, also when it is NULL or would fail.
      if (isLiteral(first!, !neutral)) return first!
      if (isLiteral(second!, !neutral)) return second!
      return e
    }
    case 'not':
      return first?.kind === 'call' && first.name === 'not' ? first.args[0]! : e
    default:
      return e
  }
}
