import { unreachable } from '../errors/assert.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import { nearest } from '../errors/nearest.ts'
import { type Call, type ColumnRef, type Expression, literal, type SortOrder, type Subquery, typeOf } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf, collect } from '../expr/walk.ts'
import type { Deduplicate, Generate, Limit, LogicalPlan, Offset, Sort } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import { columnsIn } from '../plan/references.ts'
import { INT, sqlTypeName } from '../types/data-type.ts'
import { checkUnpivot } from './check-unpivot.ts'
import { asCondition, castTo } from './coerce-types.ts'
import { lookUpFunctions } from './look-up-functions.ts'
import { generated, generatorOf, refuseGenerator } from './project.ts'
import { planOf, relationOf } from './relation.ts'
import { findName } from './resolve-columns.ts'
import { resolveCondition, resolveExpression, resolveOrder } from './resolve-expressions.ts'
import { constantOf } from './resolve-functions.ts'
import { resolveAsOfJoin, resolveJoin } from './resolve-joins.ts'
import { resolvePivot } from './resolve-pivot.ts'
import { aliased, checkAliases, resolveLocal, resolveRelation, resolveWith } from './resolve-relations.ts'
import { aggregateList, selectList } from './resolve-select.ts'
import { refuseMaps, resolveSetOperation, resolveUnion } from './resolve-set-operations.ts'
import { resolveWatermark } from './resolve-watermark.ts'
import { WindowExtraction } from './resolve-windows.ts'
import {
  type AnalysisContext,
  type Environment,
  type OpenSelect,
  type Relation,
  sameName,
  scopeOf,
  settingOn,
  unresolvedColumn,
} from './scope.ts'
import { holdsAggregate, misplacedAggregate, refuseOver } from './select-list.ts'

export type { AnalysisContext } from './scope.ts'

/** What analysis made of a plan, so that a plan made of analysed plans (a DataFrame's) is not analysed twice. */
const analysed = new WeakMap<LogicalPlan, Relation>()

/**
 * Turns the plan of a frontend into one whose names, types and columns are settled (the invariants are in plan/logical-plan.ts).
 * Deterministic and without I/O. Throws AnalysisError with Spark's condition and the place in the text.
 */
export function analyze(plan: LogicalPlan, context: AnalysisContext): LogicalPlan {
  lookUpFunctions(plan, context, (part) => analysed.has(part))
  const relation = resolvePlan(plan, { context, definitions: undefined, outer: undefined, views: [], resolve: resolvePlan })
  const result = planOf(relation)
  analysed.set(result, relation)
  return result
}

/** Bottom up: the inputs of a node first, then its expressions over their columns. */
function resolvePlan(plan: LogicalPlan, environment: Environment): Relation {
  const known = analysed.get(plan)
  if (known !== undefined) return known
  const resolve = (input: LogicalPlan): Relation => environment.resolve(input, environment)
  switch (plan.kind) {
    case 'unresolved_relation':
      return resolveRelation(plan, environment)
    case 'with':
      return resolveWith(plan, environment)
    case 'local':
      return resolveLocal(plan, environment)
    case 'scan':
    case 'range':
    case 'one_row':
      return relationOf(plan)
    case 'alias':
      checkAliases(plan, environment)
      return aliased(planOf(resolve(plan.input)), plan.name, plan.columns, plan.span)
    case 'project':
      return selectList(plan.expressions, resolve(plan.input), environment, plan.piped).relation()
    case 'aggregate':
      return aggregateList(plan, resolve(plan.input), environment).relation()
    case 'pivot':
      return resolvePivot(plan, resolve(plan.input), environment)
    case 'filter':
      return resolveFilter(plan, resolve(plan.input), environment)
    case 'sort':
      return resolveSort(plan, resolve(plan.input), environment)
    case 'join':
      return resolveJoin(plan, environment)
    case 'asof_join':
      return resolveAsOfJoin(plan, environment)
    case 'union':
      return resolveUnion(plan, environment)
    case 'set_operation':
      return resolveSetOperation(plan, environment)
    case 'distinct': {
      const input = planOf(resolve(plan.input))
      const columns = outputOf(input)
      refuseMaps(columns, 'DISTINCT', plan.span)
      return relationOf({ kind: 'aggregate', grouping: columns, aggregates: columns, distinct: true, input, span: plan.span })
    }
    case 'deduplicate':
      return resolveDeduplicate(plan, resolve(plan.input), environment)
    case 'watermark':
      return resolveWatermark(plan, resolve(plan.input), environment)
    case 'generate':
      return resolveGenerate(plan, resolve(plan.input), environment)
    case 'limit':
    case 'offset':
      return resolveCount(plan, resolve(plan.input), environment)
    case 'sample':
    case 'hint':
      return over(resolve(plan.input), (input) => ({ ...plan, input }))
    case 'repartition': {
      const relation = resolve(plan.input)
      if (relation.select !== undefined && plan.piped !== true) {
        // It does nothing to the rows: that its names are there is all, and a SORT BY above may still reach below the list.
        relation.select.extend(plan.expressions, 'sort')
        return relation
      }
      const scope = scopeOf(relation, environment)
      const expressions = plan.expressions.map((e) => resolveExpression(e, scope, environment))
      return over(relation, (input) => ({ ...plan, expressions, input }))
    }
    // Made by analysis only.
    case 'recursion':
    case 'recursive_reference':
    case 'expand':
    case 'window':
    case 'time_window':
    case 'session_window':
      return relationOf(plan)
    default:
      return unreachable(plan)
  }
}

