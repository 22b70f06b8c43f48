import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Span } from '../../engine/errors/span.ts'
import type { OutputMode } from '../../engine/plan/statement.ts'
import { formatOffset } from '../../engine/types/zone.ts'
import type {
  ClausesSyntax,
  ExpressionSyntax,
  ParsedStatement,
  QuerySyntax,
  RelationNameSyntax,
  StatementSyntax,
} from '../ast.ts'
import { readCommand } from './catalog-command.ts'
import { readUnsupported } from './command.ts'
import { readCompound } from './compound.ts'
import { readCreate, readReplace } from './create.ts'
import type { Cursor } from './cursor.ts'
import { readExpression } from './expression.ts'
import { readInterval } from './literal.ts'
import { readOptions } from './options.ts'
import { queryStarts, readCtes, readQuery, readSelect, readTail } from './query.ts'
import { readRelationName } from './relation.ts'

/** One statement, up to its ';' or the end. */
export function parseStatement(cursor: Cursor): ParsedStatement {
  cursor.forgetAttempts()
  cursor.refusals = []
  cursor.positionalParameters = 0
  try {
    const syntax = readStatement(cursor)
    if (!cursor.sees(';') && !cursor.done) throw cursor.unexpected()
    return { syntax, refusals: cursor.refusals }
  } catch (error) {
    throw error instanceof ParseError ? cursor.best(error) : error
  }
}

export function readStatement(cursor: Cursor): StatementSyntax {
  return cursor.nested(() => {
    const first = cursor.at
    const span = () => cursor.spanFrom(first)
    if (queryStarts(cursor, 0)) return readQueryStatement(cursor)
    switch (cursor.token.upper) {
      case 'CREATE':
        return readCreate(cursor)
      case 'REPLACE':
        return readReplace(cursor)
      case 'INSERT':
        return readInsert(cursor)
      case 'EXPLAIN':
        return readExplain(cursor)
      case 'SET':
        return readSet(cursor)
      case 'RESET': {
        cursor.at++
        const key = restOfStatement(cursor)
        return { kind: 'reset', key: key === '' ? undefined : key.replace(/^`(.*)`$/, '$1'), span: span() }
      }
      case 'DROP': {
        const what = (['view', 'table', 'stream'] as const).find((word) => cursor.peek(1).upper === word.toUpperCase())
        if (what === undefined) break
        cursor.at += 2
        const ifExists = cursor.accept('IF', 'EXISTS')
        const name = readRelationName(cursor)
        if (what === 'table') cursor.accept('PURGE')
        return { kind: 'drop', what, ifExists, name, span: span() }
      }
      case 'DESC':
      case 'DESCRIBE':
        return readDescribe(cursor)
      case 'BEGIN': {
        const block = readCompound(cursor, readStatement)
        return { kind: 'compound', block, text: cursor.text.slice(span().start, span().end), span: span() }
      }
      case 'STOP': {
        cursor.at++
        const name = cursor.qualifiedName()
        return { kind: 'stop', name, span: span() }
      }
    }
    return readCommand(cursor) ?? readUnsupported(cursor)
  })
}

