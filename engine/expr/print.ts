import { unreachable } from '../errors/assert.ts'
import { type DataType, isIntegral, isNested, sqlTypeName } from '../types/data-type.ts'
import { prettyLiteral } from '../types/literal.ts'
import type { AggregateCall, Call, Expression, FrameBound, Literal, SortOrder, Subquery, WindowCall } from './expression.ts'
import { DEFAULT_ARGUMENTS, FIRST_ARGUMENT_ONLY, UPPER_CASE, WITHOUT_ARGUMENTS } from './print-names.ts'
import { printRewritten } from './print-rewritten.ts'

/**
 * Expressions as Spark names generated columns: no qualifiers, no implicit casts, strings without quotes.
 * `SELECT a + 1` makes the column `(a + 1)`. Works before and after analysis.
 */
export function printExpression(e: Expression): string {
  switch (e.kind) {
    case 'literal':
      return e.writtenAs ?? prettyLiteral(e.value, e.type)
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
      // Casts to nested types are not shown either, also those that were written.
      if (e.implicit || isNested(e.type)) return printExpression(e.child)
      return `${e.tolerant ? 'TRY_CAST' : 'CAST'}(${printExpression(e.child)} AS ${sqlTypeName(e.type)})`
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
      return printSubquery(e)
    case 'order':
      return printOrder(e)
    case 'parameter':
      return e.name === '?' ? '?' : `:${e.name}`
    default:
      return unreachable(e)
  }
}

/** With the columns of the query around that it reads. */
function printSubquery(e: Subquery): string {
  const outer = (e.outer ?? []).map((c) => c.name).join(', ')
  if (e.form === 'scalar') return `scalarsubquery(${outer})`
  if (e.form === 'exists') return `exists(${outer})`
  const needles = e.needles.map(printExpression)
  const left = needles.length === 1 ? needles[0]! : `named_struct(${needles.map((n) => `'${n}', ${n}`).join(', ')})`
  return `(${left} IN (listquery(${outer})))`
}

export function printOrder(order: SortOrder): string {
  return `${printExpression(order.child)} ${order.descending ? 'DESC' : 'ASC'} NULLS ${order.nullsFirst ? 'FIRST' : 'LAST'}`
}

/** Operators written between their operands, in parentheses. */
const INFIX = new Map<string, string>(
  ['+', '-', '*', '/', '%', 'div', '&', '|', '^', '<<', '>>', '>>>', '=', '<=>', '<', '<=', '>', '>='].map((op) => [op, op]),
)
INFIX.set('and', 'AND').set('or', 'OR')

function printCall(e: Call): string {
  if (e.writtenAs !== undefined) return e.writtenAs
  const args = e.args.map(printExpression)
  const [first, second] = args
  const infix = INFIX.get(e.name)
  if (infix !== undefined && args.length === 2) return printInfix(e, infix, first!, second!)
  const rewritten = printRewritten(e, args)
  if (rewritten !== undefined) return rewritten
  switch (e.name) {
    case 'from_json':
      return e.type?.kind === 'map' ? 'entries' : `from_json(${first})`
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
    case 'extract':
    case 'datepart':
      return `${e.name}(${first} FROM ${second})`
    case 'if':
      return `(IF(${args.join(', ')}))`
    case 'ltrim':
      return args.length === 2 ? `TRIM(LEADING ${first} FROM ${second})` : `ltrim(${first})`
    case 'rtrim':
      return args.length === 2 ? `TRIM(TRAILING ${first} FROM ${second})` : `rtrim(${first})`
    case 'trim':
      return args.length === 2 ? `TRIM(BOTH ${first} FROM ${second})` : `trim(${first})`
    case 'lpad':
    case 'rpad': {
      const padding = e.args[0]!.type?.kind === 'binary' ? "X'00'" : ' '
      return `${e.name}(${(args.length === 2 ? [...args, padding] : args).join(', ')})`
    }
    case 'ceil':
    case 'floor':
      return `${args.length > 1 ? e.name : e.name.toUpperCase()}(${args.join(', ')})`
    case 'e':
    case 'pi':
      return `${e.name.toUpperCase()}()`
    case 'log':
      return args.length === 1 ? `LOG(E(), ${first})` : `LOG(${args.join(', ')})`
    default:
      return `${UPPER_CASE.has(e.name) ? e.name.toUpperCase() : e.name}(${e.distinct ? 'DISTINCT ' : ''}${withDefaults(e.name, args).join(', ')})${suffix(e)}`
  }
}

