import type {
  CteSyntax,
  ExpressionSyntax,
  FromSyntax,
  GroupBySyntax,
  GroupingSyntax,
  HintSyntax,
  NamedWindowSyntax,
  QueryBodySyntax,
  QuerySyntax,
  QueryTailSyntax,
  SelectSyntax,
} from '../ast.ts'
import { readSortItem, readWindow } from './call.ts'
import { type Cursor, DEPTH_MAX } from './cursor.ts'
import { readExpression, readNamedExpression } from './expression.ts'
import { readPipeOperator } from './pipe.ts'
import { readFrom, readLateralViews, readRelationName, readTableAlias } from './relation.ts'

const QUERY_WORDS = ['SELECT', 'WITH', 'VALUES', 'TABLE', 'FROM', 'MAP', 'REDUCE']

/** A query may begin `ahead` tokens from here: one of its words, in any number of parentheses. */
export function queryStarts(cursor: Cursor, ahead: number): boolean {
  // More parentheses than may lie inside one another are not looked through again at each of them.
  const furthest = ahead + DEPTH_MAX
  while (ahead < furthest && cursor.peek(ahead).upper === '(') ahead++
  return cursor.seesAny(QUERY_WORDS, ahead)
}

/** query: [WITH [RECURSIVE] cte, …] body tail */
export function readQuery(cursor: Cursor): QuerySyntax {
  return cursor.nested(() => {
    const first = cursor.at
    const { ctes, recursive } = readCtes(cursor)
    const body = readBody(cursor)
    const tail = readTail(cursor)
    return { kind: 'query', recursive, ctes, body, tail, span: cursor.spanFrom(first) }
  })
}

/** [WITH [RECURSIVE] cte, …] */
export function readCtes(cursor: Cursor): Pick<QuerySyntax, 'ctes' | 'recursive'> {
  if (!cursor.accept('WITH')) return { ctes: [], recursive: false }
  const recursive = cursor.sees('RECURSIVE') && !cursor.seesAny(['AS', '('], 1) && cursor.accept('RECURSIVE')
  const ctes = cursor.list(() => readCte(cursor))
  const names = new Set<string>()
  for (const { name, span, maxLevel } of ctes) {
    if (maxLevel !== undefined && !recursive) {
      throw cursor.refuse('_LEGACY_ERROR_TEMP_0035', 'MAX RECURSION LEVEL needs WITH RECURSIVE', span)
    }
    if (names.has(name.toLowerCase())) {
      throw cursor.refuse('DUPLICATED_CTE_NAMES', `two queries of WITH are named "${name}"`, span, {
        hint: 'Rename one of them.',
      })
    }
    names.add(name.toLowerCase())
  }
  return { ctes, recursive }
}

/** cte: name ['(' name, … ')'] [MAX RECURSION LEVEL number] [AS] '(' query ')' */
function readCte(cursor: Cursor): CteSyntax {
  const first = cursor.at
  const name = cursor.strictName()
  const columns = cursor.sees('(') && !queryStarts(cursor, 1) ? cursor.parenthesized(() => cursor.strictName()) : []
  const maxLevel = cursor.accept('MAX', 'RECURSION', 'LEVEL') ? cursor.wholeNumber() : undefined
  cursor.accept('AS')
  cursor.expect('(')
  const query = readQuery(cursor)
  cursor.expect(')')
  return { name, columns, maxLevel, query, span: cursor.spanFrom(first) }
}

/**
 * body: term ((UNION | EXCEPT | MINUS) [ALL | DISTINCT] term)* ('|>' operator)*
 * term: primary (INTERSECT [ALL | DISTINCT] primary)*
 */
export function readBody(cursor: Cursor): QueryBodySyntax {
  const first = cursor.at
  const legacy = cursor.settings.flag('spark.sql.legacy.setopsPrecedence.enabled')
  const readTerm = (): QueryBodySyntax =>
    legacy ? readPrimary(cursor) : readSetOperations(cursor, ['INTERSECT'], () => readPrimary(cursor))
  let body = readSetOperations(cursor, ['UNION', 'EXCEPT', 'MINUS', ...(legacy ? ['INTERSECT'] : [])], readTerm)
  while (cursor.accept('|>')) {
    const operator = readPipeOperator(cursor)
    body = { kind: 'pipe', input: body, operator, span: cursor.spanFrom(first) }
  }
  return body
}

