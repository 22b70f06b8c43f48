import { CATALOG_NAME } from '../catalog/catalog.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import { nearest } from '../errors/nearest.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { schemaOf } from '../plan/output.ts'
import type { ShowStatement } from '../plan/statement.ts'
import { BOOLEAN, field, type Schema, STRING, simpleString } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import { requireSchema } from './catalog-commands.ts'
import type { Session } from './session.ts'

/** What SHOW and DESCRIBE give, with the columns of Spark's. */
export interface Shown {
  readonly schema: Schema
  readonly rows: readonly Row[]
}

export function show(session: Session, statement: ShowStatement): Shown {
  const { catalog } = session
  const matches = matcher(statement.pattern)
  const texts = (column: string, all: readonly string[]): Shown => ({
    schema: [field(column, STRING, false)],
    rows: all.filter(matches).map((text) => [text]),
  })
  switch (statement.what) {
    case 'streams':
      return {
        schema: [field('name', STRING), field('id', STRING), field('status', STRING)],
        rows: session.streams.active.map((query) => [query.name, query.id, query.status.message]),
      }
    case 'functions':
      return texts('function', statement.builtIn ? session.functions.names() : [])
    case 'schemas':
      return texts('namespace', catalog.schemas().sort())
    case 'catalogs':
      return texts('catalog', [CATALOG_NAME])
    case 'current_schema':
      return {
        schema: [field('catalog', STRING, false), field('namespace', STRING, false)],
        rows: [[CATALOG_NAME, catalog.currentSchema]],
      }
    case 'columns':
      return { schema: [field('col_name', STRING, false)], rows: columnsOf(session, statement).map((f) => [f.name]) }
    case 'tables':
    case 'views':
      return relations(session, statement, matches)
  }
}

/** Of a schema, and the temporary views, which lie in none. */
function relations(session: Session, statement: ShowStatement, matches: (name: string) => boolean): Shown {
  const { catalog } = session
  if (statement.schema !== undefined) requireSchema(catalog, statement.schema)
  const schema = (statement.schema?.at(-1) ?? catalog.currentSchema).toLowerCase()
  const shown = catalog
    .all()
    .filter((named) => (named.schema === undefined || named.schema.toLowerCase() === schema) && matches(named.name))
    .filter(({ entry }) => statement.what === 'tables' || entry.kind === 'view')
    .map((named): Row => [named.schema ?? '', named.name, named.schema === undefined])
  return {
    schema: [
      field('namespace', STRING, false),
      field(statement.what === 'views' ? 'viewName' : 'tableName', STRING, false),
      field('isTemporary', BOOLEAN, false),
    ],
    rows: shown.sort((a, b) => Number(a[2]) - Number(b[2]) || ((a[1] as string) < (b[1] as string) ? -1 : a[1] === b[1] ? 0 : 1)),
  }
}

function columnsOf(session: Session, { name, schema, span }: ShowStatement): Schema {
  const own = name!.slice(0, -1)
  if (schema !== undefined && own.length > 0 && own.at(-1)!.toLowerCase() !== schema.at(-1)!.toLowerCase())
    throw new AnalysisError('SHOW_COLUMNS_WITH_CONFLICT_NAMESPACE', {
      message: `the table is said to lie in "${own.join('.')}" and in "${schema.join('.')}"`,
      span,
      parameters: { namespaceA: own.join('.'), namespaceB: schema.join('.') },
    })
  const whole = schema === undefined || own.length > 0 ? name! : [...schema, ...name!]
  return schemaOf(session.analyze({ kind: 'unresolved_relation', name: whole, streamed: false, options: {}, span }))
}

/** Columns, then what else is to be said. */
export function describe(plan: LogicalPlan, more: readonly Row[] = []): Shown {
  return {
    schema: [field('col_name', STRING), field('data_type', STRING), field('comment', STRING)],
    rows: [...schemaOf(plan).map((f): Row => [f.name, simpleString(f.type), null]), ...more],
  }
}

/** DESCRIBE name column. There are no statistics. */
export function describeColumn(plan: LogicalPlan, column: readonly string[], extended: boolean, caseSensitive: boolean): Shown {
  const name = column.join('.')
  const same = (a: string): boolean => a === name || (!caseSensitive && a.toLowerCase() === name.toLowerCase())
  const found = schemaOf(plan).find((f) => same(f.name))
  if (found === undefined) {
    const near = nearest(
      name,
      schemaOf(plan).map((f) => f.name),
    ).close
    throw new AnalysisError('COLUMN_NOT_FOUND', {
      message: `column "${name}" does not exist`,
      hint: near === undefined ? undefined : `Did you mean "${near}"?`,
      parameters: { colName: `\`${name}\``, caseSensitiveConfig: '"spark.sql.caseSensitive"' },
    })
  }
  const facts = [
    ['col_name', found.name],
    ['data_type', simpleString(found.type)],
    ['comment', 'NULL'],
  ]
  const statistics = ['min', 'max', 'num_nulls', 'distinct_count', 'avg_col_len', 'max_col_len', 'histogram']
  if (extended) facts.push(...statistics.map((fact) => [fact, 'NULL']))
  return { schema: [field('info_name', STRING, false), field('info_value', STRING, false)], rows: facts }
}

/** `*` is any text, `|` stands between several patterns. */
function matcher(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true
  const expressions = pattern.split('|').map(
    (part) =>
      new RegExp(
        `^${part
          .trim()
          .replace(/[\\^$.+?()[\]{}]/g, '\\$&')
          .replaceAll('*', '.*')}$`,
        'is',
      ),
  )
  return (name) => expressions.some((expression) => expression.test(name))
}
