import { AnalysisError } from '../errors/engine-error.ts'
import {
  type AggregateCall,
  type Alias,
  type ColumnRef,
  call,
  type Expression,
  literal,
  nextColumnId,
  typeOf,
} from '../expr/expression.ts'
import { withFreshIds } from '../plan/fresh-ids.ts'
import { conjunctsOf } from '../plan/join-bounds.ts'
import type { Aggregate, LogicalPlan } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn, outerColumns, replaceColumns } from '../plan/references.ts'
import { expressionsOf, isStreaming } from '../plan/walk.ts'
import { BIGINT, BOOLEAN, INT, mapType, STRING } from '../types/data-type.ts'
import { MapValue } from '../types/value.ts'
import { correlatedRows, equalityKeys, pullUp } from './correlation.ts'
import { type Correlated, equalOrBothNull, orEmpty, overDomain } from './correlation-domain.ts'
import { allOf } from './push-down-filters.ts'
import type { OptimizerContext } from './rule.ts'

/** A subquery as a value: at most one row for each row around. `value` is over the join of both. */
export function correlatedValue(
  query: LogicalPlan,
  around: LogicalPlan,
  context: OptimizerContext,
): { plan: LogicalPlan; conditions: readonly Expression[]; value: Expression } {
  const column = outputOf(query)[0]!
  const global = overGlobalAggregate(query)
  if (global !== undefined && outerColumns(query).size > 0) {
    const pulled = pulledAggregate(global, context)
    if (pulled !== undefined) return pulled
  }
  const everyRow = global !== undefined
  const correlated = correlatedRows(query, around, context, everyRow)
  const single =
    everyRow || givesOneRow(query)
      ? correlated
      : (withSingleRow(correlated, column) ?? withSingleRow(overDomain(query, around, context), column)!)
  return { plan: single.plan, conditions: single.conditions, value: { ...single.columns[0]!, nullable: true } }
}

interface GlobalAggregate {
  readonly aggregate: Aggregate
  /** The value over the aggregate's output. */
  readonly value: Expression
  /** HAVING. */
  readonly conditions: readonly Expression[]
}

/** Projections and HAVING above an aggregate over everything, taken apart. */
function overGlobalAggregate(query: LogicalPlan): GlobalAggregate | undefined {
  let value: Expression = outputOf(query)[0]!
  let conditions: Expression[] = []
  let plan = query
  for (;;) {
    if (plan.kind === 'aggregate') return plan.grouping.length === 0 ? { aggregate: plan, value, conditions } : undefined
    if (plan.kind === 'alias' || plan.kind === 'sort') plan = plan.input
    else if (plan.kind === 'filter') {
      conditions = [...conjunctsOf(plan.condition), ...conditions]
      plan = plan.input
    } else if (plan.kind === 'project') {
      const definitions = new Map(plan.expressions.map((e) => [columnOf(e).id, e.kind === 'alias' ? e.child : e]))
      const define = (e: Expression): Expression => replaceColumns(e, (c) => definitions.get(c.id))
      value = define(value)
      conditions = conditions.map(define)
      plan = plan.input
    } else return undefined
  }
}

/** An aggregate correlated by equalities: grouped by the inner sides, its empty values filled in above the join. */
function pulledAggregate(
  { aggregate, value, conditions }: GlobalAggregate,
  context: OptimizerContext,
): { plan: LogicalPlan; conditions: readonly Expression[]; value: Expression } | undefined {
  const outer = outerColumns(aggregate)
  const below = pullUp(aggregate.input)
  if (below === undefined || expressionsOf(aggregate).some((e) => [...columnsIn(e).keys()].some((id) => outer.has(id))))
    return undefined
  const keys = equalityKeys(below.conditions, outer)
  if (keys === undefined || keys.length === 0) return undefined
  const columns = [...new Map(keys.map((key) => [columnOf(key).id, columnOf(key)])).values()]
  const plan: LogicalPlan = {
    ...aggregate,
    grouping: columns,
    aggregates: [...aggregate.aggregates, ...columns],
    input: below.plan,
  }
  const filled = new Map(
    aggregate.aggregates.map((e) => [columnOf(e).id, orEmpty({ ...columnOf(e), nullable: true }, e, context)]),
  )
  const fill = (e: Expression): Expression => replaceColumns(e, (c) => filled.get(c.id))
  const having = allOf(conditions.map(fill))
  const filledValue = fill(value)
  const result: Expression =
    having === undefined
      ? filledValue
      : { kind: 'case', branches: [{ when: having, then: filledValue }], type: typeOf(filledValue), nullable: true }
  return { plan, conditions: below.conditions, value: result }
}

function givesOneRow(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case 'one_row':
      return true
    case 'limit': {
      const count = plan.count
      return outerColumns(plan).size === 0 && count.kind === 'literal' && Number(count.value) <= 1
    }
    case 'local':
      return plan.rows.length <= 1
    case 'project':
    case 'filter':
    case 'alias':
    case 'sort':
      return givesOneRow(plan.input)
    default:
      return false
  }
}

const TOO_MANY_ROWS = new MapValue([['message', 'a subquery used as a value gave more than one row']])

/**
 * Keeps the one value of each group of rows that belong together; more than one is an error of the row that meets it. Undefined where the rows are
 * not tied by equalities: they make no groups.
 */
