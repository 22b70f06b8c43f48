import { assert } from '../errors/assert.ts'
import type { BoundRef, ColumnRef, Expression } from '../expr/expression.ts'
import { transformUp } from '../expr/walk.ts'
import { BOOLEAN } from '../types/data-type.ts'

/** The expression over a row of `columns`: column ids become positions; a name at the top is dropped. */
export function bind(expression: Expression, columns: readonly ColumnRef[]): Expression {
  return transformUp(stripAlias(expression), (e) => (e.kind === 'column' ? boundColumn(e, columns) : e))
}

export function boundColumn(column: ColumnRef, columns: readonly ColumnRef[]): BoundRef {
  const ordinal = columns.findIndex((c) => c.id === column.id)
  assert(
    ordinal >= 0,
    `column ${column.name}#${column.id} is not in the input (${columns.map((c) => `${c.name}#${c.id}`).join(', ')})`,
  )
  const found = columns[ordinal]!
  return { kind: 'bound', ordinal, type: found.type, nullable: found.nullable }
}

export function stripAlias(expression: Expression): Expression {
  return expression.kind === 'alias' ? stripAlias(expression.child) : expression
}

/** Column ids become the expressions they stand for; ids that are not in the map stay. */
export function substitute(expression: Expression, definitions: ReadonlyMap<number, Expression>): Expression {
  return transformUp(expression, (e) => (e.kind === 'column' ? (definitions.get(e.id) ?? e) : e))
}

export function conjunctsOf(condition: Expression): Expression[] {
  if (condition.kind === 'call' && condition.name === 'and') return condition.args.flatMap(conjunctsOf)
  return [condition]
}

/** All of them with AND between; undefined for none. */
export function conjunction(conjuncts: readonly Expression[]): Expression | undefined {
  return conjuncts.reduce<Expression | undefined>((left, right) => {
    if (left === undefined) return right
    const nullable = (left.nullable ?? true) || (right.nullable ?? true)
    return { kind: 'call', name: 'and', args: [left, right], type: BOOLEAN, nullable }
  }, undefined)
}
