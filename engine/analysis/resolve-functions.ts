import { AnalysisError, EngineError } from '../errors/engine-error.ts'
import { nearest } from '../errors/nearest.ts'
import type { Span } from '../errors/span.ts'
import { constantValue } from '../evaluate/constant.ts'
import {
  type Call,
  type Expression,
  isNullable,
  type Lambda,
  type LambdaVariable,
  literal,
  nextColumnId,
  typeOf,
} from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf } from '../expr/walk.ts'
import type { AggregateFunction, Argument, CallSite, FunctionRecord, Resolution } from '../functions/function.ts'
import { reasonLeftOut } from '../functions/left-out.ts'
import type { Value } from '../types/value.ts'
import { castTo, checkImplicitCast } from './coerce-types.ts'
import type { AnalysisContext } from './scope.ts'

/** Functions that stand in FROM only. */
const TABLE_FUNCTIONS: ReadonlySet<string> = new Set(['range'])

export function findFunction(name: string, span: Span | undefined, context: AnalysisContext): FunctionRecord {
  const record = context.functions.find(name)
  if (record !== undefined) return record
  if (TABLE_FUNCTIONS.has(name.toLowerCase()))
    throw new AnalysisError('NOT_A_SCALAR_FUNCTION', {
      message: `"${name}" gives rows and no value`,
      hint: 'Call it in FROM.',
      span,
      parameters: { functionName: `\`${name}\`` },
    })
  const reason = reasonLeftOut(name)
  const near = nearest(name, context.functions.names())
  throw new AnalysisError('UNRESOLVED_ROUTINE', {
    message: reason === undefined ? `function "${name}" does not exist` : `function "${name}" is left out because ${reason}`,
    hint: near.close === undefined ? 'docs/functions.md lists the functions there are.' : `Did you mean "${near.close}"?`,
    span,
    parameters: { routineName: `\`${name}\``, searchPath: '[`system`.`builtin`, `system`.`session`]' },
  })
}

/** Does it read a column, or rows in another way? */
export function readsRows(e: Expression): boolean {
  return anyOf(
    e,
    (n) =>
      n.kind === 'column' ||
      n.kind === 'aggregate' ||
      n.kind === 'over' ||
      n.kind === 'subquery' ||
      n.kind === 'lambda' ||
      n.kind === 'lambda_variable',
  )
}

/** The value of an expression that reads no column and is the same each time; undefined otherwise, also when computing it fails. */
export function constantOf(e: Expression, context: AnalysisContext): Value | undefined {
  if (e.kind === 'literal') return e.value
  if (readsRows(e)) return undefined
  try {
    return constantValue(e, context.functions, context.evaluation)
  } catch (error) {
    // 1/0 is an error of the row that meets it, not of the text.
    if (error instanceof EngineError) return undefined
    throw error
  }
}

function argumentOf(e: Expression, context: AnalysisContext): Argument {
  return {
    type: typeOf(e),
    nullable: isNullable(e),
    constant: constantOf(e, context),
    span: e.span,
    text: printExpression(e),
    name: nameOf(e),
  }
}

/** The name an expression brings along: that of a column, an alias, a field, a lambda's parameter, or the key of a map's value. */
export function nameOf(e: Expression): string | undefined {
  if (e.kind === 'alias' || e.kind === 'column' || e.kind === 'field' || e.kind === 'lambda_variable') return e.name
  if (e.kind !== 'call' || e.name !== 'element') return undefined
  const key = e.args[1]!
  return key.kind === 'literal' && typeof key.value === 'string' ? key.value : undefined
}

function siteOf(call: Call, args: readonly Expression[], context: AnalysisContext): CallSite {
  return {
    name: call.name,
    text: printExpression({ ...call, args }),
    span: call.span,
    settings: context.settings,
    ddl: context.ddl,
  }
}