/** query | WITH … INSERT … | FROM … (INSERT … SELECT …)+ */
function readQueryStatement(cursor: Cursor): StatementSyntax {
  const first = cursor.at
  if (cursor.sees('WITH')) {
    const written = cursor.attempt('with and insert', () => {
      const { ctes, recursive } = readCtes(cursor)
      if (!cursor.seesAny(['INSERT', 'DELETE', 'UPDATE', 'MERGE'])) throw cursor.unexpected()
      return { ctes, recursive }
    })
    if (written) {
      if (!cursor.sees('INSERT')) return { ...readUnsupported(cursor), span: cursor.spanFrom(first) }
      const insert = readInsert(cursor)
      return insert.kind === 'insert' ? { ...insert, query: { ...insert.query, ...withOuter(written, insert.query) } } : insert
    }
  }
  const query = readQuery(cursor)
  if (cursor.sees('INSERT') && query.body.kind === 'from') {
    const { from } = query.body
    const inserts: (StatementSyntax & { kind: 'insert' })[] = []
    while (cursor.sees('INSERT')) {
      const at = cursor.at
      const target = readInsertTarget(cursor)
      const body = readSelect(cursor, from)
      const tail = readTail(cursor)
      const span = cursor.spanFrom(at)
      inserts.push({ kind: 'insert', ...target, query: { ...query, body, tail, span }, ...NO_CLAUSES, span })
    }
    const span = cursor.spanFrom(first)
    return { kind: 'command', command: { kind: 'insert_many', inserts }, text: textFrom(cursor, first), span }
  }
  return { kind: 'query_statement', query, span: cursor.spanFrom(first) }
}
/** The names of an outer WITH before those of the query's own. */
function withOuter(outer: Pick<QuerySyntax, 'ctes' | 'recursive'>, query: QuerySyntax): Pick<QuerySyntax, 'ctes' | 'recursive'> {
  return { ctes: [...outer.ctes, ...query.ctes], recursive: outer.recursive || query.recursive }
}

/**
 * insert: INSERT (INTO | OVERWRITE) [TABLE] name [WITH options] [PARTITION …] [BY NAME | '(' name, … ')'] clause* query
 *       | INSERT OVERWRITE DIRECTORY … and INSERT INTO … REPLACE WHERE …: read and refused
 */
function readInsert(cursor: Cursor): StatementSyntax {
  const first = cursor.at
  const target = readInsertTarget(cursor)
  const clauses = readClauses(cursor)
  const query = readQuery(cursor)
  // A query in parentheses may have a name, for REPLACE ON to use.
  if (cursor.accept('AS')) cursor.strictName()
  return { kind: 'insert', ...target, query, ...clauses, span: cursor.spanFrom(first) }
}

interface InsertTarget {
  readonly name: RelationNameSyntax
  readonly columns: readonly string[] | undefined
  readonly byName: boolean
  readonly overwrite: boolean
}

function readInsertTarget(cursor: Cursor): InsertTarget {
  const first = cursor.at
  cursor.expect('INSERT')
  if (cursor.accept('WITH', 'SCHEMA', 'EVOLUTION')) cursor.notSupported('WITH SCHEMA EVOLUTION', first)
  const overwrite = cursor.accept('OVERWRITE')
  if (!overwrite) cursor.expect('INTO')
  if (overwrite && (cursor.sees('DIRECTORY') || cursor.sees('LOCAL', 'DIRECTORY'))) {
    const local = cursor.accept('LOCAL')
    cursor.expect('DIRECTORY')
    const path = cursor.atString ? cursor.string() : undefined
    if (cursor.accept('USING')) {
      cursor.qualifiedName()
      const options = cursor.accept('OPTIONS') ? readOptions(cursor) : {}
      if (local && path === undefined && options['path'] === undefined) throw cursor.unexpected()
      if (local && options['path'] !== undefined) {
        throw cursor.refuse(
          '_LEGACY_ERROR_IllegalArgumentException',
          'LOCAL DIRECTORY takes its path before USING',
          cursor.spanFrom(first),
        )
      }
    } else if (path === undefined) throw cursor.unexpected()
    skipUntilQuery(cursor)
    cursor.notSupported('INSERT OVERWRITE DIRECTORY', first)
    return { name: [], columns: undefined, byName: false, overwrite }
  }
  cursor.accept('TABLE')
  const name = readRelationName(cursor)
  const at = cursor.at
  if (cursor.sees('WITH', '(')) {
    cursor.at++
    readOptions(cursor)
    cursor.notSupported('options of INSERT', at)
  }
  const aliased = cursor.accept('AS')
  if (aliased) cursor.strictName()
  if (cursor.sees('PARTITION', '(')) {
    cursor.at++
    let dynamic = false
    cursor.parenthesized(() => {
      cursor.name()
      if (!cursor.accept('=')) dynamic = true
      else if (!cursor.accept('DEFAULT')) readExpression(cursor)
    })
    cursor.notSupported('PARTITION', at)
    if (cursor.accept('IF', 'NOT', 'EXISTS')) {
      if (!overwrite) {
        throw cursor.refuse('INVALID_STATEMENT_OR_CLAUSE', 'IF NOT EXISTS belongs to INSERT OVERWRITE', cursor.spanFrom(first))
      }
      if (dynamic) {
        throw cursor.refuse(
          '_LEGACY_ERROR_TEMP_0035',
          'IF NOT EXISTS needs the value of every partition column',
          cursor.spanFrom(first),
        )
      }
    }
  }
  const byName = cursor.accept('BY', 'NAME')
  const listed = !byName && cursor.sees('(') && !queryStarts(cursor, 1)
  const columns = listed ? cursor.parenthesized(() => cursor.strictName()) : undefined
  if (cursor.sees('REPLACE')) readReplaced(cursor, aliased)
  return { name, columns, byName, overwrite }
}
/** REPLACE (WHERE expression | ON expression | USING '(' name, … ')'): read and refused. */
function readReplaced(cursor: Cursor, aliased: boolean): void {
  const first = cursor.at
  cursor.expect('REPLACE')
  if (cursor.accept('WHERE')) {
    if (aliased) {
      throw cursor.refuse(
        'INSERT_REPLACE_WHERE_TABLE_ALIAS_NOT_ALLOWED',
        'the table of REPLACE WHERE has no alias',
        cursor.spanFrom(first),
      )
    }
    readExpression(cursor)
  } else if (cursor.accept('USING')) cursor.parenthesized(() => cursor.strictName())
  else {
    cursor.expect('ON')
    readExpression(cursor)
  }
  cursor.notSupported('REPLACE of rows', first)
}
function skipUntilQuery(cursor: Cursor): void {
  while (!cursor.done && !queryStarts(cursor, 0)) cursor.at++
}

