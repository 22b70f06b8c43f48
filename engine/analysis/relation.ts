import { type Alias, type ColumnRef, type Expression, nextColumnId, typeOf } from '../expr/expression.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import type { Relation } from './scope.ts'

/** A relation that shows all that its plan puts out. */
export function relationOf(plan: LogicalPlan): Relation {
  return { plan, columns: outputOf(plan), hidden: [] }
}

/** The plan cut down to the columns that the relation shows. */
export function planOf(relation: Relation): LogicalPlan {
  const output = outputOf(relation.plan)
  const same = output.length === relation.columns.length && output.every((c, i) => c.id === relation.columns[i]!.id)
  return same ? relation.plan : { kind: 'project', expressions: relation.columns, input: relation.plan }
}

/** A named output with a fresh id. */
export function aliasOf(child: Expression, name: string): Alias & { readonly id: number } {
  return { kind: 'alias', name, child, id: nextColumnId(), type: typeOf(child), nullable: child.nullable }
}

/** Named outputs of the same values under types that differ; columns that fit stay themselves. */
export function renamed(column: ColumnRef, name: string): ColumnRef {
  return column.name === name ? column : { ...column, name }
}
