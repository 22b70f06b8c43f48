import { AnalysisError } from '../errors/engine-error.ts'
import { type ColumnRef, call, type Expression, type Subquery } from '../expr/expression.ts'
import { anyOf, collect, transformDown } from '../expr/walk.ts'
import { conjunctsOf } from '../plan/join-bounds.ts'
import type { Join, JoinType, LogicalPlan } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import { columnsIn, outerColumns } from '../plan/references.ts'
import { expressionsOf, mapExpressions, transformPlanUp } from '../plan/walk.ts'
import { BOOLEAN } from '../types/data-type.ts'
import { correlatedFlag, correlatedValue } from './correlated-value.ts'
import { correlatedRows } from './correlation.ts'
import type { Correlated } from './correlation-domain.ts'
import { allOf } from './push-down-filters.ts'
import type { OptimizerContext, OptimizerRule } from './rule.ts'

/**
 * Subqueries become joins, as operators know no queries inside expressions:
 *
 * - EXISTS and IN as a conjunct of WHERE → LEFT SEMI JOIN; their negation → LEFT ANTI JOIN (for NOT IN, what is NULL counts as equal)
 * - elsewhere → LEFT JOIN with a flag column
 * - a value → LEFT JOIN with the one row that the subquery makes
 * - LATERAL → a join with the correlated conditions
 */
export const decorrelateSubqueries: OptimizerRule = {
  name: 'decorrelate-subqueries',
  required: true,
  apply: (plan, context) =>
    transformPlanUp(plan, (node): LogicalPlan => {
      if (node.kind === 'join' && node.lateral) return lateralJoin(node, context)
      if (!expressionsOf(node).some((e) => anyOf(e, (n) => n.kind === 'subquery'))) return node
      return node.kind === 'filter' ? filterJoins(node, context) : valueJoins(node, context)
    }),
}

function inner(subquery: Subquery, context: OptimizerContext): LogicalPlan {
  return decorrelateSubqueries.apply(subquery.query as LogicalPlan, context)
}

function typed(name: string, args: readonly Expression[]): Expression {
  const nullable = name === 'isnull' || name === 'isnotnull' || name === '<=>' ? false : args.some((a) => a.nullable ?? true)
  return { ...call(name, args), type: BOOLEAN, nullable }
}

/** `needles = columns`, where the subquery is IN. */
function membership(subquery: Subquery, columns: readonly ColumnRef[], nullAware: boolean): Expression[] {
  if (subquery.form !== 'in') return []
  return subquery.needles.map((needle, i) => {
    const equal = typed('=', [needle, columns[i]!])
    return nullAware ? typed('or', [equal, typed('isnull', [equal])]) : equal
  })
}

function filterJoins(filter: Extract<LogicalPlan, { kind: 'filter' }>, context: OptimizerContext): LogicalPlan {
  const output = outputOf(filter.input)
  let input = filter.input
  const rest: Expression[] = []
  for (const conjunct of conjunctsOf(filter.condition)) {
    const negated = conjunct.kind === 'call' && conjunct.name === 'not'
    const subquery = negated ? conjunct.args[0]! : conjunct
    const plain =
      subquery.kind === 'subquery' &&
      subquery.form !== 'scalar' &&
      !subquery.needles.some((needle) => anyOf(needle, (n) => n.kind === 'subquery'))
    if (!plain) {
      rest.push(conjunct)
      continue
    }
    const correlated = correlatedRows(inner(subquery, context), input, context)
    const conditions = [...correlated.conditions, ...membership(subquery, correlated.columns, negated)]
    const condition = allOf(conditions)
    const type: JoinType = negated ? 'left_anti' : 'left_semi'
    input = { kind: 'join', type, left: input, right: correlated.plan, ...(condition && { condition }), span: subquery.span }
  }
  if (rest.length === 0) return input
  const condition = allOf(rest)!
  const node: LogicalPlan = { ...filter, condition, input }
  return anyOf(condition, (n) => n.kind === 'subquery') ? cutTo(output, valueJoins(node, context)) : node
}

function cutTo(output: readonly ColumnRef[], plan: LogicalPlan): LogicalPlan {
  const now = outputOf(plan)
  const same = now.length === output.length && output.every((c, i) => c.id === now[i]!.id)
  return same ? plan : { kind: 'project', expressions: output, input: plan }
}

/** Joins that bring in the values of the subqueries in a node's expressions. */
function valueJoins(node: LogicalPlan, context: OptimizerContext): LogicalPlan {
  if (node.kind === 'join') return joinConditionSubqueries(node, context)
  if (!('input' in node)) return node
  const output = outputOf(node)
  let input: LogicalPlan = node.input
  const replace = (e: Expression): Expression =>
    transformDown(e, (n) => {
      if (n.kind === 'call' && n.name === 'not' && n.args[0]!.kind === 'subquery' && n.args[0]!.form === 'in') {
        const [next, value] = joined(n.args[0] as Subquery, input, context, true)
        input = next
        return typed('not', [value])
      }
      if (n.kind !== 'subquery') return undefined
      const [next, value] = joined(n, input, context, false)
      input = next
      return value
    })
  const mapped = mapExpressions(node, replace) as typeof node
  const result: LogicalPlan = { ...mapped, input } as LogicalPlan
  return passesColumns(node) ? cutTo(output, result) : result
}