/** A call whose arguments are typed: checks and types it by its record and inserts casts. */
export function typedCall(unresolved: Call, args: readonly Expression[], context: AnalysisContext): Expression {
  const record = findFunction(unresolved.name, unresolved.span, context)
  const orders = unresolved.withinGroup ?? []
  const site: CallSite = {
    ...siteOf(unresolved, args, context),
    ...(orders.length > 0 && { orders: orders.map(({ descending, nullsFirst }) => ({ descending, nullsFirst })) }),
  }
  if (record.kind === 'aggregate') checkAggregateSyntax(unresolved, record)
  else if (orders.length > 0) refuseAggregateSyntax(unresolved, record)
  const typed = [...args, ...orders.map((order) => order.child)]
  const resolution = resolveArguments(record, typed, site, context)
  if (record.kind !== 'aggregate') refuseAggregateSyntax(unresolved, record)
  const cast = typed.map((arg, i) => {
    const type = resolution.arguments[i] ?? typeOf(arg)
    checkImplicitCast(arg, type, context.settings.ansi)
    return castTo(arg, type)
  })
  const withinGroup = orders.map((order, i) => ({ ...order, child: cast[args.length + i]! }))
  const call = orders.length > 0 ? { ...unresolved, withinGroup } : unresolved
  return finish(call, record, cast.slice(0, args.length), resolution)
}

/** WITHIN GROUP and IGNORE NULLS are for the aggregates that say so; those whose order is theirs take no DISTINCT. */
function checkAggregateSyntax(call: Call, record: AggregateFunction): void {
  const given = (call.withinGroup ?? []).length > 0
  if (given && record.withinGroup === undefined)
    throw new AnalysisError('INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX', {
      message: `function "${call.name}" does not take WITHIN GROUP (ORDER BY ...)`,
      span: call.span,
      parameters: { prettyName: `\`${call.name}\``, syntax: 'WITHIN GROUP (ORDER BY ...)' },
    })
  if (call.ignoreNulls && !record.nullTreatment)
    throw new AnalysisError('INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX', {
      message: `function "${call.name}" does not take IGNORE NULLS`,
      span: call.span,
      parameters: { prettyName: `\`${call.name}\``, syntax: 'IGNORE NULLS' },
    })
  if (call.distinct && record.refusesDistinct)
    throw new AnalysisError('INVALID_WITHIN_GROUP_EXPRESSION.DISTINCT_UNSUPPORTED', {
      message: `function "${call.name}" does not take DISTINCT`,
      span: call.span,
      parameters: { funcName: `\`${call.name}\`` },
    })
}

function resolveArguments(
  record: FunctionRecord,
  args: readonly Expression[],
  site: CallSite,
  context: AnalysisContext,
): Resolution {
  try {
    return record.resolve(
      args.map((arg) => argumentOf(arg, context)),
      site,
    )
  } catch (error) {
    if (error instanceof EngineError) error.span ??= site.span
    throw error
  }
}

function finish(call: Call, record: FunctionRecord, args: readonly Expression[], resolution: Resolution): Expression {
  if (record.kind === 'aggregate') {
    return {
      kind: 'aggregate',
      name: call.name,
      args,
      distinct: call.distinct ?? false,
      ...(call.filter && { filter: call.filter }),
      ...(call.ignoreNulls !== undefined && { ignoreNulls: call.ignoreNulls }),
      ...(call.withinGroup && { withinGroup: call.withinGroup }),
      type: resolution.returns,
      nullable:
        resolution.nullable ?? !('countsNothingAs' in record && (record as AggregateFunction).countsNothingAs !== undefined),
      ...(call.span && { span: call.span }),
    }
  }
  const { argumentNames: _names, ...rest } = call
  return {
    ...rest,
    args,
    type: resolution.returns,
    nullable: resolution.nullable ?? (record.kind === 'scalar' && record.nulls === 'propagate' ? args.some(isNullable) : true),
  }
}

function refuseAggregateSyntax(call: Call, record: FunctionRecord): void {
  const refuse = (syntax: string): AnalysisError =>
    new AnalysisError('INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX', {
      message: `function "${call.name}" does not take ${syntax}`,
      hint: 'Only aggregate functions do.',
      span: call.span,
      parameters: { prettyName: `\`${call.name}\``, syntax },
    })
  if (call.distinct) throw refuse('DISTINCT')
  if (call.filter) throw refuse('FILTER CLAUSE')
  if (call.withinGroup && call.withinGroup.length > 0) throw refuse('WITHIN GROUP (ORDER BY ...)')
  if (call.ignoreNulls && record.kind !== 'planner') throw refuse('IGNORE NULLS')
}

