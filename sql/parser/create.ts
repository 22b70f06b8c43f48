import type { Span } from '../../engine/errors/span.ts'
import { type Field, field, STRING } from '../../engine/types/data-type.ts'
import type { ExpressionSyntax, OptionsSyntax, QuerySyntax, StatementSyntax, WatermarkSyntax } from '../ast.ts'
import { readCommand } from './catalog-command.ts'
import { readUnsupported } from './command.ts'
import type { Cursor } from './cursor.ts'
import { readExpression } from './expression.ts'
import { readOptions } from './options.ts'
import { queryStarts, readQuery } from './query.ts'
import { readRelationName, readWatermark } from './relation.ts'
import { duplicateClause, readClauses } from './statement.ts'
import { checkStorage, readStorageClause } from './storage-clause.ts'
import { readField, readType } from './type-name.ts'

/**
 * CREATE [OR REPLACE] STREAM … | CREATE STREAMING TABLE … | CREATE [OR REPLACE] [[GLOBAL] TEMP | TEMPORARY] VIEW … |
 * CREATE [OR REPLACE] [TEMPORARY] [EXTERNAL] TABLE …; whatever else Spark creates is read and refused.
 */
export function readCreate(cursor: Cursor): StatementSyntax {
  const first = cursor.at
  cursor.expect('CREATE')
  const orReplace = cursor.accept('OR', 'REPLACE')
  if (cursor.accept('STREAM')) return readCreateRelation(cursor, first, true, orReplace)
  if (cursor.accept('STREAMING', 'TABLE')) return readCreateStreamingTable(cursor, first)
  const global = cursor.accept('GLOBAL')
  const temporary = cursor.accept('TEMPORARY') || cursor.accept('TEMP')
  if (cursor.accept('VIEW')) return readCreateView(cursor, first, orReplace, temporary || global)
  const external = cursor.accept('EXTERNAL')
  if (cursor.accept('TABLE')) {
    if (external) cursor.notSupported('EXTERNAL', first)
    if (temporary) cursor.notSupported('CREATE TEMPORARY TABLE', first)
    return readCreateRelation(cursor, first, false, orReplace)
  }
  cursor.at = first
  return readCommand(cursor) ?? readUnsupported(cursor)
}

/** REPLACE TABLE … */
export function readReplace(cursor: Cursor): StatementSyntax {
  const first = cursor.at
  cursor.expect('REPLACE', 'TABLE')
  return readCreateRelation(cursor, first, false, true)
}

export function readIfNotExists(cursor: Cursor): boolean {
  if (cursor.sees('IF', '!')) {
    cursor.at++
    throw cursor.bangIsNotNot()
  }
  return cursor.accept('IF', 'NOT', 'EXISTS')
}

interface RelationClauses {
  provider?: string
  options?: OptionsSyntax
  watermark?: WatermarkSyntax
  lateDataTo?: string
  badRowsTo?: string
  location?: string
  /** Entries of the option `metadataColumns`. */
  metadata?: readonly string[]
}

/**
 * name ['(' element, … ')'] [USING provider] clause* [[AS] query]
 * element: name type [NOT NULL] [COMMENT 'text'] … [METADATA [FROM 'part'] [VIRTUAL]] | WATERMARK FOR name AS expression
 * clause: OPTIONS (…) | WITH (…) | WATERMARK expression DELAY OF interval | LATE DATA TO name | BAD ROWS TO name | LOCATION 'path' | COMMENT 'text'
 *       | Spark's PARTITIONED BY, CLUSTERED BY, CLUSTER BY, ROW FORMAT, STORED AS, TBLPROPERTIES, DEFAULT COLLATION: read and refused
 */
