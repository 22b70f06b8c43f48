import { unreachable } from '../../engine/errors/assert.ts'
import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Expression } from '../../engine/expr/expression.ts'
import type { LogicalPlan } from '../../engine/plan/logical-plan.ts'
import type { PipeOperatorSyntax, QueryBodySyntax, QuerySyntax, QueryTailSyntax, SelectSyntax } from '../ast.ts'
import { lowerExpression, lowerSortItem, NOTHING_AROUND, type Surroundings, withWindows } from './lower-expression.ts'
import { lowerGroupBy } from './lower-grouping.ts'
import {
  applySample,
  lowerFrom,
  lowerJoin,
  lowerPivot,
  lowerRelationName,
  lowerUnpivot,
  lowerValues,
  rewriteWindowColumns,
} from './lower-relation.ts'

/** A query → an unresolved plan. */
export function lowerQuery(query: QuerySyntax, around: Surroundings = NOTHING_AROUND): LogicalPlan {
  const inside = withWindows(around, query.tail.windows)
  const input = lowerTail(lowerBody(query.body, inside), query.tail, inside)
  if (query.ctes.length === 0) return input
  return {
    kind: 'with',
    definitions: query.ctes.map((cte) => ({
      name: cte.name,
      columns: cte.columns,
      query: lowerQuery(cte.query),
      ...(cte.maxLevel !== undefined && { maxLevel: cte.maxLevel }),
      span: cte.span,
    })),
    recursive: query.recursive,
    input,
    span: query.span,
  }
}

export function lowerBody(body: QueryBodySyntax, around: Surroundings): LogicalPlan {
  switch (body.kind) {
    case 'query':
      return lowerQuery(body, around)
    case 'select':
      return lowerSelect(body, around, undefined)
    case 'set_operation':
      return lowerSetOperation(body, around)
    case 'values':
      return lowerValues(body.rows, body.alias, body.span)
    case 'table':
      return {
        kind: 'unresolved_relation',
        name: lowerRelationName(body.name),
        streamed: false,
        options: {},
        span: body.span,
      }
    case 'from':
      return lowerFrom(body.from, around)
    case 'pipe':
      return lowerPipes(body, around)
    default:
      return unreachable(body)
  }
}

/** Unions of unions are one node, however long the chain. */
function lowerSetOperation(body: QueryBodySyntax & { kind: 'set_operation' }, around: Surroundings): LogicalPlan {
  const { operator, all, span } = body
  if (operator !== 'union') {
    return {
      kind: 'set_operation',
      operator,
      all,
      left: lowerBody(body.left, around),
      right: lowerBody(body.right, around),
      span,
    }
  }
  const inputs: QueryBodySyntax[] = []
  let left: QueryBodySyntax = body
  while (left.kind === 'set_operation' && left.operator === 'union' && left.all === all) {
    inputs.push(left.right)
    left = left.left
  }
  inputs.push(left)
  const union: LogicalPlan = {
    kind: 'union',
    inputs: inputs.reverse().map((input) => lowerBody(input, around)),
    byName: false,
    allowMissing: false,
    span,
  }
  return all ? union : { kind: 'distinct', input: union, span }
}

/** `given` is the input when it stands before a pipe. */
function lowerSelect(select: SelectSyntax, outside: Surroundings, given: LogicalPlan | undefined): LogicalPlan {
  const around = withWindows(outside, select.windows)
  const { span } = select
  const windowed = rewriteWindowColumns(select)
  const { items, groupBy, having } = windowed
  let plan: LogicalPlan = given ?? (select.from ? lowerFrom(select.from, around) : { kind: 'one_row', span })
  if (select.where)
    plan = { kind: 'filter', condition: lowerExpression(select.where, around), input: plan, span: select.where.span }
  const expressions = items.map((item) => lowerExpression(item, around))
  if (groupBy)
    plan = { kind: 'aggregate', ...lowerGroupBy(groupBy, around), aggregates: expressions, input: plan, span: groupBy.span }
  else if (having) plan = { kind: 'aggregate', grouping: [], aggregates: expressions, input: plan, span }
  else plan = { kind: 'project', expressions, input: plan, span }
  if (having) plan = { kind: 'filter', condition: lowerExpression(having, around), having: true, input: plan, span: having.span }
  if (select.qualify) {
    plan = {
      kind: 'filter',
      condition: lowerExpression(select.qualify, around),
      qualify: true,
      input: plan,
      span: select.qualify.span,
    }
  }
  if (select.distinct) plan = { kind: 'distinct', input: plan, span }
  for (const hint of [...select.hints].reverse()) plan = { kind: 'hint', name: hint.name, input: plan, span: hint.span }
  return plan
}

