import { unreachable } from '../errors/assert.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import {
  type Call,
  type CaseWhen,
  call,
  type Expression,
  isNullable,
  type LambdaVariable,
  literal,
  type SortOrder,
  type Subquery,
  typeOf,
} from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf } from '../expr/walk.ts'
import { differentArgumentTypes } from '../functions/call-errors.ts'
import { widestType } from '../types/coercion.ts'
import {
  BIGINT,
  BINARY,
  BOOLEAN,
  DATE,
  type DataType,
  DEFAULT_DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  isNumeric,
  SMALLINT,
  STRING,
  sqlTypeName,
  structType,
  TIMESTAMP,
  TINYINT,
  timeType,
} from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import { DEFAULT_TIME_PRECISION } from '../types/time.ts'
import { asCondition, castTo, checkCast } from './coerce-types.ts'
import { expandStar, fieldOf, findName, qualifiedBy, resolveName } from './resolve-columns.ts'
import { nameOf, positionalArguments, resolveLambdaArguments, typedCall } from './resolve-functions.ts'
import { typedOver } from './resolve-over.ts'
import { resolveSubquery } from './resolve-subqueries.ts'
import { TIME_WINDOW_CALLS, typedWindowCall } from './resolve-windows.ts'
import type { AnalysisContext, Environment, Scope } from './scope.ts'
import { inSessionZone } from './session-zone.ts'

/** Names without parentheses that stand for a function of another name. */
const BARE_NAMES: Readonly<Record<string, string>> = { grouping__id: 'grouping_id', user: 'current_user' }

/** Types an expression: names become columns, calls become typed calls with casts inserted. Deep first, left to right. */
export function resolveExpression(e: Expression, scope: Scope, environment: Environment): Expression {
  const resolve = (child: Expression): Expression => resolveExpression(child, scope, environment)
  switch (e.kind) {
    case 'column':
    case 'bound':
    case 'lambda_variable':
    case 'literal':
    case 'field':
    case 'aggregate':
      return e
    case 'name': {
      const found = resolveName(e, scope, environment)
      return 'expression' in found ? found.expression : resolve(call(BARE_NAMES[found.bareCall] ?? found.bareCall, [], e.span))
    }
    case 'star':
      throw new AnalysisError('INVALID_USAGE_OF_STAR_OR_REGEX', {
        message: '"*" may stand in a select list and among the arguments of a function only',
        span: e.span,
        parameters: { elem: "'*'", prettyName: 'expression' },
      })
    case 'alias':
      return { ...e, child: resolve(e.child) }
    case 'call':
      return resolveCall(e, scope, environment)
    case 'over':
      return typedOver(
        e,
        {
          call: e.call.kind === 'call' ? resolveCall(e.call, scope, environment, true) : resolve(e.call),
          partitionBy: e.partitionBy.map(resolve),
          orderBy: e.orderBy.map((order) => resolveOrder(order, scope, environment)),
          bound: (bound) =>
            bound.kind === 'preceding' || bound.kind === 'following' ? { ...bound, offset: resolve(bound.offset) } : bound,
        },
        environment.context,
      )
    case 'cast': {
      const child = resolve(e.child)
      checkCast(child, e.type, e.tolerant, environment.context.settings.ansi)
      return { ...e, child, nullable: isNullable(child) || e.tolerant || !environment.context.settings.ansi }
    }
    case 'case':
      return resolveCase(e, scope, environment)
    case 'subquery':
      return resolveSubquery(e as Subquery, e.needles.map(resolve), scope, environment)
    case 'order':
      return { ...e, child: resolve(e.child) }
    case 'parameter': {
      const value = environment.context.parameters?.get(e.name)
      if (value === undefined)
        throw new AnalysisError('UNBOUND_SQL_PARAMETER', {
          message: `parameter "${e.name}" has no value`,
          hint: 'Pass its value beside the SQL text.',
          span: e.span,
          parameters: { name: e.name },
        })
      return resolve(value)
    }
    case 'lambda':
      throw new AnalysisError('INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION', {
        message: 'a lambda may stand only among the arguments of a function that takes one',
        span: e.span,
      })
    default:
      return unreachable(e)
  }
}

