import { CATALOG_NAME, type Catalog, type CatalogEntry, DEFAULT_SCHEMA } from '../catalog/catalog.ts'
import { unreachable } from '../errors/assert.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import type { RelationDefinition } from '../plan/logical-plan.ts'
import { namedRelations } from '../plan/named-relations.ts'
import { schemaOf } from '../plan/output.ts'
import type { CatalogStatement, CreateView } from '../plan/statement.ts'
import type { Schema } from '../types/data-type.ts'
import type { Session } from './session.ts'

/** Statements about schemas, views and tables of the session. They read no rows. */
export function runCatalogStatement(session: Session, statement: CatalogStatement): void {
  const { catalog, tables } = session
  switch (statement.kind) {
    case 'create_schema': {
      const schema = schemaNamed(statement.name)
      if (!catalog.hasSchema(schema)) {
        catalog.addSchema(schema)
        return
      }
      if (statement.ifNotExists) return
      throw new AnalysisError('SCHEMA_ALREADY_EXISTS', {
        message: `schema "${schema}" exists already`,
        hint: 'Use IF NOT EXISTS, or another name.',
        parameters: { schemaName: quoted([schema]) },
      })
    }
    case 'drop_schema':
      dropSchema(session, statement.name, statement.ifExists, statement.cascade)
      return
    case 'use_schema': {
      const schema = schemaNamed(statement.name)
      const whole = statement.name.length === 1 && schema.toLowerCase() === CATALOG_NAME
      if (!whole) requireSchema(catalog, statement.name)
      catalog.use(whole ? DEFAULT_SCHEMA : schema)
      return
    }
    case 'truncate': {
      const relation = tableNamed(catalog, statement.name, 'TRUNCATE TABLE')
      if (!tables.has(relation)) throw notOfSession(statement.name, 'TRUNCATE TABLE')
      tables.replace(relation, [])
      return
    }
    case 'rename':
      rename(catalog, statement.name, statement.to, statement.what)
      return
    case 'add_columns': {
      const relation = tableNamed(catalog, statement.name, 'ALTER TABLE … ADD COLUMNS')
      if (!tables.has(relation)) throw notOfSession(statement.name, 'ALTER TABLE … ADD COLUMNS')
      const schema = [...relation.schema, ...statement.columns]
      refuseRepeated(schema, session.settings.caseSensitive)
      const entry = catalog.lookup(statement.name)
      if (entry?.kind !== 'relation') return
      catalog.set(statement.name, { ...entry, relation: tables.addColumns(relation, statement.columns) })
      return
    }
    case 'alter_view': {
      const entry = catalog.lookup(statement.name)
      if (entry === undefined) throw notFound(statement.name)
      if (entry.kind !== 'view') throw expectedView(statement.name, 'USE_ALTER_TABLE', 'ALTER VIEW')
      catalog.set(statement.name, { ...entry, plan: session.analyze(statement.query) })
      return
    }
    case 'maintain':
      if (statement.name !== undefined && catalog.lookup(statement.name) === undefined) throw notFound(statement.name)
      return
    default:
      unreachable(statement)
  }
}

/** CREATE VIEW. A view that stays must not rest on one that goes with the session. */
export function createView(session: Session, statement: CreateView): void {
  const { catalog, settings } = session
  const { name, temporary, columns, query, span } = statement
  const shown = name.join('.')
  if (temporary && name.length > 1 && name[0]!.toLowerCase() !== 'session') {
    throw new AnalysisError('INVALID_TEMP_OBJ_QUALIFIER', {
      message: `the temporary view "${shown}" lies in no schema`,
      hint: `Write CREATE TEMPORARY VIEW ${name.at(-1)}.`,
      span,
    })
  }
  if (!temporary) requireSchema(catalog, name.slice(0, -1))
  const existing = catalog.lookup(name, temporary ? 'temporary' : 'permanent')
  if (existing !== undefined) {
    if (statement.ifNotExists) return
    if (!statement.orReplace) {
      throw new AnalysisError(temporary ? 'TEMP_TABLE_OR_VIEW_ALREADY_EXISTS' : 'TABLE_OR_VIEW_ALREADY_EXISTS', {
        message: `a table or view "${shown}" exists already`,
        hint: 'Use CREATE OR REPLACE, or another name.',
        parameters: { relationName: quoted(name) },
      })
    }
    if (existing.kind === 'relation') throw expectedView(name, 'NO_ALTERNATIVE', 'CREATE OR REPLACE VIEW')
  }
  const plan = session.analyze(
    columns.length === 0 ? query : { kind: 'alias', name: name.at(-1)!, columns: ofWidth(session, statement), input: query },
  )
  refuseRepeated(schemaOf(plan), settings.caseSensitive)
  const temporaryUsed = temporary
    ? undefined
    : namedRelations(query).find((relation) => catalog.lookup(relation.name, 'temporary') !== undefined)
  if (temporaryUsed !== undefined) {
    throw new AnalysisError('INVALID_TEMP_OBJ_REFERENCE', {
      message: `the view "${shown}" cannot rest on the temporary view "${temporaryUsed.name.join('.')}"`,
      hint: 'Write CREATE TEMPORARY VIEW.',
      span: temporaryUsed.span ?? span,
      parameters: { obj: 'VIEW', objName: quoted(name), tempObj: 'VIEW', tempObjName: quoted(temporaryUsed.name) },
    })
  }
  catalog.set(name, { kind: 'view', plan, temporary })
}