/** Adding an interval to a time has no parentheses in Spark; a product with an interval has the interval first. */
function printInfix(e: Call, infix: string, first: string, second: string): string {
  const [left, right] = [e.args[0]!.type?.kind ?? '', e.args[1]!.type?.kind ?? '']
  if (right === 'interval_day_time' && left === 'date' && isWholeDays(e.args[1]!.type!)) {
    const days = `extractansiintervaldays(${second})`
    return `date_add(${first}, ${infix === '-' ? `(- ${days})` : days})`
  }
  if (left === 'interval_day_time' && right === 'date' && isWholeDays(e.args[0]!.type!))
    return `date_add(${second}, extractansiintervaldays(${first}))`
  if ((infix === '+' || infix === '-') && right.startsWith('interval') && !left.startsWith('interval'))
    return `${first} ${infix} ${second}`
  if (infix === '+' && left.startsWith('interval') && !right.startsWith('interval')) return `${second} + ${first}`
  if (left === 'interval' && (infix === '*' || infix === '/'))
    return `${infix === '*' ? 'multiply' : 'divide'}_interval(${first}, ${second})`
  if (right === 'interval' && infix === '*') return `multiply_interval(${second}, ${first})`
  const bounds = printWholeBounds(e, infix, first, second)
  if (bounds !== undefined) return bounds
  if (infix === '*' && right.startsWith('interval')) return `(${second} * ${first})`
  return `(${first} ${infix} ${second})`
}

/** An integer against a decimal literal is compared with a whole number: `a > 1.5` is `a > 1`, `a < 1.5` is `a < 2`. */
function printWholeBounds(e: Call, infix: string, first: string, second: string): string | undefined {
  if (infix !== '<' && infix !== '<=' && infix !== '>' && infix !== '>=') return undefined
  const [left, right] = e.args.map(withoutImplicitCast) as [Expression, Expression]
  const literal = isWhole(left) && isDecimalLiteral(right) ? right : isWhole(right) && isDecimalLiteral(left) ? left : undefined
  if (literal !== undefined) {
    // Outside BIGINT the answer is known.
    const whole = wholeOf(literal, false)
    if (whole > MAX_LONG || whole < -MAX_LONG - 1n) return String((infix.startsWith('<') === (literal === right)) === whole > 0n)
  }
  if (isWhole(left) && isDecimalLiteral(right)) return `(${first} ${infix} ${wholeOf(right, infix === '>=' || infix === '<')})`
  if (isWhole(right) && isDecimalLiteral(left)) return `(${wholeOf(left, infix === '>' || infix === '<=')} ${infix} ${second})`
  return undefined
}
const MAX_LONG = 9223372036854775807n
function withoutImplicitCast(e: Expression): Expression {
  return e.kind === 'cast' && e.implicit ? withoutImplicitCast(e.child) : e
}
function isWhole(e: Expression): boolean {
  return e.type !== undefined && isIntegral(e.type)
}
function isDecimalLiteral(e: Expression): e is Literal {
  return e.kind === 'literal' && e.type.kind === 'decimal' && e.value !== null
}
function wholeOf(e: Literal, up: boolean): bigint {
  const unit = 10n ** BigInt(e.type.kind === 'decimal' ? e.type.scale : 0)
  const value = e.value as bigint
  const cut = value / unit
  if (up) return value > cut * unit ? cut + 1n : cut
  return value < cut * unit ? cut - 1n : cut
}

function isWholeDays(type: DataType): boolean {
  return type.kind === 'interval_day_time' && type.end === 'day'
}

function withDefaults(name: string, args: readonly string[]): readonly string[] {
  if (WITHOUT_ARGUMENTS.has(name)) return []
  if (FIRST_ARGUMENT_ONLY.has(name)) return args.slice(0, 1)
  const defaults = DEFAULT_ARGUMENTS[name]
  if (defaults === undefined || args.length < defaults.from) return args
  return [...args, ...defaults.values.slice(args.length - defaults.from)]
}