function lowerTail(input: LogicalPlan, tail: QueryTailSyntax, around: Surroundings, piped = false): LogicalPlan {
  let plan = input
  const lowerAll = (list: QueryTailSyntax['clusterBy']): Expression[] => list.map((e) => lowerExpression(e, around))
  const sort = (orders: QueryTailSyntax['orderBy'], global: boolean): void => {
    if (orders.length > 0)
      plan = {
        kind: 'sort',
        orders: orders.map((item) => lowerSortItem(item, around)),
        global,
        ...(piped && { piped }),
        input: plan,
        span: orders[0]!.span,
      }
  }
  sort(tail.orderBy, true)
  const repartition = [...tail.distributeBy, ...tail.clusterBy]
  if (repartition.length > 0)
    plan = {
      kind: 'repartition',
      expressions: lowerAll(repartition),
      ...(piped && { piped }),
      input: plan,
      span: repartition[0]!.span,
    }
  sort(
    tail.clusterBy.map((expression) => ({ expression, descending: false, nullsFirst: undefined, span: expression.span })),
    false,
  )
  sort(tail.sortBy, false)
  if (tail.offset) plan = { kind: 'offset', count: lowerExpression(tail.offset, around), input: plan, span: tail.offset.span }
  if (tail.limit !== undefined && tail.limit !== 'all') {
    plan = { kind: 'limit', count: lowerExpression(tail.limit, around), input: plan, span: tail.limit.span }
  } else if (tail.limit === 'all') plan = { kind: 'hint', name: 'limit_all', input: plan }
  return plan
}

/** A chain of pipes, walked from its start. */
function lowerPipes(body: QueryBodySyntax & { kind: 'pipe' }, around: Surroundings): LogicalPlan {
  const operators: PipeOperatorSyntax[] = []
  let input: QueryBodySyntax = body
  while (input.kind === 'pipe') {
    operators.push(input.operator)
    input = input.input
  }
  return operators.reverse().reduce((plan, operator) => lowerPipe(operator, plan, around), lowerBody(input, around))
}

function lowerPipe(operator: PipeOperatorSyntax, input: LogicalPlan, around: Surroundings): LogicalPlan {
  const { span } = operator
  switch (operator.kind) {
    case 'select':
      return lowerSelect(operator.select, around, input)
    case 'extend': {
      const added = operator.items.map((item) => lowerExpression(item, around))
      const star = added.find((e) => e.kind === 'star')
      if (star !== undefined)
        throw new ParseError('INVALID_USAGE_OF_STAR_OR_REGEX', {
          message: 'EXTEND behind a pipe cannot hold a star',
          hint: 'EXTEND keeps all columns by itself.',
          span: star.span,
          parameters: { elem: "'*'", prettyName: 'expression `pipeexpression`' },
        })
      return { kind: 'project', piped: 'EXTEND', expressions: [{ kind: 'star', target: [], except: [] }, ...added], input, span }
    }
    case 'set':
      // Each assignment sees the ones before it.
      return operator.assignments.reduce<LogicalPlan>((plan, { name, value }) => {
        const replace = [{ name, value: lowerExpression(value, around) }]
        const expressions = [{ kind: 'star' as const, target: [], except: [], replace, span }]
        return { kind: 'project', piped: 'SET', expressions, input: plan, span }
      }, input)
    case 'drop':
      return {
        kind: 'project',
        expressions: [{ kind: 'star', target: [], except: operator.names, span }],
        input,
        span,
      }
    case 'as':
      return { kind: 'alias', name: operator.name, columns: [], input, span }
    case 'where':
      return { kind: 'filter', condition: lowerExpression(operator.condition, around), piped: true, input, span }
    case 'aggregate': {
      const aggregates = operator.aggregates.map((item) => lowerExpression(item, around))
      if (operator.groupBy === undefined) return { kind: 'aggregate', grouping: [], aggregates, piped: true, input, span }
      const { grouping } = lowerGroupBy(operator.groupBy, around)
      const shown = operator.groupBy.items.map((item, i) => {
        const expression = grouping[i]!
        return item.kind === 'expression' && item.name !== undefined
          ? { kind: 'alias' as const, name: item.name, child: expression }
          : expression
      })
      return { kind: 'aggregate', grouping, aggregates: [...shown, ...aggregates], piped: true, input, span }
    }
    case 'join':
      return lowerJoin(input, operator.join, around)
    case 'set_operation': {
      const right = lowerBody(operator.right, around)
      if (operator.operator !== 'union') {
        return { kind: 'set_operation', operator: operator.operator, all: operator.all, left: input, right, span }
      }
      const union: LogicalPlan = { kind: 'union', inputs: [input, right], byName: false, allowMissing: false, span }
      return operator.all ? union : { kind: 'distinct', input: union, span }
    }
    case 'tail':
      return lowerTail(input, operator.tail, around, true)
    case 'sample':
      return applySample(input, operator.sample, around)
    case 'pivot':
      return lowerPivot(input, operator.pivot, around)
    case 'unpivot':
      return lowerUnpivot(input, operator.unpivot)
    default:
      return unreachable(operator)
  }
}