/** A node that passes its input's columns on, hidden ones too. */
function over(relation: Relation, node: (input: LogicalPlan) => LogicalPlan): Relation {
  return { plan: node(relation.plan), columns: relation.columns, hidden: relation.hidden }
}

function resolveFilter(plan: Extract<LogicalPlan, { kind: 'filter' }>, relation: Relation, environment: Environment): Relation {
  if (plan.having && relation.select !== undefined) return relation.select.having(plan.condition)
  refuseGenerator(plan.condition, plan.qualify ? 'QUALIFY' : 'WHERE', environment.context)
  if (plan.qualify && relation.select !== undefined) {
    requireWindows(plan.condition, relation.select)
    const { plan: input, expressions } = relation.select.extend([plan.condition], 'qualify')
    const condition = asCondition(expressions[0]!, 'QUALIFY')
    return { plan: { kind: 'filter', condition, input, span: plan.span }, columns: relation.columns, hidden: [] }
  }
  refuseOver(plan.condition, 'WHERE')
  const scope = scopeOf(relation, environment)
  if (!plan.piped && relation.select !== undefined && reachesBelow(plan.condition, relation, environment)) {
    const { plan: input, expressions } = relation.select.extend([plan.condition], 'filter')
    const condition = asCondition(expressions[0]!, 'WHERE')
    return { plan: { kind: 'filter', condition, input, span: plan.span }, columns: relation.columns, hidden: [] }
  }
  const windows = new WindowExtraction(relation.plan, environment.context)
  const condition = windows.take(resolveCondition(plan.condition, 'WHERE', scope, environment))
  if (aggregatesOwnRows(condition, relation.plan)) throw misplacedAggregate(condition, 'filter')
  return {
    plan: { kind: 'filter', condition, input: windows.input, span: plan.span },
    columns: relation.columns,
    hidden: relation.hidden,
  }
}

function requireWindows(condition: Expression, select: OpenSelect): void {
  if (select.holdsWindows || anyOf(condition, (n) => n.kind === 'over')) return
  throw new AnalysisError('QUALIFY_REQUIRES_WINDOW_FUNCTION', {
    message: 'QUALIFY needs an OVER call in its condition or in the select list',
    hint: 'Use WHERE or HAVING.',
    span: condition.span,
  })
}

/** An aggregate over columns of the query around belongs to that query: HAVING EXISTS (SELECT … WHERE x < min(outer)). */
function aggregatesOwnRows(e: Expression, input: LogicalPlan): boolean {
  const own = new Set(outputOf(input).map((c) => c.id))
  return collect(e, (n) => n.kind === 'aggregate').some((aggregate) => {
    const read = [...columnsIn(aggregate).keys()]
    return read.length === 0 || read.some((id) => own.has(id))
  })
}

/** Does a clause above a select list name something that the list does not show? */
function reachesBelow(e: Expression, relation: Relation, environment: Environment): boolean {
  const scope = { ...scopeOf(relation, environment), outer: undefined }
  return anyOf(e, (n) => n.kind === 'name' && findNameQuietly(n, scope, environment))
}
function findNameQuietly(
  name: Extract<Expression, { kind: 'name' }>,
  scope: Parameters<typeof findName>[1],
  environment: Environment,
): boolean {
  try {
    return findName(name, scope, environment) === undefined
  } catch (error) {
    // Ambiguous or wrong below: the ordinary way reports it.
    if (error instanceof AnalysisError) return false
    throw error
  }
}

