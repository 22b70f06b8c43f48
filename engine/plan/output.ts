import { unreachable } from '../errors/assert.ts'
import { InternalError } from '../errors/engine-error.ts'
import type { ColumnRef, Expression } from '../expr/expression.ts'
import { isNullable, typeOf } from '../expr/expression.ts'
import { field, type Schema } from '../types/data-type.ts'
import type { LogicalPlan } from './logical-plan.ts'
import { isStreaming } from './walk.ts'

/** The columns an analysed plan puts out, in order. */
export function outputOf(plan: LogicalPlan): readonly ColumnRef[] {
  switch (plan.kind) {
    case 'scan':
    case 'local':
    case 'range':
    case 'expand':
    case 'recursion':
    case 'recursive_reference':
      return plan.output
    case 'one_row':
      return []
    case 'alias': {
      const input = outputOf(plan.input)
      return input.map((c, i) => ({ ...c, name: plan.columns[i] ?? c.name, qualifier: plan.qualifier ?? [plan.name] }))
    }
    case 'project':
      return plan.expressions.map(columnOf)
    case 'aggregate':
      // A stateful operator may be changed later without its state: Spark makes all that it puts out nullable.
      return isStreaming(plan.input) ? plan.aggregates.map((e) => nullable(columnOf(e))) : plan.aggregates.map(columnOf)
    case 'window':
      return [...outputOf(plan.input), ...plan.calls.map(columnOf)]
    case 'time_window':
    case 'session_window':
      return [...outputOf(plan.input), plan.window]
    case 'generate':
      return [...outputOf(plan.input), ...(plan.output ?? [])]
    case 'union':
    case 'watermark':
      return plan.output ?? outputOf(plan.kind === 'union' ? plan.inputs[0]! : plan.input)
    case 'set_operation':
      return outputOf(plan.left)
    case 'join': {
      const left = outputOf(plan.left)
      const right = outputOf(plan.right)
      switch (plan.type) {
        case 'left_semi':
        case 'left_anti':
          return left
        case 'left':
          return [...left, ...right.map(nullable)]
        case 'right':
          return [...left.map(nullable), ...right]
        case 'full':
          return [...left.map(nullable), ...right.map(nullable)]
        default:
          return [...left, ...right]
      }
    }
    case 'asof_join': {
      const right = outputOf(plan.right)
      return [...outputOf(plan.left), ...(plan.type === 'left' ? right.map((c) => ({ ...c, nullable: true })) : right)]
    }
    case 'filter':
    case 'distinct':
    case 'deduplicate':
    case 'sort':
    case 'limit':
    case 'offset':
    case 'sample':
    case 'repartition':
    case 'hint':
    case 'with':
      return outputOf(plan.input)
    case 'pivot':
      throw new InternalError('PIVOT is not resolved')
    case 'unresolved_relation':
      throw new InternalError(`relation ${plan.name.join('.')} is not resolved`)
    default:
      return unreachable(plan)
  }
}

function nullable(column: ColumnRef): ColumnRef {
  return column.nullable ? column : { ...column, nullable: true }
}

/** The column that a named expression of an analysed select list makes. */
export function columnOf(e: Expression): ColumnRef {
  if (e.kind === 'column') return e
  if (e.kind === 'alias' && e.id !== undefined) {
    const child = e.child
    const metadata = e.metadata ?? (child.kind === 'column' ? child.metadata : undefined)
    return {
      kind: 'column',
      id: e.id,
      name: e.name,
      type: typeOf(child),
      nullable: isNullable(child),
      qualifier: [],
      ...(metadata && { metadata }),
    }
  }
  throw new InternalError(`expression ${e.kind} is not a named output`)
}

export function schemaOf(plan: LogicalPlan): Schema {
  return outputOf(plan).map((c) => field(c.name, c.type, c.nullable, c.metadata))
}
