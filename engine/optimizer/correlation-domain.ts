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
import { outerColumns, replaceColumns } from '../plan/references.ts'
import { isStreaming, mapExpressions } from '../plan/walk.ts'
import { BOOLEAN, INT } from '../types/data-type.ts'
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

/** The distinct values of the columns around, joined in at the bottom of the query and carried through as further keys. */
export function overDomain(query: LogicalPlan, around: LogicalPlan, context: OptimizerContext): Correlated {
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

export function equalOrBothNull(a: Expression, b: Expression): Expression {
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
export function orEmpty(value: ColumnRef, made: Expression, context: OptimizerContext): Expression {
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
