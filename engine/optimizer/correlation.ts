import { AnalysisError } from '../errors/engine-error.ts'
import {
  type AggregateCall,
  type Alias,
  type Call,
  type ColumnRef,
  call,
  type Expression,
  literal,
  nextColumnId,
  typeOf,
} from '../expr/expression.ts'
import { withFreshIds } from '../plan/fresh-ids.ts'
import { conjunctsOf } from '../plan/join-bounds.ts'
import type { Aggregate, Limit, LogicalPlan, Offset } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn, outerColumns, replaceColumns } from '../plan/references.ts'
import { expressionsOf, inputsOf, isStreaming, mapExpressions } from '../plan/walk.ts'
import { BIGINT, BOOLEAN, INT, mapType, STRING } from '../types/data-type.ts'
import { MapValue } from '../types/value.ts'
import { allOf } from './push-down-filters.ts'
import type { OptimizerContext } from './rule.ts'

/**
 * A subquery freed of the columns around it: `plan` reads none of them; joined on `conditions` it gives for each row around the rows
 * that the subquery gives for that row.
 */
export interface Correlated {
  readonly plan: LogicalPlan
  readonly conditions: readonly Expression[]
  /** The columns that the subquery puts out. */
  readonly columns: readonly ColumnRef[]
}

/**
 * Two ways. Correlated conditions of filters are pulled up into the join where nothing stands in between that would count rows.
 * Otherwise the distinct values of the outer columns are joined in at the bottom (a domain) and carried through as further keys;
 * that reads the outer side twice, which a stream cannot.
 * Source: the pull-up of Spark's PullupCorrelatedPredicates, the domain of Neumann and Kemper, "Unnesting Arbitrary Queries" (2015).
 * `everyRow`: a global aggregate inside must give its row also where nothing matches (LATERAL).
 */
export function correlatedRows(query: LogicalPlan, around: LogicalPlan, context: OptimizerContext, everyRow = false): Correlated {
  const columns = outputOf(query)
  if (outerColumns(query).size === 0) return { plan: query, conditions: [], columns }
  const pulled = everyRow && hasGlobalAggregate(query) ? undefined : pullUp(query)
  if (pulled !== undefined) return { ...pulled, columns }
  return overDomain(query, around, context)
}

function hasGlobalAggregate(plan: LogicalPlan): boolean {
  if (plan.kind === 'aggregate') return plan.grouping.length === 0
  return inputsOf(plan).some(hasGlobalAggregate)
}

// ---- pulling conditions up

function pullUp(plan: LogicalPlan): { plan: LogicalPlan; conditions: Expression[] } | undefined {
  const outer = outerColumns(plan)
  if (outer.size === 0) return { plan, conditions: [] }
  const readsOuter = (e: Expression): boolean => [...columnsIn(e).keys()].some((id) => outer.has(id))
  switch (plan.kind) {
    case 'filter': {
      const below = pullUp(plan.input)
      if (below === undefined) return undefined
      const conjuncts = conjunctsOf(plan.condition)
      const condition = allOf(conjuncts.filter((c) => !readsOuter(c)))
      return {
        plan: condition === undefined ? below.plan : { ...plan, condition, input: below.plan },
        conditions: [...below.conditions, ...conjuncts.filter(readsOuter)],
      }
    }
    case 'project': {
      const below = pullUp(plan.input)
      if (below === undefined || plan.expressions.some(readsOuter)) return undefined
      return {
        plan: { ...plan, expressions: withColumns(plan.expressions, below), input: below.plan },
        conditions: below.conditions,
      }
    }
    case 'aggregate': {
      const below = pullUp(plan.input)
      if (below === undefined || plan.grouping.length === 0 || expressionsOf(plan).some(readsOuter)) return undefined
      const keys = equalityKeys(below.conditions, outer)
      if (keys === undefined) return undefined
      return {
        plan: {
          ...plan,
          grouping: withColumns(plan.grouping, below),
          aggregates: withColumns(plan.aggregates, below),
          input: below.plan,
        },
        conditions: below.conditions,
      }
    }
    case 'join': {
      if (plan.lateral || plan.type === 'full') return undefined
      const left = pullUp(plan.left)
      const right = pullUp(plan.right)
      const inner = plan.type === 'inner' || plan.type === 'cross'
      if (left === undefined || right === undefined) return undefined
      if (left.conditions.length > 0 && !inner && plan.type === 'right') return undefined
      if (right.conditions.length > 0 && !inner && plan.type !== 'right') return undefined
      const conjuncts = conjunctsOf(plan.condition)
      const moved = conjuncts.filter(readsOuter)
      if (moved.length > 0 && !inner) return undefined
      const { condition: _condition, ...rest } = plan
      const condition = allOf(conjuncts.filter((c) => !readsOuter(c)))
      return {
        plan: { ...rest, left: left.plan, right: right.plan, ...(condition && { condition }) },
        conditions: [...left.conditions, ...right.conditions, ...moved],
      }
    }
    case 'alias':
    case 'sort':
    case 'repartition':
    case 'hint': {
      const below = pullUp(plan.input)
      if (below === undefined || expressionsOf(plan).some(readsOuter)) return undefined
      return plan.kind === 'alias' ? below : { plan: { ...plan, input: below.plan }, conditions: below.conditions }
    }
    default:
      return undefined
  }
}

