import { AnalysisError, EngineError } from '../errors/engine-error.ts'
import { nearest } from '../errors/nearest.ts'
import { interpret } from '../evaluate/interpret.ts'
import { type Call, type ColumnRef, call, type Expression, nextColumnId, typeOf } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf } from '../expr/walk.ts'
import { quotedType } from '../functions/call-errors.ts'
import { withFreshIds } from '../plan/fresh-ids.ts'
import type {
  LocalRelation,
  LogicalPlan,
  RelationDefinition,
  SubqueryAlias,
  UnresolvedRelation,
  With,
} from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import { isStreaming } from '../plan/walk.ts'
import { widestType } from '../types/coercion.ts'
import { BIGINT, type DataType, isNumeric, type Schema } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import { castTo } from './coerce-types.ts'
import { generated, generatorOf, holdsGenerator } from './project.ts'
import { planOf, relationOf } from './relation.ts'
import { resolveExpression } from './resolve-expressions.ts'
import { constantOf, readsRows } from './resolve-functions.ts'
import { refersToItself, resolveRecursion, resolveReference } from './resolve-recursion.ts'
import { resolveWatermark } from './resolve-watermark.ts'
import { type Definition, type Definitions, type Environment, quoteName, type Relation, type Scope } from './scope.ts'

/** A name in FROM: a WITH definition, a view, a declared relation, a file in place, or a table function. */
export function resolveRelation(plan: UnresolvedRelation, environment: Environment): Relation {
  if (plan.arguments !== undefined) return resolveTableFunction(plan, plan.arguments, environment)
  const { context } = environment
  if (plan.name.length === 1 && !plan.streamed) {
    const definition = findDefinition(plan.name[0]!, environment.definitions)
    if (definition !== undefined) return resolveDefinition(definition, plan.span, environment)
  }
  const entry = context.catalog.lookup(plan.name)
  if (entry === undefined) {
    const inPlace = plan.name.length === 2 ? context.readPath?.(plan.name[0]!, plan.name[1]!) : undefined
    if (inPlace === undefined) throw notFound(plan, environment)
    return relationOf(scanOf(streamedIf(inPlace, plan), plan.name, plan.options))
  }
  if (entry.kind === 'view') return resolveView(plan, entry.plan, environment)
  const scan = scanOf(streamedIf(entry.relation, plan), qualifierOf(plan, environment), plan.options)
  if (entry.watermark === undefined) return relationOf(scan)
  const { eventTime, delay } = entry.watermark
  return resolveWatermark({ kind: 'watermark', eventTime, delay, input: scan }, relationOf(scan), environment)
}

/** The name that columns go by: alone for what is temporary, else with catalog and schema before it. */
function qualifierOf(plan: UnresolvedRelation, environment: Environment): readonly string[] {
  return environment.context.catalog.fullName(plan.name)
}

function streamedIf(relation: RelationDefinition, plan: UnresolvedRelation): RelationDefinition {
  if (!plan.streamed || relation.streaming) return relation
  return { ...relation, streaming: true, key: `stream ${relation.key}` }
}

/** A scan with fresh columns. Options of `WITH (…)` go over those of the declaration and make a source of their own. */
export function scanOf(
  relation: RelationDefinition,
  qualifier: readonly string[],
  options: Readonly<Record<string, string>> = {},
): LogicalPlan {
  const own = Object.keys(options).length > 0
  const definition: RelationDefinition = own
    ? { ...relation, options: { ...relation.options, ...options }, key: `${relation.key} ${JSON.stringify(options)}` }
    : relation
  return { kind: 'scan', relation: definition, output: columnsOf(relation.schema, qualifier) }
}

export function columnsOf(schema: Schema, qualifier: readonly string[]): ColumnRef[] {
  return schema.map((f) => ({
    kind: 'column',
    id: nextColumnId(),
    name: f.name,
    type: f.type,
    nullable: f.nullable,
    qualifier,
    ...(f.metadata && { metadata: f.metadata }),
  }))
}

