import type { LogicalPlan, Recursion } from '../plan/logical-plan.ts'
import { mapInputs, transformPlanUp } from '../plan/walk.ts'
import type { OptimizerRule } from './rule.ts'

/**
 * A LIMIT over a recursive definition ends its rounds, and LIMIT ALL lifts the limit on its rows; through whatever Spark pushes a limit:
 * projections, unions, the left side of left joins. More than speed: without it a recursion without end fails.
 */
export const limitRecursion: OptimizerRule = {
  name: 'limit-recursion',
  required: true,
  apply: (plan) =>
    transformPlanUp(plan, (node) => {
      if (node.kind === 'hint' && node.name === LIMIT_ALL) return mapInputs(node, (input) => limited(input, 'all'))
      const count = node.kind === 'limit' ? countOf(node) : undefined
      return count === undefined ? node : mapInputs(node, (input) => limited(input, count))
    }),
}

/** How a plan notes LIMIT ALL, which keeps every row. */
const LIMIT_ALL = 'limit_all'

function countOf(node: LogicalPlan & { readonly kind: 'limit' | 'offset' }): number | undefined {
  const count = node.count.kind === 'cast' ? node.count.child : node.count
  return count.kind === 'literal' ? Number(count.value) : undefined
}

function limited(plan: LogicalPlan, rows: number | 'all'): LogicalPlan {
  const into = (input: LogicalPlan): LogicalPlan => limited(input, rows)
  switch (plan.kind) {
    case 'recursion':
      return withLimit(plan, rows)
    case 'project':
    case 'alias':
    case 'hint':
    case 'repartition':
    case 'union':
      return mapInputs(plan, into)
    case 'offset': {
      const skipped = countOf(plan)
      if (skipped === undefined || rows === 'all') return plan
      return mapInputs(plan, (input) => limited(input, rows + skipped))
    }
    case 'join': {
      if (plan.type !== 'left' || plan.lateral) return plan
      const left = into(plan.left)
      return left === plan.left ? plan : { ...plan, left }
    }
    default:
      return plan
  }
}

function withLimit(plan: Recursion, rows: number | 'all'): Recursion {
  const { rowLimit } = plan
  if (rowLimit === rows || (typeof rowLimit === 'number' && (rows === 'all' || rowLimit <= rows))) return plan
  return { ...plan, rowLimit: rows }
}