function resolveSort(plan: Sort, relation: Relation, environment: Environment): Relation {
  const { piped, ...sort } = plan
  for (const order of plan.orders) refuseGenerator(order, 'ORDER BY', environment.context)
  const select = piped ? undefined : relation.select
  const orders = plan.orders.flatMap((order) => sortKeys(order, plan, select, relation, environment))
  if (select !== undefined) {
    const { plan: input, expressions } = unambiguously(() =>
      select.extend(
        orders.map((order) => order.child),
        'sort',
      ),
    )
    const sorted = orders.map((order, i) => ({ ...order, child: expressions[i]! }))
    checkOrderable(sorted, relation)
    return { plan: { ...sort, orders: sorted, input }, columns: relation.columns, hidden: [] }
  }
  const scope = scopeOf(relation, environment)
  const windows = new WindowExtraction(relation.plan, environment.context)
  const sorted = orders.map((order) => {
    const typed = unambiguously(() => resolveOrder(order, scope, environment))
    if (holdsAggregate(typed)) throw misplacedAggregate(typed, 'sort')
    return { ...typed, child: windows.take(typed.child) }
  })
  checkOrderable(sorted, relation)
  return { plan: { ...sort, orders: sorted, input: windows.input }, columns: relation.columns, hidden: relation.hidden }
}

/** A name that could be several columns is none that ORDER BY finds, as Spark has it. */
function unambiguously<T>(resolve: () => T): T {
  try {
    return resolve()
  } catch (error) {
    if (!(error instanceof AnalysisError) || error.condition !== 'AMBIGUOUS_REFERENCE') throw error
    throw new AnalysisError('UNRESOLVED_COLUMN.WITH_SUGGESTION', {
      message: error.message,
      hint: error.hint,
      span: error.span,
      parameters: {
        objectName: error.parameters['name'] ?? '',
        proposal: (error.parameters['referenceNames'] ?? '').replace(/^\[|\]$/g, ''),
      },
    })
  }
}

/**
 * ORDER BY 2 is the second column; ORDER BY ALL is every column, unless a column has that name. Where the setting says that names come first,
 * a number may also mean a column that the list does not show and another key names.
 */
function sortKeys(
  order: SortOrder,
  plan: Sort,
  select: OpenSelect | undefined,
  relation: Relation,
  environment: Environment,
): SortOrder[] {
  const key = order.child
  const { columns } = relation
  const byOrdinal = settingOn('spark.sql.orderByOrdinal', environment)
  if (byOrdinal && key.kind === 'literal' && key.type.kind === 'int' && typeof key.value === 'number') {
    const column = columns[key.value - 1]
    if (column !== undefined) return [{ ...order, child: column }]
    const hidden =
      columns.length > 0 && !ordinalsFirst(environment)
        ? hiddenKeys(plan, select, columns.length)[key.value - columns.length - 1]
        : undefined
    if (hidden !== undefined) return [{ ...order, child: hidden }]
    throw new AnalysisError('ORDER_BY_POS_OUT_OF_RANGE', {
      message: `ORDER BY position ${key.value} is not in the select list, which has ${columns.length} items`,
      span: key.span,
      parameters: { index: String(key.value), size: String(columns.length) },
    })
  }
  const isAll = key.kind === 'name' && key.parts.length === 1 && key.parts[0]!.toLowerCase() === 'all'
  if (isAll && plan.orders.length === 1 && !columns.some((c) => sameName(c.name, 'all', environment.context.settings)))
    return columns.map((child) => ({ ...order, child }))
  return [order]
}

function ordinalsFirst(environment: Environment): boolean {
  return settingOn('spark.sql.prioritizeOrdinalResolutionInSort.enabled', environment)
}
/** The columns that other keys bring in beside the list. */
function hiddenKeys(plan: Sort, select: OpenSelect | undefined, shown: number): readonly ColumnRef[] {
  if (select === undefined) return []
  const named = plan.orders.map((order) => order.child).filter((child) => child.kind !== 'literal')
  return outputOf(select.extend(named, 'sort').plan).slice(shown)
}

/** Values of uncorrelated queries only. */
function refuseInOrder(subquery: Subquery, relation: Relation): void {
  const scalar = subquery.form === 'scalar'
  if (scalar && (subquery.outer ?? []).length === 0) return
  // It sees what the select list shows, and nothing below.
  const below = subquery.outer?.find((c) => !relation.columns.some((own) => own.id === c.id))
  if (below !== undefined) throw unresolvedColumn([...below.qualifier, below.name], relation, below.span)
  throw new AnalysisError(
    `UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.${scalar ? 'UNSUPPORTED_CORRELATED_SCALAR_SUBQUERY' : 'UNSUPPORTED_IN_EXISTS_SUBQUERY'}`,
    {
      message: scalar ? 'ORDER BY cannot hold a correlated subquery' : 'ORDER BY cannot hold IN or EXISTS over a query',
      hint: 'Compute it in the select list and order by its name.',
      span: subquery.span,
    },
  )
}

