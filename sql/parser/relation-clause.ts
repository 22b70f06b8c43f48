import type { PivotSyntax, SampleSyntax, TableArgumentSyntax, UnpivotSyntax } from '../ast.ts'
import { readSortItem } from './call.ts'
import type { Cursor } from './cursor.ts'
import { readExpression, readNamedExpression } from './expression.ts'
import { queryStarts, readQuery } from './query.ts'
import { readRelationName } from './relation.ts'

/** TABLESAMPLE [SYSTEM | BERNOULLI] '(' number PERCENT | expression ROWS | BUCKET n OUT OF m [ON …] ')' [REPEATABLE '(' seed ')'] */
export function readSample(cursor: Cursor): SampleSyntax | undefined {
  if (!cursor.sees('TABLESAMPLE')) return undefined
  const first = cursor.at
  cursor.at++
  const method = cursor.accept('SYSTEM') ? 'system' : cursor.accept('BERNOULLI') ? 'bernoulli' : undefined
  cursor.expect('(')
  if (cursor.sees(')')) throw cursor.refuse('_LEGACY_ERROR_TEMP_0014', 'TABLESAMPLE needs a size', cursor.spanFrom(first))
  const by = readSampleSize(cursor, first)
  cursor.expect(')')
  const seed = cursor.accept('REPEATABLE', '(') ? cursor.wholeNumber() : undefined
  if (seed !== undefined) cursor.expect(')')
  const span = cursor.spanFrom(first)
  if (method === 'system') {
    if (by.kind !== 'percent') {
      throw cursor.refuse('UNSUPPORTED_FEATURE.TABLESAMPLE_SYSTEM_SAMPLE_METHOD', 'TABLESAMPLE SYSTEM takes a percentage', span)
    }
    if (seed !== undefined)
      throw cursor.refuse('UNSUPPORTED_FEATURE.TABLESAMPLE_SYSTEM_REPEATABLE', 'TABLESAMPLE SYSTEM is not REPEATABLE', span)
  }
  return { by, method, seed, span }
}

function readSampleSize(cursor: Cursor, first: number): SampleSyntax['by'] {
  const system = cursor.tokens[first + 1]!.upper === 'SYSTEM'
  const size = cursor.peek(cursor.sees('-') ? 1 : 0)
  const percentAt = cursor.sees('-') ? 2 : 1
  if (size.kind === 'number' && cursor.peek(percentAt).upper === 'PERCENT') {
    const percent = Number(size.text) * (percentAt === 2 ? -1 : 1)
    cursor.at += percentAt + 1
    if (!(percent >= 0 && percent <= 100)) throw badFraction(cursor, first)
    return { kind: 'percent', percent }
  }
  if (cursor.sees('BUCKET') && cursor.peek(1).kind === 'number') {
    cursor.at++
    const numerator = cursor.wholeNumber()
    cursor.expect('OUT', 'OF')
    const denominator = cursor.wholeNumber()
    if (cursor.accept('ON')) {
      cursor.qualifiedName()
      const call = cursor.accept('(', ')')
      if (!system) {
        const condition = call ? '_LEGACY_ERROR_TEMP_0015' : '_LEGACY_ERROR_TEMP_0016'
        throw cursor.refuse(condition, 'TABLESAMPLE by bucket of a column is not supported', cursor.spanFrom(first))
      }
    }
    if (!system && numerator > denominator) throw badFraction(cursor, first)
    return { kind: 'bucket', numerator, denominator }
  }
  const rows = readExpression(cursor)
  if (cursor.accept('ROWS')) return { kind: 'rows', rows }
  if (!system) {
    const bytes = /^\d+[bBkKmMgG]$/.test(cursor.text.slice(rows.span.start, rows.span.end))
    throw cursor.refuse(
      bytes ? '_LEGACY_ERROR_TEMP_0015' : '_LEGACY_ERROR_TEMP_0016',
      'TABLESAMPLE takes PERCENT, ROWS or BUCKET',
      rows.span,
    )
  }
  return { kind: 'rows', rows }
}
function badFraction(cursor: Cursor, first: number): Error {
  return cursor.refuse(
    'INVALID_TABLESAMPLE_FRACTION',
    'the part that TABLESAMPLE takes must lie between nothing and all',
    cursor.spanFrom(first),
  )
}

