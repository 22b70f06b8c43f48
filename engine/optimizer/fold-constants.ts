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

/** Join any number of arguments, and evaluate all of them. */
const READS_ALL: ReadonlySet<string> = new Set(['concat', '||'])

/** A function that gives NULL for NULL does not look at its other arguments beside a literal NULL: they cannot fail. */
function isNull(e: Expression, context: OptimizerContext): boolean {
  switch (e.kind) {
    case 'literal':
      return e.value === null
    case 'cast':
      return isNull(e.child, context)
    case 'call': {
      if (e.name === 'in') return e.args[0] !== undefined && isNull(e.args[0], context)
      const record = context.functions.find(e.name)
      if (record?.kind !== 'scalar' || record.nulls !== 'propagate' || READS_ALL.has(record.name)) return false
      return e.args.some((arg) => isNull(arg, context))
    }
    default:
      return false
  }
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
      if (isNull(e, context)) return literal(null, typeOf(e), e.span)
      const value = constantValue(e, context.functions, context.evaluation)
      if (value !== undefined) return literal(value, typeOf(e), e.span)
      break
    }
    default:
  }
  return mapChildren(e, (child) => fold(child, context))
}
