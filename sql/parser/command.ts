import { ParseError } from '../../engine/errors/engine-error.ts'
import type { StatementSyntax } from '../ast.ts'
import { type CommandPart, commands } from './command-grammar.ts'
import { readColumn, readTableConstraint } from './create.ts'
import type { Cursor } from './cursor.ts'
import { readExpression, readNamedExpression } from './expression.ts'
import { readOptions } from './options.ts'
import { queryStarts, readQuery } from './query.ts'
import { readRelationName, readTableAlias } from './relation.ts'
import { readStatement } from './statement.ts'
import { readCollation } from './storage-clause.ts'
import { readType } from './type-name.ts'

/**
 * A statement of Spark's that Millrace knows and does not run. It is checked against its grammar (see command-grammar.ts), so that what is
 * wrong in it is said first, and refused when it is lowered.
 */
export function readUnsupported(cursor: Cursor): StatementSyntax {
  const first = cursor.at
  const candidates = commands().filter(({ start }) => start.includes(cursor.token.upper))
  let furthest: ParseError | undefined
  for (const { what, part } of candidates) {
    cursor.at = first
    try {
      matchPart(cursor, part)
      if (!cursor.done && !cursor.sees(';')) throw cursor.unexpected()
      const span = cursor.spanFrom(first)
      return { kind: 'unsupported', what, text: cursor.text.slice(span.start, span.end), span }
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      // A statement of this form that breaks a rule of its own, and not a statement of another form.
      if (error.condition !== 'PARSE_SYNTAX_ERROR') throw error
      if (furthest === undefined || (error.span?.start ?? 0) > (furthest.span?.start ?? 0)) furthest = error
    }
  }
  // The message names the place alone: what could stand there differs from form to form.
  cursor.at = first
  while (furthest?.span && cursor.token.start < furthest.span.start && !cursor.done) cursor.at++
  throw cursor.unexpected()
}

/** Reads a part or throws; a part that threw has moved the cursor, and whoever tries another puts it back. */
function matchPart(cursor: Cursor, part: CommandPart): void {
  switch (part.kind) {
    case 'word':
      cursor.expect(part.word)
      return
    case 'reader':
      READERS[part.name]!(cursor)
      return
    case 'sequence':
      for (const each of part.parts) matchPart(cursor, each)
      return
    case 'optional':
      matches(cursor, part.part)
      return
    case 'repeated':
      while (matches(cursor, part.part)) {
        // Each round moves on.
      }
      return
    case 'list':
      cursor.list(() => matchPart(cursor, part.part))
      return
    case 'choice': {
      let furthest: ParseError | undefined
      for (const each of part.parts) {
        const error = failure(cursor, each)
        if (error === undefined) return
        if (furthest === undefined || (error.span?.start ?? 0) > (furthest.span?.start ?? 0)) furthest = error
      }
      throw furthest!
    }
  }
}
function matches(cursor: Cursor, part: CommandPart): boolean {
  const start = cursor.at
  return failure(cursor, part) === undefined && cursor.at > start
}
/** The error that reading the part gives, with the cursor back; undefined when it was read. */
function failure(cursor: Cursor, part: CommandPart): ParseError | undefined {
  const start = cursor.at
  try {
    matchPart(cursor, part)
    return undefined
  } catch (error) {
    if (!(error instanceof ParseError) || error.condition !== 'PARSE_SYNTAX_ERROR') throw error
    cursor.at = start
    return error
  }
}

