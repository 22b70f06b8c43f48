import { AnalysisError } from '../errors/engine-error.ts'
import type { Call, Expression } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf, childrenOf, collect } from '../expr/walk.ts'
import type { Aggregate, LogicalPlan, Project } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import { columnsIn } from '../plan/references.ts'
import { checkGroupingKeys, Grouping } from './grouping.ts'
import { generatorOf, holdsGenerator } from './project.ts'
import { resolveExpression } from './resolve-expressions.ts'
import { WINDOW_NAMES, WindowExtraction } from './resolve-windows.ts'
import { type AnalysisContext, type Environment, type Relation, type Scope, sameName, scopeOf, settingOn } from './scope.ts'
import { resolveItems, type TypedItem } from './select-items.ts'
import { chain, holdsAggregate, SelectList } from './select-list.ts'

/** SELECT list FROM input, without GROUP BY. Aggregates in it make the whole input one group. */
export function selectList(
  list: readonly Expression[],
  relation: Relation,
  environment: Environment,
  piped?: Project['piped'],
): SelectList {
  const { context } = environment
  const windows = new WindowExtraction(relation.plan, context)
  const scope = withWindows(windows, list, scopeOf(relation, environment), environment)
  const items = takeWindows(
    windows,
    withoutTrailingComma(list, relation, () => resolveItems(list, scope, environment)),
  )
  if (piped !== undefined) refusePipedAggregates(items, piped)
  const grouping = items.some((item) => holdsAggregate(item.expression))
    ? new Grouping([], undefined, windows.input, context)
    : undefined
  if (grouping !== undefined) refuseGenerators(items, context)
  if (grouping !== undefined)
    refuseOuterColumns(
      items.map((item) => item.expression),
      items,
      windows.input,
    )
  return new SelectList({ grouping, input: windows.input, scope, items }, environment)
}

/** `SELECT a, FROM t` reads as a column FROM called t, over no relation: what is missing then is no column. */
function withoutTrailingComma<T>(list: readonly Expression[], relation: Relation, resolve: () => T): T {
  try {
    return resolve()
  } catch (error) {
    const last = list.at(-1)
    const e = last?.kind === 'alias' ? last.child : last
    const isFrom = e?.kind === 'name' && e.parts.length === 1 && e.parts[0]!.toUpperCase() === 'FROM'
    const unresolved = error instanceof AnalysisError && error.condition.startsWith('UNRESOLVED_COLUMN')
    if (!isFrom || !unresolved || list.length < 2 || relation.plan.kind !== 'one_row') throw error
    throw new AnalysisError('TRAILING_COMMA_IN_SELECT', {
      message: 'a comma stands before FROM',
      hint: 'Remove it.',
      span: e.span,
    })
  }
}

function refusePipedAggregates(items: readonly TypedItem[], clause: string): void {
  const item = items.find(({ expression }) => holdsAggregate(expression))
  if (item === undefined) return
  throw new AnalysisError('PIPE_OPERATOR_CONTAINS_AGGREGATE_FUNCTION', {
    message: `${clause} behind a pipe cannot hold an aggregate: "${printExpression(item.expression)}"`,
    hint: 'Use the operator AGGREGATE.',
    span: item.written.span,
    parameters: { expr: printExpression(item.expression), clause },
  })
}
function requireAggregates(items: readonly TypedItem[]): void {
  const item = items.find(({ expression }) => !holdsAggregate(expression))
  if (item === undefined) return
  throw new AnalysisError('PIPE_OPERATOR_AGGREGATE_EXPRESSION_CONTAINS_NO_AGGREGATE_FUNCTION', {
    message: `AGGREGATE behind a pipe needs an aggregate, and "${printExpression(item.expression)}" holds none`,
    hint: 'Name keys behind GROUP BY.',
    span: item.written.span,
    parameters: { expr: printExpression(item.expression) },
  })
}

