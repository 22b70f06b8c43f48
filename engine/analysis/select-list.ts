import { AnalysisError } from '../errors/engine-error.ts'
import { type Alias, type Call, type ColumnRef, type Expression, isNullable, nextColumnId, typeOf } from '../expr/expression.ts'
import { meaningOf } from '../expr/meaning.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf, childrenOf, collect, transformUp } from '../expr/walk.ts'
import type { Aggregate, LogicalPlan, Project } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn, replaceColumns } from '../plan/references.ts'
import { asCondition } from './coerce-types.ts'
import { checkGroupingKeys, Grouping } from './grouping.ts'
import {
  generatedColumns,
  generatorOf,
  holdsGenerator,
  type Item,
  projected,
  refuseGenerator,
  refuseNestedGenerator,
} from './project.ts'
import { aliasOf } from './relation.ts'
import { expandStar } from './resolve-columns.ts'
import { resolveExpression } from './resolve-expressions.ts'
import { WINDOW_NAMES, WindowExtraction } from './resolve-windows.ts'
import {
  type AnalysisContext,
  type Environment,
  type OpenSelect,
  type Relation,
  type Scope,
  sameName,
  scopeOf,
  settingOn,
  unresolvedColumn,
} from './scope.ts'
import { inSessionZone } from './session-zone.ts'

/** An item as written and as typed, before it has its id as an output. */
interface TypedItem {
  readonly written: Expression
  readonly expression: Expression
  readonly id: number
  readonly name: string
  /** Those that a function makes which makes rows. */
  readonly columns?: readonly ColumnRef[] | undefined
}

/** Resolves the items of a select list in order; each may name the ones before it. */
export function resolveItems(list: readonly Expression[], scope: Scope, environment: Environment): TypedItem[] {
  const { settings } = environment.context
  const items: TypedItem[] = []
  const lateral = (name: string): Expression | undefined => {
    // Columns keep being themselves; what is computed goes by its name, also a generated one.
    const matches = items.filter(
      (item) =>
        (item.written.kind === 'alias' || item.expression.kind !== 'column') &&
        !item.columns &&
        sameName(item.name, name, settings),
    )
    const made = items.flatMap((item) => (item.columns ?? []).filter((column) => sameName(column.name, name, settings)))
    if (matches.length === 0 && made.length === 1) return made[0]
    if (matches.length > 1)
      throw new AnalysisError('AMBIGUOUS_LATERAL_COLUMN_ALIAS', {
        message: `"${name}" could be any of ${matches.length} earlier items of the select list`,
        parameters: { name: `\`${name}\``, n: String(matches.length) },
      })
    const item = matches[0]
    if (item === undefined) return undefined
    return columnOf(aliasFor(item))
  }
  const visible: Scope = { ...scope, lateral }
  const own = columnIds(scope)
  const outer = scope.outer === undefined ? new Set<number>() : columnIds(scope.outer)
  /** For the name alone: columns of the query around and earlier items say what they are. A name that is a column stays. */
  const shown = (e: Expression): Expression =>
    e.kind === 'column' || (outer.size === 0 && items.length === 0)
      ? e
      : transformUp(e, (n) => {
          if (n.kind !== 'column' || own.has(n.id)) return n
          if (items.some((item) => item.id === n.id)) return { ...n, name: `lateralAliasReference(${n.name})` }
          return outer.has(n.id) ? { ...n, name: `outer(${[...fullQualifier(n, environment), n.name].join('.')})` } : n
        })
  for (const written of list.flatMap((e) => starItems(e, scope, environment))) {
    refuseNestedGenerator(written, environment.context)
    const inner = written.kind === 'alias' ? written.child : written
    const expression = resolveExpression(inner, visible, environment)
    if (written.kind === 'alias' && written.names !== undefined && generatorOf(expression, environment.context) === undefined)
      throw new AnalysisError('MULTI_ALIAS_WITHOUT_GENERATOR', {
        message: `"${printExpression(expression)}" makes one column and has ${written.names.length} names`,
        span: written.span,
        parameters: { names: written.names.join(', '), expr: `"${printExpression(expression)}"` },
      })
    const columns = generatedColumns(
      expression,
      written.kind === 'alias' ? (written.names ?? [written.name]) : [],
      environment.context,
    )
    items.push({ written, expression, id: nextColumnId(), name: nameOf(written, shown(expression), environment), columns })
  }
  return items
}

/** Tables and views show with the catalog and schema they lie in; aliases and temporary views are in none. */
function fullQualifier(column: ColumnRef, { context: { catalog } }: Environment): readonly string[] {
  const { qualifier } = column
  return qualifier.length > 0 && catalog.lookup(qualifier) !== undefined ? catalog.fullName(qualifier) : qualifier
}

