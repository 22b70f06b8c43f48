import type {
  CteSyntax,
  ExpressionSyntax,
  GroupBySyntax,
  GroupingSyntax,
  NamedWindowSyntax,
  QueryBodySyntax,
  QuerySyntax,
  QueryTailSyntax,
  SelectSyntax,
} from '../ast.ts'
import { nameText, readExpression, readItem, readSortItem, readWindow } from './read-expression.ts'
import { readFrom } from './read-relation.ts'
import type { Reading } from './reader.ts'
import { isEmpty, isNode, nodesOf, type RawNode, readNode } from './tree.ts'

const NO_TAIL: QueryTailSyntax = {
  orderBy: [],
  clusterBy: [],
  distributeBy: [],
  sortBy: [],
  windows: [],
  limit: undefined,
  offset: undefined,
}

/** One operand of a chain of set operations, and the operator before it. */
interface Link {
  readonly operator: string
  readonly body: QueryBodySyntax
}

/**
 * A query. Set operations come as a flat chain, without their precedence, and what stands behind all of them hangs at the last one, or at
 * the first as `_orderby` and `_limit` when that is in brackets.
 */
export function readQuery(raw: RawNode, reading: Reading): QuerySyntax {
  const { span } = reading
  const ctes = nodesOf(raw['with']).map((cte) => readCte(cte, reading))
  const recursive = nodesOf(raw['with']).some((cte) => !isEmpty(cte['recursive']))
  const links: Link[] = []
  let tail = NO_TAIL
  let operator = ''
  let sawBrackets = false
  for (let node: RawNode | undefined = raw; node !== undefined; node = isNode(node['_next']) ? node['_next'] : undefined) {
    const last = !isNode(node['_next'])
    const own = readTail(node, 'orderby', 'limit', reading)
    const body = readSelect(node, reading)
    sawBrackets ||= !isEmpty(node['parentheses_symbol'])
    const bracketed = !isEmpty(node['parentheses_symbol']) || !last
    if (!isEmptyTail(own) && bracketed) links.push({ operator, body: query(body, own) })
    else {
      links.push({ operator, body })
      if (!isEmptyTail(own)) tail = own
    }
    operator = `${node['set_op'] ?? ''}`.toLowerCase()
  }
  const outer = readTail(raw, '_orderby', '_limit', reading)
  if (!isEmptyTail(outer)) {
    // OFFSET before LIMIT comes as one of each.
    if (tail.limit === undefined && outer.orderBy.length === 0 && outer.offset === undefined)
      tail = { ...tail, limit: outer.limit }
    else {
      const last = links.pop()!
      links.push(isEmptyTail(tail) ? last : { ...last, body: query(last.body, tail) })
      tail = outer
    }
  } else if (links.length > 1 && !isEmptyTail(tail) && reading.bracketsOperands && !sawBrackets) {
    throw reading.refuse('ORDER BY or LIMIT beside an operand in brackets', span, 'Give the operand a name with WITH.')
  }
  return { kind: 'query', recursive, ctes, body: combine(links, reading), tail, span }

  function query(body: QueryBodySyntax, ownTail: QueryTailSyntax): QuerySyntax {
    return { kind: 'query', recursive: false, ctes: [], body, tail: ownTail, span }
  }
}

/** INTERSECT binds closer than UNION and EXCEPT, which are done from the left. */
function combine(links: readonly Link[], reading: Reading): QueryBodySyntax {
  const { span } = reading
  const operation = (left: QueryBodySyntax, { operator, body }: Link): QueryBodySyntax => {
    const [word = '', ...rest] = operator.split(/\s+/)
    const kind = word === 'minus' ? 'except' : word
    if (kind !== 'union' && kind !== 'except' && kind !== 'intersect') throw reading.refuse(operator)
    if (rest.some((other) => other !== 'all' && other !== 'distinct')) throw reading.refuse(operator)
    return { kind: 'set_operation', operator: kind, all: rest.includes('all'), left, right: body, span }
  }
  const loose: Link[] = []
  for (const link of links) {
    const before = loose.at(-1)
    if (before !== undefined && link.operator.startsWith('intersect'))
      loose[loose.length - 1] = { ...before, body: operation(before.body, link) }
    else loose.push(link)
  }
  return loose.slice(1).reduce((left, link) => operation(left, link), loose[0]!.body)
}

function readCte(raw: RawNode, reading: Reading): CteSyntax {
  return readNode(raw, reading.span, (field) => {
    const name = nameText(field('name'))
    field('recursive')
    const span = reading.placeOf(name)
    const columns = nodesOf(field('columns')).map((column) => nameText(column))
    for (const column of columns) reading.placeOf(column)
    const statement = field('stmt') as RawNode
    return {
      name,
      columns,
      maxLevel: undefined,
      query: readQuery(isNode(statement['ast']) ? statement['ast'] : statement, reading),
      span,
    }
  })
}