/** The same for a value that must be a condition. */
export function resolveCondition(e: Expression, clause: string, scope: Scope, environment: Environment): Expression {
  return asCondition(resolveExpression(e, scope, environment), clause)
}

export function resolveOrder(order: SortOrder, scope: Scope, environment: Environment): SortOrder {
  return { ...order, child: resolveExpression(order.child, scope, environment) }
}

/** `beforeOver`: an aggregate there may hold another, `sum(sum(x)) OVER ()`. */
function resolveCall(e: Call, scope: Scope, environment: Environment, beforeOver = false): Expression {
  const { context } = environment
  const positional = positionalArguments(e, context)
  if (scope.insideAggregates !== undefined && context.functions.find(e.name)?.kind === 'aggregate')
    scope = { ...scope.insideAggregates, variables: scope.variables }
  if (e.name === 'element') {
    const part = elementBelow(e, scope, environment) ?? fieldAccess(e, scope, environment)
    if (part !== undefined) return part
  }
  if (CURRENT_SCHEMA.has(e.name) && positional.length === 0)
    return { ...literal(context.catalog.currentSchema, STRING, e.span), writtenAs: 'current_schema()' }
  let args: Expression[]
  if (e.name === 'count' && !e.distinct && positional.length === 1 && isPlainStar(positional[0]!)) {
    args = [literal(1, INT)]
  } else if (positional.some((arg) => arg.kind === 'lambda') || takesLambda(e.name, context)) {
    args = resolveLambdaArguments(
      { ...e, args: positional },
      (arg, variables) => resolveExpression(arg, { ...scope, variables: merged(scope.variables, variables) }, environment),
      context,
    )
  } else {
    refuseStars(e, positional, scope, environment)
    args = positional.flatMap((arg) =>
      arg.kind === 'star'
        ? expandStar(arg, scope, environment).map((column) => resolveExpression(column, scope, environment))
        : [resolveExpression(arg, scope, environment)],
    )
  }
  const castType = args.length === 1 ? CAST_FUNCTIONS.get(e.name) : undefined
  if (castType !== undefined) {
    checkCast(args[0]!, castType, false, context.settings.ansi)
    const nullable = isNullable(args[0]!) || !context.settings.ansi
    return { kind: 'cast', child: args[0]!, type: castType, tolerant: false, implicit: true, nullable, span: e.span }
  }
  if (e.name === 'struct') return structCall(e, args, environment)
  if (e.name === 'in') args = namedAlike(args)
  const resolved: Call = {
    ...e,
    ...(e.filter && { filter: resolveFilterOf(e.name, e.filter, scope, environment) }),
    ...(e.withinGroup && { withinGroup: e.withinGroup.map((o) => resolveOrder(o, scope, environment)) }),
  }
  const plain = args.map((arg) => (arg.kind === 'alias' ? arg.child : arg))
  if (TIME_WINDOW_CALLS.has(e.name)) return typedWindowCall(e, plain, context)
  const days = movedByDays(resolved, plain)
  const typed = days === undefined ? typedCall(resolved, plain, context) : typedCall(days, days.args, context)
  if (!beforeOver) {
    refuseWithoutOver(typed, context)
    checkNesting(typed, context)
  }
  if (e.calledAs !== undefined && typed.kind === 'call') return { ...typed, writtenAs: printCalled(typed, e.calledAs) }
  if (isBetween(e) && typed.kind === 'call') return { ...typed, writtenAs: printBetween(typed, context.settings) }
  return typed
}

function refuseWithoutOver(e: Expression, context: AnalysisContext): void {
  const record = e.kind === 'call' ? context.functions.find(e.name) : undefined
  if (record?.kind !== 'planner' || record.family !== 'window') return
  throw new AnalysisError('WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE', {
    message: `window function "${record.name}" needs OVER`,
    span: e.span,
    parameters: { funcName: `"${printExpression(e)}"` },
  })
}

/** A date and a number is a call of date_add or date_sub, and shows as one. */
function movedByDays(e: Call, args: readonly Expression[]): Call | undefined {
  if ((e.name !== '+' && e.name !== '-') || args.length !== 2) return undefined
  const [left, right] = args as [Expression, Expression]
  if (typeOf(left).kind === 'date' && isNumeric(typeOf(right)))
    return { ...e, name: e.name === '+' ? 'date_add' : 'date_sub', args: [left, right] }
  if (e.name === '+' && isNumeric(typeOf(left)) && typeOf(right).kind === 'date')
    return { ...e, name: 'date_add', args: [right, left] }
  return undefined
}