/** Aggregates that go by the name of another, some only where IGNORE NULLS or RESPECT NULLS is written. */
const RENAMED: Readonly<Record<string, string>> = { array_agg: 'collect_list' }
const WITHOUT_NULLS: Readonly<Record<string, string>> = { first_value: 'first', last_value: 'last' }
const POSITIONAL = new Set(['first', 'first_value', 'last', 'last_value', 'any_value'])

function printAggregate(e: AggregateCall): string {
  const args = e.args.map(printExpression)
  const rewritten = printRewritten(e, args)
  if (rewritten !== undefined) return `${rewritten}${suffix(e)}`
  const name = (e.ignoreNulls === undefined ? undefined : WITHOUT_NULLS[e.name]) ?? RENAMED[e.name] ?? e.name
  // first(x, true) is first(x) that skips NULLs.
  const shown = POSITIONAL.has(e.name) ? args.slice(0, 1) : withDefaults(e.name, args)
  return `${name}(${e.distinct ? 'DISTINCT ' : ''}${shown.join(', ')})${suffix(e)}`
}

function suffix(e: Call | AggregateCall): string {
  const within = e.withinGroup?.length
    ? ` WITHIN GROUP (ORDER BY ${e.withinGroup.map((o) => printWithin(o, e.name)).join(', ')})`
    : ''
  const nulls = e.ignoreNulls && e.name === 'nth_value' ? ' ignore nulls' : ''
  const filter = e.filter ? ` FILTER (WHERE ${printExpression(e.filter)})` : ''
  return `${within}${nulls}${filter}`
}

/** Percentiles name the direction only when it is DESC; mode, which keeps the order reversed, only when it is not. */
function printWithin(order: SortOrder, name: string): string {
  if (name === 'percentile_cont' || name === 'percentile_disc')
    return `${printExpression(order.child)}${order.descending ? ' DESC' : ''}`
  if (name === 'mode') return `${printExpression(order.child)}${order.descending ? '' : ' DESC'}`
  return printOrder(order)
}

/** lag and lead look at one row: it is their frame. */
const SHIFTS: Readonly<Record<string, number>> = { lag: -1, lead: 1 }

function printOver(e: WindowCall): string {
  const parts: string[] = []
  if (e.partitionBy.length > 0) parts.push(`PARTITION BY ${e.partitionBy.map(printExpression).join(', ')}`)
  if (e.orderBy.length > 0) parts.push(`ORDER BY ${e.orderBy.map(printOrder).join(', ')}`)
  const shift = e.call.kind === 'call' ? SHIFTS[e.call.name] : undefined
  if (shift !== undefined && e.call.kind === 'call') {
    const offset = e.call.args[1]
    const rows = shift * (offset?.kind === 'literal' ? Number(offset.value) : 1)
    parts.push(`ROWS BETWEEN ${rows} FOLLOWING AND ${rows} FOLLOWING`)
  } else if (e.frame)
    parts.push(`${e.frame.unit.toUpperCase()} BETWEEN ${printBound(e.frame.start, e)} AND ${printBound(e.frame.end, e)}`)
  return `${printExpression(e.call)} OVER (${parts.join(' ')})`
}

/** An offset of another type than what is ordered by is cast, and Spark then shows how it keeps PRECEDING. */
export function printBound(bound: FrameBound, over: WindowCall): string {
  switch (bound.kind) {
    case 'unbounded_preceding':
      return 'UNBOUNDED PRECEDING'
    case 'unbounded_following':
      return 'UNBOUNDED FOLLOWING'
    case 'current_row':
      return 'CURRENT ROW'
    case 'preceding':
      return over.frame?.unit === 'range' && bound.offset.kind === 'cast'
        ? `(- ${printExpression(bound.offset)}) FOLLOWING`
        : `${printExpression(bound.offset)} PRECEDING`
    case 'following':
      return `${printExpression(bound.offset)} FOLLOWING`
    default:
      return unreachable(bound)
  }
}