/** PIVOT '(' expression [[AS] name], … FOR (name | '(' name, … ')') IN '(' expression [[AS] name], … ')' ')' */
export function readPivot(cursor: Cursor): PivotSyntax {
  const first = cursor.at
  cursor.expect('PIVOT', '(')
  const aggregates = cursor.list(() => readNamedExpression(cursor))
  cursor.expect('FOR')
  const columns = cursor.sees('(') ? cursor.parenthesized(() => cursor.strictName()) : [cursor.strictName()]
  cursor.expect('IN')
  const values = cursor.parenthesized(() => {
    const value = readNamedExpression(cursor)
    return value.kind === 'alias' ? { value: value.operand, alias: value.names[0] } : { value, alias: undefined }
  })
  cursor.expect(')')
  return { aggregates, columns, values, span: cursor.spanFrom(first) }
}

/**
 * UNPIVOT [(INCLUDE | EXCLUDE) NULLS] '(' name FOR name IN '(' column [[AS] name], … ')' ')'
 * UNPIVOT … '(' '(' name, … ')' FOR name IN '(' '(' column, … ')' [[AS] name], … ')' ')'
 */
export function readUnpivot(cursor: Cursor): UnpivotSyntax {
  const first = cursor.at
  cursor.expect('UNPIVOT')
  const includeNulls = cursor.accept('INCLUDE', 'NULLS')
  if (!includeNulls) cursor.accept('EXCLUDE', 'NULLS')
  cursor.expect('(')
  const several = cursor.sees('(')
  const values = several ? cursor.parenthesized(() => cursor.name()) : [cursor.name()]
  cursor.expect('FOR')
  const name = cursor.name()
  cursor.expect('IN')
  const columns = cursor.parenthesized(() => {
    const group = several ? cursor.parenthesized(() => cursor.qualifiedName()) : [cursor.qualifiedName()]
    const named = cursor.accept('AS') || cursor.atName
    return { columns: group, alias: named ? cursor.strictName() : undefined }
  })
  cursor.expect(')')
  return { includeNulls, values, name, columns, span: cursor.spanFrom(first) }
}

/**
 * table argument: TABLE (name | '(' name ')' | '(' query ')') [(PARTITION | DISTRIBUTE) BY … | WITH SINGLE PARTITION] [(ORDER | SORT) BY …]
 * Undefined, with nothing read, when TABLE is a name here.
 */
export function readTableArgument(cursor: Cursor): TableArgumentSyntax | undefined {
  const first = cursor.at
  const following = cursor.peek(1)
  if (following.upper !== '(' && (!cursor.isName(following) || following.upper === 'AS')) return undefined
  cursor.at++
  const at = cursor.at
  const wrapped = cursor.accept('(')
  const query = wrapped && queryStarts(cursor, 0) ? readQuery(cursor) : undefined
  const name = query ? undefined : readRelationName(cursor)
  const span = cursor.spanFrom(at)
  if (wrapped) cursor.expect(')')
  readArgumentPartitioning(cursor)
  const tail = { orderBy: [], clusterBy: [], distributeBy: [], sortBy: [], windows: [], limit: undefined, offset: undefined }
  const whole = query ?? {
    kind: 'query' as const,
    recursive: false,
    ctes: [],
    body: { kind: 'table' as const, name: name!, span },
    tail,
    span,
  }
  return { kind: 'table_argument', query: whole, span: cursor.spanFrom(first) }
}
function readArgumentPartitioning(cursor: Cursor): void {
  const first = cursor.at
  const refuse = () => {
    throw cursor.refuse(
      'INVALID_SQL_SYNTAX.INVALID_TABLE_FUNCTION_TABLE_ARGUMENT_PARTITIONING',
      'several expressions of PARTITION BY or ORDER BY need parentheses here',
      cursor.spanFrom(first),
    )
  }
  const readList = (item: () => unknown) => {
    item()
    if (cursor.sees(',') && cursor.isName(cursor.peek(1)) && cursor.peek(2).upper !== '=>' && !cursor.seesAny(['TABLE'], 1)) {
      cursor.at++
      item()
      refuse()
    }
  }
  if (cursor.accept('WITH', 'SINGLE', 'PARTITION') || cursor.sees('PARTITION', 'BY') || cursor.sees('DISTRIBUTE', 'BY')) {
    if (cursor.accept('PARTITION', 'BY') || cursor.accept('DISTRIBUTE', 'BY')) readList(() => readExpression(cursor))
    if (cursor.accept('ORDER', 'BY') || cursor.accept('SORT', 'BY')) {
      if (cursor.accept('(')) {
        cursor.list(() => readSortItem(cursor))
        cursor.expect(')')
      } else readList(() => readSortItem(cursor))
    }
    cursor.notSupported('partitioning of a table argument', first)
  }
}
