import type { CommandSyntax, ExpressionSyntax, RelationNameSyntax, StatementSyntax } from '../ast.ts'
import { readColumn, readIfNotExists } from './create.ts'
import type { Cursor } from './cursor.ts'
import { readExpression, readNamedExpression } from './expression.ts'
import { readOptions } from './options.ts'
import { queryStarts, readQuery } from './query.ts'
import { readRelationName } from './relation.ts'
import { readType } from './type-name.ts'

const SCHEMA_WORDS = ['SCHEMA', 'DATABASE', 'NAMESPACE']

/**
 * Statements about schemas, tables of the session and variables. Undefined, with the cursor unmoved, for whatever is not exactly one: it is
 * then read as a statement that is not supported, which says what is wrong with it.
 */
export function readCommand(cursor: Cursor): StatementSyntax | undefined {
  const reader = READERS[cursor.token.upper]
  if (reader === undefined) return undefined
  const first = cursor.at
  return cursor.attempt('command', (): StatementSyntax => {
    const command = reader(cursor)
    if (!cursor.done && !cursor.sees(';')) throw cursor.unexpected()
    const span = cursor.spanFrom(first)
    return { kind: 'command', command, text: cursor.text.slice(span.start, span.end), span }
  })
}

const READERS: Readonly<Record<string, (cursor: Cursor) => CommandSyntax>> = {
  CREATE: (cursor) => {
    cursor.at++
    schemaWord(cursor)
    const ifNotExists = readIfNotExists(cursor)
    const name = readRelationName(cursor)
    for (;;) {
      if (cursor.accept('COMMENT') || cursor.accept('LOCATION')) cursor.string()
      else if (cursor.accept('WITH', 'DBPROPERTIES') || cursor.accept('WITH', 'PROPERTIES')) readOptions(cursor)
      else return { kind: 'create_schema', name, ifNotExists }
    }
  },
  DROP: (cursor) => {
    cursor.at++
    if (cursor.accept('TEMPORARY') || cursor.accept('TEMP')) {
      if (!cursor.accept('VARIABLE')) cursor.expect('VAR')
      const ifExists = cursor.accept('IF', 'EXISTS')
      return { kind: 'drop_variable', name: readRelationName(cursor), ifExists }
    }
    schemaWord(cursor)
    const ifExists = cursor.accept('IF', 'EXISTS')
    const name = readRelationName(cursor)
    const cascade = cursor.accept('CASCADE')
    if (!cascade) cursor.accept('RESTRICT')
    return { kind: 'drop_schema', name, ifExists, cascade }
  },
  USE: (cursor) => {
    cursor.at++
    if (cursor.seesAny(SCHEMA_WORDS) && cursor.isName(cursor.peek(1))) cursor.at++
    return { kind: 'use_schema', name: readRelationName(cursor) }
  },
  TRUNCATE: (cursor) => {
    cursor.expect('TRUNCATE', 'TABLE')
    return { kind: 'truncate', name: readRelationName(cursor) }
  },
  ALTER: (cursor) => {
    cursor.at++
    const what = cursor.accept('VIEW') ? 'view' : 'table'
    if (what === 'table') cursor.expect('TABLE')
    const name = readRelationName(cursor)
    if (cursor.accept('RENAME', 'TO')) return { kind: 'rename', what, name, to: cursor.qualifiedName() }
    if (what === 'view') {
      cursor.accept('AS')
      if (!queryStarts(cursor, 0)) throw cursor.unexpected()
      return { kind: 'alter_view', name, query: readQuery(cursor) }
    }
    cursor.expect('ADD')
    if (!cursor.accept('COLUMNS')) cursor.expect('COLUMN')
    const columns = cursor.sees('(') ? cursor.parenthesized(() => readColumn(cursor)) : cursor.list(() => readColumn(cursor))
    return { kind: 'add_columns', name, columns }
  },
  SHOW: readShow,
  CACHE: (cursor) => {
    cursor.at++
    cursor.accept('LAZY')
    cursor.expect('TABLE')
    const name = readRelationName(cursor)
    if (cursor.accept('OPTIONS')) readOptions(cursor)
    return { kind: 'maintain', name }
  },
  UNCACHE: (cursor) => {
    cursor.expect('UNCACHE', 'TABLE')
    const ifExists = cursor.accept('IF', 'EXISTS')
    const name = readRelationName(cursor)
    return { kind: 'maintain', name: ifExists ? undefined : name }
  },
  CLEAR: (cursor) => {
    cursor.expect('CLEAR', 'CACHE')
    return { kind: 'maintain', name: undefined }
  },
  REFRESH: (cursor) => {
    cursor.expect('REFRESH', 'TABLE')
    return { kind: 'maintain', name: readRelationName(cursor) }
  },
  ANALYZE: (cursor) => {
    cursor.expect('ANALYZE', 'TABLE')
    const name = readRelationName(cursor)
    cursor.expect('COMPUTE', 'STATISTICS')
    if (cursor.accept('FOR', 'COLUMNS')) cursor.list(() => cursor.strictName())
    else if (!cursor.accept('FOR', 'ALL', 'COLUMNS')) cursor.accept('NOSCAN')
    return { kind: 'maintain', name }
  },
  DECLARE: (cursor) => {
    cursor.at++
    const orReplace = cursor.accept('OR', 'REPLACE')
    if (cursor.seesAny(['VARIABLE', 'VAR']) && cursor.isName(cursor.peek(1))) cursor.at++
    const names = cursor.list(() => readRelationName(cursor))
    const typed = !cursor.sees('DEFAULT') && !cursor.sees('=') && !cursor.done && !cursor.sees(';')
    const type = typed ? readType(cursor) : undefined
    const initial = cursor.accept('DEFAULT') || cursor.accept('=') ? readExpression(cursor) : undefined
    if (type === undefined && initial === undefined) throw cursor.unexpected()
    return { kind: 'declare_variables', names, type, initial, orReplace }
  },
  SET: (cursor) => {
    cursor.at++
    if (!cursor.accept('VARIABLE')) cursor.expect('VAR')
    return readSetVariables(cursor)
  },
  EXECUTE: (cursor) => {
    cursor.expect('EXECUTE', 'IMMEDIATE')
    const text = readExpression(cursor)
    const into: RelationNameSyntax[] = cursor.accept('INTO') ? cursor.list(() => readRelationName(cursor)) : []
    return { kind: 'execute_immediate', text, into, using: cursor.accept('USING') ? readUsing(cursor) : [] }
  },
}