function readSetOperations(cursor: Cursor, words: readonly string[], read: () => QueryBodySyntax): QueryBodySyntax {
  const first = cursor.at
  let left = read()
  while (cursor.seesAny(words)) {
    const operator = setOperator(cursor.next().upper)
    const all = readSetQuantifier(cursor)
    left = { kind: 'set_operation', operator, all, left, right: read(), span: cursor.spanFrom(first) }
  }
  return left
}
export function setOperator(word: string): 'union' | 'except' | 'intersect' {
  return word === 'UNION' ? 'union' : word === 'INTERSECT' ? 'intersect' : 'except'
}
/** [ALL | DISTINCT]: is it ALL. */
export function readSetQuantifier(cursor: Cursor): boolean {
  if (cursor.accept('ALL')) return true
  cursor.accept('DISTINCT')
  return false
}

/** primary: SELECT … | FROM … [SELECT …] | TABLE name | VALUES expression, … [alias] | '(' query ')' */
export function readPrimary(cursor: Cursor): QueryBodySyntax {
  const first = cursor.at
  if (cursor.accept('(')) {
    const query = readQuery(cursor)
    cursor.expect(')')
    return query
  }
  if (cursor.sees('FROM')) return cursor.nested(() => readFromStatement(cursor))
  if (cursor.accept('TABLE')) {
    const name = readRelationName(cursor)
    return { kind: 'table', name, span: cursor.spanFrom(first) }
  }
  if (cursor.accept('VALUES')) {
    const rows = cursor.list(() => readExpression(cursor))
    return { kind: 'values', rows, alias: readTableAlias(cursor), span: cursor.spanFrom(first) }
  }
  return readSelect(cursor, undefined)
}

/** FROM relation, … [SELECT … tail]*: several SELECTs over one FROM are put together as UNION ALL. */
function readFromStatement(cursor: Cursor): QueryBodySyntax {
  const first = cursor.at
  cursor.expect('FROM')
  const from = readFrom(cursor)
  let body: QueryBodySyntax | undefined
  while (cursor.seesAny(['SELECT', 'MAP', 'REDUCE'])) {
    const at = cursor.at
    const select = readSelect(cursor, from)
    const tail = readTail(cursor)
    const whole: QueryBodySyntax = isEmptyTail(tail)
      ? select
      : { kind: 'query', recursive: false, ctes: [], body: select, tail, span: cursor.spanFrom(at) }
    body = body
      ? { kind: 'set_operation', operator: 'union', all: true, left: body, right: whole, span: cursor.spanFrom(first) }
      : whole
  }
  return body ?? { kind: 'from', from, span: cursor.spanFrom(first) }
}

/**
 * select: SELECT hint* [DISTINCT | ALL] expression [[AS] name], … [FROM …] [WHERE …] [GROUP BY …] [HAVING …] [QUALIFY …] [WINDOW …]
 * `from` is given when it stood before.
 */
export function readSelect(cursor: Cursor, from: FromSyntax | undefined): SelectSyntax {
  const first = cursor.at
  const script = cursor.accept('MAP') || cursor.accept('REDUCE')
  if (!script) cursor.expect('SELECT')
  const hints: HintSyntax[] = []
  while (cursor.sees('/*+')) hints.push(...readHints(cursor))
  const quantified =
    cursor.seesAny(['DISTINCT', 'ALL']) && !cursor.seesAny([',', ')', ';', '.'], 1) && cursor.peek(1).kind !== 'end'
  const distinct = quantified && cursor.token.upper === 'DISTINCT'
  if (quantified) cursor.at++
  const items = cursor.list(() => readNamedExpression(cursor))
  if (script || cursor.sees('USING') || cursor.sees('ROW', 'FORMAT')) readScript(cursor, first)
  if (from === undefined && cursor.accept('FROM')) from = readFrom(cursor)
  else if (from !== undefined && cursor.sees('LATERAL', 'VIEW'))
    from = { ...from, views: [...from.views, ...readLateralViews(cursor)] }
  const where = cursor.accept('WHERE') ? readExpression(cursor) : undefined
  const groupBy = readGroupBy(cursor)
  const having = cursor.accept('HAVING') ? readExpression(cursor) : undefined
  let qualify = cursor.accept('QUALIFY') ? readExpression(cursor) : undefined
  const windows = readNamedWindows(cursor)
  if (qualify === undefined && cursor.accept('QUALIFY')) qualify = readExpression(cursor)
  return { kind: 'select', hints, distinct, items, from, where, groupBy, having, qualify, windows, span: cursor.spanFrom(first) }
}

