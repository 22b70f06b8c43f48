import { unreachable } from '../../engine/errors/assert.ts'
import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Span } from '../../engine/errors/span.ts'
import { call, type Expression, literal, nameRef } from '../../engine/expr/expression.ts'
import type { LogicalPlan } from '../../engine/plan/logical-plan.ts'
import { STRING } from '../../engine/types/data-type.ts'
import type {
  ExpressionSyntax,
  FromSyntax,
  JoinSyntax,
  Name,
  PivotSyntax,
  RelationNameSyntax,
  RelationSyntax,
  SampleSyntax,
  TableAliasSyntax,
  UnpivotSyntax,
  WatermarkSyntax,
} from '../ast.ts'
import { identifierOf, lowerExpression, notSupported, type Surroundings } from './lower-expression.ts'
import { lowerQuery } from './lower-query.ts'
import { lowerWindowTable } from './window-table.ts'

export { rewriteWindowColumns } from './window-table.ts'

/** The name Spark gives a subquery without alias; columns cannot be reached through it. */
const UNNAMED_SUBQUERY = '__auto_generated_subquery_name'

export function lowerRelationName(name: RelationNameSyntax): readonly string[] {
  return Array.isArray(name) ? (name as Name) : identifierOf(name as ExpressionSyntax)
}

/** FROM a, b: joins without a condition; then the LATERAL VIEWs over all of it. */
export function lowerFrom(from: FromSyntax, around: Surroundings): LogicalPlan {
  const [first, ...others] = from.relations
  let plan = lowerRelation(first!, around)
  for (const relation of others) {
    const right = lowerRelation(relation, around)
    plan = {
      kind: 'join',
      type: 'inner',
      left: plan,
      right,
      ...(startsLateral(relation) && { lateral: true }),
      span: relation.span,
    }
  }
  for (const view of from.views) {
    const generator = lowerExpression(view.call, around)
    const { outer, columns, table, span } = view
    plan = { kind: 'generate', generator, outer, qualifier: [table], columnNames: columns, input: plan, span }
  }
  return plan
}
function startsLateral(relation: RelationSyntax): boolean {
  return relation.kind === 'lateral' || (relation.kind === 'join' && startsLateral(relation.left))
}

export function lowerRelation(relation: RelationSyntax, around: Surroundings): LogicalPlan {
  const { span } = relation
  switch (relation.kind) {
    case 'named': {
      const plan: LogicalPlan = {
        kind: 'unresolved_relation',
        name: relation.path === undefined ? lowerRelationName(relation.name) : [FORMAT_BY_NAME, relation.path],
        streamed: relation.streamed,
        options: relation.options,
        span,
      }
      return lowerSuffix(plan, relation, around)
    }
    case 'function': {
      const windowed = lowerWindowTable(relation.call, around)
      if (windowed) return lowerSuffix(windowed, relation, around)
      if (relation.ordinality) throw notSupported('WITH ORDINALITY', span, 'Use posexplode().')
      const names = relation.call.args.map(({ name }) => name)
      const args = relation.call.args.map(({ value }) => {
        if (value.kind === 'table_argument')
          throw notSupported(`a table as an argument of ${relation.call.name.join('.')}`, value.span)
        return lowerExpression(value, around)
      })
      const plan: LogicalPlan = {
        kind: 'unresolved_relation',
        name: relation.call.name.map((part) => part.toLowerCase()),
        streamed: relation.streamed,
        options: {},
        arguments: args,
        ...(names.some((name) => name !== undefined) && { argumentNames: names }),
        span,
      }
      return lowerSuffix(plan, relation, around)
    }
    case 'subquery':
      return lowerSuffix(
        lowerQuery(relation.query),
        { ...relation, alias: relation.alias ?? { name: UNNAMED_SUBQUERY, columns: [] } },
        around,
      )
    case 'parenthesized':
      return lowerSuffix(lowerRelation(relation.relation, around), relation, around)
    case 'inline':
      return lowerValues(relation.rows, relation.alias, span)
    case 'lateral':
      return lowerRelation(relation.relation, around)
    case 'join': {
      // A chain of joins leans left and may be long: it is walked, not recursed into.
      const chain: JoinSyntax[] = []
      let left: RelationSyntax = relation
      while (left.kind === 'join') {
        chain.push(left.join)
        left = left.left
      }
      return chain.reverse().reduce((plan, join) => lowerJoin(plan, join, around), lowerRelation(left, around))
    }
    case 'pivot':
      return applyAlias(lowerPivot(lowerRelation(relation.input, around), relation.pivot, around), relation.alias, span)
    case 'unpivot':
      return applyAlias(lowerUnpivot(lowerRelation(relation.input, around), relation.unpivot), relation.alias, span)
    default:
      return unreachable(relation)
  }
}

/** Sample, then alias, then watermark: the watermark's expression may use the alias. */
function lowerSuffix(
  input: LogicalPlan,
  suffix: {
    readonly sample: SampleSyntax | undefined
    readonly watermark: WatermarkSyntax | undefined
    readonly alias: TableAliasSyntax | undefined
    readonly span: Span
  },
  around: Surroundings,
): LogicalPlan {
  let plan = suffix.sample ? applySample(input, suffix.sample, around) : input
  plan = applyAlias(plan, suffix.alias, suffix.span)
  return suffix.watermark
    ? { kind: 'watermark', ...lowerWatermark(suffix.watermark), input: plan, span: suffix.watermark.span }
    : plan
}
export function lowerWatermark(watermark: WatermarkSyntax): { eventTime: Expression; delay: Expression } {
  return { eventTime: lowerExpression(watermark.eventTime), delay: lowerExpression(watermark.delay) }
}

