import { unreachable } from '../errors/assert.ts'
import type { ColumnRef, Expression } from '../expr/expression.ts'
import { printExpression, printOrder } from '../expr/print.ts'
import { transformUp } from '../expr/walk.ts'
import { hiveText } from '../types/text.ts'
import type { LogicalPlan } from './logical-plan.ts'
import { expressionsOf, inputsOf } from './walk.ts'

/** Most rows of VALUES that are shown. */
const ROWS_SHOWN = 5

/** The plan as a tree in Spark's look: a node a line, its first input below it, further ones marked `:-`. Columns carry their ids. */
export function explainPlan(plan: LogicalPlan): string {
  const lines: string[] = []
  draw(plan, '', '', lines)
  return lines.join('\n')
}

function draw(plan: LogicalPlan, lead: string, below: string, lines: string[]): void {
  lines.push(`${lead}${describe(plan)}`)
  const children = [...inputsOf(plan), ...subqueriesOf(plan)]
  children.forEach((child, i) => {
    const last = i === children.length - 1
    draw(child, `${below}${last ? '+- ' : ':- '}`, `${below}${last ? '   ' : ':  '}`, lines)
  })
}

/** Queries inside the expressions of a node, drawn as further inputs. */
function subqueriesOf(plan: LogicalPlan): LogicalPlan[] {
  const found: LogicalPlan[] = []
  for (const e of expressionsOf(plan))
    transformUp(e, (n) => {
      if (n.kind === 'subquery') found.push(n.query as LogicalPlan)
      return n
    })
  return found
}

