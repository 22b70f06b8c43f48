import { unreachable } from '../errors/assert.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import {
  type Call,
  type CaseWhen,
  call,
  type Expression,
  type FrameBound,
  isNullable,
  type LambdaVariable,
  literal,
  type SortOrder,
  type Subquery,
  typeOf,
  type WindowCall,
} from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf } from '../expr/walk.ts'
import { differentArgumentTypes } from '../functions/call-errors.ts'
import { implicitCast, widestType } from '../types/coercion.ts'
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
  structType,
  TIMESTAMP,
  TINYINT,
} from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import { asCondition, castTo, checkCast } from './coerce-types.ts'
import { expandStar, fieldOf, resolveName } from './resolve-columns.ts'
import { findFunction, nameOf, positionalArguments, resolveLambdaArguments, typedCall } from './resolve-functions.ts'
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
      return resolveOver(e, scope, environment)
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
    const part = fieldAccess(e, scope, environment)
    if (part !== undefined) return part
  }
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
  const typed = typedCall(resolved, plain, context)
  if (!beforeOver) checkNesting(typed, context)
  if (isBetween(e) && typed.kind === 'call') return { ...typed, writtenAs: printBetween(typed, context.settings) }
  return typed
}

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
  const child = resolveExpression(base, scope, environment)
  const type = typeOf(child)
  const hasFields = type.kind === 'struct' || (type.kind === 'array' && type.element.kind === 'struct')
  if (hasFields) return fieldOf(child, index.value, environment.context.settings, e.span)
  return typedCall(e, [child, index], environment.context)
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
    branches: branches.map((b) => ({ when: asCondition(b.when, 'CASE WHEN'), then: castTo(b.then, type) })),
    ...(otherwise && { otherwise: castTo(otherwise, type) }),
    type,
    nullable: otherwise === undefined || results.some(isNullable),
  }
}

/** Functions that stand only before OVER and the frame they always have. */
const ROWS_TO_CURRENT = { unit: 'rows', start: { kind: 'unbounded_preceding' }, end: { kind: 'current_row' } } as const
const WHOLE_PARTITION = { unit: 'rows', start: { kind: 'unbounded_preceding' }, end: { kind: 'unbounded_following' } } as const
const RANGE_TO_CURRENT = { unit: 'range', start: { kind: 'unbounded_preceding' }, end: { kind: 'current_row' } } as const
const RANKING = new Set(['row_number', 'rank', 'dense_rank', 'percent_rank', 'ntile', 'cume_dist'])
const OFFSET_FUNCTIONS = new Set(['lag', 'lead'])

function resolveOver(e: WindowCall, scope: Scope, environment: Environment): Expression {
  const inner =
    e.call.kind === 'call' ? resolveCall(e.call, scope, environment, true) : resolveExpression(e.call, scope, environment)
  const partitionBy = e.partitionBy.map((p) => resolveExpression(p, scope, environment))
  const orderBy = e.orderBy.map((o) => resolveOrder(o, scope, environment))
  const record =
    inner.kind === 'call' || inner.kind === 'aggregate' ? findFunction(inner.name, inner.span, environment.context) : undefined
  const name = inner.kind === 'call' || inner.kind === 'aggregate' ? inner.name : printExpression(inner)
  const canWindow = inner.kind === 'aggregate' || (record?.kind === 'planner' && record.family === 'window')
  if (!canWindow)
    throw new AnalysisError('UNSUPPORTED_EXPR_FOR_WINDOW', {
      message: `"${name}" cannot stand before OVER`,
      hint: 'Only aggregates and window functions can.',
      span: e.span,
      parameters: { sqlExpr: `"${printExpression(inner)}"` },
    })
  if (inner.kind === 'aggregate' && inner.distinct)
    throw new AnalysisError('DISTINCT_WINDOW_FUNCTION_UNSUPPORTED', {
      message: `"${name}(DISTINCT …)" cannot stand before OVER`,
      span: e.span,
      parameters: { windowExpr: `"${printExpression({ ...e, call: inner, partitionBy, orderBy })}"` },
    })
  if (inner.kind === 'aggregate' && OVER_WHOLE_PARTITIONS.has(name) && (orderBy.length > 0 || e.frame !== undefined))
    throw new AnalysisError('INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC', {
      message: `the window of "${name}" takes neither ORDER BY nor a frame`,
      hint: 'It is over whole partitions: write PARTITION BY alone.',
      span: e.span,
      parameters: { aggFunc: `"${printExpression(inner)}"` },
    })
  const ranking = RANKING.has(name) || OFFSET_FUNCTIONS.has(name)
  if (ranking && orderBy.length === 0)
    throw new AnalysisError('WINDOW_FUNCTION_WITHOUT_ORDER_BY', {
      message: `"${name}" needs ORDER BY in its window`,
      span: e.span,
      parameters: { funcName: `\`${name}\`` },
    })
  const frame = e.frame
    ? {
        ...e.frame,
        start: boundOver(orderBy, e.frame.unit, resolveBound(e.frame.start, scope, environment)),
        end: boundOver(orderBy, e.frame.unit, resolveBound(e.frame.end, scope, environment)),
      }
    : ranking && name !== 'cume_dist'
      ? ROWS_TO_CURRENT
      : orderBy.length > 0
        ? RANGE_TO_CURRENT
        : WHOLE_PARTITION
  const typed: WindowCall = { ...e, call: inner, partitionBy, orderBy, frame, type: typeOf(inner), nullable: isNullable(inner) }
  checkFrame(typed, name)
  return typed
}

