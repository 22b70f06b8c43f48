import type { Span } from '../../engine/errors/span.ts'
import type { ExpressionSyntax, FromSyntax, JoinSyntax, RelationSyntax, TableAliasSyntax } from '../ast.ts'
import { nameText, readExpression, requireMeant } from './read-expression.ts'
import { callOf, type Reading } from './reader.ts'
import { isEmpty, isNode, nodesOf, type RawNode, readNode } from './tree.ts'

/** FROM: a flat list, where an item that has `join` belongs to the one before. */
export function readFrom(items: readonly RawNode[], reading: Reading): FromSyntax | undefined {
  if (items.length === 0 || (items.length === 1 && items[0]!['type'] === 'dual')) return undefined
  const relations: RelationSyntax[] = []
  let before: 'cross' | 'natural' | undefined
  for (const raw of items) {
    const { relation, join, after } = readItem(raw, before, reading)
    const left = relations.at(-1)
    if (join === undefined || left === undefined) relations.push(relation)
    else relations[relations.length - 1] = { kind: 'join', left, join: { ...join, right: relation }, span: relation.span }
    before = after
  }
  return { relations, views: [], span: reading.span }
}

interface Item {
  readonly relation: RelationSyntax
  readonly join: JoinSyntax | undefined
  /** The word of the next join, which some grammars take for this table's alias. */
  readonly after: 'cross' | 'natural' | undefined
}

function readItem(raw: RawNode, before: 'cross' | 'natural' | undefined, reading: Reading): Item {
  return readNode(raw, reading.span, (field) => {
    const written = field('as')
    const word = typeof written === 'string' ? written.toLowerCase() : ''
    const after = (word === 'cross' || word === 'natural') && !reading.isQuoted(word) ? word : undefined
    const alias = after === undefined ? readAlias(written, reading) : undefined
    const prefix = `${field('prefix') ?? ''}`.toLowerCase()
    if (prefix !== '' && prefix !== 'lateral') throw reading.refuse(prefix)
    const relation = readRelation(raw, field, alias, reading)
    const joinWord = `${field('join') ?? ''}`
    const lateral = prefix === 'lateral'
    const join = joinWord === '' ? undefined : readJoin(joinWord, before, lateral, field, relation, reading)
    return { relation: lateral ? { kind: 'lateral', relation, span: relation.span } : relation, join, after }
  })
}

function readJoin(
  word: string,
  before: 'cross' | 'natural' | undefined,
  lateral: boolean,
  field: (name: string) => unknown,
  right: RelationSyntax,
  reading: Reading,
): JoinSyntax {
  const words = word.toUpperCase().split(/\s+/)
  const has = (name: string): boolean => words.includes(name)
  const known = ['INNER', 'JOIN', 'LEFT', 'RIGHT', 'FULL', 'OUTER', 'CROSS', 'NATURAL']
  const unknown = words.find((part) => !known.includes(part))
  if (unknown !== undefined) throw reading.refuse(word, right.span)
  const on = field('on')
  const using = nodesOf(field('using')).map(nameText)
  for (const name of using) reading.placeOf(name)
  const type = has('LEFT')
    ? 'left'
    : has('RIGHT')
      ? 'right'
      : has('FULL')
        ? 'full'
        : has('CROSS') || before === 'cross'
          ? 'cross'
          : 'inner'
  return {
    type,
    natural: has('NATURAL') || before === 'natural',
    lateral,
    match: undefined,
    right,
    on: isNode(on) ? readExpression(on, reading) : undefined,
    using: using.length > 0 ? using : undefined,
    span: right.span,
  }
}