/** SELECT list FROM input GROUP BY …. */
export function aggregateList(plan: Aggregate, relation: Relation, environment: Environment): SelectList {
  const { context } = environment
  const windows = new WindowExtraction(relation.plan, context)
  const calls = [...plan.grouping, ...plan.aggregates]
  const scope = withWindows(windows, calls, scopeOf(relation, environment), environment)
  const list = plan.aggregates.map((e) => (plan.grouping.includes(e) ? inputColumn(e, relation) : e))
  const items = takeWindows(windows, resolveItems(list, scope, environment))
  if (plan.piped) requireAggregates(items.slice(plan.grouping.length))
  // A column or an item of that name goes before ALL.
  const { settings } = context
  const namedAll =
    relation.columns.some((c) => sameName(c.name, 'all', settings)) ||
    items.some((item) => item.written.kind === 'alias' && sameName(item.name, 'all', settings))
  const keys =
    plan.groupByAll && !namedAll
      ? keysOfAll(items, plan)
      : plan.grouping.map((key) =>
          groupingKey(plan.aggregates.includes(key) ? inputColumn(key, relation) : key, plan, items, scope, windows, environment),
        )
  refuseGeneratorKeys(plan.grouping, context)
  checkGroupingKeys(
    keys,
    items.map((item) => item.expression),
  )
  refuseOuterColumns([...keys, ...items.map((item) => item.expression)], items, windows.input)
  refuseGenerators(items, context)
  const grouping = new Grouping(keys, plan.groupingSets, windows.input, context)
  return new SelectList({ grouping, input: windows.input, scope, items }, environment)
}

function refuseGeneratorKeys(keys: readonly Expression[], context: AnalysisContext): void {
  const key = keys.find((e) => holdsGenerator(e, context))
  if (key === undefined) return
  throw new AnalysisError('UNSUPPORTED_EXPR_FOR_OPERATOR', {
    message: `GROUP BY cannot hold a function that makes rows: "${printExpression(key)}"`,
    hint: 'Explode in a subquery or with LATERAL VIEW first.',
    span: key.span,
    parameters: { invalidExprSqls: `"${printExpression(key)}"` },
  })
}
/** Beside aggregates there can be one generator. */
function refuseGenerators(items: readonly TypedItem[], context: AnalysisContext): void {
  const generators = items.filter((item) => generatorOf(item.expression, context) !== undefined)
  if (generators.length < 2) return
  throw new AnalysisError('UNSUPPORTED_GENERATOR.MULTI_GENERATOR', {
    message: 'a select list with aggregates can have one function only that makes rows',
    hint: 'Use LATERAL VIEW for each further one.',
    span: generators[1]!.written.span,
    parameters: {
      num: String(generators.length),
      generators: generators.map((g) => `"${printExpression(g.expression)}"`).join(', '),
    },
  })
}

/** Columns of the query around may stand in WHERE and in lists without aggregates, not in GROUP BY and beside aggregates. */
function refuseOuterColumns(expressions: readonly Expression[], items: readonly TypedItem[], input: LogicalPlan): void {
  const own = new Set([...outputOf(input).map((c) => c.id), ...items.map((item) => item.id)])
  for (const e of expressions) {
    const outer = [...columnsIn(e).values()].find((c) => !own.has(c.id))
    if (outer === undefined) continue
    throw new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE', {
      message: `column "${outer.name}" of the query around cannot stand in GROUP BY or beside an aggregate`,
      hint: 'Use it in WHERE only, or write a join.',
      span: e.span,
      parameters: { sqlExprs: `"${printExpression(e)}"` },
    })
  }
}

/** In the pipe's AGGREGATE, whose keys are also its first items, a number means the column of the input at that place. */
function inputColumn(e: Expression, relation: Relation): Expression {
  const isOrdinal = e.kind === 'literal' && e.type.kind === 'int' && typeof e.value === 'number'
  return isOrdinal ? (relation.columns[Number(e.value) - 1] ?? e) : e
}

/** Window calls first: `window.start` beside `window(…)` names the column that the call makes, after the input's own columns. */
function withWindows(windows: WindowExtraction, list: readonly Expression[], scope: Scope, environment: Environment): Scope {
  const isWindow = (e: Expression): e is Call => e.kind === 'call' && WINDOW_NAMES.has(e.name)
  for (const call of list.flatMap((e) => collect(e, isWindow))) windows.take(resolveExpression(call, scope, environment))
  return windows.columns.length === 0 ? scope : { ...scope, next: { columns: windows.columns, hidden: [] } }
}

function takeWindows(windows: WindowExtraction, items: readonly TypedItem[]): TypedItem[] {
  return items.map((item) => ({ ...item, expression: windows.take(item.expression) }))
}