function withSingleRow(correlated: Correlated, column: ColumnRef): Correlated | undefined {
  const outer = outerColumns({
    kind: 'filter',
    condition: allOf(correlated.conditions) ?? literal(true, BOOLEAN),
    input: correlated.plan,
  })
  const keys = outputOf(correlated.plan).filter((c) =>
    correlated.conditions.some((condition) => columnsIn(condition).has(c.id) && !outer.has(c.id)),
  )
  const equal = equalityKeys(correlated.conditions, new Map([...outer].filter(([id]) => !keys.some((key) => key.id === id))))
  if (correlated.conditions.length > 0 && equal === undefined) return undefined
  const made = (child: Expression, name: string): Alias & { id: number } => ({
    kind: 'alias',
    name,
    child,
    id: nextColumnId(),
    type: typeOf(child),
    nullable: child.nullable,
  })
  const aggregate = (name: string, args: readonly Expression[], type: ColumnRef['type'], nullable: boolean): AggregateCall => ({
    kind: 'aggregate',
    name,
    args,
    distinct: false,
    type,
    nullable,
  })
  const value = made(aggregate('first', [column], column.type, true), column.name)
  const count = made(aggregate('count', [literal(1n, BIGINT)], BIGINT, false), 'count')
  const plan: LogicalPlan = { kind: 'aggregate', grouping: keys, aggregates: [...keys, value, count], input: correlated.plan }
  const many: Expression = { ...call('>', [columnOf(count), literal(1n, BIGINT)]), type: BOOLEAN, nullable: false }
  const raise: Expression = {
    ...call('raise_error', [
      literal('SCALAR_SUBQUERY_TOO_MANY_ROWS', STRING),
      literal(TOO_MANY_ROWS, mapType(STRING, STRING, false)),
    ]),
    type: column.type,
    nullable: true,
  }
  const checked = made(
    { kind: 'case', branches: [{ when: many, then: raise }], otherwise: columnOf(value), type: column.type, nullable: true },
    column.name,
  )
  return {
    plan: { kind: 'project', expressions: [checked, ...keys], input: plan },
    conditions: correlated.conditions,
    columns: [columnOf(checked)],
  }
}

/** Whether a subquery has a row (that matches), as a column of a join: TRUE or FALSE for every row around. */
export function correlatedFlag(
  query: LogicalPlan,
  around: LogicalPlan,
  matches: (columns: readonly ColumnRef[]) => readonly Expression[],
  context: OptimizerContext,
): { plan: LogicalPlan; conditions: readonly Expression[]; value: Expression } {
  const flag: Alias & { id: number } = {
    kind: 'alias',
    name: 'exists',
    child: literal(true, BOOLEAN),
    id: nextColumnId(),
    type: BOOLEAN,
    nullable: false,
  }
  const value: Expression = { ...call('isnotnull', [{ ...columnOf(flag), nullable: true }]), type: BOOLEAN, nullable: false }
  const correlated = correlatedRows(query, around, context)
  const membership = matches(correlated.columns)
  const all = [...correlated.conditions, ...membership]
  const outerIds = new Set([...outputOf(around)].map((c) => c.id))
  const innerColumns = outputOf(correlated.plan).filter((c) => all.some((condition) => columnsIn(condition).has(c.id)))
  const plainEqualities = equalityKeys(all, new Map(outputOf(around).map((c) => [c.id, c])))
  if (plainEqualities !== undefined || all.length === 0) {
    // One row for each key (or one row at all): the join finds it or does not.
    const distinct: LogicalPlan =
      all.length === 0
        ? { kind: 'limit', count: literal(1, INT), input: correlated.plan }
        : { kind: 'aggregate', grouping: innerColumns, aggregates: innerColumns, distinct: true, input: correlated.plan }
    const plan: LogicalPlan = { kind: 'project', expressions: [flag, ...innerColumns], input: distinct }
    return { plan, conditions: all, value }
  }
  // Other conditions: the distinct outer values for which there is a match, found by a semi join.
  const used = [...new Map(all.flatMap((c) => [...columnsIn(c)]).filter(([id]) => outerIds.has(id))).values()]
  if (isStreaming(around))
    throw new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_REFERENCE_DATA_TYPE', {
      message: 'a subquery over a stream must be a conjunct of WHERE, or be correlated by equalities',
      hint: 'Write a LEFT SEMI JOIN.',
    })
  const copies = used.map((c): Alias & { id: number } => ({
    kind: 'alias',
    name: c.name,
    child: c,
    id: nextColumnId(),
    type: c.type,
    nullable: c.nullable,
  }))
  const values: LogicalPlan = withFreshIds({ kind: 'project', expressions: copies, input: around })
  const columns = outputOf(values)
  const distinct: LogicalPlan = { kind: 'aggregate', grouping: columns, aggregates: columns, distinct: true, input: values }
  const place = new Map(used.map((c, i) => [c.id, columns[i]!]))
  const condition = allOf(all.map((c) => replaceColumns(c, (column) => place.get(column.id))))!
  const semi: LogicalPlan = { kind: 'join', type: 'left_semi', left: distinct, right: correlated.plan, condition }
  return {
    plan: { kind: 'project', expressions: [flag, ...columns], input: semi },
    conditions: used.map((c, i) => equalOrBothNull(c, columns[i]!)),
    value,
  }
}