/** Nodes whose output grows with their input. */
function passesColumns(node: LogicalPlan): boolean {
  return node.kind !== 'project' && node.kind !== 'aggregate' && node.kind !== 'expand'
}

/** The input with the value of the subquery as a column, and the expression of it. */
function joined(subquery: Subquery, input: LogicalPlan, context: OptimizerContext, negated: boolean): [LogicalPlan, Expression] {
  const query = inner(subquery, context)
  let left = input
  const needles = subquery.needles.map((needle) => {
    if (!anyOf(needle, (n) => n.kind === 'subquery')) return needle
    return transformDown(needle, (n) => {
      if (n.kind !== 'subquery') return undefined
      const [next, value] = joined(n, left, context, false)
      left = next
      return value
    })
  })
  const resolved = { ...subquery, needles }
  if (subquery.form === 'scalar') {
    const { plan, conditions, value } = correlatedValue(query, left, context)
    return [leftJoin(left, plan, conditions), value]
  }
  const flag = correlatedFlag(query, left, (columns) => membership(resolved, columns, negated), context)
  return [leftJoin(left, flag.plan, flag.conditions), flag.value]
}

function leftJoin(left: LogicalPlan, right: LogicalPlan, conditions: readonly Expression[]): Join {
  const condition = allOf(conditions)
  return { kind: 'join', type: 'left', left, right, ...(condition && { condition }) }
}

/** Subqueries in ON: their values are brought to the side that they read; both sides at once only where the join is inner. */
function joinConditionSubqueries(join: Join, context: OptimizerContext): LogicalPlan {
  const output = outputOf(join)
  let { left, right } = join
  const leftIds = new Set(outputOf(left).map((c) => c.id))
  const rightIds = new Set(outputOf(right).map((c) => c.id))
  const above: Expression[] = []
  const kept: Expression[] = []
  for (const conjunct of conjunctsOf(join.condition)) {
    const subqueries = collect(conjunct, (n) => n.kind === 'subquery')
    if (subqueries.length === 0) {
      kept.push(conjunct)
      continue
    }
    const reads = (ids: ReadonlySet<number>): boolean =>
      subqueries.some((s) => [...columnsIn(s).keys()].some((id) => ids.has(id)))
    if (reads(leftIds) && reads(rightIds)) {
      for (const subquery of subqueries) refuseBothSides(subquery, leftIds, rightIds)
      if (join.type === 'inner' || join.type === 'cross') {
        above.push(conjunct)
        continue
      }
    }
    const onLeft = !reads(rightIds)
    const replaced = transformDown(conjunct, (n) => {
      if (n.kind !== 'subquery') return undefined
      const [next, value] = joined(n, onLeft ? left : right, context, false)
      if (onLeft) left = next
      else right = next
      return value
    })
    kept.push(replaced)
  }
  const { condition: _condition, ...rest } = join
  const condition = allOf(kept)
  const next: LogicalPlan = { ...rest, left, right, ...(condition && { condition }) }
  const cut = cutTo(output, next)
  const filter = allOf(above)
  return filter === undefined ? cut : filterJoins({ kind: 'filter', condition: filter, input: cut }, context)
}

/** A correlated condition on both sides belongs to neither of them. Source: Spark's RewritePredicateSubquery. */
function refuseBothSides(subquery: Subquery, leftIds: ReadonlySet<number>, rightIds: ReadonlySet<number>): void {
  if (subquery.form === 'scalar' || outerColumns(subquery.query as LogicalPlan).size === 0) return
  const read = [...columnsIn(subquery).keys()]
  if (!read.some((id) => leftIds.has(id)) || !read.some((id) => rightIds.has(id))) return
  throw new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_EXPRESSION_IN_JOIN_CONDITION', {
    message: 'a subquery in the condition of a join cannot be correlated with both sides of it',
    hint: 'Put it into WHERE.',
    span: subquery.span,
  })
}

function lateralJoin(join: Join, context: OptimizerContext): LogicalPlan {
  const { lateral: _lateral, ...plain } = join
  if (outerColumns(join.right).size === 0) return plain
  const correlated: Correlated = correlatedRows(join.right, join.left, context, true)
  const condition = allOf([...correlated.conditions, ...conjunctsOf(join.condition)])
  const type: JoinType = condition !== undefined && join.type === 'cross' ? 'inner' : join.type
  const result: LogicalPlan = { ...plain, type, right: correlated.plan, ...(condition && { condition }) }
  return cutTo(outputOf(join), result)
}