/** The column names of a view, if they are as many as its query's. */
function ofWidth(session: Session, { name, columns, query, span }: CreateView): readonly string[] {
  const data = schemaOf(session.analyze(query)).map((f) => f.name)
  if (data.length === columns.length) return columns
  const many = data.length > columns.length
  throw new AnalysisError(`CREATE_VIEW_COLUMN_ARITY_MISMATCH.${many ? 'TOO_MANY' : 'NOT_ENOUGH'}_DATA_COLUMNS`, {
    message: `the view names ${columns.length} columns and its query has ${data.length}`,
    span,
    parameters: { viewName: quoted(name), viewColumns: columns.join(', '), dataColumns: data.join(', ') },
  })
}

/** DROP VIEW and DROP TABLE; the latter also drops a view, as in Spark. */
export function dropEntry(session: Session, what: 'view' | 'table' | 'stream', name: readonly string[], ifExists: boolean): void {
  const { catalog } = session
  const entry = catalog.lookup(name)
  if (entry === undefined) {
    if (ifExists) return
    throw notFound(name)
  }
  if (what === 'view' && entry.kind !== 'view') {
    throw new AnalysisError('WRONG_COMMAND_FOR_OBJECT_TYPE', {
      message: `DROP VIEW needs a view, and "${name.join('.')}" is a ${entry.relation.streaming ? 'stream' : 'table'}`,
      hint: 'Use DROP TABLE.',
      parameters: {
        operation: 'DROP VIEW',
        requiredType: 'VIEW',
        objectName: name.join('.'),
        foundType: 'TABLE',
        alternative: 'DROP TABLE',
      },
    })
  }
  catalog.remove(name)
  forget(session, entry)
}

/** What DESCRIBE EXTENDED adds to the columns of what lies in a schema. */
export function describedPlace(catalog: Catalog, name: readonly string[]): (readonly [string, string, string])[] {
  const entry = catalog.lookup(name)
  const [place, schema, own] = catalog.fullName(name)
  if (entry === undefined || schema === undefined || own === undefined) return []
  return [
    ['', '', ''],
    ['# Detailed Table Information', '', ''],
    ['Catalog', place!, ''],
    ['Database', schema, ''],
    ['Table', own, ''],
    ['Type', entry.kind === 'view' ? 'VIEW' : entry.relation.streaming ? 'STREAM' : 'TABLE', ''],
    ...(entry.kind === 'view' ? [] : [['Provider', entry.relation.provider, ''] as const]),
  ]
}

/** Throws unless what the parts before a name say is a schema of the catalog; no parts say the current one. */
export function requireSchema(catalog: Catalog, parts: readonly string[]): void {
  const foreign = parts.length > 2 || (parts.length === 2 && parts[0]!.toLowerCase() !== CATALOG_NAME)
  if (parts.length === 0 || (!foreign && catalog.hasSchema(parts.at(-1)!))) return
  throw new AnalysisError('SCHEMA_NOT_FOUND', {
    message: `schema "${parts.join('.')}" does not exist`,
    hint: `There are: ${catalog.schemas().join(', ')}. CREATE SCHEMA makes one.`,
    parameters: { schemaName: quoted(parts) },
  })
}

/** Throws where two columns of what is declared have one name. */
export function refuseRepeated(schema: Schema, caseSensitive: boolean): void {
  const seen = new Set<string>()
  for (const { name } of schema) {
    const key = caseSensitive ? name : name.toLowerCase()
    if (seen.has(key)) {
      throw new AnalysisError('COLUMN_ALREADY_EXISTS', {
        message: `there are two columns "${name}"`,
        hint: 'Name one of them otherwise.',
        parameters: { columnName: quoted([name]) },
      })
    }
    seen.add(key)
  }
}