/** A view stands for its query, with columns of its own at each place; STREAM makes the tables in it streams. */
function resolveView(plan: UnresolvedRelation, query: LogicalPlan, environment: Environment): Relation {
  const key = plan.name.map((part) => part.toLowerCase()).join('.')
  if (environment.views.includes(key))
    throw new AnalysisError('RECURSIVE_VIEW', {
      message: `view "${plan.name.join('.')}" contains itself`,
      span: plan.span,
      parameters: { viewIdent: quoteName(plan.name), newPath: [...environment.views, key].join(' -> ') },
    })
  const inside: Environment = { ...environment, definitions: undefined, outer: undefined, views: [...environment.views, key] }
  const resolved = withFreshIds(planOf(environment.resolve(query, inside)))
  if (plan.streamed && !isStreaming(resolved))
    throw new AnalysisError('UNSUPPORTED_STREAMING_TABLE_VALUED_FUNCTION', {
      message: `view "${plan.name.join('.')}" is not over a stream`,
      hint: 'Put STREAM before the tables inside the view.',
      span: plan.span,
    })
  const qualifier = qualifierOf(plan, environment)
  const name = plan.name.at(-1)!
  return relationOf({ kind: 'alias', name, ...(qualifier.length > 1 && { qualifier }), columns: [], input: resolved })
}

function notFound(plan: UnresolvedRelation, environment: Environment): AnalysisError {
  const names: string[] = []
  for (let level = environment.definitions; level !== undefined; level = level.outer)
    names.push(...[...level.entries.values()].map((d) => d.name))
  names.push(...environment.context.catalog.names().map((entry) => entry.name))
  const name = plan.name.join('.')
  const near = nearest(name, names)
  return new AnalysisError('TABLE_OR_VIEW_NOT_FOUND', {
    message: `table or view "${name}" does not exist`,
    detail:
      names.length > 0
        ? `There are: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}.`
        : 'None is declared yet.',
    hint: near.close === undefined ? undefined : `Did you mean "${near.close}"?`,
    span: plan.span,
    parameters: { relationName: quoteName(plan.name) },
  })
}

// ---- WITH

export function resolveWith(plan: With, environment: Environment): Relation {
  return environment.resolve(plan.input, { ...environment, definitions: define(plan, environment) })
}

/** What is visible below a WITH; its definitions are checked whether they are used or not. */
function define(plan: With, environment: Environment): Definitions | undefined {
  const names = new Set<string>()
  let visible: Definitions | undefined = environment.definitions
  for (const { name, columns, query, maxLevel, span } of plan.definitions) {
    const key = name.toLowerCase()
    if (names.has(key))
      throw new AnalysisError('DUPLICATED_CTE_DEFINITION_NAME', {
        message: `WITH defines "${name}" twice`,
        span,
        parameters: { duplicateNames: `\`${name}\`` },
      })
    names.add(key)
    refuseHiding(query, { ...environment, definitions: visible })
    const definition: Definition = { name, columns, query, visible, recursive: plan.recursive, maxLevel }
    resolveDefinition(definition, span, environment)
    // A definition sees the ones before it.
    visible = { entries: new Map([[key, definition]]), outer: visible }
  }
  return visible
}

/**
 * Under the policy EXCEPTION a definition or a subquery expression that begins with a WITH must not define a name that a WITH around it has; one
 * deeper inside may.
 */
export function refuseHiding(query: LogicalPlan, { context, definitions }: Environment): void {
  if (query.kind !== 'with') return
  if (context.settings.get('spark.sql.legacy.ctePrecedencePolicy')?.toUpperCase() !== 'EXCEPTION') return
  for (const { name, span } of query.definitions) {
    if (findDefinition(name, definitions) === undefined) continue
    throw new AnalysisError('AMBIGUOUS_ALIAS_IN_NESTED_CTE', {
      message: `WITH defines "${name}", which a WITH around it defines too`,
      span,
      parameters: { name: `\`${name}\``, config: '"spark.sql.legacy.ctePrecedencePolicy"', docroot: '' },
    })
  }
}