/** `count(t.*)` means two things, and operators take no stars. */
function refuseStars(e: Call, args: readonly Expression[], scope: Scope, { context }: Environment): void {
  const star = args.find((arg) => arg.kind === 'star')
  if (star?.kind !== 'star') return
  if (e.name === 'count' && args.length === 1 && scope.columns.some((c) => qualifiedBy(c, star.target, context.settings))) {
    if (context.settings.flag('spark.sql.legacy.allowStarWithSingleTableIdentifierInCount')) return
    throw new AnalysisError('INVALID_USAGE_OF_STAR_WITH_TABLE_IDENTIFIER_IN_COUNT', {
      message: `count(${star.target.join('.')}.*) could count rows or rows without NULLs`,
      hint: 'Write count(*), or count(a, b) with the columns.',
      span: e.span,
      parameters: { tableName: star.target.join('.') },
    })
  }
  const operator = OPERATOR_NAMES[e.name]
  if (operator !== undefined)
    throw new AnalysisError('INVALID_USAGE_OF_STAR_OR_REGEX', {
      message: `"*" cannot be an operand of ${e.name}`,
      span: star.span,
      parameters: { elem: "'*'", prettyName: `expression \`${operator}\`` },
    })
}
/** Operators by their names in messages. */
const OPERATOR_NAMES: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'remainder',
  '=': 'equalto',
  '<=>': 'equalnullsafe',
  '<': 'lessthan',
  '<=': 'lessthanorequal',
  '>': 'greaterthan',
  '>=': 'greaterthanorequal',
  and: 'and',
  or: 'or',
  not: 'not',
}

const CURRENT_SCHEMA: ReadonlySet<string> = new Set(['current_schema', 'current_database'])

function takesLambda(name: string, context: AnalysisContext): boolean {
  const record = context.functions.find(name)
  return record?.kind === 'scalar' && record.lambdaParameters !== undefined
}

/** The frontends lower BETWEEN to two comparisons of one and the same operand. */
function isBetween(e: Call): boolean {
  const [low, high] = e.args
  if (e.name !== 'and' || low?.kind !== 'call' || high?.kind !== 'call') return false
  return low.name === '>=' && high.name === '<=' && low.args[0] === high.args[0]
}
function printBetween(e: Call, settings: Settings): string {
  const [low, high] = e.args as [Call, Call]
  const parts = [low.args[0]!, low.args[1]!, high.args[1]!].map((part) => printExpression(inSessionZone(part, settings)))
  return `between(${parts.join(', ')})`
}

/** `likeall(operand)`: the operand of the first comparison, in lower case where the comparison has none. Else the call by its name. */
function printCalled(e: Call, name: string): string {
  if (e.name === name) return `${name}(${e.args.map(printExpression).join(', ')})`
  let first: Expression = e
  while (first.kind === 'call' && first.name !== 'like' && first.name !== 'ilike') first = first.args[0]!
  const operand = first.kind === 'call' ? printExpression(first.args[0]!) : ''
  return `${name}(${first.kind === 'call' && first.name === 'ilike' ? `lower(${operand})` : operand})`
}

/** IN compares structs by position: the others take the field names of the first. */
function namedAlike(args: readonly Expression[]): Expression[] {
  if (args.length === 0) return []
  const first = typeOf(args[0]!)
  if (first.kind !== 'struct') return [...args]
  return args.map((arg) => {
    const type = typeOf(arg)
    if (type.kind !== 'struct' || type.fields.length !== first.fields.length) return arg
    return castTo(arg, structType(type.fields.map((f, i) => ({ ...f, name: first.fields[i]!.name }))))
  })
}

const TIME_OF_DAY = timeType(DEFAULT_TIME_PRECISION)