/** A list with the columns that the pulled conditions read of the input below. */
function withColumns(
  list: readonly Expression[],
  below: { readonly plan: LogicalPlan; readonly conditions: readonly Expression[] },
): Expression[] {
  const shown = new Set(list.map((e) => columnOf(e).id))
  const needed = new Set(below.conditions.flatMap((c) => [...columnsIn(c).keys()]))
  return [...list, ...outputOf(below.plan).filter((c) => needed.has(c.id) && !shown.has(c.id))]
}

/** The inner sides when every condition is an equality with the outside: grouping by them then counts the same rows. */
function equalityKeys(conditions: readonly Expression[], outer: ReadonlyMap<number, ColumnRef>): Expression[] | undefined {
  const keys: Expression[] = []
  for (const condition of conditions) {
    if (condition.kind !== 'call' || (condition.name !== '=' && condition.name !== '<=>')) return undefined
    const side = condition.args.find((arg) => arg.kind === 'column' && !outer.has(arg.id))
    const other = condition.args.find((arg) => arg !== side)
    if (side === undefined || other === undefined || [...columnsIn(other).keys()].some((id) => !outer.has(id))) return undefined
    keys.push(side)
  }
  return keys
}

// ---- the domain

function overDomain(query: LogicalPlan, around: LogicalPlan, context: OptimizerContext): Correlated {
  const outer = outerColumns(query)
  const available = new Map(outputOf(around).map((c) => [c.id, c]))
  const read = [...outer.values()].filter((c) => available.has(c.id))
  if (isStreaming(around))
    throw new AnalysisError('UNSUPPORTED_STREAMING_OPERATOR_WITHOUT_WATERMARK', {
      message: 'this correlated subquery would read the stream twice',
      hint: 'Write it as a join with a grouped table, correlated by equalities only.',
    })
  const domain = new Domain(read, around)
  const carried = domain.into(query, context)
  return {
    plan: carried.plan,
    conditions: carried.keys.map((key, i) => equalOrBothNull(read[i]!, key)),
    columns: outputOf(query),
  }
}

function equalOrBothNull(a: Expression, b: Expression): Expression {
  return { ...call('<=>', [a, b]), type: BOOLEAN, nullable: false }
}

interface Carried {
  readonly plan: LogicalPlan
  /** The columns of the domain in the plan's output, in the order of the outer columns. */
  readonly keys: readonly ColumnRef[]
}

/** The distinct outer rows, joined in below whatever reads them. */
class Domain {
  readonly #outer: readonly ColumnRef[]
  readonly #around: LogicalPlan