function findDefinition(name: string, definitions: Definitions | undefined): Definition | undefined {
  for (let level = definitions; level !== undefined; level = level.outer) {
    const found = level.entries.get(name.toLowerCase())
    if (found !== undefined) return found
  }
  return undefined
}

/** The type of a column of VALUES, in every mode by the rules of ANSI off, where text meets nothing but text. */
function inlineType(types: readonly DataType[]): DataType | undefined {
  const texts = types.filter((type) => type.kind === 'string').length
  if (texts > 0 && types.some((type) => type.kind !== 'string' && type.kind !== 'void')) return undefined
  return widestType(types, false)
}

/** Every reference to a definition is resolved anew: its columns get ids of their own. */
function resolveDefinition(definition: Definition, span: LogicalPlan['span'], environment: Environment): Relation {
  const { name } = definition
  if (definition.reference !== undefined) return relationOf(resolveReference(definition, span))
  if (definition.recursive && refersToItself(definition))
    return aliased(planOf(resolveRecursion(definition, environment, define)), name, [], undefined)
  const query = planOf(environment.resolve(definition.query, { ...environment, definitions: definition.visible }))
  return aliased(query, name, definition.columns, undefined)
}

/** `input AS name (columns)`. */
export function aliased(input: LogicalPlan, name: string, columns: readonly string[], span: LogicalPlan['span']): Relation {
  const count = outputOf(input).length
  if (columns.length > 0 && columns.length !== count)
    throw new AnalysisError('ASSIGNMENT_ARITY_MISMATCH', {
      message: `"${name}" gives ${columns.length} column names to a relation of ${count} columns`,
      span,
      parameters: { numTarget: String(columns.length), numExpr: String(count) },
    })
  return relationOf({ kind: 'alias', name, columns, input, span })
}

/** Names given to the columns of a table function or of VALUES are counted by these, with errors of their own. */
export function checkAliases(plan: SubqueryAlias, environment: Environment): void {
  const { input, columns, name } = plan
  if (columns.length === 0) return
  if (input.kind === 'unresolved_relation' && input.arguments !== undefined) {
    const count = outputOf(planOf(environment.resolve(input, environment))).length
    if (count === columns.length) return
    throw new AnalysisError('NUM_TABLE_VALUE_ALIASES_MISMATCH', {
      message: `"${name}" gives ${columns.length} column names to a function of ${count} columns`,
      span: plan.span,
      parameters: { aliasesNum: String(columns.length), outColsNum: String(count) },
    })
  }
  const rows = input.kind === 'local' ? input.expressions : undefined
  const uneven = rows?.findIndex((row) => row.length !== columns.length) ?? -1
  if (uneven < 0) return
  throw new AnalysisError('INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH', {
    message: `"${name}" gives ${columns.length} column names to VALUES of ${rows![uneven]!.length} columns`,
    span: plan.span,
    parameters: {
      expectedNumCols: String(columns.length),
      actualNumCols: String(rows![uneven]!.length),
      rowIndex: String(uneven),
    },
  })
}

// ---- VALUES

