import { AnalysisError } from '../errors/engine-error.ts'
import type { Span } from '../errors/span.ts'
import { type ColumnRef, type Expression, isNullable, literal, type NameRef, type Star, typeOf } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { quotedType } from '../functions/call-errors.ts'
import { arrayType, STRING } from '../types/data-type.ts'
import { sqlLiteral } from '../types/literal.ts'
import type { Settings } from '../types/settings.ts'
import { castTo } from './coerce-types.ts'
import { type Environment, quoteName, type Scope, sameName, unresolvedColumn } from './scope.ts'

/** Names that are calls without parentheses when no column has them. */
const BARE_FUNCTIONS = new Set([
  'current_date',
  'current_timestamp',
  'current_time',
  'localtimestamp',
  'current_user',
  'user',
  'session_user',
  'current_catalog',
  'current_database',
  'current_schema',
  'current_timezone',
  'grouping__id',
])

/** What a name stands for, or the name of the function that it calls without parentheses. */
export type Found = { readonly expression: Expression } | { readonly bareCall: string }

/**
 * Finds a name: lambda parameters, then columns (qualified readings before unqualified ones), then second-choice scopes, functions
 * without parentheses, earlier items of the select list, the query around.
 */
export function resolveName(name: NameRef, scope: Scope, environment: Environment): Found {
  const found = findName(name, scope, environment)
  if (found !== undefined) return found
  const variable = environment.context.variables?.(name.parts)
  if (variable !== undefined) {
    const shown = `${name.parts.at(-1)!.toLowerCase()}=${sqlLiteral(variable.value, variable.type)}`
    const writtenAs = `variablereference(system.session.${shown})`
    return { expression: { ...literal(variable.value, variable.type, name.span), writtenAs } }
  }
  throw unresolvedColumn(name.parts, scope, name.span)
}

