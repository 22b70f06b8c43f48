import type {
  FromSyntax,
  JoinSyntax,
  LateralViewSyntax,
  Name,
  RelationNameSyntax,
  RelationSyntax,
  TableAliasSyntax,
  WatermarkSyntax,
} from '../ast.ts'
import { STRICT_KEYWORDS } from '../keywords.ts'
import { readCall } from './call.ts'
import type { Cursor } from './cursor.ts'
import { readExpression, readNamedExpression, readOperand } from './expression.ts'
import { constantName } from './identifier.ts'
import { readOptions } from './options.ts'
import { pivotAndUnpivot } from './pipe.ts'
import { queryStarts, readQuery } from './query.ts'
import { readPivot, readSample, readUnpivot } from './relation-clause.ts'

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
const READABLE_PATH = /\.(csv|tsv|json|jsonl|ndjson|txt|log)(\.gz)?$/i

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