/**
 * The arguments of a call that may hold lambdas: each gets the types of its parameters from the arguments before it. An expression where a
 * lambda belongs is one that uses none of its parameters.
 * `resolve` types one expression with the given lambda variables in scope.
 */
export function resolveLambdaArguments(
  call: Call,
  resolve: (e: Expression, variables: ReadonlyMap<string, LambdaVariable>) => Expression,
  context: AnalysisContext,
): Expression[] {
  const record = findFunction(call.name, call.span, context)
  if (record.kind !== 'scalar' || record.lambdaParameters === undefined)
    throw new AnalysisError('INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION', {
      message: `function "${call.name}" takes no lambda`,
      span: call.span,
      parameters: { class: call.name },
    })
  const none: ReadonlyMap<string, LambdaVariable> = new Map()
  const query = call.args.find((arg) => arg.kind === 'lambda' && anyOf(arg.body, (n) => n.kind === 'subquery'))
  if (query !== undefined)
    throw new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.HIGHER_ORDER_FUNCTION', {
      message: `a lambda of "${call.name}" cannot hold a subquery`,
      hint: 'Join the value in first.',
      span: query.span ?? call.span,
    })
  const resolved: Expression[] = []
  for (const [index, arg] of call.args.entries()) {
    const site = siteOf(call, [...resolved, ...call.args.slice(index)], context)
    const before = resolved.map((e) => argumentOf(e, context))
    const given = arg.kind === 'lambda' ? arg.parameters.length : undefined
    const parameters = record.lambdaParameters(index, before, site, given)
    if (parameters !== undefined) {
      const lambda: Lambda = arg.kind === 'lambda' ? arg : { kind: 'lambda', parameters: parameters.map(() => ''), body: arg }
      resolved.push(resolveLambda(lambda, parameters, call, resolve))
    } else if (arg.kind === 'lambda') {
      throw new AnalysisError('INVALID_LAMBDA_FUNCTION_CALL.PARAMETER_DOES_NOT_ACCEPT_LAMBDA_FUNCTION', {
        message: `argument ${index + 1} of "${call.name}" cannot be a lambda`,
        span: arg.span,
        parameters: { class: call.name },
      })
    } else resolved.push(resolve(arg, none))
  }
  return resolved
}

function resolveLambda(
  lambda: Lambda,
  parameters: readonly { readonly type: LambdaVariable['type']; readonly nullable: boolean }[],
  call: Call,
  resolve: (e: Expression, variables: ReadonlyMap<string, LambdaVariable>) => Expression,
): Expression {
  if (lambda.parameters.length !== parameters.length)
    throw new AnalysisError('INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH', {
      message: `the lambda of "${call.name}" takes ${parameters.length} parameters, not ${lambda.parameters.length}`,
      span: lambda.span,
      parameters: { expectedNumArgs: String(lambda.parameters.length), actualNumArgs: String(parameters.length) },
    })
  const names = lambda.parameters.map((p) => p.toLowerCase())
  const repeated = names.find((name, i) => name !== '' && names.indexOf(name) !== i)
  if (repeated !== undefined)
    throw new AnalysisError('INVALID_LAMBDA_FUNCTION_CALL.DUPLICATE_ARG_NAMES', {
      message: `the lambda of "${call.name}" has two parameters "${repeated}"`,
      span: lambda.span,
      parameters: { args: lambda.parameters.join(', '), caseSensitiveConfig: 'spark.sql.caseSensitive' },
    })
  const variables = lambda.parameters.map(
    (name, i): LambdaVariable => ({
      kind: 'lambda_variable',
      id: nextColumnId(),
      name,
      type: parameters[i]!.type,
      nullable: parameters[i]!.nullable,
    }),
  )
  const body = resolve(lambda.body, new Map(variables.filter((v) => v.name !== '').map((v) => [v.name, v])))
  refuseAggregatesOf(variables, body, call)
  return { ...lambda, variables, body, type: typeOf(body), nullable: isNullable(body) }
}

