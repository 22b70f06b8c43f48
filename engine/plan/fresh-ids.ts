import { type Alias, type ColumnRef, type Expression, nextColumnId } from '../expr/expression.ts'
import { transformUp } from '../expr/walk.ts'
import type { LogicalPlan } from './logical-plan.ts'
import { idsMadeBy } from './references.ts'
import { inputsOf, mapExpressions, mapInputs } from './walk.ts'

/**
 * The same analysed plan with new ids for every column that it makes. A plan that stands twice in a query (a view, one DataFrame
 * joined with itself) must not give two columns one id. Columns of an enclosing query stay.
 */
export function withFreshIds(plan: LogicalPlan): LogicalPlan {
  const fresh = new Map<number, number>()
  collectIds(plan, fresh)
  return renumbered(plan, fresh)
}

function collectIds(plan: LogicalPlan, fresh: Map<number, number>): void {
  for (const id of idsMadeBy(plan)) if (!fresh.has(id)) fresh.set(id, nextColumnId())
  for (const input of inputsOf(plan)) collectIds(input, fresh)
}

function renumbered(plan: LogicalPlan, fresh: ReadonlyMap<number, number>): LogicalPlan {
  const column = (c: ColumnRef): ColumnRef => {
    const id = fresh.get(c.id)
    return id === undefined ? c : { ...c, id }
  }
  const expression = (e: Expression): Expression =>
    transformUp(e, (node) => {
      if (node.kind === 'column') return column(node)
      if (node.kind === 'alias' && node.id !== undefined) {
        const id = fresh.get(node.id)
        return id === undefined ? node : ({ ...node, id } satisfies Alias)
      }
      if (node.kind === 'subquery') return { ...node, query: renumbered(withFreshIds(node.query as LogicalPlan), fresh) }
      return node
    })
  const over = mapExpressions(
    mapInputs(plan, (input) => renumbered(input, fresh)),
    expression,
  )
  switch (over.kind) {
    case 'scan':
    case 'local':
    case 'range':
    case 'expand':
    case 'recursion':
    case 'recursive_reference':
      return { ...over, output: over.output.map(column) }
    case 'generate':
    case 'union':
    case 'watermark':
      return over.output ? { ...over, output: over.output.map(column) } : over
    case 'time_window':
    case 'session_window':
      return { ...over, window: column(over.window) }
    default:
      return over
  }
}