/** SELECT TRANSFORM (…) [ROW FORMAT …] USING 'script' [AS names] [ROW FORMAT …]: read and refused. */
function readScript(cursor: Cursor, first: number): void {
  while (!cursor.done && !cursor.sees('USING')) cursor.at++
  cursor.expect('USING')
  cursor.string()
  if (cursor.accept('AS')) {
    let depth = 0
    while (
      !cursor.done &&
      (depth > 0 || !cursor.seesAny(['FROM', 'WHERE', 'GROUP', 'HAVING', 'ROW', 'RECORDREADER', ';', ')']))
    ) {
      if (cursor.sees('(')) depth++
      if (cursor.sees(')')) depth--
      cursor.at++
    }
  }
  while (!cursor.done && !cursor.seesAny(['FROM', 'WHERE', 'GROUP', 'HAVING', 'WINDOW', 'LATERAL', ';', ')'])) cursor.at++
  cursor.notSupported('SELECT TRANSFORM', first)
}

/** hint: '/*+' name ['(' primary, … ')'] [,] … then the end of the comment */
function readHints(cursor: Cursor): HintSyntax[] {
  cursor.expect('/*+')
  const hints: HintSyntax[] = []
  do {
    const first = cursor.at
    const name = cursor.simpleName()
    const args = cursor.sees('(') ? cursor.parenthesized(() => readHintArgument(cursor)) : []
    hints.push({ name, args, span: cursor.spanFrom(first) })
    cursor.accept(',')
  } while (!cursor.sees('*/') && !cursor.done)
  cursor.expect('*/')
  return hints
}
function readHintArgument(cursor: Cursor): ExpressionSyntax {
  const argument = readExpression(cursor)
  if (argument.kind === 'binary' || argument.kind === 'logical') throw cursor.unexpected()
  return argument
}

/** GROUP BY grouping, … [WITH (ROLLUP | CUBE) | GROUPING SETS '(' element, … ')'] */
export function readGroupBy(cursor: Cursor, named = false): GroupBySyntax | undefined {
  if (!cursor.sees('GROUP', 'BY')) return undefined
  const first = cursor.at
  cursor.at += 2
  const items = cursor.list(() => readGrouping(cursor, named))
  let trailing: GroupBySyntax['trailing']
  if (cursor.accept('WITH', 'ROLLUP')) trailing = { kind: 'rollup' }
  else if (cursor.accept('WITH', 'CUBE')) trailing = { kind: 'cube' }
  else if (cursor.accept('GROUPING', 'SETS'))
    trailing = { kind: 'sets', sets: cursor.parenthesized(() => readGroupingElement(cursor)) }
  return { items, trailing, span: cursor.spanFrom(first) }
}

