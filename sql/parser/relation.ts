import type {
  FromSyntax,
  JoinSyntax,
  LateralViewSyntax,
  Name,
  PivotSyntax,
  RelationNameSyntax,
  RelationSyntax,
  SampleSyntax,
  TableAliasSyntax,
  TableArgumentSyntax,
  UnpivotSyntax,
  WatermarkSyntax,
} from '../ast.ts'
import { STRICT_KEYWORDS } from '../keywords.ts'
import { readCall, readSortItem } from './call.ts'
import type { Cursor } from './cursor.ts'
import { readExpression, readNamedExpression, readOperand } from './expression.ts'
import { constantName } from './identifier.ts'
import { readOptions } from './options.ts'
import { pivotAndUnpivot } from './pipe.ts'
import { queryStarts, readQuery } from './query.ts'

/** from: relation, … lateralView* */
export function readFrom(cursor: Cursor): FromSyntax {
  const first = cursor.at
  const relations = cursor.list(() => readRelation(cursor))
  const views = readLateralViews(cursor)
  if (cursor.sees('PIVOT', '(')) {
    readPivot(cursor)
    if (cursor.sees('UNPIVOT')) throw pivotAndUnpivot(cursor)
    throw cursor.refuse(
      'NOT_ALLOWED_IN_FROM.LATERAL_WITH_PIVOT',
      'LATERAL VIEW and PIVOT do not go together in FROM',
      cursor.spanFrom(first),
      {
        hint: 'Put one of them into a subquery.',
      },
    )
  }
  return { relations, views, span: cursor.spanFrom(first) }
}

/** lateralView: LATERAL VIEW [OUTER] name '(' [expression, …] ')' name [[AS] name, …] */
export function readLateralViews(cursor: Cursor): LateralViewSyntax[] {
  const views: LateralViewSyntax[] = []
  while (cursor.sees('LATERAL', 'VIEW')) {
    const first = cursor.at
    cursor.at += 2
    const outer = cursor.sees('OUTER') && cursor.peek(1).upper !== '(' && cursor.accept('OUTER')
    const at = cursor.at
    const call = readCall(cursor, cursor.qualifiedName(), at)
    const bare = cursor.sees('AS') && cursor.isName(cursor.peek(1)) && !cursor.seesAny(['AS', ','], 2)
    const table = cursor.name()
    const named = !bare && cursor.accept('AS')
    const columns = named || bare || cursor.atImplicitAlias('table') ? cursor.list(() => cursor.name()) : []
    views.push({ outer, call, table, columns, span: cursor.spanFrom(first) })
  }
  return views
}

/** relation: [LATERAL] primary (join | pivot | unpivot)* */
export function readRelation(cursor: Cursor): RelationSyntax {
  return cursor.nested(() => {
    const first = cursor.at
    let relation: RelationSyntax
    if (cursor.sees('LATERAL') && !cursor.sees('LATERAL', 'VIEW')) {
      cursor.at++
      const inner = readRelationPrimary(cursor)
      relation = { kind: 'lateral', relation: inner, span: cursor.spanFrom(first) }
    } else relation = readRelationPrimary(cursor)
    for (;;) {
      const join = readJoin(cursor)
      if (join) relation = { kind: 'join', left: relation, join, span: cursor.spanFrom(first) }
      else if (cursor.sees('PIVOT', '(')) {
        const pivot = readPivot(cursor)
        relation = { kind: 'pivot', input: relation, pivot, alias: readTableAlias(cursor), span: cursor.spanFrom(first) }
      } else if (cursor.sees('UNPIVOT') && cursor.seesAny(['(', 'INCLUDE', 'EXCLUDE'], 1)) {
        const unpivot = readUnpivot(cursor)
        relation = { kind: 'unpivot', input: relation, unpivot, alias: readTableAlias(cursor), span: cursor.spanFrom(first) }
      } else return relation
    }
  })
}

/**
 * join: [NATURAL] [INNER | CROSS | LEFT [OUTER | SEMI | ANTI] | RIGHT [OUTER] | FULL [OUTER] | SEMI | ANTI] JOIN [LATERAL] primary [ON expression | USING '(' name, … ')']
 *     | [INNER | LEFT [OUTER]] ASOF JOIN primary MATCH_CONDITION '(' expression ')' [ON … | USING …]
 */
