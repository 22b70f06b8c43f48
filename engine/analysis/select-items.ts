import { AnalysisError } from '../errors/engine-error.ts'
import { type Alias, type ColumnRef, type Expression, isNullable, nextColumnId, typeOf } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { transformUp } from '../expr/walk.ts'
import { columnOf } from '../plan/output.ts'
import { generatedColumns, generatorOf, type Item, refuseNestedGenerator } from './project.ts'
import { expandStar } from './resolve-columns.ts'
import { resolveExpression } from './resolve-expressions.ts'
import { WINDOW_NAMES } from './resolve-windows.ts'
import { type Environment, type Scope, sameName } from './scope.ts'
import { inSessionZone } from './session-zone.ts'

/** An item as written and as typed, before it has its id as an output. */
export interface TypedItem {
  readonly written: Expression
  readonly expression: Expression
  readonly id: number
  readonly name: string
  /** Those that a function makes which makes rows. */
  readonly columns?: readonly ColumnRef[] | undefined
}

/** Resolves the items of a select list in order; each may name the ones before it. */
export function resolveItems(list: readonly Expression[], scope: Scope, environment: Environment): TypedItem[] {
  const { settings } = environment.context
  const items: TypedItem[] = []
  const lateral = (name: string): Expression | undefined => {
    // Columns keep being themselves; what is computed goes by its name, also a generated one.
    const matches = items.filter(
      (item) =>
        (item.written.kind === 'alias' || item.expression.kind !== 'column') &&
        !item.columns &&
        sameName(item.name, name, settings),
    )
    const made = items.flatMap((item) => (item.columns ?? []).filter((column) => sameName(column.name, name, settings)))
    if (matches.length === 0 && made.length === 1) return made[0]
    if (matches.length > 1)
      throw new AnalysisError('AMBIGUOUS_LATERAL_COLUMN_ALIAS', {
        message: `"${name}" could be any of ${matches.length} earlier items of the select list`,
        parameters: { name: `\`${name}\``, n: String(matches.length) },
      })
    const item = matches[0]
    if (item === undefined) return undefined
    return columnOf(aliasFor(item))
  }
  const visible: Scope = { ...scope, lateral }
  const own = columnIds(scope)
  const outer = scope.outer === undefined ? new Set<number>() : columnIds(scope.outer)
  /** For the name alone: columns of the query around and earlier items say what they are. A name that is a column stays. */
  const shown = (e: Expression): Expression =>
    e.kind === 'column' || (outer.size === 0 && items.length === 0)
      ? e
      : transformUp(e, (n) => {
          if (n.kind !== 'column' || own.has(n.id)) return n
          if (items.some((item) => item.id === n.id)) return { ...n, name: `lateralAliasReference(${n.name})` }
          return outer.has(n.id) ? { ...n, name: `outer(${[...fullQualifier(n, environment), n.name].join('.')})` } : n
        })
  for (const written of list.flatMap((e) => starItems(e, scope, environment))) {
    refuseNestedGenerator(written, environment.context)
    const inner = written.kind === 'alias' ? written.child : written
    const expression = resolveExpression(inner, visible, environment)
    if (written.kind === 'alias' && written.names !== undefined && generatorOf(expression, environment.context) === undefined)
      throw new AnalysisError('MULTI_ALIAS_WITHOUT_GENERATOR', {
        message: `"${printExpression(expression)}" makes one column and has ${written.names.length} names`,
        span: written.span,
        parameters: { names: written.names.join(', '), expr: `"${printExpression(expression)}"` },
      })
    const columns = generatedColumns(
      expression,
      written.kind === 'alias' ? (written.names ?? [written.name]) : [],
      environment.context,
    )
    items.push({ written, expression, id: nextColumnId(), name: nameOf(written, shown(expression), environment), columns })
  }
  return items
}

/** Tables and views show with the catalog and schema they lie in; aliases and temporary views are in none. */
function fullQualifier(column: ColumnRef, { context: { catalog } }: Environment): readonly string[] {
  const { qualifier } = column
  return qualifier.length > 0 && catalog.lookup(qualifier) !== undefined ? catalog.fullName(qualifier) : qualifier
}

function columnIds(scope: Scope): Set<number> {
  const ids = new Set<number>()
  for (let level: Scope | undefined = scope; level !== undefined; level = level.next)
    for (const column of [...level.columns, ...level.hidden]) ids.add(column.id)
  return ids
}

function starItems(e: Expression, scope: Scope, environment: Environment): Expression[] {
  return e.kind === 'star' ? expandStar(e, scope, environment) : [e]
}

/** The name of an output: as given, a column's or field's own, else the printed expression. */
function nameOf(written: Expression, typed: Expression, environment: Environment): string {
  if (written.kind === 'alias') return written.name
  if (typed.kind === 'column') return typed.name
  if (written.kind === 'name' && typed.kind !== 'call') return written.parts.at(-1)!
  if (written.kind === 'name' && written.parts.length > 1) return written.parts.at(-1)!
  if (written.kind === 'name' && written.parts[0]!.toLowerCase() === 'grouping__id') return written.parts[0]!
  if (typed.kind === 'cast' && typed.child.kind === 'column') return typed.child.name
  if (typed.kind === 'call' && WINDOW_NAMES.has(typed.name)) return WINDOW_NAMES.get(typed.name)!
  return printExpression(inSessionZone(typed, environment.context.settings))
}

export function aliasFor(item: TypedItem): Alias & { readonly id: number } {
  const { written, expression } = item
  return {
    kind: 'alias',
    name: item.name,
    child: expression,
    id: item.id,
    type: typeOf(expression),
    nullable: isNullable(expression),
    ...(written.kind === 'alias' && { names: written.names ?? [written.name] }),
    ...(written.kind === 'alias' && written.metadata && { metadata: written.metadata }),
    ...(written.span && { span: written.span }),
  }
}

/** A typed item as an output: a column shown under its own name stays the column. */
export function outputItem(item: TypedItem, expression: Expression): Item {
  if (expression.kind === 'column' && item.written.kind !== 'alias')
    return item.expression.kind === 'column' && item.expression.id === expression.id
      ? { ...expression, name: item.name }
      : expression.name === item.name
        ? expression
        : aliasFor({ ...item, expression })
  return aliasFor({ ...item, expression })
}