/** The rows an aggregate goes over are not those of an array. */
function refuseAggregatesOf(variables: readonly LambdaVariable[], body: Expression, call: Call): void {
  const readsVariable = (e: Expression): boolean =>
    anyOf(e, (n) => n.kind === 'lambda_variable' && variables.some((variable) => variable.id === n.id))
  const wrong = (e: Expression): boolean => (e.kind === 'aggregate' || e.kind === 'over') && readsVariable(e)
  if (!anyOf(body, wrong)) return
  throw new AnalysisError('UNSUPPORTED_FEATURE.AGGREGATE_IN_LAMBDA', {
    message: `an aggregate in the lambda of "${call.name}" cannot read the lambda's parameters`,
    hint: 'Take the elements together with aggregate(array, start, (state, element) -> ...).',
    span: body.span ?? call.span,
  })
}

/** Puts named arguments where they belong; a parameter that is left out before them takes its default. */
export function positionalArguments(call: Call, context: AnalysisContext): readonly Expression[] {
  const names = call.argumentNames ?? []
  const firstNamed = names.findIndex((name) => name !== undefined)
  if (firstNamed < 0) {
    refuseMissing(call, context)
    return call.args
  }
  const record = findFunction(call.name, call.span, context)
  const parameters = record.kind === 'planner' ? undefined : record.parameters
  const refuse = (condition: string, message: string, details: Readonly<Record<string, string>>, hint?: string): AnalysisError =>
    new AnalysisError(condition, {
      message,
      hint,
      span: call.span,
      parameters: { routineName: `\`${call.name}\``, ...details },
    })
  if (parameters === undefined)
    throw refuse(
      'NAMED_PARAMETERS_NOT_SUPPORTED',
      `function "${call.name}" does not take named arguments`,
      { functionName: `\`${call.name}\`` },
      'Pass the arguments by position.',
    )
  const placed: (Expression | undefined)[] = call.args.slice(0, firstNamed)
  for (let i = firstNamed; i < call.args.length; i++) {
    const name = names[i]
    if (name === undefined)
      throw refuse('UNEXPECTED_POSITIONAL_ARGUMENT', `an argument of "${call.name}" without a name follows one with a name`, {
        parameterName: `\`${names[i - 1]}\``,
      })
    const at = parameters.findIndex((parameter) => parameter.name.toLowerCase() === name.toLowerCase())
    if (at < 0)
      throw refuse('UNRECOGNIZED_PARAMETER_NAME', `function "${call.name}" has no parameter "${name}"`, {
        argumentName: `\`${name}\``,
        proposal: parameters.map((parameter) => `\`${parameter.name}\``).join(' '),
      })
    if (placed[at] !== undefined)
      throw refuse('DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.BOTH_POSITIONAL_AND_NAMED', `parameter "${name}" is given twice`, {
        parameterName: `\`${name}\``,
      })
    placed[at] = call.args[i]!
  }
  return Array.from(placed, (arg, i) => {
    if (arg !== undefined) return arg
    const { name, byDefault } = parameters[i]!
    if (byDefault !== undefined) return literal(byDefault.value, byDefault.type)
    throw parameterMissing(call, name, i)
  })
}

/** A function whose parameters have names misses the first that is neither given nor has a default. */
function refuseMissing(call: Call, context: AnalysisContext): void {
  const record = context.functions.find(call.name)
  const missing = record === undefined || record.kind === 'planner' ? undefined : record.parameters?.[call.args.length]
  if (missing !== undefined && missing.byDefault === undefined) throw parameterMissing(call, missing.name, call.args.length)
}
function parameterMissing(call: Call, name: string, index: number): AnalysisError {
  return new AnalysisError('REQUIRED_PARAMETER_NOT_FOUND', {
    message: `function "${call.name}" needs its parameter "${name}"`,
    span: call.span,
    parameters: { routineName: `\`${call.name}\``, parameterName: `\`${name}\``, index: String(index) },
  })
}