  constructor(outer: readonly ColumnRef[], around: LogicalPlan) {
    this.#outer = outer
    this.#around = around
  }

  /** A copy of the domain's rows. */
  #rows(): Carried {
    const copies = this.#outer.map((c): Alias & { id: number } => ({
      kind: 'alias',
      name: c.name,
      child: c,
      id: nextColumnId(),
      type: c.type,
      nullable: c.nullable,
    }))
    const values: LogicalPlan = { kind: 'project', expressions: copies, input: this.#around }
    const columns = copies.map(columnOf)
    const distinct: LogicalPlan = { kind: 'aggregate', grouping: columns, aggregates: columns, distinct: true, input: values }
    const plan = withFreshIds(distinct)
    return { plan, keys: outputOf(plan) }
  }

  #replace(e: Expression, keys: readonly ColumnRef[]): Expression {
    return replaceColumns(e, (column) => {
      const at = this.#outer.findIndex((c) => c.id === column.id)
      return at < 0 ? undefined : keys[at]
    })
  }

  #reads(plan: LogicalPlan): boolean {
    const outer = outerColumns(plan)
    return this.#outer.some((c) => outer.has(c.id))
  }

  /** The plan for every row of the domain at once, with the domain's columns in its output. */
  into(plan: LogicalPlan, context: OptimizerContext): Carried {
    if (!this.#reads(plan)) {
      const rows = this.#rows()
      return { plan: { kind: 'join', type: 'cross', left: rows.plan, right: plan }, keys: rows.keys }
    }
    switch (plan.kind) {
      case 'filter':
      case 'generate':
      case 'time_window':
      case 'session_window':
      case 'sort':
      case 'repartition':
      case 'hint': {
        const { plan: input, keys } = this.into(plan.input, context)
        return { plan: { ...mapExpressions(plan, (e) => this.#replace(e, keys)), input } as LogicalPlan, keys }
      }
      case 'alias':
        return this.into(plan.input, context)
      case 'project': {
        const { plan: input, keys } = this.into(plan.input, context)
        const expressions = plan.expressions.map((e) => this.#replace(e, keys))
        return { plan: { ...plan, expressions: [...expressions, ...keys], input }, keys }
      }
      case 'aggregate':
        return this.#aggregate(plan, context)
      case 'window': {
        const { plan: input, keys } = this.into(plan.input, context)
        const mapped = mapExpressions(plan, (e) => this.#replace(e, keys)) as typeof plan
        return { plan: { ...mapped, partitionBy: [...keys, ...mapped.partitionBy], input }, keys }
      }
      case 'limit':
      case 'offset':
        return this.#limit(plan, context)
      case 'join':
        return this.#join(plan, context)
      case 'union':
        return this.#union(plan, context)
      case 'set_operation': {
        const left = this.into(plan.left, context)
        const right = this.into(plan.right, context)
        const columns = outputOf(plan.left)
        const sided = (side: Carried, shown: readonly ColumnRef[]): LogicalPlan => ({
          kind: 'project',
          expressions: [...shown, ...side.keys],
          input: side.plan,
        })
        return {
          plan: { ...plan, left: sided(left, columns), right: sided(right, outputOf(plan.right)) },
          keys: left.keys,
        }
      }
      case 'deduplicate': {
        const { plan: input, keys } = this.into(plan.input, context)
        return { plan: { ...plan, keys: [...(plan.keys ?? outputOf(plan.input)), ...keys], input }, keys }
      }
      default:
        throw unsupported(plan)
    }
  }

  /** The domain's columns become keys. An aggregate over everything gives a row for each of them, also where nothing matched. */
  #aggregate(plan: Aggregate, context: OptimizerContext): Carried {
    const { plan: input, keys } = this.into(plan.input, context)
    const mapped = mapExpressions(plan, (e) => this.#replace(e, keys)) as Aggregate
    const grouped: Aggregate = {
      ...mapped,
      grouping: [...mapped.grouping, ...keys],
      aggregates: [...mapped.aggregates, ...keys],
      input,
    }
    if (plan.grouping.length > 0) return { plan: grouped, keys }
    const rows = this.#rows()
    const join: LogicalPlan = {
      kind: 'join',
      type: 'left',
      left: rows.plan,
      right: grouped,
      condition: allOf(rows.keys.map((key, i) => equalOrBothNull(key, keys[i]!)))!,
    }
    // The ids of the aggregate's columns go to what is shown: fresh ones stand below.
    const below = plan.aggregates.map((e) => columnOf(e))
    const renumbered = withFreshColumns(join, below)
    const shown = plan.aggregates.map((e, i): Expression => {
      const value: ColumnRef = { ...renumbered.columns[i]!, nullable: true }
      const { id, name } = columnOf(e)
      const child = orEmpty(value, e, context)
      return { kind: 'alias', id, name, child, type: typeOf(child), nullable: child.nullable }
    })
    return { plan: { kind: 'project', expressions: [...shown, ...rows.keys], input: renumbered.plan }, keys: rows.keys }
  }

  /** LIMIT and OFFSET for each row around: rows of each by number, in the order below. */
  #limit(plan: Limit | Offset, context: OptimizerContext): Carried {
    const offset = plan.kind === 'offset' ? plan : plan.input.kind === 'offset' ? plan.input : undefined
    const { plan: input, keys } = this.into(offset === undefined ? plan.input : offset.input, context)
    const orderBy =
      input.kind === 'sort'
        ? input.orders
        : keys.map((child) => ({ kind: 'order', child, descending: false, nullsFirst: true }) as const)
    const rank: Call = { ...call('row_number', []), type: INT, nullable: false }
    const number: Alias & { id: number } = {
      kind: 'alias',
      name: 'row_number',
      id: nextColumnId(),
      child: {
        kind: 'over',
        call: rank,
        partitionBy: keys,
        orderBy,
        frame: { unit: 'rows', start: { kind: 'unbounded_preceding' }, end: { kind: 'current_row' } },
        type: INT,
        nullable: false,
      },
      type: INT,
      nullable: false,
    }
    const output = outputOf(input)
    const window: LogicalPlan = {
      kind: 'window',
      calls: [number],
      partitionBy: keys,
      orderBy,
      input: input.kind === 'sort' ? input.input : input,
    }
    const skipped = offset === undefined ? 0 : countOf(offset)
    const bounds: Expression[] = []
    if (plan.kind === 'limit') bounds.push(compared('<=', columnOf(number), literal(skipped + countOf(plan), INT)))
    if (skipped > 0) bounds.push(compared('>', columnOf(number), literal(skipped, INT)))
    const filtered: LogicalPlan = { kind: 'filter', condition: allOf(bounds) ?? literal(true, BOOLEAN), input: window }
    return { plan: { kind: 'project', expressions: output, input: filtered }, keys }
  }

  #join(plan: Extract<LogicalPlan, { kind: 'join' }>, context: OptimizerContext): Carried {
    const onLeft = this.#reads(plan.left)
    const onRight = this.#reads(plan.right)
    const keepsRight = plan.type === 'right' || plan.type === 'full'
    // The side whose rows are kept must be carried; the other too where it reads the outside.
    if (keepsRight && plan.type === 'full') throw unsupported(plan)
    const carryLeft = onLeft || !keepsRight || !onRight
    const carryRight = onRight || keepsRight
    const left = carryLeft ? this.into(plan.left, context) : undefined
    const right = carryRight ? this.into(plan.right, context) : undefined
    const keys = keepsRight ? right!.keys : left!.keys
    const both = left !== undefined && right !== undefined ? left.keys.map((key, i) => equalOrBothNull(key, right.keys[i]!)) : []
    const own = conjunctsOf(plan.condition).map((c) => this.#replace(c, keys))
    const condition = allOf([...both, ...own])
    const { condition: _condition, ...rest } = plan
    const type = condition !== undefined && plan.type === 'cross' ? 'inner' : plan.type
    return {
      plan: { ...rest, type, left: left?.plan ?? plan.left, right: right?.plan ?? plan.right, ...(condition && { condition }) },
      keys,
    }
  }

  #union(plan: Extract<LogicalPlan, { kind: 'union' }>, context: OptimizerContext): Carried {
    const branches = plan.inputs.map((input) => {
      const carried = this.into(input, context)
      return { kind: 'project', expressions: [...outputOf(input), ...carried.keys], input: carried.plan } as const
    })
    const width = outputOf(plan).length
    const keys = outputOf(branches[0]!)
      .slice(width)
      .map((c) => ({ ...c, id: nextColumnId() }))
    return { plan: { ...plan, inputs: branches, output: [...outputOf(plan), ...keys] }, keys }
  }
}

function compared(name: string, a: Expression, b: Expression): Expression {
  return { ...call(name, [a, b]), type: BOOLEAN, nullable: false }
}
/** Analysis has made the counts literals. */
function countOf(plan: Limit | Offset): number {
  return plan.count.kind === 'literal' ? Number(plan.count.value) : 0
}

function unsupported(plan: LogicalPlan): AnalysisError {
  return new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED', {
    message: `a correlated subquery cannot reach the query around it from below ${plan.kind.replace('_', ' ')}`,
    hint: 'Write it as a join.',
    span: plan.span,
  })
}