/** (a, b) = (query) | a = value, b = DEFAULT */
export function readSetVariables(cursor: Cursor): CommandSyntax {
  if (cursor.sees('(')) {
    const names = cursor.parenthesized(() => readRelationName(cursor))
    cursor.expect('=', '(')
    const query = readQuery(cursor)
    cursor.expect(')')
    return { kind: 'set_variables_to_row', names, query }
  }
  const assignments = cursor.list(() => {
    const name = readRelationName(cursor)
    cursor.expect('=')
    return { name, value: cursor.accept('DEFAULT') ? undefined : readExpression(cursor) }
  })
  return { kind: 'set_variables', assignments }
}

/**
 * SHOW STREAMS | (TABLES | VIEWS) [(FROM | IN) schema] [[LIKE] text] | (SCHEMAS | DATABASES | NAMESPACES | CATALOGS) [[LIKE] text]
 *      | COLUMNS (FROM | IN) name [(FROM | IN) schema] | [USER | SYSTEM | ALL] FUNCTIONS [[LIKE] (text | name)] | CURRENT SCHEMA
 */
function readShow(cursor: Cursor): CommandSyntax & { readonly kind: 'show' } {
  cursor.at++
  const shown = { kind: 'show', name: undefined, schema: undefined, pattern: undefined, builtIn: true } as const
  const inSchema = (): RelationNameSyntax | undefined =>
    cursor.accept('FROM') || cursor.accept('IN') ? readRelationName(cursor) : undefined
  const like = (): string | undefined => (cursor.accept('LIKE') || cursor.token.kind === 'string' ? cursor.string() : undefined)
  if (cursor.accept('STREAMS')) return { ...shown, what: 'streams' }
  for (const what of ['tables', 'views'] as const)
    if (cursor.accept(what.toUpperCase())) return { ...shown, what, schema: inSchema(), pattern: like() }
  if (cursor.accept('CURRENT')) {
    schemaWord(cursor)
    return { ...shown, what: 'current_schema' }
  }
  if (cursor.accept('COLUMNS')) {
    const name = inSchema()
    if (name === undefined) throw cursor.unexpected()
    return { ...shown, what: 'columns', name, schema: inSchema() }
  }
  const user = cursor.accept('USER')
  if (!user && !cursor.accept('SYSTEM')) cursor.accept('ALL')
  if (cursor.accept('FUNCTIONS')) {
    const named = !cursor.sees('LIKE') && cursor.isName(cursor.token) ? cursor.qualifiedName().join('.') : like()
    return { ...shown, what: 'functions', pattern: named, builtIn: !user }
  }
  if (cursor.accept('CATALOGS')) return { ...shown, what: 'catalogs', pattern: like() }
  if (!cursor.seesAny(['SCHEMAS', 'DATABASES', 'NAMESPACES'])) throw cursor.unexpected()
  cursor.at++
  return { ...shown, what: 'schemas', pattern: like() }
}

function schemaWord(cursor: Cursor): void {
  if (!cursor.seesAny(SCHEMA_WORDS)) throw cursor.unexpected()
  cursor.at++
}

/** value [AS name], …, in parentheses or not. */
function readUsing(cursor: Cursor): ExpressionSyntax[] {
  const all = cursor.sees('(')
    ? cursor.attempt('using in parentheses', () => {
        const values = cursor.parenthesized(() => readNamedExpression(cursor))
        if (!cursor.done && !cursor.sees(';')) throw cursor.unexpected()
        return values
      })
    : undefined
  return all ?? cursor.list(() => readNamedExpression(cursor))
}
