import type { ColumnRef, Expression } from '../expr/expression.ts'
import { childrenOf, transformUp } from '../expr/walk.ts'
import type { LogicalPlan } from './logical-plan.ts'
import { expressionsOf, inputsOf, mapExpressions, mapInputs } from './walk.ts'

/** Every column an expression reads, with those that queries inside it take from outside. */
export function columnsIn(e: Expression, into: Map<number, ColumnRef> = new Map()): Map<number, ColumnRef> {
  if (e.kind === 'column') into.set(e.id, e)
  for (const child of childrenOf(e)) columnsIn(child, into)
  if (e.kind === 'subquery') for (const [id, column] of outerColumns(e.query as LogicalPlan)) into.set(id, column)
  return into
}

/** Columns that an analysed plan reads and does not make: what correlates a subquery. */
export function outerColumns(plan: LogicalPlan): Map<number, ColumnRef> {
  const read = new Map<number, ColumnRef>()
  const made = new Set<number>()
  gather(plan, read, made)
  for (const id of made) read.delete(id)
  return read
}

/** The same as a list, in the order of reading and as often. */
export function outerReferences(plan: LogicalPlan): ColumnRef[] {
  const outer = outerColumns(plan)
  if (outer.size === 0) return []
  const found: ColumnRef[] = []
  const read = (e: Expression): void => {
    if (e.kind === 'column' && outer.has(e.id)) found.push(e)
    if (e.kind === 'subquery') walk(e.query as LogicalPlan)
    childrenOf(e).forEach(read)
  }
  const walk = (node: LogicalPlan): void => {
    expressionsOf(node).forEach(read)
    inputsOf(node).forEach(walk)
  }
  walk(plan)
  return found
}

function gather(plan: LogicalPlan, read: Map<number, ColumnRef>, made: Set<number>): void {
  for (const input of inputsOf(plan)) gather(input, read, made)
  for (const e of expressionsOf(plan)) columnsIn(e, read)
  for (const id of idsMadeBy(plan)) made.add(id)
}

/** Ids of the columns a node makes itself. */
export function idsMadeBy(plan: LogicalPlan): number[] {
  switch (plan.kind) {
    case 'scan':
    case 'local':
    case 'range':
    case 'expand':
    case 'recursion':
    case 'recursive_reference':
      return plan.output.map((c) => c.id)
    case 'generate':
    case 'union':
      return (plan.output ?? []).map((c) => c.id)
    case 'project':
      return aliasIds(plan.expressions)
    case 'aggregate':
      return [...aliasIds(plan.grouping), ...aliasIds(plan.aggregates)]
    case 'window':
      return aliasIds(plan.calls)
    case 'time_window':
    case 'session_window':
      return [plan.window.id]
    default:
      return []
  }
}
function aliasIds(expressions: readonly Expression[]): number[] {
  return expressions.flatMap((e) => (e.kind === 'alias' && e.id !== undefined ? [e.id] : []))
}

/** Replaces columns by id in an expression, also where queries inside it read them. */
export function replaceColumns(e: Expression, replacement: (column: ColumnRef) => Expression | undefined): Expression {
  return transformUp(e, (node) => {
    if (node.kind === 'column') return replacement(node) ?? node
    if (node.kind === 'subquery') {
      const query = node.query as LogicalPlan
      const next = replaceColumnsInPlan(query, replacement)
      return next === query ? node : { ...node, query: next }
    }
    return node
  })
}

/** The same through a whole plan. Columns that nodes declare as their output are left alone. */
export function replaceColumnsInPlan(plan: LogicalPlan, replacement: (column: ColumnRef) => Expression | undefined): LogicalPlan {
  const over = mapInputs(plan, (input) => replaceColumnsInPlan(input, replacement))
  let changed = false
  const mapped = mapExpressions(over, (e) => {
    const next = replaceColumns(e, replacement)
    if (next !== e) changed = true
    return next
  })
  return changed ? mapped : over
}