export function resolveLocal(plan: LocalRelation, environment: Environment): Relation {
  if (plan.expressions === undefined) return relationOf(plan)
  const scope: Scope = { columns: [], hidden: [], outer: environment.outer }
  const width = plan.expressions[0]?.length ?? 0
  const typed = plan.expressions.map((row, i) => {
    if (row.length !== width)
      throw new AnalysisError('INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH', {
        message: `row ${i + 1} of VALUES has ${row.length} values; the first has ${width}`,
        span: row[0]?.span ?? plan.span,
        parameters: { expectedNumCols: String(width), actualNumCols: String(row.length), rowIndex: String(i) },
      })
    return row.map((e) => resolveValue(e.kind === 'alias' ? e.child : e, scope, environment))
  })
  const names = plan.columnNames ?? Array.from({ length: width }, (_, i) => `col${i + 1}`)
  if (names.length !== width)
    throw new AnalysisError('ASSIGNMENT_ARITY_MISMATCH', {
      message: `VALUES has ${width} columns, and ${names.length} names are given`,
      span: plan.span,
      parameters: { numTarget: String(names.length), numExpr: String(width) },
    })
  const types = names.map((name, column): DataType => {
    const type = inlineType(typed.map((row) => typeOf(row[column]!)))
    if (type !== undefined) return type
    throw new AnalysisError('INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE', {
      message: `the values of column "${name}" of VALUES have no common type`,
      span: plan.span,
      parameters: { colName: `\`${name}\`` },
    })
  })
  const cast = typed.map((row) => row.map((e, column) => castTo(e, types[column]!)))
  const output = names.map(
    (name, column): ColumnRef => ({
      kind: 'column',
      id: nextColumnId(),
      name,
      type: types[column]!,
      nullable: cast.some((row) => row[column]!.nullable ?? true),
      qualifier: [],
    }),
  )
  const rows = cast.map((row) => row.map((e) => constantOf(e, environment.context)))
  if (rows.every((row) => row.every((value) => value !== undefined)))
    return relationOf({ kind: 'local', output, rows: rows as Value[][] })
  // What is not constant (a clock, an error to be raised by the row that meets it, a column around) is computed row by row.
  const inputs = cast.map(
    (row, i): LogicalPlan => ({
      kind: 'project',
      expressions: row.map((e, column) => ({
        kind: 'alias',
        name: names[column]!,
        child: e,
        id: i === 0 ? nextColumnId() : nextColumnId(),
        type: types[column]!,
        nullable: e.nullable,
      })),
      input: { kind: 'one_row' },
    }),
  )
  return relationOf(inputs.length === 1 ? inputs[0]! : { kind: 'union', inputs, byName: false, allowMissing: false, output })
}

/** A value of VALUES is computed by itself: it is over no rows, and makes none. */
function resolveValue(e: Expression, scope: Scope, environment: Environment): Expression {
  const refuse = (): AnalysisError =>
    new AnalysisError('INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE', {
      message: `VALUES cannot hold "${printExpression(e)}"`,
      hint: 'Its values are computed one by one, without other rows.',
      span: e.span,
      parameters: { expr: `"${printExpression(e)}"` },
    })
  if (holdsGenerator(e, environment.context)) throw refuse()
  const typed = resolveExpression(e, scope, environment)
  if (anyOf(typed, (n) => n.kind === 'subquery' && n.form === 'scalar'))
    throw new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.SCALAR_SUBQUERY_IN_VALUES', {
      message: 'VALUES cannot hold a subquery',
      hint: 'Write a SELECT.',
      span: e.span,
    })
  const varies = (n: Expression): boolean => {
    const record = n.kind === 'call' ? environment.context.functions.find(n.name) : undefined
    return record?.kind === 'scalar' && record.deterministic === false
  }
  if (anyOf(typed, (n) => n.kind === 'aggregate' || n.kind === 'over' || n.kind === 'subquery' || varies(n))) throw refuse()
  if (readsRows(typed) || typed.kind === 'literal') return typed
  try {
    interpret(typed, environment.context.functions, environment.context.evaluation)([])
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    throw new AnalysisError('INVALID_INLINE_TABLE.FAILED_SQL_EXPRESSION_EVALUATION', {
      message: `VALUES cannot compute "${printExpression(e)}": ${error.message}`,
      span: e.span,
      cause: error,
      parameters: { sqlExpr: `"${printExpression(typed)}"` },
    })
  }
  return typed
}

// ---- table functions