/** A grouping expression: a number means the item at that place, a name the input's column or else the item of that name. */
function groupingKey(
  key: Expression,
  plan: Aggregate,
  items: readonly TypedItem[],
  scope: Scope,
  windows: WindowExtraction,
  environment: Environment,
): Expression {
  const { settings } = environment.context
  const ordinal = key.kind === 'literal' && key.type.kind === 'int' && typeof key.value === 'number' ? key.value : undefined
  if (ordinal !== undefined && settingOn('spark.sql.groupByOrdinal', environment)) {
    if (plan.aggregates.some((e) => e.kind === 'star'))
      throw new AnalysisError('STAR_GROUP_BY_POS', {
        message: 'GROUP BY cannot name items by position beside a star',
        hint: 'Write the columns out.',
        span: key.span,
      })
    const item = items[ordinal - 1]
    if (item === undefined)
      throw new AnalysisError('GROUP_BY_POS_OUT_OF_RANGE', {
        message: `GROUP BY position ${ordinal} is not in the select list, which has ${items.length} items`,
        span: key.span,
        parameters: { index: String(ordinal), size: String(items.length) },
      })
    if (anyOf(item.expression, (n) => n.kind === 'aggregate'))
      throw new AnalysisError('GROUP_BY_POS_AGGREGATE', {
        message: `GROUP BY position ${ordinal} is an aggregate`,
        span: key.span,
        parameters: { index: String(ordinal), aggExpr: printExpression(item.expression) },
      })
    return named(item)
  }
  const byAlias = (name: string): Expression | undefined => {
    const item =
      items.find((i) => i.expression.kind !== 'column' && sameName(i.name, name, settings)) ??
      items.find((i) => sameName(i.name, name, settings))
    if (item === undefined) return undefined
    refuseLateralKey(item, items)
    return item.expression
  }
  const visible: Scope = settingOn('spark.sql.groupByAliases', environment)
    ? { ...scope, next: chain(scope.next, { columns: [], hidden: [], lateral: byAlias }) }
    : scope
  if (key.kind === 'name' && key.parts.length === 1) {
    const typed = resolveExpression(key, visible, environment)
    const item = items.find((i) => i.expression === typed && typed.kind !== 'column')
    if (item !== undefined) return named(item)
  }
  const inner = key.kind === 'alias' ? key.child : key
  const typed = windows.take(resolveExpression(inner, visible, environment))
  return key.kind === 'alias' ? { ...key, child: typed } : typed
}

/** A key cannot be an item that names another item: the aggregate comes before both. */
function refuseLateralKey(item: TypedItem, items: readonly TypedItem[]): void {
  const read = columnsIn(item.expression)
  if (!items.some((other) => read.has(other.id))) return
  throw new AnalysisError('UNSUPPORTED_FEATURE.LATERAL_COLUMN_ALIAS_IN_GROUP_BY', {
    message: `GROUP BY cannot use "${item.name}", which names another item of the select list`,
    hint: 'Compute it in a subquery first.',
    span: item.written.span,
  })
}

/** A key that stands for an item is named like it. */
function named(item: TypedItem): Expression {
  return item.expression.kind === 'column' ? item.expression : { kind: 'alias', name: item.name, child: item.expression }
}

/** GROUP BY ALL: every item without an aggregate. Without any, no item may mix aggregates and columns. */
function keysOfAll(items: readonly TypedItem[], plan: Aggregate): Expression[] {
  const earlier = new Set(items.map((item) => item.id))
  const keyed = items.some((item) => !holdsAggregate(item.expression))
  for (const item of items) {
    if (keyed || !holdsAggregate(item.expression)) continue
    const bare = columnsOutsideAggregates(item.expression, earlier)
    if (bare !== undefined)
      throw new AnalysisError('UNRESOLVED_ALL_IN_GROUP_BY', {
        message: `GROUP BY ALL cannot tell the keys: "${printExpression(item.expression)}" mixes an aggregate with column "${bare}"`,
        hint: 'Name the keys in GROUP BY.',
        span: item.written.span ?? plan.span,
      })
  }
  return items
    .filter((item) => !holdsAggregate(item.expression))
    .map((item) => {
      refuseLateralKey(item, items)
      return named(item)
    })
}
function columnsOutsideAggregates(e: Expression, earlier: ReadonlySet<number>): string | undefined {
  if (e.kind === 'aggregate') return undefined
  if (e.kind === 'column') return earlier.has(e.id) ? undefined : e.name
  for (const child of childrenOf(e)) {
    const found = columnsOutsideAggregates(child, earlier)
    if (found !== undefined) return found
  }
  return undefined
}