/** What the lower-case words of the grammar stand for. */
const READERS: Readonly<Record<string, (cursor: Cursor) => unknown>> = {
  name: readRelationName,
  column: (cursor) => cursor.qualifiedName(),
  word: (cursor) => cursor.strictName(),
  text: (cursor) => cursor.string(),
  number: (cursor) => cursor.wholeNumber(),
  expression: (cursor) => readExpression(cursor),
  named: readNamedExpression,
  type: readType,
  query: (cursor) => {
    if (!queryStarts(cursor, 0)) throw cursor.unexpected()
    return readQuery(cursor)
  },
  statement: readStatement,
  options: readOptions,
  keys: (cursor) =>
    cursor.parenthesized(() => {
      if (cursor.atString) cursor.string()
      else cursor.qualifiedName()
      if (cursor.accept('=')) readExpression(cursor)
    }),
  definition: readColumn,
  constraint: (cursor) => {
    if (!readTableConstraint(cursor)) throw cursor.unexpected()
  },
  collation: readCollation,
  alias: (cursor) => {
    const at = cursor.token
    const alias = readTableAlias(cursor)
    if (alias && alias.columns.length > 0) {
      throw cursor.refuse('COLUMN_ALIASES_NOT_ALLOWED', 'the table that is changed takes no column aliases', at)
    }
  },
  argument: (cursor) => {
    if (cursor.atName && cursor.peek(1).upper === '=>') cursor.at += 2
    return readExpression(cursor)
  },
  anything: (cursor) => {
    while (!cursor.done && !cursor.sees(';')) cursor.at++
  },
  newColumn: (cursor) => readAlteredColumn(cursor, NEW_COLUMN_OPTIONS),
  replacedColumn: (cursor) => {
    const at = cursor.token
    const { name, options } = readAlteredColumn(cursor, NEW_COLUMN_OPTIONS)
    const wrong =
      name.length > 1
        ? 'a nested column'
        : options.find((option) => option === 'NOT NULL' || option === 'FIRST' || option === 'AFTER')
    if (wrong) throw cursor.refuse('_LEGACY_ERROR_TEMP_0034', `REPLACE COLUMNS does not take ${wrong}`, at)
  },
  changedColumn: (cursor) => {
    const at = cursor.token
    const from = cursor.qualifiedName()
    const to = cursor.strictName()
    readType(cursor)
    if (from.at(-1)!.toLowerCase() !== to.toLowerCase()) {
      throw cursor.refuse('_LEGACY_ERROR_TEMP_0034', 'CHANGE COLUMN does not change names', at)
    }
  },
  partition: (cursor) => {
    cursor.expect('PARTITION')
    cursor.parenthesized(() => {
      cursor.name()
      if (cursor.accept('=') && !cursor.accept('DEFAULT')) readExpression(cursor)
    })
  },
  fullPartition: (cursor) => {
    const at = cursor.token
    let whole = true
    cursor.expect('PARTITION')
    cursor.parenthesized(() => {
      cursor.name()
      if (cursor.accept('=')) readExpression(cursor)
      else whole = false
    })
    if (!whole) throw cursor.refuse('INVALID_SQL_SYNTAX.EMPTY_PARTITION_VALUE', 'every partition column needs a value here', at)
  },
  noscan: (cursor) => {
    const { token } = cursor
    if (token.upper === 'FOR') throw cursor.unexpected()
    if (cursor.name().toUpperCase() !== 'NOSCAN') {
      throw cursor.refuse('INVALID_SQL_SYNTAX.ANALYZE_TABLE_UNEXPECTED_NOSCAN', `"${token.text}" stands where NOSCAN may`, token)
    }
  },
  insertValues: (cursor) => {
    const at = cursor.token
    const columns = cursor.parenthesized(() => cursor.qualifiedName())
    cursor.expect('VALUES')
    const values = cursor.parenthesized(() => readExpression(cursor))
    if (columns.length !== values.length) {
      throw cursor.refuse(
        'MERGE_INSERT_VALUE_COUNT_MISMATCH',
        `INSERT names ${columns.length} columns and gives ${values.length} values`,
        at,
      )
    }
  },
  mergeClauses: readMergeClauses,
  variableTypeOrDefault: (cursor) => {
    const { at } = cursor
    if (!cursor.sees('DEFAULT') && !cursor.sees('=') && !cursor.done && !cursor.sees(';')) readType(cursor)
    if (cursor.accept('DEFAULT') || cursor.accept('=')) readExpression(cursor)
    if (cursor.at === at) {
      throw cursor.refuse(
        'INVALID_SQL_SYNTAX.VARIABLE_TYPE_OR_DEFAULT_REQUIRED',
        'a variable needs a type or a default',
        cursor.token,
      )
    }
  },
}

const NEW_COLUMN_OPTIONS = ['NOT NULL', 'DEFAULT', 'COMMENT', 'FIRST', 'AFTER']

/** name type (NOT NULL | DEFAULT expression | COMMENT 'text' | FIRST | AFTER name)*, each at most once, FIRST and AFTER counting as one. */
function readAlteredColumn(cursor: Cursor, known: readonly string[]): { name: string[]; options: string[] } {
  const at = cursor.token
  const name = cursor.qualifiedName()
  readType(cursor)
  const options: string[] = []
  for (;;) {
    const option = known.find((each) => cursor.accept(...each.split(' ')))
    if (option === undefined) return { name, options }
    if (option === 'DEFAULT') readExpression(cursor)
    else if (option === 'COMMENT') cursor.string()
    else if (option === 'AFTER') cursor.strictName()
    const place = (each: string): boolean => each === 'FIRST' || each === 'AFTER'
    if (options.some((given) => given === option || (place(given) && place(option)))) {
      throw cursor.refuse('ALTER_TABLE_COLUMN_DESCRIPTOR_DUPLICATE', `column "${name.join('.')}" has ${option} twice`, at)
    }
    options.push(option)
  }
}

/** (WHEN [NOT] MATCHED [BY TARGET | BY SOURCE] [AND condition] THEN action)+; only the last of a kind may lack its condition. */
function readMergeClauses(cursor: Cursor): void {
  const open = new Map<string, boolean>()
  const at = cursor.token
  while (cursor.accept('WHEN')) {
    const not = cursor.accept('NOT')
    cursor.expect('MATCHED')
    const bySource = not && cursor.accept('BY', 'SOURCE')
    if (not && !bySource) cursor.accept('BY', 'TARGET')
    const kind = bySource ? 'by source' : not ? 'not matched' : 'matched'
    const conditional = cursor.accept('AND')
    if (conditional) readExpression(cursor)
    if (open.get(kind)) {
      throw cursor.refuse(
        `NON_LAST_${kind.toUpperCase().replace(' ', '_')}_CLAUSE_OMIT_CONDITION`,
        'only the last WHEN of its kind may lack a condition',
        at,
      )
    }
    open.set(kind, !conditional)
    cursor.expect('THEN')
    if (kind === 'not matched') {
      cursor.expect('INSERT')
      if (!cursor.accept('*')) READERS['insertValues']!(cursor)
    } else if (!cursor.accept('DELETE')) {
      cursor.expect('UPDATE', 'SET')
      if (kind === 'by source' || !cursor.accept('*')) {
        cursor.list(() => {
          cursor.qualifiedName()
          cursor.expect('=')
          readExpression(cursor)
        })
      }
    }
  }
  if (open.size === 0) throw cursor.refuse('MERGE_WITHOUT_WHEN', 'MERGE needs at least one WHEN', at)
}
