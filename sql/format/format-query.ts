import { unreachable } from '../../engine/errors/assert.ts'
import type {
  ExpressionSyntax,
  FromSyntax,
  GroupBySyntax,
  GroupingSyntax,
  JoinSyntax,
  NamedWindowSyntax,
  PipeOperatorSyntax,
  PivotSyntax,
  QueryBodySyntax,
  QuerySyntax,
  QueryTailSyntax,
  RelationNameSyntax,
  RelationSyntax,
  SampleSyntax,
  SelectSyntax,
  TableAliasSyntax,
  UnpivotSyntax,
  WatermarkSyntax,
} from '../ast.ts'
import { quoteName, quoteNames, quoteText } from '../quote.ts'
import { formatAll, formatCall, formatExpression, formatSortItems, formatWindow } from './format-expression.ts'

/** The parts that are there, with a blank between. */
function words(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined && part !== '').join(' ')
}
function names(list: readonly string[]): string {
  return `(${list.map(quoteName).join(', ')})`
}

export function formatQuery(query: QuerySyntax): string {
  const ctes = query.ctes.map((cte) =>
    words(
      quoteName(cte.name),
      cte.columns.length > 0 && names(cte.columns),
      cte.maxLevel !== undefined && `MAX RECURSION LEVEL ${cte.maxLevel}`,
      `AS (${formatQuery(cte.query)})`,
    ),
  )
  return words(
    ctes.length > 0 && `WITH ${query.recursive ? 'RECURSIVE ' : ''}${ctes.join(', ')}`,
    formatBody(query.body),
    formatTail(query.tail),
  )
}

function formatTail(tail: QueryTailSyntax): string {
  return words(
    tail.orderBy.length > 0 && `ORDER BY ${formatSortItems(tail.orderBy)}`,
    tail.clusterBy.length > 0 && `CLUSTER BY ${formatAll(tail.clusterBy)}`,
    tail.distributeBy.length > 0 && `DISTRIBUTE BY ${formatAll(tail.distributeBy)}`,
    tail.sortBy.length > 0 && `SORT BY ${formatSortItems(tail.sortBy)}`,
    formatWindows(tail.windows),
    tail.limit !== undefined && `LIMIT ${tail.limit === 'all' ? 'ALL' : formatExpression(tail.limit)}`,
    tail.offset && `OFFSET ${formatExpression(tail.offset)}`,
  )
}
function formatWindows(windows: readonly NamedWindowSyntax[]): string | false {
  return (
    windows.length > 0 &&
    `WINDOW ${windows.map(({ name, window }) => `${quoteName(name)} AS ${formatWindow(window)}`).join(', ')}`
  )
}

function formatBody(body: QueryBodySyntax): string {
  switch (body.kind) {
    case 'query':
      return `(${formatQuery(body)})`
    case 'select':
      return formatSelect(body)
    case 'set_operation':
      return `${formatBody(body.left)} ${body.operator.toUpperCase()} ${body.all ? 'ALL ' : ''}${formatBody(body.right)}`
    case 'values':
      return words(`VALUES ${formatAll(body.rows)}`, formatAlias(body.alias))
    case 'table':
      return `TABLE ${formatRelationName(body.name)}`
    case 'from':
      return formatFrom(body.from)
    case 'pipe':
      return `${formatBody(body.input)} |> ${formatPipe(body.operator)}`
    default:
      return unreachable(body)
  }
}

function formatSelect(select: SelectSyntax): string {
  const hints = select.hints.map(({ name, args }) => (args.length === 0 ? name : `${name}(${formatAll(args)})`))
  return words(
    'SELECT',
    hints.length > 0 && `/*+ ${hints.join(', ')} */`,
    select.distinct && 'DISTINCT',
    formatAll(select.items),
    select.from && formatFrom(select.from),
    select.where && `WHERE ${formatExpression(select.where)}`,
    select.groupBy && formatGroupBy(select.groupBy),
    select.having && `HAVING ${formatExpression(select.having)}`,
    select.qualify && `QUALIFY ${formatExpression(select.qualify)}`,
    formatWindows(select.windows),
  )
}