/** `v`, or `v(a, b)`, which grammars give as one text. */
function readAlias(raw: unknown, reading: Reading): TableAliasSyntax | undefined {
  const text = nameText(raw)
  if (text === '') return undefined
  const parts = reading.isQuoted(text) ? null : /^([^(]+?)\s*\(([\s\S]*)\)$/.exec(text)
  const name = parts ? parts[1]!.trim() : text
  requireMeant(name, reading.placeOf(name), reading)
  const columns = parts ? parts[2]!.split(',').map((column) => column.trim().replace(/^["`]|["`]$/g, '')) : []
  for (const column of columns) reading.placeOf(column)
  return { name, columns }
}

function readRelation(
  raw: RawNode,
  field: (name: string) => unknown,
  alias: TableAliasSyntax | undefined,
  reading: Reading,
): RelationSyntax {
  const shared = { sample: undefined, watermark: undefined, alias }
  const type = raw['type']
  const expression = field('expr')
  if (type === 'unnest') {
    if (!isEmpty(field('with_offset'))) throw reading.refuse('WITH OFFSET')
    return unnest(readExpression(expression, reading), alias, reading)
  }
  const inBrackets = isNode(expression) && expression['type'] === 'tables' ? expression['expr'] : expression
  if (Array.isArray(inBrackets)) {
    const from = readFrom(nodesOf(inBrackets), reading)
    const [relation] = from?.relations ?? []
    if (relation === undefined || from!.relations.length > 1) throw reading.refuse('a list of tables in brackets')
    return { kind: 'parenthesized', relation, ...shared, span: relation.span }
  }
  if (isNode(expression)) {
    if (isNode(expression['ast']))
      return { kind: 'subquery', query: reading.readQuery(expression['ast']), ...shared, span: reading.span }
    if (expression['type'] === 'select')
      return { kind: 'subquery', query: reading.readQuery(expression), ...shared, span: reading.span }
    if (expression['type'] === 'values') {
      const rows = nodesOf(expression['values']).map((row) => readRow(row, reading))
      return { kind: 'inline', rows, alias, span: reading.span }
    }
    if (expression['type'] === 'function') {
      const call = readExpression(expression, reading)
      if (call.kind !== 'call') throw reading.refuse('this table function')
      const name = call.name.join('.').toLowerCase()
      const [first] = call.args
      if (name === 'unnest' && call.args.length === 1 && first !== undefined && first.value.kind !== 'table_argument')
        return unnest(first.value, alias, reading)
      if (name === 'generate_series')
        return series(
          call.args.map(({ value }) => value as ExpressionSyntax),
          alias,
          reading,
        )
      return { kind: 'function', call, streamed: false, ordinality: false, ...shared, span: call.span }
    }
    throw reading.refuse('this relation')
  }
  const parts = ['db', 'schema', 'table'].map((part) => nameText(field(part))).filter((part) => part !== '')
  // Snowflake's and BigQuery's grammars give the first part twice.
  field('catalog')
  if (parts.length === 0) throw reading.refuse('this relation')
  const piece = parts.length === 1 ? reading.pieces.get(parts[0]!.toLowerCase()) : undefined
  if (piece?.kind === 'function') return { ...piece, alias }
  const name = parts.flatMap((part) => (reading.isQuoted(part) && reading.dialect.name === 'bigquery' ? part.split('.') : [part]))
  let span: Span = reading.span
  for (const part of parts) span = reading.placeOf(part)
  return { kind: 'named', name, path: undefined, streamed: false, options: {}, ...shared, span }
}

function readRow(raw: RawNode, reading: Reading): ExpressionSyntax {
  const list = nodesOf(raw['value']).map((e) => readExpression(e, reading))
  return { kind: 'row', elements: list, span: list[0]?.span ?? reading.span }
}

/** UNNEST(array) AS t(x): its elements as rows. Alone, BigQuery's alias names the column. */
function unnest(array: ExpressionSyntax, alias: TableAliasSyntax | undefined, reading: Reading): RelationSyntax {
  const named = alias !== undefined && alias.columns.length === 0 ? { name: alias.name, columns: [alias.name] } : alias
  const relation: RelationSyntax = {
    kind: 'function',
    call: callOf('explode', [array], array.span),
    streamed: false,
    ordinality: false,
    sample: undefined,
    watermark: undefined,
    alias: named,
    span: array.span,
  }
  // The array may be a column of the tables before.
  return { kind: 'lateral', relation, span: reading.span }
}

/** generate_series(a, b[, step]): both ends belong to it. */
function series(args: readonly ExpressionSyntax[], alias: TableAliasSyntax | undefined, reading: Reading): RelationSyntax {
  return unnest(callOf('sequence', args, reading.span), alias ?? { name: 'generate_series', columns: [] }, reading)
}