/** Aggregates that need all values of the partition. */
const OVER_WHOLE_PARTITIONS: ReadonlySet<string> = new Set(['percentile_cont', 'percentile_disc', 'median'])

function resolveBound(bound: FrameBound, scope: Scope, environment: Environment): FrameBound {
  if (bound.kind !== 'preceding' && bound.kind !== 'following') return bound
  return { ...bound, offset: resolveExpression(bound.offset, scope, environment) }
}

/** The offset of a RANGE frame over a number is of that number's type: 1.1 over a DOUBLE is a DOUBLE. */
function boundOver(orderBy: readonly SortOrder[], unit: string, bound: FrameBound): FrameBound {
  if (unit !== 'range' || orderBy.length !== 1 || (bound.kind !== 'preceding' && bound.kind !== 'following')) return bound
  const key = typeOf(orderBy[0]!.child)
  const offset = typeOf(bound.offset)
  if (!isNumeric(key) || key.kind === offset.kind || !implicitCast(offset, key)) return bound
  return { ...bound, offset: castTo(bound.offset, key) }
}

function checkFrame(e: WindowCall, name: string): void {
  const frame = e.frame!
  if (frame.unit === 'range') {
    const valued = [frame.start, frame.end].some((b) => b.kind === 'preceding' || b.kind === 'following')
    if (valued && e.orderBy.length === 0)
      throw new AnalysisError('DATATYPE_MISMATCH.RANGE_FRAME_WITHOUT_ORDER', {
        message: 'a RANGE frame needs ORDER BY in its window',
        span: e.span,
        parameters: { sqlExpr: `"${printExpression(e)}"` },
      })
    if (valued && e.orderBy.length > 1)
      throw new AnalysisError('DATATYPE_MISMATCH.RANGE_FRAME_MULTI_ORDER', {
        message: 'a RANGE frame with values needs exactly one ORDER BY expression',
        span: e.span,
        parameters: { sqlExpr: `"${printExpression(e)}"`, orderSpec: e.orderBy.map(printExpression).join(',') },
      })
  }
  if (
    e.frame !== RANGE_TO_CURRENT &&
    RANKING.has(name) &&
    (frame.unit !== 'rows' || frame.start.kind !== 'unbounded_preceding' || frame.end.kind !== 'current_row')
  )
    throw new AnalysisError('INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC', {
      message: `the frame of "${name}" must be ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`,
      span: e.span,
    })
}

/** The FILTER of an aggregate is BOOLEAN by itself: text is not read as one here. */
function resolveFilterOf(name: string, filter: Expression, scope: Scope, environment: Environment): Expression {
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