function formatGroupBy({ items, trailing }: GroupBySyntax): string {
  return words(
    `GROUP BY ${items.map(formatGrouping).join(', ')}`,
    trailing &&
      (trailing.kind === 'sets'
        ? `GROUPING SETS (${trailing.sets.map(formatGrouping).join(', ')})`
        : `WITH ${trailing.kind.toUpperCase()}`),
  )
}
function formatGrouping(item: GroupingSyntax): string {
  switch (item.kind) {
    case 'expression':
      return words(formatExpression(item.expression), item.name !== undefined && `AS ${quoteName(item.name)}`)
    case 'set':
      return `(${formatAll(item.expressions)})`
    case 'sets':
      return `GROUPING SETS (${item.elements.map(formatGrouping).join(', ')})`
    default:
      return `${item.kind.toUpperCase()} (${item.elements.map(formatGrouping).join(', ')})`
  }
}

function formatFrom(from: FromSyntax): string {
  const views = from.views.map((view) =>
    words(
      `LATERAL VIEW${view.outer ? ' OUTER' : ''} ${formatCall(view.call)} ${quoteName(view.table)}`,
      view.columns.length > 0 && `AS ${view.columns.map(quoteName).join(', ')}`,
    ),
  )
  return words(`FROM ${from.relations.map(formatRelation).join(', ')}`, ...views)
}

export function formatRelationName(name: RelationNameSyntax): string {
  return Array.isArray(name) ? quoteNames(name as readonly string[]) : `IDENTIFIER(${formatExpression(name as ExpressionSyntax)})`
}

function formatRelation(relation: RelationSyntax): string {
  switch (relation.kind) {
    case 'named':
      return words(
        relation.streamed && 'STREAM',
        relation.path === undefined ? formatRelationName(relation.name) : quoteText(relation.path),
        Object.keys(relation.options).length > 0 && `WITH ${formatOptions(relation.options)}`,
        formatSuffix(relation),
      )
    case 'function':
      return words(
        relation.streamed && 'STREAM',
        formatCall(relation.call),
        relation.ordinality && 'WITH ORDINALITY',
        formatSuffix(relation),
      )
    case 'subquery':
      return words(`(${formatQuery(relation.query)})`, formatSuffix(relation))
    case 'parenthesized':
      return words(`(${formatRelation(relation.relation)})`, formatSuffix(relation))
    case 'inline':
      return words(`VALUES ${formatAll(relation.rows)}`, formatAlias(relation.alias))
    case 'lateral':
      return `LATERAL ${formatRelation(relation.relation)}`
    case 'join':
      return `${formatRelation(relation.left)} ${formatJoin(relation.join)}`
    case 'pivot':
      return words(formatRelation(relation.input), formatPivot(relation.pivot), formatAlias(relation.alias))
    case 'unpivot':
      return words(formatRelation(relation.input), formatUnpivot(relation.unpivot), formatAlias(relation.alias))
    default:
      return unreachable(relation)
  }
}
function formatSuffix(relation: {
  sample: SampleSyntax | undefined
  watermark: WatermarkSyntax | undefined
  alias: TableAliasSyntax | undefined
}): string {
  return words(
    relation.sample && formatSample(relation.sample),
    relation.watermark && formatWatermark(relation.watermark),
    formatAlias(relation.alias),
  )
}
export function formatWatermark({ eventTime, delay }: WatermarkSyntax): string {
  return `WATERMARK ${formatExpression(eventTime)} DELAY OF ${formatExpression(delay)}`
}
function formatAlias(alias: TableAliasSyntax | undefined): string | undefined {
  return alias && words(`AS ${quoteName(alias.name)}`, alias.columns.length > 0 && names(alias.columns))
}
export function formatOptions(options: Readonly<Record<string, string>>): string {
  return `(${Object.entries(options)
    .map(([key, value]) => `${quoteText(key)} = ${quoteText(value)}`)
    .join(', ')})`
}