function readCreateRelation(cursor: Cursor, first: number, streaming: boolean, orReplace: boolean): StatementSyntax {
  const ifNotExists = readIfNotExists(cursor)
  const name = readRelationName(cursor)
  if (!streaming && cursor.accept('LIKE')) return readCreateLike(cursor, first)
  const clauses: RelationClauses = {}
  let columns: Field[] | undefined
  // (WITH type): a column of that name.
  const withColumn = cursor.sees('(', 'WITH') && cursor.seesAny([')', ','], 3)
  if (cursor.sees('(') && (withColumn || !queryStarts(cursor, 1))) {
    const elements = cursor.accept('(', ')') ? [] : cursor.parenthesized(() => readElement(cursor, clauses))
    columns = elements.filter((element) => element !== undefined)
  }
  readRelationClauses(cursor, clauses)
  cursor.accept('AS')
  const query: QuerySyntax | undefined = queryStarts(cursor, 0) ? readQuery(cursor) : undefined
  const { location, metadata } = clauses
  return {
    kind: 'create_relation',
    streaming,
    orReplace,
    ifNotExists,
    name,
    columns,
    provider: clauses.provider,
    options: {
      ...clauses.options,
      ...(location !== undefined && { path: location }),
      ...(metadata !== undefined && { metadataColumns: withMetadata(clauses.options, metadata) }),
    },
    watermark: clauses.watermark,
    lateDataTo: clauses.lateDataTo,
    badRowsTo: clauses.badRowsTo,
    query,
    span: cursor.spanFrom(first),
  }
}

function withMetadata(options: OptionsSyntax | undefined, metadata: readonly string[]): string {
  const given = options?.metadataColumns
  return [...(given === undefined ? [] : [given]), ...metadata].join(', ')
}

/** CREATE TABLE name LIKE name [USING …] …: read and refused. */
function readCreateLike(cursor: Cursor, first: number): StatementSyntax {
  readRelationName(cursor)
  readRelationClauses(cursor, {})
  const span = cursor.spanFrom(first)
  return { kind: 'unsupported', what: 'CREATE TABLE … LIKE', text: cursor.text.slice(span.start, span.end), span }
}

function readRelationClauses(cursor: Cursor, clauses: RelationClauses): void {
  const seen = new Set<string>()
  const once = (clause: string): void => {
    if (seen.has(clause)) throw duplicateClause(cursor, clause)
    seen.add(clause)
  }
  const first = cursor.at
  for (;;) {
    const at = cursor.at
    if (cursor.accept('USING')) {
      once('USING')
      clauses.provider = cursor.qualifiedName().join('.')
    } else if (cursor.accept('OPTIONS')) {
      once('OPTIONS')
      clauses.options = readOptions(cursor)
    } else if (cursor.sees('WITH', '(')) {
      cursor.at++
      once('WITH')
      clauses.options = readOptions(cursor)
    } else if (cursor.sees('WATERMARK')) {
      once('WATERMARK')
      clauses.watermark = readWatermark(cursor)!
    } else if (cursor.accept('LATE', 'DATA', 'TO')) {
      once('LATE DATA TO')
      clauses.lateDataTo = cursor.qualifiedName().join('.')
    } else if (cursor.accept('BAD', 'ROWS', 'TO')) {
      once('BAD ROWS TO')
      clauses.badRowsTo = cursor.qualifiedName().join('.')
    } else if (cursor.accept('LOCATION')) {
      once('LOCATION')
      clauses.location = cursor.string()
    } else if (cursor.accept('COMMENT')) {
      once('COMMENT')
      cursor.string()
    } else {
      const clause = readStorageClause(cursor)
      if (clause === undefined) break
      once(clause)
      cursor.notSupported(clause, at)
    }
  }
  checkStorage(cursor, first, seen)
}

