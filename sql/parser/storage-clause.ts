import type { Cursor } from './cursor.ts'
import { readExpression } from './expression.ts'
import { readOptions } from './options.ts'
import { readType } from './type-name.ts'

/** A clause of Spark's CREATE TABLE that Millrace does not have; its name. */
export function readStorageClause(cursor: Cursor): string | undefined {
  if (cursor.accept('PARTITIONED', 'BY')) {
    readPartitioning(cursor)
    return 'PARTITIONED BY'
  }
  if (cursor.accept('CLUSTER', 'BY')) {
    cursor.parenthesized(() => cursor.qualifiedName())
    return 'CLUSTER BY'
  }
  if (cursor.accept('CLUSTERED', 'BY')) {
    cursor.parenthesized(() => cursor.strictName())
    if (cursor.accept('SORTED', 'BY')) {
      cursor.parenthesized(() => {
        cursor.strictName()
        if (!cursor.accept('DESC')) cursor.accept('ASC')
      })
    }
    cursor.expect('INTO')
    cursor.wholeNumber()
    cursor.expect('BUCKETS')
    return 'CLUSTERED BY'
  }
  if (cursor.sees('SKEWED', 'BY') || cursor.sees('STORED', 'BY')) {
    const what = `${cursor.next().upper} ${cursor.next().upper}`
    throw cursor.refuse(
      'INVALID_STATEMENT_OR_CLAUSE',
      `the clause ${what} does not exist any more`,
      cursor.tokens[cursor.at - 1]!,
    )
  }
  if (cursor.accept('ROW', 'FORMAT')) {
    readRowFormat(cursor)
    return 'ROW FORMAT'
  }
  if (cursor.accept('STORED', 'AS')) {
    if (cursor.accept('INPUTFORMAT')) {
      cursor.string()
      cursor.expect('OUTPUTFORMAT')
      cursor.string()
    } else cursor.name()
    return 'STORED'
  }
  if (cursor.accept('TBLPROPERTIES')) {
    readOptions(cursor)
    return 'TBLPROPERTIES'
  }
  if (cursor.accept('DEFAULT', 'COLLATION')) {
    readCollation(cursor)
    return 'DEFAULT COLLATION'
  }
  return undefined
}

export function readCollation(cursor: Cursor): void {
  const { token } = cursor
  const name = cursor.strictName()
  const [base = ''] = name.split('_')
  const known = /^(UTF8_BINARY|UTF8_LCASE|UNICODE)(_|$)/i.test(name) || isLocale(base)
  if (!known) throw cursor.refuse('COLLATION_INVALID_NAME', `collation "${name}" does not exist`, token)
}

function isLocale(name: string): boolean {
  // Anything else is no tag of a language, and Intl throws.
  return /^[A-Za-z]{2,3}$/.test(name) && Intl.Collator.supportedLocalesOf([name.toLowerCase()]).length > 0
}

/** '(' (name type | transform), … ')': columns with types, or names and calls, not both. */
function readPartitioning(cursor: Cursor): void {
  const first = cursor.at
  const kinds = new Set(
    cursor.parenthesized(() => {
      const name = cursor.qualifiedName()
      if (cursor.sees('(')) {
        cursor.parenthesized(() => readExpression(cursor))
        return 'transform'
      }
      if (cursor.seesAny([',', ')'])) return 'transform'
      if (name.length > 1) throw cursor.unexpected()
      readType(cursor)
      cursor.accept('NOT', 'NULL')
      if (cursor.accept('COMMENT')) cursor.string()
      return 'column'
    }),
  )
  if (kinds.size > 1) {
    throw cursor.refuse(
      '_LEGACY_ERROR_TEMP_0035',
      'PARTITIONED BY has either columns with types or expressions, not both',
      cursor.spanFrom(first),
    )
  }
}

function readRowFormat(cursor: Cursor): void {
  if (cursor.accept('SERDE')) {
    cursor.string()
    if (cursor.accept('WITH', 'SERDEPROPERTIES')) readOptions(cursor)
    return
  }
  cursor.expect('DELIMITED')
  const terminated = (...words: string[]): void => {
    if (cursor.accept(...words, 'TERMINATED', 'BY')) cursor.string()
  }
  terminated('FIELDS')
  if (cursor.accept('ESCAPED', 'BY')) cursor.string()
  terminated('COLLECTION', 'ITEMS')
  terminated('MAP', 'KEYS')
  terminated('LINES')
  if (cursor.accept('NULL', 'DEFINED', 'AS')) cursor.string()
}

/** What the storage clauses of one statement, read since token `first`, may not be together. */
export function checkStorage(cursor: Cursor, first: number, clauses: ReadonlySet<string>): void {
  const refuse = (condition: string, message: string): Error => cursor.refuse(condition, message, cursor.spanFrom(first))
  const stored = ['ROW FORMAT', 'STORED'].find((clause) => clauses.has(clause))
  if (stored && clauses.has('USING')) throw refuse('INVALID_STATEMENT_OR_CLAUSE', `USING and ${stored} do not go together`)
  if (clauses.has('CLUSTER BY') && (clauses.has('PARTITIONED BY') || clauses.has('CLUSTERED BY'))) {
    const other = clauses.has('PARTITIONED BY') ? 'PARTITIONED_BY' : 'BUCKETING'
    throw refuse(`SPECIFY_CLUSTER_BY_WITH_${other}_IS_NOT_ALLOWED`, 'CLUSTER BY does not go with PARTITIONED BY or CLUSTERED BY')
  }
  if (clauses.has('ROW FORMAT') && clauses.has('STORED')) {
    const words = cursor.tokens.slice(first, cursor.at).map((token) => token.upper)
    const format = words[words.indexOf('STORED') + 2]!
    const serde = words[words.indexOf('FORMAT') + 1] === 'SERDE'
    const known = serde ? ['TEXTFILE', 'SEQUENCEFILE', 'RCFILE', 'INPUTFORMAT'] : ['TEXTFILE', 'INPUTFORMAT']
    if (!known.includes(format)) throw refuse('_LEGACY_ERROR_TEMP_0035', `ROW FORMAT does not go with STORED AS ${format}`)
  }
}