function readTail(raw: RawNode, orderField: string, limitField: string, reading: Reading): QueryTailSyntax {
  const orderBy = nodesOf(raw[orderField]).map((item) => readSortItem(item, reading))
  const limit = raw[limitField]
  const values = isNode(limit) ? nodesOf(limit['value']) : []
  const separator = isNode(limit) ? `${limit['seperator'] ?? ''}`.toLowerCase() : ''
  const numbers = values.map((value) =>
    value['type'] === 'null' || value['value'] === 'all' ? undefined : readExpression(value, reading),
  )
  const [first, second] = numbers
  // `LIMIT 5, 10` skips 5; a lone OFFSET comes as one value with that word.
  if (separator === ',') return { ...NO_TAIL, orderBy, limit: second, offset: first }
  if (separator === 'offset' && numbers.length === 1) return { ...NO_TAIL, orderBy, offset: first }
  return { ...NO_TAIL, orderBy, limit: first, offset: second }
}
function isEmptyTail(tail: QueryTailSyntax): boolean {
  return tail.orderBy.length === 0 && tail.limit === undefined && tail.offset === undefined
}

/** Read elsewhere: by readQuery, of the chain. */
const CHAIN_FIELDS = ['with', 'orderby', 'limit', '_orderby', '_limit', '_next', 'set_op', 'parentheses_symbol']

function readSelect(raw: RawNode, reading: Reading): QueryBodySyntax {
  const { span } = reading
  return readNode(raw, span, (field) => {
    for (const name of CHAIN_FIELDS) field(name)
    if (raw['type'] !== 'select') throw reading.refuse(`${raw['type'] ?? 'this'} as a query`)
    const distinct = field('distinct')
    if (isNode(distinct) && !isEmpty(distinct['columns'])) throw reading.refuse('DISTINCT ON')
    const distinctWord = isNode(distinct) ? `${distinct['type'] ?? ''}` : `${distinct ?? ''}`
    const columns = field('columns')
    const items: ExpressionSyntax[] =
      columns === '*' ? [{ kind: 'star', target: [], except: [], span }] : nodesOf(columns).map((item) => readItem(item, reading))
    const from = readFrom(nodesOf(field('from')), reading)
    const where = field('where')
    const having = field('having')
    const qualify = field('qualify')
    const select: SelectSyntax = {
      kind: 'select',
      hints: [],
      distinct: distinctWord.toUpperCase() === 'DISTINCT',
      items,
      from,
      where: isNode(where) ? readExpression(where, reading) : undefined,
      groupBy: readGroupBy(field('groupby'), reading),
      having: isNode(having) ? readExpression(having, reading) : undefined,
      qualify: isNode(qualify) ? readExpression(qualify, reading) : undefined,
      windows: readNamedWindows(field('window'), reading),
      span,
    }
    return select
  })
}

function readNamedWindows(raw: unknown, reading: Reading): NamedWindowSyntax[] {
  if (!isNode(raw)) return []
  return nodesOf(raw['expr']).map((window) => {
    const name = nameText(window['name'])
    const span = reading.placeOf(name)
    return { name, window: readWindow(window['as_window_specification'], reading, span) }
  })
}

function readGroupBy(raw: unknown, reading: Reading): GroupBySyntax | undefined {
  const columns = Array.isArray(raw) ? raw : isNode(raw) ? raw['columns'] : undefined
  const modifiers =
    isNode(raw) && Array.isArray(raw['modifiers']) ? raw['modifiers'].map(nameText).filter((word) => word !== '') : []
  const list = nodesOf(columns)
  if (list.length === 0) return undefined
  const items = list.map((item): GroupingSyntax => readGrouping(item, reading))
  if (modifiers.length === 0) return { items, trailing: undefined, span: reading.span }
  if (modifiers.length === 1 && /rollup/i.test(modifiers[0]!)) return { items, trailing: { kind: 'rollup' }, span: reading.span }
  throw reading.refuse(`GROUP BY … ${modifiers.join(' ')}`)
}

function readGrouping(raw: RawNode, reading: Reading): GroupingSyntax {
  const expression = readExpression(raw, reading)
  if (expression.kind === 'call' && expression.over === undefined && expression.name.length === 1) {
    const name = expression.name[0]!.toLowerCase()
    if (name === 'rollup' || name === 'cube') {
      const elements = expression.args.map(({ value }): GroupingSyntax => {
        if (value.kind === 'table_argument') throw reading.refuse(`a table in ${name}`)
        return value.kind === 'row' ? { kind: 'set', expressions: value.elements } : { kind: 'expression', expression: value }
      })
      return { kind: name, elements }
    }
  }
  return { kind: 'expression', expression }
}