/** A column; or a WATERMARK FOR or table constraint, which goes into `clauses` or is refused. */
function readElement(cursor: Cursor, clauses: RelationClauses): Field | undefined {
  const first = cursor.at
  if (cursor.sees('WATERMARK', 'FOR')) {
    cursor.at += 2
    const column: ExpressionSyntax = { kind: 'name', parts: cursor.qualifiedName(), span: cursor.spanFrom(first + 2) }
    cursor.expect('AS')
    clauses.watermark = watermarkFor(cursor, column, readExpression(cursor), cursor.spanFrom(first))
    return undefined
  }
  if (readTableConstraint(cursor)) return undefined
  const column = readColumn(cursor)
  const part = readMetadata(cursor, column.name)
  if (part !== undefined) clauses.metadata = [...(clauses.metadata ?? []), part]
  return column
}

/**
 * METADATA [FROM 'part'] [VIRTUAL] [COMMENT 'text'], Flink's: the column is no part of what is decoded, but of what came with it. It becomes an entry of
 * the option `metadataColumns`.
 */
function readMetadata(cursor: Cursor, name: string): string | undefined {
  if (!cursor.accept('METADATA')) return undefined
  const part = cursor.accept('FROM') ? cursor.string() : name
  // Such a column is never written, whether it says so or not.
  cursor.accept('VIRTUAL')
  if (cursor.accept('COMMENT')) cursor.string()
  return part === name && /^\w+$/.test(name) ? name : `${quoted(part)} AS ${quoted(name)}`
}
function quoted(name: string): string {
  return /^\w+$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``
}

/** `WATERMARK FOR at AS at - INTERVAL …`: the delay is what is taken off the column; `AS at` is no delay. */
function watermarkFor(
  cursor: Cursor,
  column: ExpressionSyntax & { kind: 'name' },
  expression: ExpressionSyntax,
  span: Span,
): WatermarkSyntax {
  const same = (e: ExpressionSyntax): boolean =>
    e.kind === 'name' && e.parts.join('.').toLowerCase() === column.parts.join('.').toLowerCase()
  if (same(expression)) {
    return {
      eventTime: column,
      delay: { kind: 'literal', form: 'string', text: '0 seconds', value: '0 seconds', type: STRING, span },
      span,
    }
  }
  if (expression.kind === 'binary' && expression.operator === '-' && same(expression.left)) {
    return { eventTime: column, delay: expression.right, span }
  }
  const name = column.parts.join('.')
  throw cursor.refuse('INVALID_WATERMARK', `the watermark of "${name}" must be "${name}" less an interval`, expression.span, {
    hint: `Write WATERMARK FOR ${name} AS ${name} - INTERVAL '5' SECOND.`,
  })
}

const CONSTRAINTS = ['CONSTRAINT', 'PRIMARY', 'FOREIGN', 'UNIQUE', 'CHECK']
/** [CONSTRAINT name] (PRIMARY KEY (…) | UNIQUE (…) | FOREIGN KEY (…) REFERENCES … | CHECK (…)) …: read and refused. */
export function readTableConstraint(cursor: Cursor): boolean {
  if (!cursor.seesAny(CONSTRAINTS)) return false
  const first = cursor.at
  const read = cursor.attempt('constraint', () => {
    if (cursor.accept('CONSTRAINT')) cursor.strictName()
    if (cursor.accept('CHECK')) {
      cursor.expect('(')
      readExpression(cursor)
      cursor.expect(')')
    } else {
      const foreign = cursor.accept('FOREIGN')
      if (foreign || cursor.accept('PRIMARY')) cursor.expect('KEY')
      else cursor.expect('UNIQUE')
      cursor.parenthesized(() => cursor.strictName())
      if (foreign) readReference(cursor)
    }
    readCharacteristics(cursor)
    return true
  })
  if (read) cursor.notSupported('a table constraint', first)
  return read === true
}
function readReference(cursor: Cursor): void {
  cursor.expect('REFERENCES')
  cursor.qualifiedName()
  if (cursor.sees('(')) cursor.parenthesized(() => cursor.strictName())
}
function readCharacteristics(cursor: Cursor): void {
  while (cursor.accept('NOT', 'ENFORCED') || cursor.accept('ENFORCED') || cursor.accept('RELY') || cursor.accept('NORELY')) {
    // Each word is all there is to it.
  }
}