/** grouping: (ROLLUP | CUBE) '(' set, … ')' | GROUPING SETS '(' element, … ')' | expression, with [AS] name behind a pipe (`named`) */
function readGrouping(cursor: Cursor, named: boolean): GroupingSyntax {
  const analytics = readGroupingAnalytics(cursor)
  if (analytics) return analytics
  if (cursor.sees('WITH', 'ROLLUP') || cursor.sees('WITH', 'CUBE')) throw cursor.unexpected()
  const expression = readExpression(cursor)
  if (!named) return { kind: 'expression', expression }
  if (!cursor.accept('AS') && (cursor.sees('GROUPING', 'SETS') || !cursor.atImplicitAlias('column')))
    return { kind: 'expression', expression }
  return { kind: 'expression', expression, name: cursor.strictName() }
}
function readGroupingAnalytics(cursor: Cursor): GroupingSyntax | undefined {
  if (cursor.sees('ROLLUP', '(') || cursor.sees('CUBE', '(')) {
    const kind = cursor.next().upper === 'ROLLUP' ? 'rollup' : 'cube'
    return { kind, elements: cursor.parenthesized(() => readGroupingSet(cursor)) }
  }
  if (cursor.sees('GROUPING', 'SETS', '(')) {
    cursor.at += 2
    return { kind: 'sets', elements: cursor.parenthesized(() => readGroupingElement(cursor)) }
  }
  return undefined
}
function readGroupingElement(cursor: Cursor): GroupingSyntax {
  return readGroupingAnalytics(cursor) ?? readGroupingSet(cursor)
}
/** set: '(' [expression, …] ')' | expression */
function readGroupingSet(cursor: Cursor): GroupingSyntax {
  if (cursor.accept('(', ')')) return { kind: 'set', expressions: [] }
  const expression = readExpression(cursor)
  if (expression.kind === 'row') return { kind: 'set', expressions: expression.elements }
  return { kind: 'expression', expression }
}

/** WINDOW name AS window, … */
export function readNamedWindows(cursor: Cursor): NamedWindowSyntax[] {
  if (!cursor.sees('WINDOW') || !windowFollows(cursor)) return []
  cursor.at++
  return cursor.list(() => {
    const name = cursor.strictName()
    cursor.expect('AS')
    return { name, window: readWindow(cursor) }
  })
}

function windowFollows(cursor: Cursor): boolean {
  return cursor.seesAny(['AS', '-'], 2) || (cursor.peek(1).upper === 'IDENTIFIER' && cursor.peek(2).upper === '(')
}

const NO_TAIL: QueryTailSyntax = {
  orderBy: [],
  clusterBy: [],
  distributeBy: [],
  sortBy: [],
  windows: [],
  limit: undefined,
  offset: undefined,
}
export function isEmptyTail(tail: QueryTailSyntax): boolean {
  return (
    tail.orderBy.length + tail.clusterBy.length + tail.distributeBy.length + tail.sortBy.length + tail.windows.length === 0 &&
    tail.limit === undefined &&
    tail.offset === undefined
  )
}

/**
 * tail: [ORDER BY sort, …] [CLUSTER BY expression, …] [DISTRIBUTE BY expression, …] [SORT BY sort, …] [WINDOW …] [LIMIT (ALL | expression)]
 *       [OFFSET expression]
 */
export function readTail(cursor: Cursor): QueryTailSyntax {
  const first = cursor.at
  const sorts = (word: string) => (cursor.accept(word, 'BY') ? cursor.list(() => readSortItem(cursor)) : [])
  const expressions = (word: string) => (cursor.accept(word, 'BY') ? cursor.list(() => readExpression(cursor)) : [])
  const orderBy = sorts('ORDER')
  const clusterBy = expressions('CLUSTER')
  const distributeBy = expressions('DISTRIBUTE')
  const sortBy = sorts('SORT')
  const others = distributeBy.length + sortBy.length > 0
  if ((orderBy.length > 0 && (clusterBy.length > 0 || others)) || (clusterBy.length > 0 && others)) {
    throw cursor.refuse(
      'UNSUPPORTED_FEATURE.COMBINATION_QUERY_RESULT_CLAUSES',
      'ORDER BY, SORT BY, CLUSTER BY and DISTRIBUTE BY do not go together',
      cursor.spanFrom(first),
      { detail: 'Only DISTRIBUTE BY with SORT BY does.' },
    )
  }
  const windows = readNamedWindows(cursor)
  let limit: ExpressionSyntax | 'all' | undefined
  if (cursor.accept('LIMIT')) limit = cursor.accept('ALL') ? 'all' : readExpression(cursor)
  const offset = cursor.accept('OFFSET') ? readExpression(cursor) : undefined
  return cursor.at === first ? NO_TAIL : { orderBy, clusterBy, distributeBy, sortBy, windows, limit, offset }
}