export function readJoin(cursor: Cursor): JoinSyntax | undefined {
  const first = cursor.at
  let ahead = cursor.sees('NATURAL') ? 1 : 0
  const natural = ahead === 1
  const word = cursor.peek(ahead).upper
  let type: JoinSyntax['type'] = 'inner'
  if (['INNER', 'CROSS', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI'].includes(word)) {
    ahead++
    const side = cursor.peek(ahead).upper
    if (word === 'CROSS') type = 'cross'
    else if (word === 'SEMI' || (word === 'LEFT' && side === 'SEMI')) type = 'left_semi'
    else if (word === 'ANTI' || (word === 'LEFT' && side === 'ANTI')) type = 'left_anti'
    else if (word !== 'INNER') type = word.toLowerCase() as 'left' | 'right' | 'full'
    if (word === 'LEFT' && (side === 'SEMI' || side === 'ANTI')) ahead++
    else if ((word === 'LEFT' || word === 'RIGHT' || word === 'FULL') && side === 'OUTER') ahead++
  }
  const asOf = cursor.peek(ahead).upper === 'ASOF'
  if (asOf) ahead++
  if (cursor.peek(ahead).upper !== 'JOIN') return undefined
  cursor.at += ahead + 1
  if (asOf && (natural || (type !== 'inner' && type !== 'left'))) {
    throw cursor.refuse('INCOMPATIBLE_JOIN_TYPES', 'an ASOF JOIN is inner or left', cursor.spanFrom(first))
  }
  const lateral = cursor.accept('LATERAL')
  const right = readRelationPrimary(cursor)
  let match: JoinSyntax['match']
  if (asOf) {
    cursor.expect('MATCH_CONDITION', '(')
    match = readExpression(cursor)
    cursor.expect(')')
  }
  if (cursor.seesAny(['APPROX', 'EXACT']) && cursor.peek(1).upper === 'NEAREST') readNearest(cursor, type, lateral)
  const on = cursor.accept('ON') ? readExpression(cursor) : undefined
  const usingAt = cursor.at
  const using = on === undefined && cursor.accept('USING') ? cursor.parenthesized(() => cursor.strictName()) : undefined
  const span = cursor.spanFrom(first)
  if (natural && type === 'cross') throw cursor.refuse('INCOMPATIBLE_JOIN_TYPES', 'a join is NATURAL or CROSS, not both', span)
  if (lateral && natural) throw cursor.refuse('INCOMPATIBLE_JOIN_TYPES', 'a join is NATURAL or LATERAL, not both', span)
  if (lateral && using) {
    throw cursor.refuse('UNSUPPORTED_FEATURE.LATERAL_JOIN_USING', 'a LATERAL join takes ON, not USING', cursor.spanFrom(usingAt))
  }
  if (lateral && (type === 'right' || type === 'full' || type === 'left_semi' || type === 'left_anti')) {
    throw cursor.refuse('INVALID_LATERAL_JOIN_TYPE', `a LATERAL join cannot be ${type.replace('_', ' ')}`, span)
  }
  return { type, natural, lateral, match, right, on, using, span }
}

const NEAREST_MAX = 100_000
/** (APPROX | EXACT) NEAREST [n] BY (DISTANCE | SIMILARITY) expression: read and refused. */
function readNearest(cursor: Cursor, type: JoinSyntax['type'], lateral: boolean): void {
  const first = cursor.at
  cursor.at += 2
  const count = cursor.token.kind === 'number' ? cursor.wholeNumber() : 1
  cursor.expect('BY')
  if (!cursor.accept('DISTANCE')) cursor.expect('SIMILARITY')
  readExpression(cursor)
  const span = cursor.spanFrom(first)
  if (lateral) throw cursor.refuse('UNSUPPORTED_FEATURE.LATERAL_JOIN_NEAREST_BY', 'a LATERAL join has no NEAREST BY', span)
  if (count < 1 || count > NEAREST_MAX) {
    throw cursor.refuse('NEAREST_BY_JOIN.NUM_RESULTS_OUT_OF_RANGE', `NEAREST takes 1 to ${NEAREST_MAX} rows`, span)
  }
  if (type !== 'inner' && type !== 'left') {
    throw cursor.refuse('NEAREST_BY_JOIN.UNSUPPORTED_JOIN_TYPE', 'a join with NEAREST BY is inner or left', span)
  }
  cursor.notSupported('NEAREST BY', first)
}

/** A relation by name, or IDENTIFIER '(' expression ')' (a text that is known is resolved here). */
export function readRelationName(cursor: Cursor): RelationNameSyntax {
  if (!cursor.sees('IDENTIFIER', '(')) return cursor.qualifiedName()
  const first = cursor.at
  cursor.at += 2
  const expression = readExpression(cursor)
  cursor.expect(')')
  const name = constantName(expression)
  if (name === undefined) return expression
  while (cursor.sees('.') && cursor.isName(cursor.peek(1))) {
    cursor.at++
    name.push(cursor.strictName())
  }
  if (name.length > NAME_PARTS_MAX) {
    throw cursor.refuse('IDENTIFIER_TOO_MANY_NAME_PARTS', `name "${name.join('.')}" has too many parts`, cursor.spanFrom(first))
  }
  return name
}
const NAME_PARTS_MAX = 32

/**
 * primary: STREAM (name | '(' name ')' | call) [options] [IDENTIFIED BY name] [watermark] alias
 *        | name [time travel] [options] [sample] [watermark] alias | call [watermark] alias
 *        | '(' query ')' [sample] [watermark] alias | '(' relation ')' [sample] [watermark] alias | VALUES expression, … alias | 'path' alias
 */
function readRelationPrimary(cursor: Cursor): RelationSyntax {
  const first = cursor.at
  if (cursor.sees('(')) {
    if (queryStarts(cursor, 1)) {
      const query = cursor.attempt('relation query', (): RelationSyntax => {
        cursor.at++
        const read = readQuery(cursor)
        cursor.expect(')')
        const sample = readSample(cursor)
        const watermark = readWatermark(cursor)
        return { kind: 'subquery', query: read, sample, watermark, alias: readTableAlias(cursor), span: cursor.spanFrom(first) }
      })
      if (query) return query
    }
    cursor.at++
    const relation = readRelation(cursor)
    cursor.expect(')')
    const sample = readSample(cursor)
    const watermark = readWatermark(cursor)
    return { kind: 'parenthesized', relation, sample, watermark, alias: readTableAlias(cursor), span: cursor.spanFrom(first) }
  }
  if (cursor.sees('VALUES') && !cursor.seesAny([',', ')', ';', '.'], 1) && cursor.peek(1).kind !== 'end') {
    cursor.at++
    const rows = cursor.list(() => readExpression(cursor))
    return { kind: 'inline', rows, alias: readTableAlias(cursor), span: cursor.spanFrom(first) }
  }
  if (cursor.atString && READABLE_PATH.test(cursor.token.text)) {
    const path = cursor.string()
    const options = cursor.acceptBefore('WITH', '(') ? readOptions(cursor) : {}
    const watermark = readWatermark(cursor)
    const alias = readTableAlias(cursor)
    return {
      kind: 'named',
      name: [],
      path,
      streamed: false,
      options,
      sample: undefined,
      watermark,
      alias,
      span: cursor.spanFrom(first),
    }
  }
  const streamed = atStream(cursor)
  if (streamed) cursor.at++
  const wrapped = streamed && cursor.accept('(')
  const at = cursor.at
  const name = readRelationName(cursor)
  if (wrapped) cursor.expect(')')
  else if (cursor.sees('(')) {
    if (!Array.isArray(name)) cursor.notSupported('a table function whose name is not known', at)
    return readTableFunction(cursor, Array.isArray(name) ? (name as Name) : ['identifier'], at, first, streamed)
  }
  readTimeTravel(cursor)
  const options = cursor.acceptBefore('WITH', '(') ? readOptions(cursor) : {}
  if (cursor.accept('IDENTIFIED', 'BY')) cursor.strictName()
  const sample = readSample(cursor)
  const watermark = readWatermark(cursor)
  const alias = readTableAlias(cursor)
  return { kind: 'named', name, path: undefined, streamed, options, sample, watermark, alias, span: cursor.spanFrom(first) }
}

/** A file in place of a name, which Spark does not have: only where the text tells how to read it. */
const READABLE_PATH = /\.(csv|json|jsonl|ndjson|txt|parquet)$/i

/** STREAM before a name or '(' name ')'; a table may be called stream. */
function atStream(cursor: Cursor): boolean {
  if (!cursor.sees('STREAM')) return false
  const following = cursor.peek(1)
  if (following.upper === '(')
    return cursor.isName(cursor.peek(2)) && (cursor.peek(3).upper === ')' || cursor.peek(3).upper === '.')
  if (!cursor.isName(following)) return false
  if (following.upper === 'AS' || STRICT_KEYWORDS.has(following.upper)) return false
  return !['WHERE', 'GROUP', 'ORDER', 'HAVING', 'LIMIT', 'WATERMARK', 'TABLESAMPLE', 'WITH', 'SELECT', 'WINDOW'].includes(
    following.upper,
  )
}

function readTableFunction(cursor: Cursor, name: Name, at: number, first: number, streamed: boolean): RelationSyntax {
  const call = readCall(cursor, name, at)
  const unnest = name.length === 1 && name[0]!.toUpperCase() === 'UNNEST'
  const ordinality = unnest && cursor.accept('WITH', 'ORDINALITY')
  if (streamed && cursor.accept('IDENTIFIED', 'BY')) cursor.strictName()
  const sample = readSample(cursor)
  const watermark = readWatermark(cursor)
  const alias = readTableAlias(cursor)
  return { kind: 'function', call, streamed, ordinality, sample, watermark, alias, span: cursor.spanFrom(first) }
}

/** [FOR] (VERSION | SYSTEM_VERSION) AS OF … | [FOR] (TIMESTAMP | SYSTEM_TIME) AS OF … | CHANGES FROM …: read and refused. */
function readTimeTravel(cursor: Cursor): void {
  const first = cursor.at
  const skip = cursor.sees('FOR') ? 1 : 0
  if (
    cursor.seesAny(['VERSION', 'SYSTEM_VERSION', 'TIMESTAMP', 'SYSTEM_TIME'], skip) &&
    cursor.peek(skip + 1).upper === 'AS' &&
    cursor.peek(skip + 2).upper === 'OF'
  ) {
    cursor.at += skip + 3
    readOperand(cursor)
    cursor.notSupported('time travel', first)
  } else if (cursor.sees('CHANGES') && cursor.seesAny(['FROM', 'BETWEEN'], 1)) {
    cursor.at += 2
    do {
      const version = cursor.accept('VERSION') || cursor.accept('SYSTEM_VERSION')
      if (!version && !cursor.accept('SYSTEM_TIME')) cursor.expect('TIMESTAMP')
      const bound = readOperand(cursor)
      if (!version) refuseChangeBound(cursor, bound)
      if (!cursor.accept('INCLUSIVE')) cursor.accept('EXCLUSIVE')
    } while (cursor.accept('TO') || cursor.accept('AND'))
    if (cursor.sees('WITH', '(')) {
      cursor.at++
      const mode = readOptions(cursor)['deduplicationMode']
      if (mode !== undefined && !['none', 'dropcarryovers', 'netchanges'].includes(mode.toLowerCase().replaceAll('_', ''))) {
        throw cursor.refuse(
          'INVALID_CDC_OPTION.INVALID_DEDUPLICATION_MODE',
          `deduplicationMode "${mode}" does not exist`,
          cursor.spanFrom(first),
        )
      }
    }
    cursor.notSupported('CHANGES', first)
  }
}
function refuseChangeBound(cursor: Cursor, bound: ReturnType<typeof readOperand>): void {
  if (bound.kind === 'scalar_query')
    throw cursor.refuse('INVALID_CDC_OPTION.INVALID_TIMESTAMP_EXPR', 'the bound of CHANGES must be a constant', bound.span)
  if (bound.kind === 'name') throw cursor.refuse('_LEGACY_ERROR_TEMP_0056', 'the bound of CHANGES must be a constant', bound.span)
}

/** WATERMARK expression [AS name] DELAY OF interval. A text such as '5 seconds' is an interval too. */
export function readWatermark(cursor: Cursor): WatermarkSyntax | undefined {
  if (!cursor.sees('WATERMARK') || [',', ')', ';'].includes(cursor.peek(1).upper) || cursor.peek(1).kind === 'end')
    return undefined
  const first = cursor.at
  cursor.at++
  const eventTime = readNamedExpression(cursor)
  cursor.expect('DELAY', 'OF')
  const delay = readOperand(cursor)
  return { eventTime, delay, span: cursor.spanFrom(first) }
}

/** alias: [[AS] name ['(' name, … ')']] */
export function readTableAlias(cursor: Cursor): TableAliasSyntax | undefined {
  if (cursor.sees('AS', '(') && cursor.isName(cursor.peek(2)) && cursor.seesAny([',', ')'], 3)) {
    // No word is reserved: this alias is called AS.
  } else if (cursor.sees('AS') && cursor.isName(cursor.peek(1)) && !STRICT_KEYWORDS.has(cursor.peek(1).upper)) cursor.at++
  else if (!cursor.atImplicitAlias('table')) return undefined
  const name = cursor.strictName()
  const columns = cursor.sees('(') ? cursor.parenthesized(() => cursor.strictName()) : []
  return { name, columns }
}

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