function checkOrderable(orders: readonly SortOrder[], relation: Relation): void {
  for (const order of orders) {
    for (const subquery of collect(order.child, (n) => n.kind === 'subquery')) refuseInOrder(subquery, relation)
    const type = typeOf(order.child)
    if (type.kind !== 'map' && type.kind !== 'interval') continue
    throw new AnalysisError('DATATYPE_MISMATCH.INVALID_ORDERING_TYPE', {
      message: `ORDER BY cannot order values of type ${sqlTypeName(type)}`,
      span: order.span ?? order.child.span,
      parameters: { sqlExpr: `"${printExpression(order)}"`, functionName: '`sortorder`', dataType: `"${sqlTypeName(type)}"` },
    })
  }
}

function resolveDeduplicate(plan: Deduplicate, relation: Relation, environment: Environment): Relation {
  const { settings } = environment.context
  const named = (plan.columns ?? []).flatMap((name): ColumnRef[] => {
    const matches = relation.columns.filter((c) => sameName(c.name, name, settings))
    if (matches.length > 0) return matches
    const names = relation.columns.map((c) => c.name)
    const near = nearest(name, names).close
    throw new AnalysisError('UNRESOLVED_COLUMN_AMONG_FIELD_NAMES', {
      message: `column "${name}" does not exist`,
      detail: `Columns in scope: ${names.join(', ')}.`,
      hint: near === undefined ? undefined : `Did you mean "${near}"?`,
      span: plan.span,
      parameters: { colName: name, fieldNames: names.join(', ') },
    })
  })
  const keys = plan.columns === undefined ? relation.columns : named
  refuseMaps(keys, 'dropDuplicates', plan.span)
  return over(relation, (input) => ({ ...plan, keys, input }))
}

function resolveGenerate(plan: Generate, relation: Relation, environment: Environment): Relation {
  const { context } = environment
  if (plan.output !== undefined) return relationOf(plan)
  const typed = resolveExpression(plan.generator, scopeOf(relation, environment), environment)
  if (plan.unpivot) checkUnpivot(plan.generator, scopeOf(relation, environment), environment)
  if (generatorOf(typed, context) === undefined)
    throw new AnalysisError('UNSUPPORTED_GENERATOR.NOT_GENERATOR', {
      message: `LATERAL VIEW needs a function that makes rows, such as explode, not "${printExpression(typed)}"`,
      span: plan.generator.span ?? plan.span,
      parameters: { functionName: `\`${typed.kind === 'call' ? typed.name : printExpression(typed)}\`` },
    })
  const node = generated(typed as Call, plan.columnNames, plan.outer, plan.qualifier, relation.plan, context)
  return { plan: node, columns: [...relation.columns, ...(node.output ?? [])], hidden: relation.hidden }
}

/** LIMIT and OFFSET take a constant whole number that is not negative. */
function resolveCount(plan: Limit | Offset, relation: Relation, environment: Environment): Relation {
  const name = plan.kind
  const typed = resolveExpression(plan.count, scopeOf(relation, environment), environment)
  const refuse = (condition: string, message: string): AnalysisError =>
    new AnalysisError(`INVALID_LIMIT_LIKE_EXPRESSION.${condition}`, {
      message,
      detail: `It is "${printExpression(typed)}".`,
      span: plan.count.span ?? plan.span,
      parameters: { name, expr: `"${printExpression(typed)}"` },
    })
  const kind = typeOf(typed).kind
  const value = constantOf(typed, environment.context)
  if (value === undefined) throw refuse('IS_UNFOLDABLE', `the count of ${name.toUpperCase()} must be a constant`)
  if (kind !== 'int')
    throw refuse('DATA_TYPE', `the count of ${name.toUpperCase()} must be INT, not ${sqlTypeName(typeOf(typed))}`)
  if (value === null) throw refuse('IS_NULL', `the count of ${name.toUpperCase()} must not be NULL`)
  if (Number(value) < 0) throw refuse('IS_NEGATIVE', `the count of ${name.toUpperCase()} must not be negative`)
  const count = castTo(literal(Number(value), INT), INT)
  // A select list below stays open: ORDER BY of an outer clause never comes after LIMIT, so nothing reaches through.
  return over(relation, (input) => ({ ...plan, count, input }))
}
