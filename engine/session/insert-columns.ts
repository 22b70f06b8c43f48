import { AnalysisError } from '../errors/engine-error.ts'
import { alias, type ColumnRef, type Expression, literal } from '../expr/expression.ts'
import { anyOf } from '../expr/walk.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import type { InsertInto } from '../plan/statement.ts'
import { type Schema, VOID } from '../types/data-type.ts'

/** DEFAULT, as a whole value of VALUES or of the select list, is NULL: columns declare no default. */
export function withDefaults(query: LogicalPlan): LogicalPlan {
  if (query.kind === 'local' && query.expressions !== undefined) {
    const expressions = query.expressions.map((row) =>
      row.map((e) => {
        if (isDefault(e)) return literal(null, VOID)
        if (!anyOf(e, isDefault)) return e
        throw new AnalysisError('DEFAULT_PLACEMENT_INVALID', {
          message: 'DEFAULT stands for a whole value and not for a part of one',
          span: e.span,
        })
      }),
    )
    return { ...query, expressions }
  }
  if (query.kind !== 'project') return query
  return { ...query, expressions: query.expressions.map((e) => (isDefault(e) ? literal(null, VOID) : e)) }
}
function isDefault(e: Expression): boolean {
  return e.kind === 'name' && e.parts.length === 1 && e.parts[0]!.toUpperCase() === 'DEFAULT'
}

/** The analysed query with a column for each of the table's, in its order: those of a column list or BY NAME, NULL for the others. */
export function inTableOrder(
  query: LogicalPlan,
  { name, columns: listed, byName, span }: InsertInto,
  schema: Schema,
  caseSensitive: boolean,
): LogicalPlan {
  if (listed === undefined && !byName) return query
  const key = (column: string): string => (caseSensitive ? column : column.toLowerCase())
  const data = outputOf(query)
  const names = listed ?? data.map((c) => c.name)
  const places = new Map<string, ColumnRef>()
  const table = name.join('.')
  const mismatch = (few: boolean, wanted: readonly string[]): AnalysisError =>
    new AnalysisError(`INSERT_COLUMN_ARITY_MISMATCH.${few ? 'NOT_ENOUGH' : 'TOO_MANY'}_DATA_COLUMNS`, {
      message: `cannot write to "${table}": the query has ${data.length} columns and ${wanted.length} are to be filled`,
      span,
      parameters: { tableName: table, tableColumns: wanted.join(', '), dataColumns: data.map((c) => c.name).join(', ') },
    })
  if (byName && data.length > schema.length)
    throw mismatch(
      false,
      schema.map((f) => f.name),
    )
  for (const [i, column] of names.entries()) {
    if (places.has(key(column))) {
      throw new AnalysisError('COLUMN_ALREADY_EXISTS', {
        message: `the insert names column "${column}" twice`,
        span,
        parameters: { columnName: `\`${column}\`` },
      })
    }
    if (!schema.some((f) => key(f.name) === key(column))) throw unknownColumn(column, table, schema, byName, span)
    const given = data[i]
    if (given !== undefined) places.set(key(column), given)
  }
  if (listed !== undefined && listed.length !== data.length) throw mismatch(data.length < listed.length, listed)
  const expressions = schema.map((f) => alias(places.get(key(f.name)) ?? literal(null, f.type), f.name))
  return { kind: 'project', expressions, input: query }
}

function unknownColumn(column: string, table: string, schema: Schema, byName: boolean, span: InsertInto['span']): AnalysisError {
  const detail = `Table columns: ${schema.map((f) => f.name).join(', ')}.`
  if (byName) {
    return new AnalysisError('INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS', {
      message: `cannot write to "${table}": it has no column "${column}"`,
      detail,
      span,
      parameters: { tableName: table, extraColumns: `\`${column}\`` },
    })
  }
  return new AnalysisError('UNRESOLVED_COLUMN.WITH_SUGGESTION', {
    message: `the table "${table}" has no column "${column}"`,
    detail,
    span,
    parameters: { objectName: `\`${column}\``, proposal: schema.map((f) => `\`${f.name}\``).join(', ') },
  })
}