function columnIds(scope: Scope): Set<number> {
  const ids = new Set<number>()
  for (let level: Scope | undefined = scope; level !== undefined; level = level.next)
    for (const column of [...level.columns, ...level.hidden]) ids.add(column.id)
  return ids
}

function starItems(e: Expression, scope: Scope, environment: Environment): Expression[] {
  return e.kind === 'star' ? expandStar(e, scope, environment) : [e]
}

/** The name of an output: as given, a column's or field's own, else the printed expression. */
function nameOf(written: Expression, typed: Expression, environment: Environment): string {
  if (written.kind === 'alias') return written.name
  if (typed.kind === 'column') return typed.name
  if (written.kind === 'name' && typed.kind !== 'call') return written.parts.at(-1)!
  if (written.kind === 'name' && written.parts.length > 1) return written.parts.at(-1)!
  if (written.kind === 'name' && written.parts[0]!.toLowerCase() === 'grouping__id') return written.parts[0]!
  if (typed.kind === 'cast' && typed.child.kind === 'column') return typed.child.name
  if (typed.kind === 'call' && WINDOW_NAMES.has(typed.name)) return WINDOW_NAMES.get(typed.name)!
  return printExpression(inSessionZone(typed, environment.context.settings))
}

function aliasFor(item: TypedItem): Alias & { readonly id: number } {
  const { written, expression } = item
  return {
    kind: 'alias',
    name: item.name,
    child: expression,
    id: item.id,
    type: typeOf(expression),
    nullable: isNullable(expression),
    ...(written.kind === 'alias' && { names: written.names ?? [written.name] }),
    ...(written.kind === 'alias' && written.metadata && { metadata: written.metadata }),
    ...(written.span && { span: written.span }),
  }
}

/** A typed item as an output: a column shown under its own name stays the column. */
function outputItem(item: TypedItem, expression: Expression): Item {
  if (expression.kind === 'column' && item.written.kind !== 'alias')
    return item.expression.kind === 'column' && item.expression.id === expression.id
      ? { ...expression, name: item.name }
      : expression.name === item.name
        ? expression
        : aliasFor({ ...item, expression })
  return aliasFor({ ...item, expression })
}

export interface SelectParts {
  /** Set for GROUP BY and for aggregates without it. */
  readonly grouping: Grouping | undefined
  readonly input: LogicalPlan
  /** Names below the select list. */
  readonly scope: Scope
  readonly items: readonly TypedItem[]
}

/**
 * A resolved select list that the clauses above may still reach through: ORDER BY, HAVING and WHERE of a DataFrame may name
 * columns that it does not show, and aggregates that it does not hold.
 */
export class SelectList implements OpenSelect {
  readonly #environment: Environment
  readonly #parts: SelectParts
  readonly #items: readonly Item[]
  readonly #columns: readonly ColumnRef[]
  readonly #having: Expression[] = []
  /** HAVING used an aggregate that the list does not show: a projection then parts the list from the groups. */
  #partedFromGroups = false