/** The plan with fresh ids for some of its columns. */
function withFreshColumns(plan: LogicalPlan, columns: readonly ColumnRef[]): { plan: LogicalPlan; columns: ColumnRef[] } {
  const fresh = columns.map((c) => ({ ...c, id: nextColumnId() }))
  const renumber = (node: LogicalPlan): LogicalPlan => {
    if (node.kind !== 'join') return node
    const right = node.right as Aggregate
    const aggregates = right.aggregates.map((e): Expression => {
      const at = columns.findIndex((c) => c.id === columnOf(e).id)
      return at < 0 ? e : e.kind === 'alias' ? { ...e, id: fresh[at]!.id } : e
    })
    return { ...node, right: { ...right, aggregates } }
  }
  return { plan: renumber(plan), columns: fresh }
}

/** The value of an aggregate's column, or what the aggregate gives over no rows. */
function orEmpty(value: ColumnRef, made: Expression, context: OptimizerContext): Expression {
  const aggregate = made.kind === 'alias' ? made.child : made
  if (aggregate.kind !== 'aggregate') return value
  const empty = emptyValue(aggregate, context)
  return empty === undefined ? value : { ...call('coalesce', [value, empty]), type: value.type, nullable: false }
}
function emptyValue(aggregate: AggregateCall, context: OptimizerContext): Expression | undefined {
  const record = context.functions.find(aggregate.name)
  if (record?.kind !== 'aggregate' || record.countsNothingAs === undefined) return undefined
  return literal(record.countsNothingAs, aggregate.type)
}

// ---- values and flags

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
  const single = everyRow || givesOneRow(query) ? correlated : withSingleRow(correlated, column)
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

/** Keeps the one value of each group of rows that belong together; more than one is an error of the row that meets it. */
function withSingleRow(correlated: Correlated, column: ColumnRef): Correlated {
  const outer = outerColumns({
    kind: 'filter',
    condition: allOf(correlated.conditions) ?? literal(true, BOOLEAN),
    input: correlated.plan,
  })
  const keys = outputOf(correlated.plan).filter((c) =>
    correlated.conditions.some((condition) => columnsIn(condition).has(c.id) && !outer.has(c.id)),
  )
  const equal = equalityKeys(correlated.conditions, new Map([...outer].filter(([id]) => !keys.some((key) => key.id === id))))
  if (correlated.conditions.length > 0 && equal === undefined)
    throw new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.MUST_AGGREGATE_CORRELATED_SCALAR_SUBQUERY', {
      message: 'a correlated subquery used as a value must be an aggregate, or be correlated by equalities',
    })
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