/** name type (NOT NULL | COMMENT 'text' | DEFAULT expression | GENERATED … | constraint)* */
export function readColumn(cursor: Cursor): Field {
  const first = cursor.at
  const name = cursor.strictName()
  const type = readType(cursor)
  let nullable = true
  const seen = new Set<string>()
  for (;;) {
    const at = cursor.at
    let option: string
    if (cursor.sees('!', 'NULL')) throw cursor.bangIsNotNot()
    if (cursor.accept('NOT', 'NULL')) {
      nullable = false
      option = 'NOT NULL'
    } else if (cursor.accept('COMMENT')) {
      cursor.string()
      option = 'COMMENT'
    } else if (cursor.accept('DEFAULT')) {
      readExpression(cursor)
      option = 'DEFAULT'
      cursor.notSupported('DEFAULT of a column', at)
    } else if (cursor.accept('GENERATED')) {
      readGenerated(cursor, type.kind)
      option = 'GENERATED'
      cursor.notSupported('a generated column', at)
    } else if (readColumnConstraint(cursor)) {
      cursor.notSupported('a column constraint', at)
      continue
    } else break
    if (seen.has(option)) {
      throw cursor.refuse(
        'CREATE_TABLE_COLUMN_DESCRIPTOR_DUPLICATE',
        `column "${name}" has ${option} twice`,
        cursor.spanFrom(first),
      )
    }
    seen.add(option)
  }
  return field(name, type, nullable)
}

function readColumnConstraint(cursor: Cursor): boolean {
  if (!cursor.seesAny([...CONSTRAINTS, 'REFERENCES'])) return false
  if (cursor.accept('CONSTRAINT')) cursor.strictName()
  if (cursor.accept('CHECK')) {
    cursor.expect('(')
    readExpression(cursor)
    cursor.expect(')')
  } else if (cursor.sees('REFERENCES')) readReference(cursor)
  else if (!cursor.accept('UNIQUE')) cursor.expect('PRIMARY', 'KEY')
  readCharacteristics(cursor)
  return true
}

/** ALWAYS AS '(' expression ')' | (ALWAYS | BY DEFAULT) AS IDENTITY ['(' (START WITH n | INCREMENT BY n)* ')'] */
function readGenerated(cursor: Cursor, kind: string): void {
  const first = cursor.at
  if (!cursor.accept('BY', 'DEFAULT')) cursor.expect('ALWAYS')
  cursor.expect('AS')
  if (!cursor.accept('IDENTITY')) {
    cursor.expect('(')
    readExpression(cursor)
    cursor.expect(')')
    return
  }
  if (kind !== 'bigint' && kind !== 'int') {
    throw cursor.refuse(
      'IDENTITY_COLUMNS_UNSUPPORTED_DATA_TYPE',
      `an identity column cannot be of type ${kind}`,
      cursor.spanFrom(first),
    )
  }
  if (!cursor.accept('(')) return
  const seen = new Set<string>()
  while (!cursor.accept(')')) {
    const option = cursor.accept('START', 'WITH') ? 'START' : 'INCREMENT'
    if (option === 'INCREMENT') cursor.expect('INCREMENT', 'BY')
    if (seen.has(option)) {
      throw cursor.refuse(
        'IDENTITY_COLUMNS_DUPLICATED_SEQUENCE_GENERATOR_OPTION',
        `${option} is given twice`,
        cursor.spanFrom(first),
      )
    }
    seen.add(option)
    readExpression(cursor)
  }
}

