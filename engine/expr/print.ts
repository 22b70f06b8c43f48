import { unreachable } from '../errors/assert.ts'
import { type DataType, simpleString } from '../types/data-type.ts'
import { prettyLiteral } from '../types/literal.ts'
import type { AggregateCall, Call, Expression, FrameBound, SortOrder, WindowCall } from './expression.ts'

/**
 * Expressions as Spark names generated columns: no qualifiers, no implicit casts, strings without quotes.
 * `SELECT a + 1` makes the column `(a + 1)`. Works before and after analysis.
 */
export function printExpression(e: Expression): string {
  switch (e.kind) {
    case 'literal':
      return prettyLiteral(e.value, e.type)
    case 'name':
      return e.parts.join('.')
    case 'star':
      return [...e.target, '*'].join('.')
    case 'column':
      return e.name
    case 'bound':
      return `#${e.ordinal}`
    case 'alias':
      return `${printExpression(e.child)} AS ${e.name}`
    case 'call':
      return printCall(e)
    case 'aggregate':
      return printAggregate(e)
    case 'over':
      return printOver(e)
    case 'cast':
      if (e.implicit) return printExpression(e.child)
      return `${e.tolerant ? 'TRY_CAST' : 'CAST'}(${printExpression(e.child)} AS ${printType(e.type)})`
    case 'case':
      return [
        'CASE',
        ...e.branches.map((b) => `WHEN ${printExpression(b.when)} THEN ${printExpression(b.then)}`),
        ...(e.otherwise ? [`ELSE ${printExpression(e.otherwise)}`] : []),
        'END',
      ].join(' ')
    case 'field':
      return `${printExpression(e.child)}.${e.name}`
    case 'lambda':
      return `lambdafunction(${[e.body, ...(e.variables ?? [])].map(printExpression).join(', ')}${
        e.variables ? '' : e.parameters.map((p) => `, ${p}`).join('')
      })`
    case 'lambda_variable':
      return 'namedlambdavariable()'
    case 'subquery':
      return e.form === 'scalar'
        ? 'scalarsubquery()'
        : e.form === 'exists'
          ? 'exists()'
          : `(${e.needles.length === 1 ? printExpression(e.needles[0]!) : `named_struct(${e.needles.map((n) => `${printExpression(n)}, ${printExpression(n)}`).join(', ')})`} IN (listquery()))`
    case 'order':
      return printOrder(e)
    case 'parameter':
      return e.name === '?' ? '?' : `:${e.name}`
    default:
      return unreachable(e)
  }
}

/** A type as in `CAST(x AS …)`: upper case. */
export function printType(type: DataType): string {
  return type.kind === 'struct'
    ? `STRUCT<${type.fields.map((f) => `${f.name}: ${printType(f.type)}${f.nullable ? '' : ' NOT NULL'}`).join(', ')}>`
    : type.kind === 'array'
      ? `ARRAY<${printType(type.element)}>`
      : type.kind === 'map'
        ? `MAP<${printType(type.key)}, ${printType(type.value)}>`
        : simpleString(type).toUpperCase()
}

export function printOrder(order: SortOrder): string {
  return `${printExpression(order.child)} ${order.descending ? 'DESC' : 'ASC'} NULLS ${order.nullsFirst ? 'FIRST' : 'LAST'}`
}

/** Operators written between their operands, in parentheses. */
const INFIX = new Map<string, string>(
  ['+', '-', '*', '/', '%', 'div', '&', '|', '^', '<<', '>>', '>>>', '=', '<=>', '<', '<=', '>', '>='].map((op) => [op, op]),
)
INFIX.set('and', 'AND').set('or', 'OR')

/** Functions that Spark prints with the SQL keyword in upper case, whatever was written. */
const UPPER_CASE = new Set([
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atan2',
  'atanh',
  'cbrt',
  'ceil',
  'cos',
  'cosh',
  'cot',
  'csc',
  'exp',
  'expm1',
  'floor',
  'hypot',
  'log10',
  'log1p',
  'log2',
  'power',
  'radians',
  'degrees',
  'rint',
  'sec',
  'sin',
  'sinh',
  'sqrt',
  'tan',
  'tanh',
  'rank',
  'dense_rank',
  'percent_rank',
])

function printCall(e: Call): string {
  if (e.writtenAs !== undefined) return e.writtenAs
  const args = e.args.map(printExpression)
  const [first, second] = args
  const infix = INFIX.get(e.name)
  if (infix !== undefined && args.length === 2) return `(${first} ${infix} ${second})`
  switch (e.name) {
    case 'negative':
      return `(- ${first})`
    case 'positive':
      return `(+ ${first})`
    case '~':
      return `~${first}`
    case 'not':
      return `(NOT ${first})`
    case 'isnull':
      return `(${first} IS NULL)`
    case 'isnotnull':
      return `(${first} IS NOT NULL)`
    case 'istrue':
      return `(${first} IS TRUE)`
    case 'isfalse':
      return `(${first} IS FALSE)`
    case 'in':
      return `(${first} IN (${args.slice(1).join(', ')}))`
    case 'like':
      return e.args.length === 3 ? `${first} LIKE ${second} ESCAPE '${args[2]}'` : `${first} LIKE ${second}`
    case 'ilike':
      return `ilike(${args.slice(0, 2).join(', ')})`
    case 'rlike':
      return `RLIKE(${args.join(', ')})`
    case '||':
      return `concat(${args.join(', ')})`
    case 'element':
      return `${first}[${second}]`
    case 'if':
      return `(IF(${args.join(', ')}))`
    default:
      return `${UPPER_CASE.has(e.name) ? e.name.toUpperCase() : e.name}(${e.distinct ? 'DISTINCT ' : ''}${args.join(', ')})${suffix(e)}`
  }
}

function printAggregate(e: AggregateCall): string {
  return `${e.name}(${e.distinct ? 'DISTINCT ' : ''}${e.args.map(printExpression).join(', ')})${suffix(e)}`
}

function suffix(e: Call | AggregateCall): string {
  const within = e.withinGroup?.length ? ` WITHIN GROUP (ORDER BY ${e.withinGroup.map(printOrder).join(', ')})` : ''
  const nulls = e.ignoreNulls ? ' ignore nulls' : ''
  const filter = e.filter ? ` FILTER (WHERE ${printExpression(e.filter)})` : ''
  return `${within}${nulls}${filter}`
}

function printOver(e: WindowCall): string {
  const parts: string[] = []
  if (e.partitionBy.length > 0) parts.push(`PARTITION BY ${e.partitionBy.map(printExpression).join(', ')}`)
  if (e.orderBy.length > 0) parts.push(`ORDER BY ${e.orderBy.map(printOrder).join(', ')}`)
  if (e.frame) parts.push(`${e.frame.unit.toUpperCase()} BETWEEN ${printBound(e.frame.start)} AND ${printBound(e.frame.end)}`)
  return `${printExpression(e.call)} OVER (${parts.join(' ')})`
}

function printBound(bound: FrameBound): string {
  switch (bound.kind) {
    case 'unbounded_preceding':
      return 'UNBOUNDED PRECEDING'
    case 'unbounded_following':
      return 'UNBOUNDED FOLLOWING'
    case 'current_row':
      return 'CURRENT ROW'
    case 'preceding':
      return `${printExpression(bound.offset)} PRECEDING`
    case 'following':
      return `${printExpression(bound.offset)} FOLLOWING`
    default:
      return unreachable(bound)
  }
}