function formatSample({ by, method, seed }: SampleSyntax): string {
  const size =
    by.kind === 'percent'
      ? `${by.percent} PERCENT`
      : by.kind === 'rows'
        ? `${formatExpression(by.rows)} ROWS`
        : `BUCKET ${by.numerator} OUT OF ${by.denominator}`
  return words('TABLESAMPLE', method?.toUpperCase(), `(${size})`, seed !== undefined && `REPEATABLE (${seed})`)
}

const JOIN_WORDS: Readonly<Record<JoinSyntax['type'], string>> = {
  inner: 'INNER',
  cross: 'CROSS',
  left: 'LEFT',
  right: 'RIGHT',
  full: 'FULL',
  left_semi: 'LEFT SEMI',
  left_anti: 'LEFT ANTI',
}
function formatJoin(join: JoinSyntax): string {
  return words(
    join.natural && 'NATURAL',
    JOIN_WORDS[join.type],
    join.match && 'ASOF',
    'JOIN',
    join.lateral && 'LATERAL',
    formatRelation(join.right),
    join.match && `MATCH_CONDITION (${formatExpression(join.match)})`,
    join.on && `ON ${formatExpression(join.on)}`,
    join.using && `USING ${names(join.using)}`,
  )
}

function formatPivot({ aggregates, columns, values }: PivotSyntax): string {
  const list = values.map(({ value, alias }) => words(formatExpression(value), alias !== undefined && `AS ${quoteName(alias)}`))
  return `PIVOT (${formatAll(aggregates)} FOR ${columns.length === 1 ? quoteName(columns[0]!) : names(columns)} IN (${list.join(', ')}))`
}
function formatUnpivot({ includeNulls, values, name, columns }: UnpivotSyntax): string {
  const several = values.length > 1 || columns.some((set) => set.columns.length > 1)
  const list = columns.map((set) =>
    words(
      several ? `(${set.columns.map(quoteNames).join(', ')})` : quoteNames(set.columns[0]!),
      set.alias !== undefined && `AS ${quoteName(set.alias)}`,
    ),
  )
  return words(
    'UNPIVOT',
    includeNulls && 'INCLUDE NULLS',
    `(${several ? names(values) : quoteName(values[0]!)} FOR ${quoteName(name)} IN (${list.join(', ')}))`,
  )
}

function formatPipe(operator: PipeOperatorSyntax): string {
  switch (operator.kind) {
    case 'select':
      return formatSelect(operator.select)
    case 'extend':
      return `EXTEND ${formatAll(operator.items)}`
    case 'set':
      return `SET ${operator.assignments.map(({ name, value }) => `${quoteName(name)} = ${formatExpression(value)}`).join(', ')}`
    case 'drop':
      return `DROP ${operator.names.map(quoteNames).join(', ')}`
    case 'as':
      return `AS ${quoteName(operator.name)}`
    case 'where':
      return `WHERE ${formatExpression(operator.condition)}`
    case 'aggregate':
      return words(
        'AGGREGATE',
        operator.aggregates.length > 0 && formatAll(operator.aggregates),
        operator.groupBy && formatGroupBy(operator.groupBy),
      )
    case 'join':
      return formatJoin(operator.join)
    case 'set_operation':
      return `${operator.operator.toUpperCase()} ${operator.all ? 'ALL ' : ''}${formatBody(operator.right)}`
    case 'tail':
      return formatTail(operator.tail)
    case 'sample':
      return formatSample(operator.sample)
    case 'pivot':
      return formatPivot(operator.pivot)
    case 'unpivot':
      return formatUnpivot(operator.unpivot)
    default:
      return unreachable(operator)
  }
}
