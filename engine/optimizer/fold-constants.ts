import { constantValue } from '../evaluate/constant.ts'
import { type Expression, literal, typeOf } from '../expr/expression.ts'
import { mapChildren } from '../expr/walk.ts'
import { mapExpressions, transformPlanUp } from '../plan/walk.ts'
import type { OptimizerContext, OptimizerRule } from './rule.ts'

/** What depends on no row is computed once, here. What would fail stays, and fails where a row reaches it. */
export const foldConstants: OptimizerRule = {
  name: 'fold-constants',
  apply: (plan, context) =>
    transformPlanUp(plan, (node) => {
      let changed = false
      const next = mapExpressions(node, (e) => {
        const folded = fold(e, context)
        if (folded !== e) changed = true
        return folded
      })
      return changed ? next : node
    }),
}

function fold(e: Expression, context: OptimizerContext): Expression {
  switch (e.kind) {
    case 'literal':
    case 'column':
      return e
    case 'call':
    case 'cast':
    case 'case':
    case 'field': {
      const value = constantValue(e, context.functions, context.evaluation)
      if (value !== undefined) return literal(value, typeOf(e), e.span)
      break
    }
    default:
  }
  return mapChildren(e, (child) => fold(child, context))
}