function resolveTableFunction(plan: UnresolvedRelation, args: readonly Expression[], environment: Environment): Relation {
  const name = plan.name.at(-1)!.toLowerCase()
  const scope: Scope = { columns: [], hidden: [], outer: environment.outer }
  if (name === 'range' && plan.name.length === 1) return resolveRange(plan, args, scope, environment)
  const { context } = environment
  const unresolved: Call = call(name, args, plan.span)
  if (context.functions.find(name)?.kind === 'generator') {
    const typed = resolveExpression(unresolved, scope, environment)
    if (generatorOf(typed, context) !== undefined)
      return relationOf(generated(typed as Call, [], false, [], { kind: 'one_row' }, context))
  }
  if (context.functions.find(name) !== undefined)
    throw new AnalysisError('NOT_A_TABLE_FUNCTION', {
      message: `"${name}" gives a value and no rows`,
      hint: 'Call it in a select list.',
      span: plan.span,
      parameters: { functionName: `\`${name}\`` },
    })
  throw new AnalysisError('UNRESOLVABLE_TABLE_VALUED_FUNCTION', {
    message: `"${name}" is not a table function`,
    hint: 'Table functions are range, explode, posexplode, inline, stack and the like.',
    span: plan.span,
    parameters: { name: `\`${name}\`` },
  })
}

const RANGE_PARAMETERS = ['start', 'end', 'step', 'numSlices'] as const
const PLACES = ['first', 'second', 'third', 'fourth'] as const

function notConstant(plan: UnresolvedRelation, name: string): AnalysisError {
  return new AnalysisError('NON_FOLDABLE_ARGUMENT', {
    message: `"${name}" of range must be a constant`,
    span: plan.span,
    parameters: { funcName: '`range`', paramName: `\`${name}\``, paramType: '"BIGINT"' },
  })
}
function wrongType(plan: UnresolvedRelation, e: Expression, place: number): AnalysisError {
  return new AnalysisError('UNEXPECTED_INPUT_TYPE', {
    message: `range takes whole numbers, and "${printExpression(e)}" is none`,
    span: e.span ?? plan.span,
    parameters: {
      paramIndex: PLACES[place]!,
      functionName: '`range`',
      requiredType: '"BIGINT"',
      inputSql: `"${printExpression(e)}"`,
      inputType: quotedType(typeOf(e)),
    },
  })
}

function resolveRange(plan: UnresolvedRelation, args: readonly Expression[], scope: Scope, environment: Environment): Relation {
  if (args.length === 0 || args.length > 4)
    throw new AnalysisError('WRONG_NUM_ARGS.WITHOUT_SUGGESTION', {
      message: `table function "range" takes 1 to 4 arguments, not ${args.length}`,
      span: plan.span,
      parameters: { functionName: '`range`', expectedNum: '[1, 2, 3, 4]', actualNum: String(args.length) },
    })
  const values = args.map((arg, i) => {
    const typed = resolveExpression(arg, scope, environment)
    const name = args.length === 1 ? 'end' : RANGE_PARAMETERS[i]!
    if (readsRows(typed)) throw notConstant(plan, name)
    const { kind } = typeOf(typed)
    if (!isNumeric(typeOf(typed)) && kind !== 'string' && kind !== 'boolean')
      throw wrongType(plan, typed, RANGE_PARAMETERS.indexOf(name))
    const whole = castTo(typed, BIGINT)
    // A text that is no number fails here and now.
    const value = interpret(whole, environment.context.functions, environment.context.evaluation)([])
    if (typeof value !== 'bigint') throw wrongType(plan, typed, RANGE_PARAMETERS.indexOf(name))
    return value
  })
  const [first, second] = values
  const output: ColumnRef = {
    kind: 'column',
    id: nextColumnId(),
    name: 'id',
    type: BIGINT,
    nullable: false,
    qualifier: [],
  }
  const step = values[2] ?? 1n
  if (step === 0n)
    throw new AnalysisError('FAILED_FUNCTION_CALL', {
      message: 'the step of range must not be 0',
      span: plan.span,
      parameters: { funcName: '`range`' },
    })
  return relationOf({
    kind: 'range',
    start: second === undefined ? 0n : first!,
    end: second ?? first!,
    step,
    output: [output],
  })
}