/** The table of a name, for a statement that changes it. */
export function tableNamed(catalog: Catalog, name: readonly string[], statement: string): RelationDefinition {
  const entry = catalog.lookup(name)
  if (entry === undefined) throw notFound(name)
  if (entry.kind === 'relation') return entry.relation
  throw new AnalysisError('EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE', {
    message: `${statement} needs a table, and "${name.join('.')}" is a view`,
    parameters: { operation: statement, viewName: quoted(name) },
  })
}

export function notFound(name: readonly string[]): AnalysisError {
  return new AnalysisError('TABLE_OR_VIEW_NOT_FOUND', {
    message: `table or view "${name.join('.')}" does not exist`,
    hint: 'SHOW TABLES and SHOW VIEWS list what there is.',
    parameters: { relationName: quoted(name) },
  })
}

/** What stood behind a name that is gone. */
function forget(session: Session, entry: CatalogEntry): void {
  if (entry.kind !== 'relation') return
  session.tables.drop(entry.relation)
  session.leftOut.drop(entry.relation)
}

function dropSchema(session: Session, name: readonly string[], ifExists: boolean, cascade: boolean): void {
  const { catalog } = session
  const schema = schemaNamed(name)
  if (ifExists && !catalog.hasSchema(schema)) return
  requireSchema(catalog, name)
  if (schema.toLowerCase() === DEFAULT_SCHEMA) {
    throw new AnalysisError('UNSUPPORTED_FEATURE.DROP_DATABASE', {
      message: 'the schema "default" cannot be dropped',
      parameters: { database: quoted(name) },
    })
  }
  if (!cascade && catalog.entriesIn(schema).length > 0) {
    throw new AnalysisError('SCHEMA_NOT_EMPTY', {
      message: `schema "${schema}" is not empty`,
      hint: 'Add CASCADE to drop what is in it too.',
      parameters: { schemaName: quoted([schema]) },
    })
  }
  for (const entry of catalog.removeSchema(schema)) forget(session, entry)
}

function rename(catalog: Catalog, name: readonly string[], to: readonly string[], what: 'table' | 'view'): void {
  const entry = catalog.lookup(name)
  if (entry === undefined) throw notFound(name)
  if (what === 'view' && entry.kind !== 'view') throw expectedView(name, 'USE_ALTER_TABLE', 'ALTER VIEW … RENAME TO')
  if (what === 'table' && entry.kind === 'view') {
    throw new AnalysisError('EXPECT_TABLE_NOT_VIEW.USE_ALTER_VIEW', {
      message: `ALTER TABLE … RENAME TO needs a table, and "${name.join('.')}" is a view`,
      hint: 'Use ALTER VIEW.',
      parameters: { operation: 'ALTER TABLE … RENAME TO', viewName: quoted(name) },
    })
  }
  const temporary = entry.kind === 'view' && entry.temporary === true
  // A new name without a schema stays in the old one's.
  const target = temporary || to.length > 1 ? to : [catalog.schemaOf(name), ...to]
  if (!temporary) requireSchema(catalog, target.slice(0, -1))
  if (catalog.lookup(target, temporary ? 'temporary' : 'permanent') !== undefined) {
    throw new AnalysisError('TABLE_OR_VIEW_ALREADY_EXISTS', {
      message: `"${to.join('.')}" exists already`,
      parameters: { relationName: quoted(to) },
    })
  }
  catalog.remove(name)
  catalog.set(target, entry.kind === 'view' ? entry : { ...entry, relation: { ...entry.relation, name: target.at(-1)! } })
}

function expectedView(name: readonly string[], alternative: string, statement: string): AnalysisError {
  return new AnalysisError(`EXPECT_VIEW_NOT_TABLE.${alternative}`, {
    message: `${statement} needs a view, and "${name.join('.')}" is a table`,
    parameters: { operation: statement, tableName: quoted(name) },
  })
}
function notOfSession(name: readonly string[], statement: string): AnalysisError {
  return new AnalysisError('UNSUPPORTED_FEATURE.TABLE_OPERATION', {
    message: `${statement} changes tables that the session keeps; "${name.join('.')}" lies elsewhere`,
    parameters: { tableName: quoted(name), operation: statement },
  })
}
function schemaNamed(name: readonly string[]): string {
  return name.at(-1)!
}
function quoted(name: readonly string[]): string {
  return name.map((part) => `\`${part}\``).join('.')
}