/** int(x) is CAST(x AS INT), and is not shown in names. */
const CAST_FUNCTIONS: ReadonlyMap<string, DataType> = new Map<string, DataType>([
  ['boolean', BOOLEAN],
  ['tinyint', TINYINT],
  ['smallint', SMALLINT],
  ['int', INT],
  ['bigint', BIGINT],
  ['float', FLOAT],
  ['double', DOUBLE],
  ['decimal', DEFAULT_DECIMAL],
  ['date', DATE],
  ['time', TIME_OF_DAY],
  ['timestamp', TIMESTAMP],
  ['binary', BINARY],
  ['string', STRING],
])

function isPlainStar(e: Expression): boolean {
  return e.kind === 'star' && e.target.length === 0 && e.except.length === 0
}

function merged(
  outer: ReadonlyMap<string, LambdaVariable> | undefined,
  inner: ReadonlyMap<string, LambdaVariable>,
): ReadonlyMap<string, LambdaVariable> {
  return outer === undefined
    ? inner
    : inner.size === 0
      ? outer
      : new Map([...inner, ...[...outer].filter(([k]) => !inner.has(k))])
}

/** `value.name` that is no plain name: the frontends write it as an element with a text index. */
function fieldAccess(e: Call, scope: Scope, environment: Environment): Expression | undefined {
  const [base, index] = e.args
  if (base === undefined || index?.kind !== 'literal' || typeof index.value !== 'string') return undefined
  return elementOf(e, resolveExpression(base, scope, environment), index, environment)
}

/** A field where the index is a name and the value has fields, else an element. */
function elementOf(e: Call, child: Expression, index: Expression, environment: Environment): Expression {
  const type = typeOf(child)
  const hasFields = type.kind === 'struct' || (type.kind === 'array' && type.element.kind === 'struct')
  if (hasFields && index.kind === 'literal' && typeof index.value === 'string')
    return fieldOf(child, index.value, environment.context.settings, e.span)
  return typedCall(e, [child, index], environment.context)
}

/** ORDER BY col[0] where the list's `col` has no elements, and the column below it that goes by this name has. */
function elementBelow(e: Call, scope: Scope, environment: Environment): Expression | undefined {
  if (scope.reachesBelow !== true || e.args[0]?.kind !== 'name') return undefined
  const own = resolveExpression(e.args[0], scope, environment)
  if (hasElements(own)) return undefined
  for (let level: Scope | undefined = scope.next; level !== undefined; level = level.next) {
    const below = findName(e.args[0], { ...level, next: undefined }, environment)
    if (below === undefined || !('expression' in below) || !hasElements(below.expression)) continue
    const index = resolveExpression(e.args[1]!, scope, environment)
    return elementOf(e, below.expression, index, environment)
  }
  return undefined
}
function hasElements(e: Expression): boolean {
  const { kind } = typeOf(e)
  return kind === 'array' || kind === 'map' || kind === 'struct'
}

/** struct(a, b + 1 AS c) names its fields after its arguments: columns and aliases give their names, others colN. */
function structCall(e: Call, args: readonly Expression[], environment: Environment): Expression {
  const named = args.flatMap((arg, i) => {
    return [literal(nameOf(arg) ?? `col${i + 1}`, STRING), arg.kind === 'alias' ? arg.child : arg]
  })
  const typed = typedCall({ ...e, name: 'named_struct' }, named, environment.context)
  return typed.kind === 'call'
    ? { ...typed, writtenAs: printExpression(inSessionZone({ ...e, args }, environment.context.settings)) }
    : typed
}

function resolveCase(e: CaseWhen, scope: Scope, environment: Environment): Expression {
  const branches = e.branches.map((b) => ({
    when: resolveExpression(b.when, scope, environment),
    then: resolveExpression(b.then, scope, environment),
  }))
  const otherwise = e.otherwise && resolveExpression(e.otherwise, scope, environment)
  const results = [...branches.map((b) => b.then), ...(otherwise ? [otherwise] : [])]
  const site = { name: 'casewhen', text: printExpression(e), span: e.span, settings: environment.context.settings }
  const type = widestType(results.map(typeOf), environment.context.settings.ansi)
  if (type === undefined) throw differentArgumentTypes(site, results.map(typeOf))
  return {
    ...e,
    branches: branches.map((b, i) => ({ when: asWhen(b.when, i, site.text), then: castTo(b.then, type) })),
    ...(otherwise && { otherwise: castTo(otherwise, type) }),
    type,
    nullable: otherwise === undefined || results.some(isNullable),
  }
}