export function findName(name: NameRef, scope: Scope, environment: Environment): Found | undefined {
  const { settings } = environment.context
  const { parts, span } = name
  const variable = lambdaVariable(parts[0]!, scope, settings)
  if (variable !== undefined) return { expression: fields(variable, parts.slice(1), settings, span) }
  let failure: AnalysisError | undefined
  for (let level: Scope | undefined = scope; level !== undefined; level = level.next) {
    try {
      const column = findColumn(parts, level, settings, span)
      if (column !== undefined) return { expression: column }
    } catch (error) {
      // A name that is ambiguous or has no such field among the first choices may be right among the second.
      if (!(error instanceof AnalysisError) || level.next === undefined) throw error
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
  if (parts.length === 1 && BARE_FUNCTIONS.has(parts[0]!.toLowerCase())) return { bareCall: parts[0]!.toLowerCase() }
  for (let level: Scope | undefined = scope; level !== undefined; level = level.next) {
    const earlier = level.lateral?.(parts[0]!)
    if (earlier !== undefined) return { expression: fields(earlier, parts.slice(1), settings, span) }
  }
  for (let level: Scope | undefined = scope; level !== undefined; level = level.next)
    // One query outwards and no further, as in Spark.
    if (level.outer !== undefined) return findName(name, { ...level.outer, outer: undefined }, environment)
  return undefined
}

function lambdaVariable(name: string, scope: Scope, settings: Settings): Expression | undefined {
  if (scope.variables === undefined) return undefined
  for (const [key, variable] of scope.variables) if (sameName(key, name, settings)) return variable
  return undefined
}

/** `q.a`, `a`, and fields below them, in one scope. Two different columns of one name are an error. */
function findColumn(parts: readonly string[], scope: Scope, settings: Settings, span: Span | undefined): Expression | undefined {
  const all = scope.hidden.length > 0 ? [...scope.columns, ...scope.hidden] : scope.columns
  for (let prefix = parts.length - 1; prefix >= 1; prefix--) {
    const matches = distinctById(
      all.filter((c) => sameName(c.name, parts[prefix]!, settings) && qualifiedBy(c, parts.slice(0, prefix), settings)),
    )
    if (matches.length > 0)
      return fields(asWritten(one(matches, parts, span), parts[prefix]!), parts.slice(prefix + 1), settings, span)
  }
  const matches = distinctById(scope.columns.filter((c) => sameName(c.name, parts[0]!, settings)))
  if (matches.length === 0) return undefined
  return fields(asWritten(one(matches, parts, span), parts[0]!), parts.slice(1), settings, span)
}

/** A column shows under the name that the query wrote, which may differ in case. */
function asWritten(column: ColumnRef, name: string): ColumnRef {
  return column.name === name ? column : { ...column, name }
}

function distinctById(columns: readonly ColumnRef[]): ColumnRef[] {
  const seen = new Set<number>()
  return columns.filter((c) => !seen.has(c.id) && seen.add(c.id))
}

/** Does `prefix` name the relation of the column: its alias, or its full name from some part on? */
export function qualifiedBy(column: ColumnRef, prefix: readonly string[], settings: Settings): boolean {
  if (prefix.length === 0 || prefix.length > column.qualifier.length) return false
  const tail = column.qualifier.slice(column.qualifier.length - prefix.length)
  return prefix.every((part, i) => sameName(part, tail[i]!, settings))
}

function one(matches: readonly ColumnRef[], parts: readonly string[], span: Span | undefined): ColumnRef {
  if (matches.length === 1) return matches[0]!
  const candidates = matches.map((c) => [...c.qualifier, c.name])
  throw new AnalysisError('AMBIGUOUS_REFERENCE', {
    message: `column "${parts.join('.')}" could be any of ${candidates.map((c) => `"${c.join('.')}"`).join(', ')}`,
    hint: 'Write the relation before the column, for example t.a.',
    span,
    parameters: { name: quoteName(parts), referenceNames: `[${candidates.map(quoteName).sort().join(', ')}]` },
  })
}

/** The expression of nested names below a value: struct fields, fields of each struct of an array, map keys. */
export function fields(base: Expression, names: readonly string[], settings: Settings, span: Span | undefined): Expression {
  return names.reduce((e, name) => fieldOf(e, name, settings, span), base)
}

export function fieldOf(child: Expression, name: string, settings: Settings, span: Span | undefined): Expression {
  const type = typeOf(child)
  const struct =
    type.kind === 'struct' ? type : type.kind === 'array' && type.element.kind === 'struct' ? type.element : undefined
  if (struct !== undefined) {
    const ordinals = struct.fields.flatMap((f, i) => (sameName(f.name, name, settings) ? [i] : []))
    if (ordinals.length === 0)
      throw new AnalysisError('FIELD_NOT_FOUND', {
        message: `"${printExpression(child)}" has no field "${name}"`,
        detail: `Its fields: ${struct.fields.map((f) => f.name).join(', ')}.`,
        span,
        parameters: { fieldName: `\`${name}\``, fields: struct.fields.map((f) => `\`${f.name}\``).join(', ') },
      })
    if (ordinals.length > 1)
      throw new AnalysisError('AMBIGUOUS_REFERENCE_TO_FIELDS', {
        message: `"${printExpression(child)}" has ${ordinals.length} fields "${name}"`,
        span,
        parameters: { field: `\`${name}\``, count: String(ordinals.length) },
      })
    const ordinal = ordinals[0]!
    const field = struct.fields[ordinal]!
    if (type.kind === 'array')
      return {
        kind: 'field',
        child,
        ordinal,
        name: field.name,
        type: arrayType(field.type, type.containsNull || field.nullable),
        nullable: isNullable(child),
        span,
      }
    const nullable = isNullable(child) || field.nullable
    return { kind: 'field', child, ordinal, name: field.name, type: field.type, nullable, span }
  }
  // A name behind an array of anything else is an index that is no number.
  if (type.kind === 'array') throw elementByName(child, name, span)
  if (type.kind === 'map')
    return {
      kind: 'call',
      name: 'element',
      args: [child, castTo(literal(name, STRING), type.key)],
      type: type.value,
      nullable: true,
      span,
    }
  throw new AnalysisError('INVALID_EXTRACT_BASE_FIELD_TYPE', {
    message: `cannot take "${name}" of "${printExpression(child)}": it has no fields`,
    detail: `Its type is ${quotedType(type).replaceAll('"', '')}.`,
    hint: 'Only structs, maps and arrays of structs have named parts.',
    span,
    parameters: { base: `"${printExpression(child)}"`, other: quotedType(type) },
  })
}

function elementByName(child: Expression, name: string, span: Span | undefined): AnalysisError {
  return new AnalysisError('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE', {
    message: `an array is read by a number, not by the name "${name}"`,
    hint: 'Only structs, maps and arrays of structs have named parts.',
    span,
    parameters: {
      sqlExpr: `"${printExpression(child)}[${name}]"`,
      paramIndex: 'second',
      requiredType: '"INTEGRAL"',
      inputSql: `"${name}"`,
      inputType: '"STRING"',
    },
  })
}

/** The columns a star stands for: all of the scope, those of one relation, or the fields of a struct column. */
export function expandStar(star: Star, scope: Scope, environment: Environment): Expression[] {
  const { settings } = environment.context
  const expanded = starColumns(star, scope, environment)
  const kept = star.except.length === 0 ? expanded : dropExcept(star, expanded, settings)
  return star.replace === undefined ? kept : replaced(star, star.replace, kept, settings)
}

/** The columns with other values in the places of some: `|> SET a = …`. A name stands for every column that has it. */
function replaced(
  star: Star,
  replace: NonNullable<Star['replace']>,
  columns: readonly Expression[],
  settings: Settings,
): Expression[] {
  const nameOf = (e: Expression): string | undefined => (e.kind === 'column' || e.kind === 'alias' ? e.name : undefined)
  for (const { name } of replace) {
    if (columns.some((e) => nameOf(e) !== undefined && sameName(nameOf(e)!, name, settings))) continue
    throw new AnalysisError('UNRESOLVED_COLUMN.WITH_SUGGESTION', {
      message: `column "${name}" does not exist`,
      span: star.span,
      parameters: { objectName: quoteName([name]), proposal: columns.map((e) => `\`${nameOf(e) ?? ''}\``).join(', ') },
    })
  }
  return columns.map((e) => {
    const own = nameOf(e)
    const found = own === undefined ? undefined : replace.find(({ name }) => sameName(name, own, settings))
    return found === undefined
      ? e
      : { kind: 'alias', name: own!, child: found.value, ...(found.value.span && { span: found.value.span }) }
  })
}

function starColumns(star: Star, scope: Scope, environment: Environment): Expression[] {
  const { settings } = environment.context
  if (star.target.length === 0) {
    return [...scope.columns]
  }
  const ofRelation = [...scope.columns, ...scope.hidden].filter((c) => qualifiedBy(c, star.target, settings))
  if (ofRelation.length > 0) {
    const place = new Map(scope.order?.map((c, i) => [c.id, i]))
    return distinctById(ofRelation).sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
  }
  const found = findName({ kind: 'name', parts: star.target, span: star.span }, scope, environment)
  if (found !== undefined && 'expression' in found) {
    const type = typeOf(found.expression)
    if (type.kind === 'struct')
      return type.fields.map((f) => ({
        kind: 'alias',
        name: f.name,
        child: fieldOf(found.expression, f.name, settings, star.span),
      }))
  }
  if (scope.outer !== undefined) return starColumns(star, { ...scope.outer, outer: undefined }, environment)
  const relations = [...new Set(scope.columns.flatMap((c) => (c.qualifier.length > 0 ? [c.qualifier.join('.')] : [])))]
  throw new AnalysisError('CANNOT_RESOLVE_STAR_EXPAND', {
    message: `"${star.target.join('.')}.*" names no relation and no struct column`,
    detail: relations.length > 0 ? `Relations in scope: ${relations.join(', ')}.` : undefined,
    span: star.span,
    parameters: {
      targetString: quoteName(star.target),
      columns: scope.columns.map((c) => `\`${c.name}\``).join(', '),
    },
  })
}

function dropExcept(star: Star, expanded: readonly Expression[], settings: Settings): Expression[] {
  const dropped = new Set<Expression>()
  const fieldsOf = new Map<Expression, (readonly string[])[]>()
  const written = new Set<string>()
  for (const parts of star.except) {
    const matches = expanded.filter((e) => isColumnOf(e, parts, settings))
    if (matches.length > 0) {
      // The same name twice is a mistake; b and B are two names.
      const name = parts.at(-1)!
      if (written.has(name)) throw overlapping(star, parts)
      written.add(name)
      for (const e of matches) dropped.add(e)
      continue
    }
    // A field of a struct column: the column stays without it.
    const found = structWith(expanded, parts, settings)
    if (found === undefined)
      throw new AnalysisError('UNRESOLVED_COLUMN.WITH_SUGGESTION', {
        message: `EXCEPT names "${parts.join('.')}", which is not a column here`,
        span: star.span,
        parameters: {
          objectName: quoteName(parts),
          proposal: expanded.map((e) => `\`${e.kind === 'column' || e.kind === 'alias' ? e.name : ''}\``).join(', '),
        },
      })
    const paths = fieldsOf.get(found.column) ?? []
    const overlaps = paths.some((path) => isPrefix(path, found.path, settings) || isPrefix(found.path, path, settings))
    if (overlaps) throw overlapping(star, parts)
    fieldsOf.set(found.column, [...paths, found.path])
  }
  for (const e of fieldsOf.keys()) if (dropped.has(e)) throw overlapping(star, star.except[0]!)
  return expanded
    .filter((e) => !dropped.has(e))
    .map((e) => {
      const paths = fieldsOf.get(e)
      return paths === undefined ? e : withoutFields(e, paths, settings, star.span)
    })
}

function isColumnOf(e: Expression, parts: readonly string[], settings: Settings): boolean {
  if (e.kind === 'column')
    return sameName(e.name, parts.at(-1)!, settings) && (parts.length === 1 || qualifiedBy(e, parts.slice(0, -1), settings))
  return e.kind === 'alias' && parts.length === 1 && sameName(e.name, parts[0]!, settings)
}

/** The struct column that begins a path, and the rest of the path; the column may be qualified. */
function structWith(
  expanded: readonly Expression[],
  parts: readonly string[],
  settings: Settings,
): { column: Expression; path: readonly string[] } | undefined {
  for (let length = parts.length - 1; length >= 1; length--) {
    const column = expanded.find((e) => isColumnOf(e, parts.slice(0, length), settings))
    const child = column?.kind === 'alias' ? column.child : column
    if (column !== undefined && child !== undefined && typeOf(child).kind === 'struct')
      return { column, path: parts.slice(length) }
  }
  return undefined
}

function isPrefix(a: readonly string[], b: readonly string[], settings: Settings): boolean {
  return a.length <= b.length && a.every((part, i) => sameName(part, b[i]!, settings))
}

function overlapping(star: Star, parts: readonly string[]): AnalysisError {
  return new AnalysisError('EXCEPT_OVERLAPPING_COLUMNS', {
    message: `EXCEPT names "${parts.join('.')}" twice, or a part of it`,
    span: star.span,
    parameters: { columns: star.except.map(quoteName).join(', ') },
  })
}

/** The struct rebuilt without some of its fields. */
function withoutFields(
  e: Expression,
  paths: readonly (readonly string[])[],
  settings: Settings,
  span: Span | undefined,
): Expression {
  const value = e.kind === 'alias' ? e.child : e
  const type = typeOf(value)
  const struct = type.kind === 'struct' ? type : undefined
  for (const [first] of paths)
    if (struct === undefined || !struct.fields.some((f) => sameName(f.name, first!, settings)))
      throw fieldOfNothing(value, first!, span)
  const args = struct!.fields.flatMap((f): Expression[] => {
    const below = paths.filter((path) => sameName(path[0]!, f.name, settings)).map((path) => path.slice(1))
    if (below.some((path) => path.length === 0)) return []
    const field = fieldOf(value, f.name, settings, span)
    const kept = below.length === 0 ? field : withoutFields(field, below, settings, span)
    return [literal(f.name, STRING), kept.kind === 'alias' ? kept.child : kept]
  })
  const name = e.kind === 'column' || e.kind === 'alias' || e.kind === 'field' ? e.name : 'col'
  return { kind: 'alias', name, child: { kind: 'call', name: 'named_struct', args } }
}
function fieldOfNothing(e: Expression, name: string, span: Span | undefined): AnalysisError {
  return new AnalysisError('FIELD_NOT_FOUND', {
    message: `"${printExpression(e)}" has no field "${name}"`,
    span,
    parameters: { fieldName: `\`${name}\`` },
  })
}