/** clause: OUTPUT MODE mode | TRIGGER (EVERY interval | ONCE | AVAILABLE NOW) | CHECKPOINT 'path' | LATE DATA TO name | BAD ROWS TO name | EMIT AFTER IDLE interval | PARTITIONED BY (…) */
export function readClauses(cursor: Cursor): ClausesSyntax {
  let clauses: ClausesSyntax = NO_CLAUSES
  while (!cursor.done) {
    const next = readClause(cursor)
    if (next === undefined) break
    const [key] = Object.keys(next) as [keyof ClausesSyntax]
    const given = clauses[key]
    if (given !== undefined && !(Array.isArray(given) && given.length === 0)) throw duplicateClause(cursor, key)
    clauses = { ...clauses, ...next }
  }
  return clauses
}
export function duplicateClause(cursor: Cursor, clause: string): ParseError {
  const last = cursor.tokens[cursor.at - 1]!
  return cursor.refuse('DUPLICATE_CLAUSES', `clause ${clause} is given twice`, last)
}

const NO_CLAUSES: ClausesSyntax = {
  outputMode: undefined,
  trigger: undefined,
  checkpoint: undefined,
  lateDataTo: undefined,
  badRowsTo: undefined,
  emitAfterIdle: undefined,
  partitionBy: [],
}

function readClause(cursor: Cursor): Partial<ClausesSyntax> | undefined {
  if (cursor.sees('OUTPUT') && !cursor.sees('OUTPUT', '(')) {
    cursor.at++
    cursor.accept('MODE')
    return { outputMode: readOutputMode(cursor) }
  }
  if (cursor.accept('TRIGGER')) {
    if (cursor.accept('ONCE')) return { trigger: { kind: 'once' } }
    if (cursor.accept('AVAILABLE', 'NOW')) return { trigger: { kind: 'available_now' } }
    cursor.expect('EVERY')
    return { trigger: { kind: 'every', interval: readDuration(cursor) } }
  }
  if (cursor.accept('CHECKPOINT')) {
    cursor.accept('LOCATION')
    return { checkpoint: cursor.string() }
  }
  if (cursor.accept('LATE', 'DATA', 'TO')) return { lateDataTo: cursor.qualifiedName().join('.') }
  if (cursor.accept('BAD', 'ROWS', 'TO')) return { badRowsTo: cursor.qualifiedName().join('.') }
  if (cursor.accept('EMIT')) {
    cursor.expect('AFTER', 'IDLE')
    return { emitAfterIdle: readDuration(cursor) }
  }
  if (cursor.accept('PARTITIONED', 'BY')) return { partitionBy: cursor.parenthesized(() => cursor.strictName()) }
  return undefined
}