/** One node in one line, without its inputs. */
export function describe(plan: LogicalPlan): string {
  switch (plan.kind) {
    case 'unresolved_relation':
      return `UnresolvedRelation [${plan.name.join(', ')}]${plan.streamed ? ', streaming' : ''}${
        plan.arguments ? `(${list(plan.arguments)})` : ''
      }`
    case 'scan': {
      const hints = plan.filters?.length ? `, PushedFilters: [${list(plan.filters)}]` : ''
      const kind = plan.relation.streaming ? 'StreamingRelation' : 'Relation'
      return `${kind} ${plan.relation.name} ${plan.relation.provider} [${columns(plan.output)}]${hints}`
    }
    case 'local': {
      const shown = plan.rows.slice(0, ROWS_SHOWN).map((row) => `[${row.map((v, i) => cell(v, plan.output[i])).join(', ')}]`)
      const more = plan.rows.length > ROWS_SHOWN ? `, … ${plan.rows.length - ROWS_SHOWN} more` : ''
      return `LocalRelation [${columns(plan.output)}]${shown.length > 0 ? `, [${shown.join(', ')}${more}]` : ''}`
    }
    case 'range':
      return `Range (${plan.start}, ${plan.end}, step=${plan.step}) [${columns(plan.output)}]`
    case 'one_row':
      return 'OneRowRelation'
    case 'with':
      return `WithCTE [${plan.definitions.map((d) => d.name).join(', ')}]`
    case 'alias':
      return `SubqueryAlias ${plan.name}${plan.columns.length > 0 ? ` (${plan.columns.join(', ')})` : ''}`
    case 'project':
      return `Project [${list(plan.expressions)}]`
    case 'filter':
      return `Filter ${text(plan.condition)}`
    case 'aggregate':
      return plan.distinct
        ? `Distinct [${list(plan.grouping)}]`
        : `Aggregate [${list(plan.grouping)}], [${list(plan.aggregates)}]`
    case 'expand':
      return `Expand [${plan.projections.map((p) => `[${list(p)}]`).join(', ')}], [${columns(plan.output)}]`
    case 'join':
      return `Join ${JOIN_NAMES[plan.type]}${plan.lateral ? ' Lateral' : ''}${plan.condition ? `, ${text(plan.condition)}` : ''}`
    case 'asof_join':
      return `AsOfJoin ${JOIN_NAMES[plan.type]}, ${text(plan.match)}${plan.condition ? `, ${text(plan.condition)}` : ''}`
    case 'union':
      return `Union${plan.byName ? ' by name' : ''}`
    case 'set_operation':
      return `${plan.operator === 'except' ? 'Except' : 'Intersect'}${plan.all ? ' All' : ''}`
    case 'recursion':
      return `Recursion ${plan.name} [${columns(plan.output)}]${plan.rowLimit === undefined ? '' : `, limit ${plan.rowLimit}`}`
    case 'recursive_reference':
      return `RecursiveReference ${plan.name} [${columns(plan.output)}]`
    case 'distinct':
      return 'Distinct'
    case 'deduplicate':
      return `Deduplicate${plan.withinWatermark ? 'WithinWatermark' : ''} [${
        plan.keys ? columns(plan.keys) : (plan.columns ?? ['all columns']).join(', ')
      }]`
    case 'watermark':
      return `EventTimeWatermark ${text(plan.eventTime)}, ${plan.delayMs === undefined ? text(plan.delay) : `${plan.delayMs} ms`}`
    case 'time_window':
      return `TimeWindow ${text(plan.time)}, ${plan.sizeMicros} µs, ${plan.slideMicros} µs, ${plan.startMicros} µs${plan.cumulative ? ', cumulative' : ''}, ${text(plan.window)}`
    case 'session_window':
      return `SessionWindow ${text(plan.time)}, ${text(plan.gap)}, ${text(plan.window)}`
    case 'generate':
      return `Generate ${text(plan.generator)}, ${plan.outer ? 'outer, ' : ''}[${
        plan.output ? columns(plan.output) : plan.columnNames.join(', ')
      }]`
    case 'window':
      return `Window [${list(plan.calls)}], [${list(plan.partitionBy)}], [${plan.orderBy.map(withIds).map(orderText).join(', ')}]`
    case 'pivot':
      return `Pivot [${list(plan.aggregates)}], [${list(plan.columns)}]`
    case 'sort':
      return `Sort [${plan.orders.map(withIds).map(orderText).join(', ')}], ${plan.global ? 'global' : 'local'}`
    case 'limit':
      return `Limit ${text(plan.count)}`
    case 'offset':
      return `Offset ${text(plan.count)}`
    case 'sample':
      return `Sample ${plan.fraction}`
    case 'repartition':
      return `Repartition [${list(plan.expressions)}]`
    case 'hint':
      return `Hint ${plan.name}`
    default:
      return unreachable(plan)
  }
}

const JOIN_NAMES = {
  inner: 'Inner',
  cross: 'Cross',
  left: 'LeftOuter',
  right: 'RightOuter',
  full: 'FullOuter',
  left_semi: 'LeftSemi',
  left_anti: 'LeftAnti',
} as const

function cell(value: Parameters<typeof hiveText>[0], column: ColumnRef | undefined): string {
  return value === null ? 'NULL' : column === undefined ? '' : hiveText(value, column.type, 'UTC')
}

function columns(list: readonly ColumnRef[]): string {
  return list.map(text).join(', ')
}
function list(expressions: readonly Expression[]): string {
  return expressions.map(text).join(', ')
}
function text(e: Expression): string {
  return printExpression(withIds(e))
}
function orderText(order: Expression): string {
  return order.kind === 'order' ? printOrder(order) : printExpression(order)
}

/** The same expression with ids in the names, as the printer knows none. */
function withIds(e: Expression): Expression {
  return transformUp(e, (n) => {
    if (n.kind === 'column') {
      const mark = n.metadata?.watermarkDelayMs === undefined ? '' : `-T${n.metadata.watermarkDelayMs}ms`
      return { ...n, name: `${n.name}#${n.id}${mark}` }
    }
    if (n.kind === 'alias' && n.id !== undefined) return { ...n, name: `${n.name}#${n.id}` }
    if (n.kind === 'call' && n.writtenAs !== undefined) return { ...n, writtenAs: undefined }
    return n
  })
}