/** [IF NOT EXISTS] name ['(' element, … ')'] [USING sink] (OPTIONS (…) | clause)* [AS query] */
function readCreateStreamingTable(cursor: Cursor, first: number): StatementSyntax {
  const at = cursor.at
  if (readIfNotExists(cursor)) cursor.notSupported('IF NOT EXISTS of a streaming table', at)
  const name = readRelationName(cursor)
  const columnsAt = cursor.at
  if (cursor.sees('(')) {
    if (cursor.sees('(', ')')) cursor.at += 2
    else cursor.parenthesized(() => readElement(cursor, {}))
    cursor.notSupported('a column list of a streaming table', columnsAt)
  }
  const provider = cursor.accept('USING') ? cursor.qualifiedName().join('.') : undefined
  let options: OptionsSyntax = {}
  let clauses = readClauses(cursor)
  if (cursor.accept('OPTIONS')) {
    options = readOptions(cursor)
    clauses = { ...clauses, ...onlyGiven(readClauses(cursor)) }
  }
  const others: RelationClauses = {}
  readRelationClauses(cursor, others)
  const query = cursor.accept('AS') ? readQuery(cursor) : undefined
  if (query === undefined) cursor.notSupported('a streaming table without a query', first)
  return {
    kind: 'create_streaming_table',
    name,
    provider: provider ?? others.provider,
    options: { ...others.options, ...options },
    query,
    ...clauses,
    span: cursor.spanFrom(first),
  }
}
function onlyGiven<T extends object>(clauses: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(clauses).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  ) as Partial<T>
}

/**
 * [IF NOT EXISTS] name ['(' name [COMMENT 'text'], … ')'] (COMMENT 'text' | WITH SCHEMA … | TBLPROPERTIES …)* AS query
 * name ['(' column, … ')'] USING provider [OPTIONS (…)]: a relation under another name
 */
function readCreateView(cursor: Cursor, first: number, orReplace: boolean, temporary: boolean): StatementSyntax {
  const ifNotExists = readIfNotExists(cursor)
  const name = readRelationName(cursor)
  const using = temporary
    ? cursor.attempt('view using', (): StatementSyntax => {
        const columns = cursor.sees('(') ? cursor.parenthesized(() => readField(cursor, false)) : undefined
        cursor.expect('USING')
        const provider = cursor.qualifiedName().join('.')
        const options = cursor.accept('OPTIONS') ? readOptions(cursor) : {}
        const none = { watermark: undefined, lateDataTo: undefined, badRowsTo: undefined, query: undefined }
        const base = {
          kind: 'create_relation',
          streaming: false,
          orReplace,
          ifNotExists,
          name,
          columns,
          provider,
          options,
        } as const
        return { ...base, ...none, span: cursor.spanFrom(first) }
      })
    : undefined
  if (using) return using
  const columns = cursor.sees('(')
    ? cursor.parenthesized(() => {
        const column = cursor.name()
        if (cursor.accept('COMMENT')) cursor.string()
        return column
      })
    : []
  const seen = new Set<string>()
  for (;;) {
    const at = cursor.at
    let clause: string
    if (cursor.accept('COMMENT')) {
      cursor.string()
      clause = 'COMMENT'
    } else if (cursor.accept('WITH', 'SCHEMA')) {
      const binding = cursor.accept('TYPE') || cursor.seesAny(['BINDING', 'COMPENSATION', 'EVOLUTION'])
      if (!binding) throw cursor.unexpected()
      cursor.at++
      clause = 'WITH SCHEMA'
    } else {
      const refused = readStorageClause(cursor) ?? (cursor.accept('WITH', 'METRICS') ? 'METRICS' : readPartitionedOn(cursor))
      if (refused === undefined) break
      clause = refused
      cursor.notSupported(clause, at)
    }
    if (seen.has(clause)) throw duplicateClause(cursor, clause)
    seen.add(clause)
  }
  cursor.expect('AS')
  const query = readQuery(cursor)
  return { kind: 'create_view', orReplace, ifNotExists, temporary, name, columns, query, span: cursor.spanFrom(first) }
}
function readPartitionedOn(cursor: Cursor): string | undefined {
  if (!cursor.accept('PARTITIONED', 'ON')) return undefined
  cursor.parenthesized(() => cursor.strictName())
  return 'PARTITIONED ON'
}