const OUTPUT_MODES: readonly OutputMode[] = ['append', 'update', 'complete']
function readOutputMode(cursor: Cursor): OutputMode {
  const { token } = cursor
  const mode = OUTPUT_MODES.find((each) => each === token.text.toLowerCase())
  if (mode === undefined) {
    throw cursor.refuse('STREAMING_OUTPUT_MODE.INVALID', `output mode "${token.text}" does not exist`, token, {
      hint: 'The output modes are append, update and complete.',
    })
  }
  cursor.at++
  return mode
}

/** An interval, or its text: INTERVAL 5 SECONDS, '5 seconds'. */
export function readDuration(cursor: Cursor): ExpressionSyntax {
  const interval = cursor.sees('INTERVAL') ? readInterval(cursor) : undefined
  if (interval) return interval
  if (cursor.atString || cursor.sees('INTERVAL')) return readExpression(cursor)
  throw cursor.unexpected('INTERVAL')
}

/** EXPLAIN [LOGICAL | FORMATTED | EXTENDED | CODEGEN | COST] statement | EXPLAIN WHY name [AT 'time'] */
function readExplain(cursor: Cursor): StatementSyntax {
  const first = cursor.at
  cursor.expect('EXPLAIN')
  if (cursor.sees('WHY') && cursor.isName(cursor.peek(1))) {
    cursor.at++
    const name = cursor.qualifiedName()
    const at = cursor.accept('AT') ? cursor.string() : undefined
    return { kind: 'explain_why', name, at, span: cursor.spanFrom(first) }
  }
  const mode =
    (['extended', 'codegen', 'cost', 'formatted'] as const).find((word) => cursor.accept(word.toUpperCase())) ?? 'simple'
  if (mode === 'simple') cursor.accept('LOGICAL')
  const statement = readStatement(cursor)
  return { kind: 'explain', mode, statement, span: cursor.spanFrom(first) }
}

/** SET | SET key ['=' value] | SET TIME ZONE (LOCAL | 'zone' | interval) | SET (VAR | VARIABLE) …: the last is read and refused */
function readSet(cursor: Cursor): StatementSyntax {
  const first = cursor.at
  cursor.expect('SET')
  if (cursor.sees('TIME', 'ZONE')) {
    cursor.at += 2
    return { kind: 'set_time_zone', zone: readZone(cursor), span: cursor.spanFrom(first) }
  }
  if (
    cursor.seesAny(['VAR', 'VARIABLE', 'CATALOG', 'ROLE', 'PATH']) &&
    cursor.peek(1).upper !== '=' &&
    cursor.peek(1).upper !== '.'
  ) {
    cursor.at = first
    return readCommand(cursor) ?? readUnsupported(cursor)
  }
  const text = restOfStatement(cursor)
  const span = cursor.spanFrom(first)
  if (text === '' || text === '-v') return { kind: 'set', key: undefined, value: undefined, span }
  const [, key, equals, value] = /^(`[^`]*`|[\w.:\\-]+)\s*(=\s*([\s\S]*))?$/.exec(text) ?? []
  if (key === undefined) {
    throw cursor.refuse('INVALID_SET_SYNTAX', 'SET takes a key, or a key and a value', span, {
      hint: 'Write SET key, SET key = value, or SET `key with signs` = `value`.',
    })
  }
  return { kind: 'set', key: unquoted(key), value: equals === undefined ? undefined : unquoted(value!.trim()), span }
}
function unquoted(text: string): string {
  return text.replace(/^(['"`])([\s\S]*)\1$/, '$2')
}