  constructor(parts: SelectParts, environment: Environment) {
    this.#environment = environment
    this.#parts = parts
    const { grouping, items } = parts
    if (grouping === undefined) {
      // A column of the query around is a value here, with a name and an id of this list.
      const own = new Set([...outputOf(parts.input).map((c) => c.id), ...items.map((item) => item.id)])
      this.#items = items.map((item) => {
        const { expression } = item
        return expression.kind === 'column' && !own.has(expression.id) ? aliasFor(item) : outputItem(item, expression)
      })
    } else {
      const ids = new Set(items.map((item) => item.id))
      for (const item of items) grouping.checkGroupingCalls(item.expression)
      for (const item of items) {
        if (item.expression.kind === 'aggregate') grouping.name(item.expression, aliasFor(item))
        refuseLateralInAggregate(item.expression, ids)
      }
      this.#items = items.map((item) => {
        const lifted = grouping.lift(item.expression, ids)
        const shown = lifted.kind === 'column' && item.expression.kind === 'aggregate' && lifted.id === item.id
        return shown ? lifted : outputItem(item, lifted)
      })
    }
    this.#columns = this.#shown(this.#items)
  }

  get holdsWindows(): boolean {
    return this.#parts.items.some((item) => anyOf(item.expression, (n) => n.kind === 'over'))
  }

  relation(): Relation {
    const plan = this.#build([])
    return { plan, columns: outputOf(plan), hidden: [], select: this }
  }

  having(condition: Expression): Relation {
    refuseOver(condition, 'HAVING')
    refuseGenerator(condition, 'HAVING', this.#environment.context)
    const { grouping, scope } = this.#parts
    if (grouping === undefined) throw this.#havingWithoutGroups(condition)
    const shown: Scope = { columns: this.#columns, hidden: [], outer: scope.outer }
    // A name means the input's column first; the select list's when the input's is not grouped by.
    const typed = resolveExpression(
      condition,
      { ...scope, next: chain(scope.next, shown), lateral: undefined },
      this.#environment,
    )
    const output = new Set(this.#columns.map((c) => c.id))
    const lifted = grouping.lift(typed, output, (column) => {
      const item = this.#columns.find((c) => sameName(c.name, column.name, this.#environment.context.settings))
      if (item === undefined) throw unresolvedColumn([column.name], shown, column.span)
      return item
    })
    if (this.#holdsUnshownAggregate(typed)) this.#partedFromGroups = true
    const below = replaceColumns(lifted, (column) => {
      const item = this.#items.find((i) => i.kind === 'alias' && i.id === column.id)
      return item?.kind === 'alias' ? item.child : undefined
    })
    this.#having.push(asCondition(below, 'HAVING'))
    return this.relation()
  }

  extend(
    expressions: readonly Expression[],
    clause: 'sort' | 'filter' | 'qualify',
  ): { plan: LogicalPlan; expressions: Expression[] } {
    const { grouping, scope } = this.#parts
    const shown: Scope = {
      columns: this.#columns,
      hidden: [],
      reachesBelow: clause === 'sort',
      next: chain(
        { ...scope, lateral: undefined },
        { columns: clause === 'sort' ? (grouping?.namedKeys ?? []) : [], hidden: [] },
      ),
      outer: scope.outer,
      ...(grouping && {
        insideAggregates: { ...scope, next: chain(scope.next, { columns: this.#columns, hidden: [] }), lateral: undefined },
      }),
    }
    const hidden: Item[] = []
    const keys = clause === 'sort' ? (grouping?.namedKeys ?? []) : []
    const output = new Set(this.#columns.map((c) => c.id))
    const known = new Set([...output, ...keys.map((key) => key.id)])
    const resolvedAll = expressions.map((e) => resolveExpression(e, shown, this.#environment))
    if (clause === 'sort') {
      for (const e of resolvedAll) refuseWindowInSort(e)
      if (grouping !== undefined) this.#refuseAggregatesAbove(resolvedAll, shown)
    }
    const typed = resolvedAll.map((resolved) => {
      if (grouping === undefined && holdsAggregate(resolved)) throw misplacedAggregate(resolved, clause)
      const lifted =
        grouping === undefined
          ? resolved
          : grouping.lift(resolved, known, (column) => {
              throw unresolvedColumn([column.name], shown, column.span)
            })
      return this.#reach(lifted, output, hidden)
    })
    return { plan: this.#build(hidden), expressions: typed }
  }

  /**
   * ORDER BY is above the window calls of the list and above what HAVING needed beside the list, and an aggregate in it would have to be
   * computed below them: Spark refuses it. Columns that the groups do not show are refused first.
   */
  #refuseAggregatesAbove(orders: readonly Expression[], shown: Scope): void {
    const { grouping } = this.#parts
    if (!this.holdsWindows && !this.#partedFromGroups) return
    const aggregate = orders.find((e) =>
      this.holdsWindows ? anyOf(e, (n) => n.kind === 'aggregate') : this.#holdsUnshownAggregate(e),
    )
    if (aggregate === undefined) return
    const grouped = new Set([...this.#columns, ...outputOf(grouping!.plan())].map((c) => c.id))
    for (const column of orders.flatMap((e) => [...columnsIn(e).values()]))
      if (!grouped.has(column.id)) throw unresolvedColumn([column.name], shown, column.span)
    throw new AnalysisError('UNSUPPORTED_EXPR_FOR_OPERATOR', {
      message: `ORDER BY cannot hold the aggregate "${printExpression(aggregate)}" here`,
      detail: this.holdsWindows
        ? 'The select list holds window calls, which stand between it and the groups.'
        : 'HAVING holds an aggregate that the select list does not show.',
      hint: 'Give the aggregate a name in the select list, and order by that name.',
      span: aggregate.span,
      parameters: { invalidExprSqls: `"${printExpression(aggregate)}"` },
    })
  }

  /** An aggregate outside what the list shows as an item. */
  #holdsUnshownAggregate(e: Expression): boolean {
    if (!holdsAggregate(e)) return false
    const meaning = meaningOf(e)
    if (this.#parts.items.some((item) => meaningOf(item.expression) === meaning)) return false
    return e.kind === 'aggregate' || childrenOf(e).some((child) => this.#holdsUnshownAggregate(child))
  }

  /** Rewrites an expression over what the extended list will show: missing columns and OVER calls become hidden items. */
  #reach(e: Expression, output: Set<number>, hidden: Item[]): Expression {
    return transformUp(e, (node) => {
      if (node.kind === 'over') {
        const alias = aliasOf(node, printExpression(node))
        hidden.push(alias)
        return columnOf(alias)
      }
      if (node.kind === 'column' && !output.has(node.id)) {
        output.add(node.id)
        hidden.push(node)
      }
      if (node.kind === 'subquery')
        for (const column of columnsIn({ ...node, needles: [] }).values())
          if (!output.has(column.id) && this.#below().has(column.id)) {
            output.add(column.id)
            hidden.push(column)
          }
      return node
    })
  }

  #below(): Set<number> {
    return new Set(outputOf(this.#parts.grouping?.plan() ?? this.#parts.input).map((c) => c.id))
  }

  #shown(items: readonly Item[]): ColumnRef[] {
    const generator = items.some(
      (item) => item.kind === 'alias' && generatorOf(item.child, this.#environment.context) !== undefined,
    )
    return generator ? [...outputOf(this.#build([]))] : items.map(columnOf)
  }

  #built: { readonly hidden: number; readonly having: number; readonly plan: LogicalPlan } | undefined
  #build(hidden: readonly Item[]): LogicalPlan {
    const { grouping, input } = this.#parts
    if (hidden.length === 0 && this.#built?.having === this.#having.length) return this.#built.plan
    let plan = grouping === undefined ? input : grouping.plan()
    for (const condition of this.#having) plan = { kind: 'filter', condition, having: true, input: plan }
    const built = projected([...this.#items, ...hidden], plan, this.#environment.context)
    if (hidden.length === 0) this.#built = { hidden: 0, having: this.#having.length, plan: built }
    return built
  }

  #havingWithoutGroups(condition: Expression): AnalysisError {
    return new AnalysisError('MISSING_GROUP_BY', {
      message: 'HAVING needs GROUP BY or an aggregate',
      hint: 'Use WHERE to filter rows.',
      span: condition.span,
    })
  }
}

function refuseWindowInSort(e: Expression): void {
  if (!anyOf(e, (n) => n.kind === 'over')) return
  throw new AnalysisError('UNSUPPORTED_EXPR_FOR_OPERATOR', {
    message: `ORDER BY cannot hold OVER: "${printExpression(e)}"`,
    hint: 'Give the call a name in the select list, and order by that name.',
    span: e.span,
    parameters: { invalidExprSqls: `"${printExpression(e)}"` },
  })
}

function chain(scope: Scope | undefined, last: Scope): Scope {
  return scope === undefined ? last : { ...scope, next: chain(scope.next, last) }
}

function refuseLateralInAggregate(e: Expression, ids: ReadonlySet<number>): void {
  if (e.kind === 'aggregate') {
    const named = [...columnsIn(e).values()].find((c) => ids.has(c.id))
    if (named !== undefined)
      throw new AnalysisError('UNSUPPORTED_FEATURE.LATERAL_COLUMN_ALIAS_IN_AGGREGATE_FUNC', {
        message: `an aggregate cannot take "${named.name}", an item of the same select list`,
        hint: 'Compute it in a subquery first.',
        span: e.span,
        parameters: { lca: `\`${named.name}\``, aggFunc: `"${printExpression(e)}"` },
      })
  }
  for (const child of childrenOf(e)) refuseLateralInAggregate(child, ids)
}

export function misplacedAggregate(e: Expression, clause: string): AnalysisError {
  if (clause === 'sort')
    return new AnalysisError('UNSUPPORTED_EXPR_FOR_OPERATOR', {
      message: `ORDER BY holds the aggregate "${printExpression(e)}", and the query has no GROUP BY`,
      span: e.span,
      parameters: { invalidExprSqls: `"${printExpression(e)}"` },
    })
  return new AnalysisError('INVALID_WHERE_CONDITION', {
    message: `WHERE cannot hold an aggregate: "${printExpression(e)}"`,
    hint: 'Use HAVING, or aggregate in a subquery.',
    span: e.span,
    parameters: { condition: `"${printExpression(e)}"`, expressionList: printExpression(e) },
  })
}

/** `e` as written or typed. */
export function refuseOver(e: Expression, clause: string): void {
  if (!anyOf(e, (n) => n.kind === 'over')) return
  throw new AnalysisError('WINDOW_FUNCTION_NOT_ALLOWED_IN_CLAUSE', {
    message: `${clause} cannot hold OVER: "${printExpression(e)}"`,
    hint: 'Use QUALIFY, or compute it in a subquery and filter above.',
    span: e.span,
    parameters: { clauseName: clause },
  })
}

/** Does it hold an aggregate other than one before OVER? */
export function holdsAggregate(e: Expression): boolean {
  if (e.kind === 'aggregate') return true
  if (e.kind === 'over') {
    const args = childrenOf(e.call)
    return [...args, ...e.partitionBy, ...e.orderBy].some(holdsAggregate)
  }
  return childrenOf(e).some(holdsAggregate)
}

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
  const keys = plan.groupByAll
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