function asWhen(when: Expression, place: number, text: string): Expression {
  const { kind } = typeOf(when)
  if (kind === 'boolean' || kind === 'void' || kind === 'string') return asCondition(when, 'CASE WHEN')
  throw new AnalysisError('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE', {
    message: `the condition of CASE WHEN must be BOOLEAN: "${printExpression(when)}" is ${sqlTypeName(typeOf(when))}`,
    span: when.span,
    parameters: {
      sqlExpr: `"${text}"`,
      paramIndex: ordinalName(2 * place),
      requiredType: '"BOOLEAN"',
      inputSql: `"${printExpression(when)}"`,
      inputType: `"${sqlTypeName(typeOf(when))}"`,
    },
  })
}
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']
function ordinalName(index: number): string {
  return ORDINALS[index] ?? `${index + 1}th`
}

/** The FILTER of an aggregate is BOOLEAN by itself: text is not read as one here. */
function resolveFilterOf(name: string, filter: Expression, scope: Scope, environment: Environment): Expression {
  const varies = anyOf(filter, (n) => {
    const record = n.kind === 'call' ? environment.context.functions.find(n.name) : undefined
    return record?.kind === 'scalar' && record.deterministic === false
  })
  if (varies)
    throw new AnalysisError('INVALID_AGGREGATE_FILTER.NON_DETERMINISTIC', {
      message: `the FILTER of "${name}" must give the same for the same row: "${printExpression(filter)}" does not`,
      span: filter.span,
      parameters: { filterExpr: `"${printExpression(filter)}"` },
    })
  const typed = resolveExpression(filter, scope, environment)
  const { kind } = typeOf(typed)
  if (kind === 'boolean' || kind === 'void') return asCondition(typed, 'FILTER')
  throw new AnalysisError('INVALID_AGGREGATE_FILTER.NOT_BOOLEAN', {
    message: `the FILTER of "${name}" must be BOOLEAN: "${printExpression(typed)}" is not`,
    span: filter.span,
    parameters: { filterExpr: `"${printExpression(typed)}"` },
  })
}

const FORBIDDEN_IN_FILTER = [
  ['aggregate', 'CONTAINS_AGGREGATE', 'an aggregate'],
  ['over', 'CONTAINS_WINDOW_FUNCTION', 'OVER'],
] as const

/** No aggregate inside an aggregate, no OVER inside one either. */
function checkNesting(e: Expression, context: AnalysisContext): void {
  if (e.kind !== 'aggregate') return
  for (const [kind, condition, what] of FORBIDDEN_IN_FILTER)
    if (e.filter !== undefined && anyOf(e.filter, (n) => n.kind === kind))
      throw new AnalysisError(`INVALID_AGGREGATE_FILTER.${condition}`, {
        message: `the FILTER of "${e.name}" cannot hold ${what}: "${printExpression(e.filter)}"`,
        span: e.filter.span ?? e.span,
        parameters: { filterExpr: `"${printExpression(e.filter)}"` },
      })
  const inside = [...e.args, ...(e.withinGroup ?? []), ...(e.filter ? [e.filter] : [])]
  if (inside.some((arg) => anyOf(arg, (n) => n.kind === 'aggregate')))
    throw new AnalysisError('NESTED_AGGREGATE_FUNCTION', {
      message: `"${e.name}" cannot take another aggregate as its argument`,
      hint: 'Aggregate in a subquery first.',
      span: e.span,
    })
  const varies = (n: Expression): boolean => {
    const record = n.kind === 'call' ? context.functions.find(n.name) : undefined
    return record?.kind === 'scalar' && record.deterministic === false
  }
  if (inside.some((arg) => anyOf(arg, varies)))
    throw new AnalysisError('AGGREGATE_FUNCTION_WITH_NONDETERMINISTIC_EXPRESSION', {
      message: `"${printExpression(e)}" aggregates a value that differs each time`,
      hint: 'Compute the value in a subquery first.',
      span: e.span,
      parameters: { sqlExpr: `"${printExpression(e)}"` },
    })
}