function applyAlias(input: LogicalPlan, alias: TableAliasSyntax | undefined, span: Span): LogicalPlan {
  return alias ? { kind: 'alias', name: alias.name, columns: alias.columns, input, span } : input
}

export function applySample(input: LogicalPlan, sample: SampleSyntax, around: Surroundings): LogicalPlan {
  const { by, span } = sample
  switch (by.kind) {
    case 'rows':
      return { kind: 'limit', count: lowerExpression(by.rows, around), input, span }
    case 'percent':
      return { kind: 'sample', fraction: by.percent / 100, input, span }
    case 'bucket':
      return { kind: 'sample', fraction: by.numerator / by.denominator, input, span }
  }
}

/** FROM 'file.csv': the file's name says how to read it, and the session reads it as a person would: the header of a csv names its columns. */
const FORMAT_BY_NAME = ''

/** VALUES: a row in parentheses, a struct, or one expression, each. */
export function lowerValues(rows: readonly ExpressionSyntax[], alias: TableAliasSyntax | undefined, span: Span): LogicalPlan {
  const expressions = rows.map((row) => rowOf(row).map((e) => lowerExpression(e)))
  const width = expressions[0]!.length
  const uneven = expressions.findIndex((row) => row.length !== width)
  if (uneven >= 0) {
    throw new ParseError('INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH', {
      message: `row ${uneven + 1} of VALUES has ${expressions[uneven]!.length} values, the first has ${width}`,
      span: rows[uneven]!.span,
    })
  }
  const columnNames = Array.from({ length: width }, (_, i) => `col${i + 1}`)
  return applyAlias({ kind: 'local', output: [], rows: [], expressions, columnNames, span }, alias, span)
}
function rowOf(row: ExpressionSyntax): readonly ExpressionSyntax[] {
  if (row.kind === 'row') return row.elements.map((e) => (e.kind === 'alias' ? e.operand : e))
  const structOf = row.kind === 'call' && row.over === undefined && row.name.length === 1 ? row.name[0]!.toLowerCase() : undefined
  if (structOf !== 'struct') return [row]
  const values = (row as ExpressionSyntax & { kind: 'call' }).args.map(({ value }) => value as ExpressionSyntax)
  return values.map((e) => (e.kind === 'alias' ? e.operand : e))
}

export function lowerJoin(left: LogicalPlan, join: JoinSyntax, around: Surroundings): LogicalPlan {
  const right = lowerRelation(join.right, around)
  const condition = join.on && lowerExpression(join.on, around)
  const shared = { left, right, ...(condition && { condition }), ...(join.using && { using: join.using }), span: join.span }
  if (join.match) {
    return {
      kind: 'asof_join',
      type: join.type === 'left' ? 'left' : 'inner',
      match: lowerExpression(join.match, around),
      ...shared,
    }
  }
  return {
    kind: 'join',
    type: join.type,
    ...shared,
    ...(join.natural && { natural: true }),
    ...(join.lateral && { lateral: true }),
  }
}

/** PIVOT stays as it is: which columns are left to group by is known to analysis alone. */
export function lowerPivot(input: LogicalPlan, pivot: PivotSyntax, around: Surroundings): LogicalPlan {
  return {
    kind: 'pivot',
    aggregates: pivot.aggregates.map((e) => lowerExpression(e, around)),
    columns: pivot.columns.map((name) => nameRef([name], pivot.span)),
    values: pivot.values.map(({ value, alias }) => ({ value: rowOf(value).map((e) => lowerExpression(e, around)), alias })),
    input,
    span: pivot.span,
  }
}

const UNPIVOTED = '__unpivot'
/**
 * UNPIVOT → a row of each column set: inline(array(struct(name, values), …)) beside the input's other columns, rows of nothing but NULL
 * left out unless INCLUDE NULLS.
 */
export function lowerUnpivot(input: LogicalPlan, unpivot: UnpivotSyntax): LogicalPlan {
  const { span } = unpivot
  const structs = unpivot.columns.map(({ columns, alias }) => {
    const name = alias ?? columns.map((column) => column.at(-1)!).join('_')
    if (columns.length !== unpivot.values.length) {
      throw new ParseError('UNPIVOT_VALUE_SIZE_MISMATCH', {
        message: `UNPIVOT names ${unpivot.values.length} value columns and takes ${columns.length} columns`,
        span,
      })
    }
    const values = columns.flatMap((column, i) => [literal(unpivot.values[i]!, STRING), nameRef(column, span)])
    return call('named_struct', [literal(unpivot.name, STRING), literal(name, STRING), ...values])
  })
  const generated: LogicalPlan = {
    kind: 'generate',
    generator: call('inline', [call('array', structs)]),
    outer: false,
    qualifier: [UNPIVOTED],
    columnNames: [unpivot.name, ...unpivot.values],
    unpivot: true,
    input,
    span,
  }
  const values = unpivot.values.map((value) => nameRef([UNPIVOTED, value]))
  const kept: LogicalPlan = unpivot.includeNulls
    ? generated
    : {
        kind: 'filter',
        condition: values.map((value) => call('isnotnull', [value])).reduce((a, b) => call('or', [a, b])),
        input: generated,
        span,
      }
  const named = new Map(unpivot.columns.flatMap(({ columns }) => columns.map((name) => [name.join('.').toLowerCase(), name])))
  const except = [...named.values()]
  return { kind: 'project', expressions: [{ kind: 'star', target: [], except }], input: kept, span }
}