const ZONE_SECONDS_MAX = 18 * 3600
function readZone(cursor: Cursor): string {
  const first = cursor.at
  if (cursor.accept('LOCAL')) return Intl.DateTimeFormat().resolvedOptions().timeZone
  if (cursor.atString) return cursor.string()
  const interval = cursor.sees('INTERVAL') ? readInterval(cursor) : undefined
  if (interval === undefined || (!cursor.done && !cursor.sees(';'))) {
    throw cursor.refuse(
      '_LEGACY_ERROR_TEMP_0045',
      "SET TIME ZONE takes 'zone', LOCAL or an interval of hours",
      cursor.spanFrom(first - 3),
    )
  }
  const micros = offsetMicros(interval.value)
  if (micros === undefined || micros % 1_000_000n !== 0n || Math.abs(Number(micros)) > ZONE_SECONDS_MAX * 1e6) {
    throw cursor.refuse(
      'INVALID_INTERVAL_FORMAT.TIMEZONE_INTERVAL_OUT_OF_RANGE',
      'the interval of SET TIME ZONE must be whole seconds within 18 hours',
      interval.span,
    )
  }
  return formatOffset(Number(micros / 1_000_000n))
}
/** A day-time interval, or a calendar interval of nothing but time. */
function offsetMicros(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (value === null || typeof value !== 'object' || !('microseconds' in value)) return undefined
  const { months, days, microseconds } = value as { months: number; days: number; microseconds: bigint }
  return months === 0 && days === 0 ? microseconds : undefined
}

/** DESCRIBE [TABLE] [EXTENDED | FORMATTED] name [column] | DESCRIBE [QUERY] query | DESCRIBE FUNCTION … */
function readDescribe(cursor: Cursor): StatementSyntax {
  const first = cursor.at
  cursor.at++
  if (cursor.sees('QUERY') && queryStarts(cursor, 1)) cursor.at++
  if (queryStarts(cursor, 0) && !(cursor.sees('TABLE') && cursor.isName(cursor.peek(1)))) {
    const query = cursor.attempt('describe query', () => {
      const read = readQuery(cursor)
      if (!cursor.done && !cursor.sees(';')) throw cursor.unexpected()
      return read
    })
    if (query) return { kind: 'describe_query', query, span: cursor.spanFrom(first) }
  }
  const plain = cursor.attempt('describe name', (): StatementSyntax => {
    let extended = false
    cursor.accept('TABLE')
    if (cursor.seesAny(['EXTENDED', 'FORMATTED']) && cursor.isName(cursor.peek(1))) {
      cursor.at++
      extended = true
    }
    if (cursor.seesAny(OTHER_OBJECTS) && cursor.isName(cursor.peek(1))) throw cursor.unexpected()
    const name = readRelationName(cursor)
    const column = cursor.done || cursor.sees(';') ? undefined : cursor.qualifiedName()
    if (!cursor.done && !cursor.sees(';')) throw cursor.unexpected()
    return { kind: 'describe', name, extended, column, span: cursor.spanFrom(first) }
  })
  if (plain) return plain
  cursor.at = first
  return readUnsupported(cursor)
}

/** What DESCRIBE takes beside tables. */
const OTHER_OBJECTS = ['FUNCTION', 'DATABASE', 'SCHEMA', 'NAMESPACE', 'CATALOG', 'PROCEDURE', 'QUERY']

/** The source text up to ';' or the end, read raw. */
export function restOfStatement(cursor: Cursor): string {
  const { start } = cursor.token
  while (!cursor.done && !cursor.sees(';')) cursor.at++
  return cursor.text.slice(start, cursor.token.start).trim()
}
export function textFrom(cursor: Cursor, first: number): string {
  const { start, end }: Span = cursor.spanFrom(first)
  return cursor.text.slice(start, end)
}
