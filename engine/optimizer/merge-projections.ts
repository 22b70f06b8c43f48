import { type Alias, type ColumnRef, type Expression, typeOf } from '../expr/expression.ts'
import { childrenOf, collect } from '../expr/walk.ts'
import type { LogicalPlan, Project } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { replaceColumns } from '../plan/references.ts'
import { transformPlanUp } from '../plan/walk.ts'
import { isDeterministic, type OptimizerContext, type OptimizerRule } from './rule.ts'

/** Two projections in a row become one where nothing would be computed twice; one that changes nothing goes. */
export const mergeProjections: OptimizerRule = {
  name: 'merge-projections',
  apply: (plan, context) =>
    transformPlanUp(plan, (node): LogicalPlan => {
      if (node.kind !== 'project') return node
      const merged = node.input.kind === 'project' ? merge(node, node.input, context) : node
      return isIdentity(merged) ? merged.input : merged
    }),
}

function isIdentity(project: Project): boolean {
  const output = outputOf(project.input)
  return (
    output.length === project.expressions.length &&
    project.expressions.every((e, i) => e.kind === 'column' && e.id === output[i]!.id)
  )
}

function merge(outer: Project, inner: Project, context: OptimizerContext): Project {
  const definitions = definitionsOf(inner)
  const uses = new Map<number, number>()
  const wholeUses = new Set<number>()
  for (const e of outer.expressions) {
    for (const column of collect(e, (n) => n.kind === 'column')) uses.set(column.id, (uses.get(column.id) ?? 0) + 1)
    for (const id of readWhole(e)) wholeUses.add(id)
  }
  for (const [id, definition] of definitions) {
    const cheap = definition.kind === 'column' || definition.kind === 'literal'
    if (cheap) continue
    if (!isDeterministic(definition, context)) return outer
    if ((uses.get(id) ?? 0) > 1 && !(isSharedStruct(definition, context) && !wholeUses.has(id))) return outer
  }
  const expressions = outer.expressions.map((e): Expression => {
    if (e.kind === 'alias' && e.child.kind === 'column' && e.child.metadata !== undefined) {
      // What is known of a column stays known of its new name, even when the column becomes the expression it stood for.
      return { ...replaceColumns(e, (column) => definitions.get(column.id)), metadata: e.metadata ?? e.child.metadata } as Alias
    }
    if (e.kind !== 'column') return replaceColumns(e, (column) => definitions.get(column.id))
    const definition = inner.expressions.find((d) => columnOf(d).id === e.id) as ColumnRef | Alias
    return { ...definition, name: e.name }
  })
  return { ...outer, expressions, input: inner.input }
}

/** A call that makes a struct once a batch for all that read it, and of it only the fields that are read: from_json and the like. */
function isSharedStruct(e: Expression, context: OptimizerContext): boolean {
  if (e.kind !== 'call' || !context.settings.flag('millrace.codegen.enabled')) return false
  const record = context.functions.find(e.name)
  return record?.kind === 'scalar' && record.bindColumns !== undefined && typeOf(e).kind === 'struct'
}

/** The columns of which an expression reads more than a field. */
function readWhole(e: Expression): number[] {
  if (e.kind === 'column') return [e.id]
  if (e.kind === 'field' && e.child.kind === 'column') return []
  return childrenOf(e).flatMap(readWhole)
}

/** What the columns of a projection stand for. */
export function definitionsOf(project: Project): Map<number, Expression> {
  return new Map(project.expressions.map((e) => [columnOf(e).id, e.kind === 'alias' ? e.child : e]))
}
