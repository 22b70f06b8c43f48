import { AnalysisError } from '../errors/engine-error.ts'
import { type ColumnRef, call, type Expression, literal, typeOf } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf } from '../expr/walk.ts'
import { holdsMap } from '../functions/signature.ts'
import type { LogicalPlan, Pivot } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn } from '../plan/references.ts'
import { implicitCast } from '../types/coercion.ts'
import { STRING, sameType, sqlTypeName } from '../types/data-type.ts'
import { castTo } from './coerce-types.ts'
import { aliasOf, planOf, relationOf } from './relation.ts'
import { resolveExpression } from './resolve-expressions.ts'
import { constantOf, typedCall } from './resolve-functions.ts'
import { type Environment, type Relation, type Scope, scopeOf } from './scope.ts'

/**
 * PIVOT as two aggregates, as in Spark: the first groups by the remaining columns and the pivot columns, the second turns the pivot
 * values into columns. A combination without rows is NULL, also for counts.
 */
export function resolvePivot(plan: Pivot, relation: Relation, environment: Environment): Relation {
  const { context } = environment
  const input = planOf(relation)
  const scope = scopeOf(relation, environment)
  const aggregates = plan.aggregates.map((e) => {
    const typed = resolveExpression(e.kind === 'alias' ? e.child : e, scope, environment)
    if (!anyOf(typed, (n) => n.kind === 'aggregate'))
      throw new AnalysisError('_LEGACY_ERROR_TEMP_1006', {
        message: `PIVOT needs aggregates; "${printExpression(typed)}" is none`,
        span: e.span,
      })
    return { typed, name: e.kind === 'alias' ? e.name : printExpression(typed) }
  })
  const columns = plan.columns.map((e) => resolveExpression(e, scope, environment))
  const used = new Set([...aggregates.map((a) => a.typed), ...columns].flatMap((e) => [...columnsIn(e).keys()]))
  const keys = outputOf(input).filter((c) => !used.has(c.id))
  for (const column of columns) refuseIncomparable(column)
  const pivots = columns.map((column) => (column.kind === 'column' ? column : aliasOf(column, printExpression(column))))

  // Bare calls in the aggregate, what is computed of them above it: the invariant of an analysed Aggregate.
  const calls = new Map<Expression, ReturnType<typeof aliasOf>>()
  const lifted = aggregates.map(({ typed, name }) => aliasOf(liftCalls(typed, calls), name))
  const grouped: LogicalPlan = {
    kind: 'aggregate',
    grouping: [...keys, ...pivots],
    aggregates: [...keys, ...pivots.map(columnOf), ...calls.values()],
    input,
    span: plan.span,
  }
  const computed: LogicalPlan = { kind: 'project', expressions: [...keys, ...pivots.map(columnOf), ...lifted], input: grouped }
  const results = plan.values.flatMap(({ value, alias }) => {
    // Several values for one column of structs are one struct.
    const asOne = pivots.length === 1 && value.length > 1 ? [call('struct', value)] : value
    // One value for several columns is a struct of them.
    if (asOne.length < pivots.length) throw valueMismatch(resolveExpression(plain(value[0]!), scope, environment), 'STRUCT')
    const values = asOne.map((e, i) => pivotValue(e, pivots[i]!, scope, environment))
    const matches = values
      .map((v, i) => typedCall(call('<=>', []), [columnOf(pivots[i]!), v], context))
      .reduce((a, b) => typedCall(call('and', []), [a, b], context))
    return lifted.map((aggregate) => {
      const column = columnOf(aggregate)
      const first = typedCall({ ...call('first', []), filter: matches }, [column], context)
      const name =
        alias ??
        (values.length === 1
          ? pivotName(values[0]!, environment)
          : `{${values.map((v) => pivotName(v, environment)).join(', ')}}`)
      return aliasOf(first, lifted.length === 1 ? name : `${name}_${aggregate.name}`)
    })
  })
  return relationOf({ kind: 'aggregate', grouping: keys, aggregates: [...keys, ...results], input: computed, span: plan.span })
}

function liftCalls(e: Expression, calls: Map<Expression, ReturnType<typeof aliasOf>>): Expression {
  if (e.kind === 'aggregate') {
    const alias = aliasOf(e, printExpression(e))
    calls.set(e, alias)
    return columnOf(alias)
  }
  switch (e.kind) {
    case 'call':
      return { ...e, args: e.args.map((arg) => liftCalls(arg, calls)) }
    case 'cast':
    case 'field':
      return { ...e, child: liftCalls(e.child, calls) }
    default:
      return e
  }
}

function pivotValue(
  e: Expression,
  column: ColumnRef | ReturnType<typeof aliasOf>,
  scope: Scope,
  environment: Environment,
): Expression {
  const typed = resolveExpression(plain(e), scope, environment)
  const type = typeOf(column)
  const value = constantOf(typed, environment.context)
  if (value === undefined)
    throw new AnalysisError('NON_LITERAL_PIVOT_VALUES', {
      message: `the values of PIVOT must be constants; "${printExpression(typed)}" is none`,
      span: e.span,
      parameters: { expression: `"${printExpression(typed)}"` },
    })
  if (!sameType(typeOf(typed), type) && !implicitCast(typeOf(typed), type)) throw valueMismatch(typed, sqlTypeName(type))
  return castTo(literal(value, typeOf(typed)), type)
}

function plain(e: Expression): Expression {
  return e.kind === 'alias' ? e.child : e
}
function valueMismatch(value: Expression, pivotType: string): AnalysisError {
  return new AnalysisError('PIVOT_VALUE_DATA_TYPE_MISMATCH', {
    message: `the value ${printExpression(value)} of PIVOT is ${sqlTypeName(typeOf(value))}, the column is ${pivotType}`,
    span: value.span,
    parameters: { value: printExpression(value), valueType: sqlTypeName(typeOf(value)), pivotType },
  })
}
function refuseIncomparable(column: Expression): void {
  const type = typeOf(column)
  if (!holdsMap(type)) return
  throw new AnalysisError('INCOMPARABLE_PIVOT_COLUMN', {
    message: `PIVOT cannot compare "${printExpression(column)}": its type is ${sqlTypeName(type)}`,
    span: column.span,
    parameters: { columnName: `\`${printExpression(column)}\`` },
  })
}

function pivotName(value: Expression, environment: Environment): string {
  const text = constantOf(castTo(value, STRING), environment.context)
  return text === null || text === undefined ? 'null' : String(text)
}
