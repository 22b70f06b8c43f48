import type { Span } from '../../engine/errors/span.ts'
import type { CallSyntax, ExpressionSyntax, SortItemSyntax, WindowSpecSyntax } from '../ast.ts'
import { translateCall } from './functions.ts'
import { logicalChain, logicalOperator, negatedOperand, requireClearGrouping } from './precedence.ts'
import { readType } from './read-type.ts'
import { callOf, type Reading, stringLiteral } from './reader.ts'
import { isEmpty, isNode, nodesOf, type RawNode, readNode, spanOf } from './tree.ts'

/** Operators that Spark writes alike. */
const SAME = new Set(['+', '-', '*', '/', '%', '=', '<', '<=', '>', '>=', '<=>', '&', '|', '<<', '>>'])
/** Words that stand where a name or alias does only when a grammar did not know them. */
const MISREAD = new Set([
  'interval',
  'natural',
  'cross',
  'within',
  'filter',
  'over',
  'lateral',
  'pivot',
  'unpivot',
  'tablesample',
  'qualify',
])

export function readExpression(raw: unknown, reading: Reading): ExpressionSyntax {
  if (!isNode(raw)) throw reading.refuse('an expression without a tree')
  const span = spanOf(raw) ?? reading.span
  if (isNode(raw['ast'])) return { kind: 'scalar_query', query: reading.readQuery(raw['ast']), span }
  return readNode(raw, span, (field) => {
    const type = raw['type']
    switch (type) {
      case 'number':
      case 'bigint': {
        const text = `${field('value')}`
        return reading.spark(text.replace(/^\./, '0.'), reading.placeOf(text))
      }
      case 'single_quote_string':
      case 'string':
        return reading.string(`${field('value')}`)
      case 'double_quote_string': {
        const text = `${field('value')}`
        if (reading.dialect.doubleQuotes === 'string') return reading.string(text)
        return { kind: 'name', parts: [text.replaceAll('""', '"')], span: reading.placeOf(text) }
      }
      case 'bool':
        return reading.spark(`${field('value')}`, reading.placeOf(`${field('value')}`))
      case 'null':
        field('value')
        return reading.spark('NULL', reading.placeOf('null'))
      case 'date':
      case 'timestamp':
      case 'datetime':
      case 'time': {
        const value = `${field('value')}`
        const word = type === 'timestamp' ? reading.dialect.timestamp : type === 'datetime' ? 'TIMESTAMP_NTZ' : type.toUpperCase()
        const written = reading.string(value)
        return reading.spark(`${word} '${written.text.replaceAll("'", "\\'")}'`, written.span)
      }
      case 'param':
      case 'var':
        throw reading.refuse('a parameter or variable', span, 'Give the value in the text, or write the query in Spark SQL.')
      case 'column_ref':
        return readName(field, reading)
      case 'star':
        field('value')
        return { kind: 'star', target: [], except: [], span }
      case 'interval':
        return readInterval(field, reading)
      case 'cast':
        return readCast(field, reading, span)
      case 'case':
        return readCase(field, reading, span)
      case 'unary_expr':
        return readUnary(field, reading, span)
      case 'binary_expr': {
        if (logicalOperator(raw, reading) !== undefined) return readLogical(raw, field, reading, span)
        requireClearGrouping(raw, reading)
        const negated = negatedOperand(raw['left'])
        if (negated === undefined) return readBinary(field, reading, span)
        for (const name of Object.keys(raw)) field(name)
        return { kind: 'unary', operator: 'not', operand: readExpression({ ...raw, left: negated }, reading), span }
      }
      case 'expr_list': {
        const elements = nodesOf(field('value')).map((e) => readExpression(e, reading))
        return elements.length === 1 ? elements[0]! : { kind: 'row', elements, span }
      }
      case 'expr':
        return readExpression(field('expr'), reading)
      case 'extract':
        return readNode(field('args') as RawNode, span, (arg) => {
          const part = `${arg('field')}`
          return {
            ...callOf('extract', [stringLiteral(part, reading.placeOf(part)), readExpression(arg('source'), reading)], span),
            special: 'extract' as const,
          }
        })
      case 'array': {
        field('definition')
        if (!isEmpty(field('array_index')) || !isEmpty(field('offset')))
          throw reading.refuse('a subscript of an array in brackets', span)
        const list = field('expr_list')
        const items = isNode(list) ? nodesOf(list['value']) : nodesOf(field('array_path'))
        return callOf(
          'array',
          items.map((e) => readExpression(e['type'] === undefined ? e['expr'] : e, reading)),
          span,
        )
      }
      case 'struct': {
        field('definition')
        const list = nodesOf(field('expr_list'))
        return callOf(
          'struct',
          list.map((item) => readItem(item, reading)),
          span,
        )
      }
      case 'lambda': {
        const parameters = isNode(field('args')) ? nodesOf((field('args') as RawNode)['value']).map((p) => nameText(p)) : []
        for (const parameter of parameters) reading.placeOf(parameter)
        return { kind: 'lambda', parameters, body: readExpression(field('expr'), reading), span }
      }
      case 'any_value':
        return readAggregateArguments(callOf('any_value', [], span), field('args') as RawNode, reading)
      case 'aggr_func':
      case 'window_func':
      case 'function':
        return readCall(field, reading, span)
      default:
        throw reading.refuse(`"${type ?? 'expression'}"`, span)
    }
  })
}

type Field = (name: string) => unknown

/** The text of a name, however deep the grammar wrapped it. */
export function nameText(value: unknown): string {
  if (typeof value === 'string') return value
  if (!isNode(value)) return ''
  return nameText(value['expr'] ?? value['column'] ?? value['value'])
}

function readName(field: Field, reading: Reading): ExpressionSyntax {
  const column = field('column')
  const target = ['db', 'schema', 'table'].map((part) => nameText(field(part))).filter((part) => part !== '')
  const subFields = Array.isArray(field('subFields')) ? (field('subFields') as unknown[]).map(nameText) : []
  const notations = field('notations')
  if (Array.isArray(notations) && notations.includes(':'))
    throw reading.refuse('a path into a VARIANT', reading.placeOf(nameText(column)))
  const offsets = isNode(column) ? column['offset'] : undefined
  const last = nameText(column)
  if (last === '' || !isEmpty(offsets)) throw reading.refuse('a subscript')
  const collate = field('collate')
  if (!isEmpty(collate)) throw reading.refuse('COLLATE')
  for (const part of target) reading.placeOf(part)
  if (last === '*') return { kind: 'star', target, except: [], span: reading.span }
  const span = reading.placeOf(last)
  // MySQL's grammar takes 1e2 for a name.
  if (target.length === 0 && /^\d/.test(last) && !reading.isQuoted(last)) return reading.spark(last, span)
  requireMeant(last, span, reading)
  if (!isEmpty(field('options'))) throw zoneRefused(reading)
  let expression: ExpressionSyntax = { kind: 'name', parts: [...target, last, ...subFields], span }
  for (const subscript of nodesOf(field('array_index'))) {
    const index = readExpression(isNode(subscript['index']) ? subscript['index'] : subscript, reading)
    expression = elementAt(expression, index, reading)
  }
  return expression
}

/** Subscripts count from 1 in PostgreSQL and Trino, from 0 in Snowflake. */
function elementAt(array: ExpressionSyntax, index: ExpressionSyntax, reading: Reading): ExpressionSyntax {
  const { span } = reading
  if (reading.dialect.name === 'snowflake') return { kind: 'subscript', operand: array, index, span }
  return callOf(reading.dialect.name === 'trino' ? 'element_at' : 'try_element_at', [array, index], span)
}

export function requireMeant(name: string, span: Span, reading: Reading): void {
  if (MISREAD.has(name.toLowerCase()) && !reading.isQuoted(name)) throw reading.refuse(`"${name}" here`, span)
}

/** `a AT TIME ZONE z`: a moment's wall clock there. Types are not known yet, so the text must say which of its two meanings it has. */
function zoneRefused(reading: Reading): Error {
  return reading.refuse('AT TIME ZONE', reading.placeOf('zone'), 'Use from_utc_timestamp() or to_utc_timestamp().')
}

function readInterval(field: Field, reading: Reading): ExpressionSyntax {
  const amount = field('expr') as RawNode
  const unit = `${field('unit') ?? ''}`.toUpperCase()
  const value = amount['value']
  if (unit !== '') reading.placeOf(unit)
  if (amount['type'] === 'number') return reading.spark(`INTERVAL '${value}' ${unit}`, reading.placeOf(`${value}`))
  if (amount['type'] === 'single_quote_string' || amount['type'] === 'string') {
    const written = reading.string(`${value}`)
    return reading.spark(`INTERVAL '${written.text.replaceAll("'", "\\'")}' ${unit}`, written.span)
  }
  const count = readExpression(amount, reading)
  return {
    kind: 'binary',
    operator: '*',
    left: count,
    right: reading.spark(`INTERVAL '1' ${unit}`, count.span),
    span: count.span,
  }
}

function readCast(field: Field, reading: Reading, span: Span): ExpressionSyntax {
  const keyword = `${field('keyword')}`.toLowerCase()
  let operand = readExpression(field('expr'), reading)
  for (const target of nodesOf(field('target')))
    operand = {
      kind: 'cast',
      operand,
      type: readType(target, reading, span),
      tolerant: keyword === 'try_cast' || keyword === 'safe_cast',
      span,
    }
  if (!isEmpty(field('as'))) throw reading.refuse('an alias inside an expression', span)
  return operand
}

function readCase(field: Field, reading: Reading, span: Span): ExpressionSyntax {
  const operand = isNode(field('expr')) ? readExpression(field('expr'), reading) : undefined
  const branches: { when: ExpressionSyntax; then: ExpressionSyntax }[] = []
  let otherwise: ExpressionSyntax | undefined
  for (const part of nodesOf(field('args'))) {
    readNode(part, span, (arg) => {
      if (part['type'] === 'else') otherwise = readExpression(arg('result'), reading)
      else branches.push({ when: readExpression(arg('cond'), reading), then: readExpression(arg('result'), reading) })
    })
  }
  return { kind: 'case', operand, branches, otherwise, span }
}

function readUnary(field: Field, reading: Reading, span: Span): ExpressionSyntax {
  const operator = `${field('operator')}`.toUpperCase()
  const raw = field('expr')
  if (operator === 'EXISTS' || operator === 'NOT EXISTS') {
    const exists: ExpressionSyntax = { kind: 'exists', query: reading.readQuery(queryOf(raw) ?? {}), span }
    return operator === 'EXISTS' ? exists : { kind: 'unary', operator: 'not', operand: exists, span }
  }
  const operand = readExpression(raw, reading)
  if (operator === 'NOT' || operator === '!') return { kind: 'unary', operator: 'not', operand, span }
  if (operator === '-' || operator === '+' || operator === '~') return { kind: 'unary', operator, operand, span }
  throw reading.refuse(`operator ${operator}`, span)
}

/** The query of a node that is one in brackets. */
function queryOf(raw: unknown): RawNode | undefined {
  if (!isNode(raw)) return undefined
  if (isNode(raw['ast'])) return raw['ast']
  if (raw['type'] === 'select') return raw
  const list = raw['type'] === 'expr_list' ? nodesOf(raw['value']) : []
  return list.length === 1 ? queryOf(list[0]) : undefined
}

/** AND binds closer than OR. */
function readLogical(raw: RawNode, field: Field, reading: Reading, span: Span): ExpressionSyntax {
  for (const name of ['operator', 'left', 'right']) field(name)
  const { operands, operators } = logicalChain(raw, reading)
  const groups: ExpressionSyntax[][] = [[]]
  operands.forEach((operand, i) => {
    if (operators[i - 1] === 'or') groups.push([])
    groups.at(-1)!.push(readExpression(operand, reading))
  })
  const joined = (operator: 'and' | 'or', list: readonly ExpressionSyntax[]): ExpressionSyntax =>
    list.length === 1 ? list[0]! : { kind: 'logical', operator, operands: list, span }
  return joined(
    'or',
    groups.map((group) => joined('and', group)),
  )
}

function readBinary(field: Field, reading: Reading, span: Span): ExpressionSyntax {
  const written = `${field('operator')}`.toUpperCase().replace(/\s+/g, ' ')
  const left = readExpression(field('left'), reading)
  const right = field('right')
  const negated = written.startsWith('NOT ') || written === '!~' || written === '!~*' || written === 'IS NOT'
  const operator = written.replace(/^NOT /, '')
  const operand = left
  const value = (): ExpressionSyntax => readExpression(right, reading)
  const binary = (name: string): ExpressionSyntax => ({ kind: 'binary', operator: name, left, right: value(), span })
  if (operator === '||') {
    if (reading.dialect.name === 'mysql') throw reading.refuse('operator ||', span, 'Use OR, or CONCAT().')
    return binary('||')
  }
  if (SAME.has(operator)) return binary(operator)
  switch (operator) {
    case '!=':
    case '<>':
      return binary('!=')
    case 'DIV':
      return binary('div')
    case 'MOD':
      return binary('%')
    case '^':
      // Power in PostgreSQL and its relatives, exclusive or in MySQL and BigQuery.
      return reading.dialect.name === 'mysql' || reading.dialect.name === 'bigquery'
        ? binary('^')
        : callOf('power', [left, value()], span)
    case 'BETWEEN': {
      const [low, high] = isNode(right) ? nodesOf(right['value']) : []
      return { kind: 'between', negated, operand, low: readExpression(low, reading), high: readExpression(high, reading), span }
    }
    case 'IN': {
      const query = queryOf(right)
      if (query !== undefined) return { kind: 'in_query', negated, operand, query: reading.readQuery(query), span }
      if (!isNode(right) || right['type'] !== 'expr_list') throw reading.refuse('IN without a list', span)
      return { kind: 'in_list', negated, operand, list: nodesOf(right['value']).map((e) => readExpression(e, reading)), span }
    }
    case 'LIKE':
    case 'ILIKE':
      return readLike(operator === 'LIKE' ? 'like' : 'ilike', right)
    case '~':
    case '!~':
    case 'REGEXP':
    case 'RLIKE':
      return { kind: 'like', operator: 'rlike', negated, operand, pattern: value(), escape: undefined, span }
    case '~*':
    case '!~*': {
      const pattern = callOf('concat', [stringLiteral('(?i)', span), value()], span)
      return { kind: 'like', operator: 'rlike', negated, operand, pattern, escape: undefined, span }
    }
    case 'IS':
    case 'IS NOT':
      return readIs(negated, right)
    case 'IS DISTINCT FROM':
    case 'IS NOT DISTINCT FROM':
      return { kind: 'is_distinct', negated: operator.includes('NOT'), operand, other: value(), span }
  }
  throw reading.refuse(`operator ${written}`, span)

  function readLike(like: 'like' | 'ilike', raw: unknown): ExpressionSyntax {
    if (!isNode(raw)) throw reading.refuse('LIKE without a pattern', span)
    const { escape: escaping, ...pattern } = raw
    const character = isNode(escaping) && isNode(escaping['value']) ? reading.string(`${escaping['value']['value']}`) : undefined
    return {
      kind: 'like',
      operator: like,
      negated,
      operand,
      pattern: readExpression(pattern, reading),
      escape: character?.text,
      span,
    }
  }
  function readIs(isNot: boolean, raw: unknown): ExpressionSyntax {
    const node = isNode(raw) ? raw : {}
    if (node['type'] === 'null') {
      reading.placeOf('null')
      return { kind: 'is', what: 'null', negated: isNot, operand, span }
    }
    const text = `${node['value']}`
    if (node['type'] === 'bool') return { kind: 'is', what: text === 'true' ? 'true' : 'false', negated: isNot, operand, span }
    // PostgreSQL's grammar keeps what is behind IS as a text.
    const other = /^(NOT\s+)?DISTINCT FROM ([\s\S]+)$/i.exec(text)
    if (other === null) throw reading.refuse(`IS ${text}`, span)
    return {
      kind: 'is_distinct',
      negated: isNot || other[1] !== undefined,
      operand,
      other: writtenAgain(other[2]!, reading),
      span,
    }
  }
}

/** A simple expression that a grammar gives back as text, in double quotes where it is a name. */
function writtenAgain(text: string, reading: Reading): ExpressionSyntax {
  if (!/^(?:"[^"]*"(?:\."[^"]*")*|[\w.]+|'[^']*')$/.test(text)) throw reading.refuse(`IS DISTINCT FROM ${text}`)
  return reading.spark(text.replaceAll('"', '`'), reading.span)
}

function readCall(field: Field, reading: Reading, span: Span): ExpressionSyntax {
  const name = callName(field('name'))
  for (const part of name) reading.placeOf(part)
  const last = name.join('.').toLowerCase()
  const raw = field('args')
  if (last === 'exists') {
    const query = queryOf(raw)
    if (query !== undefined) return { kind: 'exists', query: reading.readQuery(query), span }
  }
  const separatorWord = field('separator')
  if (separatorWord !== ' ' && !isEmpty(separatorWord)) throw reading.refuse(`a separator of ${last}`, span)
  let call: CallSyntax = { ...callOf(last, [], span), name }
  if (isNode(raw) && raw['type'] === 'expr_list') call = withArguments(call, nodesOf(raw['value']), reading)
  else if (isNode(raw)) call = readAggregateArguments(call, raw, reading)
  // Without arguments and brackets: CURRENT_DATE and the like.
  const filter = field('filter')
  if (isNode(filter)) call = { ...call, filter: readExpression(filter['where'], reading) }
  const within = nodesOf(field('within_group_orderby'))
  if (within.length > 0) call = { ...call, withinGroup: within.map((item) => readSortItem(item, reading)) }
  const nulls = field('consider_nulls') ?? field('nulls')
  if (!isEmpty(nulls)) call = { ...call, ignoreNulls: nameText(nulls).toLowerCase().startsWith('ignore') }
  const over = field('over')
  const translated = translateCall(call, reading)
  if (!isNode(over)) return translated
  if (translated.kind !== 'call') throw reading.refuse(`OVER of ${last}`, span)
  return { ...translated, over: readOver(over, reading, span) }
}

function callName(raw: unknown): string[] {
  if (typeof raw === 'string') return [raw]
  if (!isNode(raw)) return ['']
  const schema = nameText(raw['schema'])
  const parts = Array.isArray(raw['name']) ? raw['name'].map(nameText) : [nameText(raw['name'])]
  return [schema, ...parts].filter((part) => part !== '')
}

/** Words between the arguments, `substring(a FROM 2 FOR 3)`, come as arguments of type `origin`. */
function withArguments(call: CallSyntax, args: readonly RawNode[], reading: Reading): CallSyntax {
  const words = args.filter((arg) => arg['type'] === 'origin').map((arg) => `${arg['value']}`.toLowerCase())
  const values = args.filter((arg) => arg['type'] !== 'origin').map((arg) => readExpression(arg, reading))
  const [first] = words
  const name = call.name.join('.').toLowerCase()
  if (first === undefined) {
    const [only] = values
    // MySQL's grammar takes the IN of position() for an operator.
    if (name === 'position' && values.length === 1 && only?.kind === 'in_list')
      return callOf('locate', [only.operand, ...only.list], call.span)
    return { ...call, args: values.map((value) => ({ name: undefined, value })) }
  }
  if (name === 'position' && first === 'in') return callOf('locate', values, call.span)
  if (name === 'trim') {
    const as = first === 'leading' ? 'ltrim' : first === 'trailing' ? 'rtrim' : 'trim'
    if (values.length === 2) return { ...callOf(as, values, call.span), special: 'trim' }
    return callOf(as, values, call.span)
  }
  if (name === 'substring' || name === 'substr' || name === 'overlay') return callOf(name, values, call.span)
  // `date_trunc(d, MONTH)`, `timestampdiff(HOUR, a, b)`: a unit as a word.
  if (words.length === 1) {
    values.splice(
      args.findIndex((arg) => arg['type'] === 'origin'),
      0,
      stringLiteral(first, reading.placeOf(first)),
    )
    return callOf(name, values, call.span)
  }
  throw reading.refuse(`${name} with ${words.join(', ')}`, call.span)
}

function readAggregateArguments(call: CallSyntax, raw: RawNode, reading: Reading): CallSyntax {
  return readNode(raw, call.span, (field) => {
    const distinct = !isEmpty(field('distinct'))
    const expression = field('expr')
    const list = isNode(expression) && expression['type'] === 'expr_list' && expression['parentheses'] !== true
    const values = (list ? nodesOf((expression as RawNode)['value']) : [expression]).map((e) => readExpression(e, reading))
    const order = nodesOf(field('orderby')).map((item) => readSortItem(item, reading))
    const separator = field('separator')
    if (isNode(separator) && !isEmpty(separator))
      values.push(readExpression(separator['delimiter'] ?? separator['value'], reading))
    const args = values.map((value) => ({ name: undefined, value }))
    return { ...call, distinct, args, withinGroup: order }
  })
}

function readOver(raw: RawNode, reading: Reading, span: Span): WindowSpecSyntax {
  return readNode(raw, span, (field) => {
    field('type')
    return readWindow(field('as_window_specification'), reading, span)
  })
}
export function readWindow(raw: unknown, reading: Reading, span: Span): WindowSpecSyntax {
  if (typeof raw === 'string')
    return { reference: raw, partitionBy: [], orderBy: [], frame: undefined, span: reading.placeOf(raw) }
  if (!isNode(raw) || !isNode(raw['window_specification'])) throw reading.refuse('this window', span)
  return readNode(raw['window_specification'], span, (field) => {
    const base = nameText(field('name'))
    const partitionBy = nodesOf(field('partitionby')).map((item) => readExpression(item['expr'] ?? item, reading))
    const orderBy = nodesOf(field('orderby')).map((item) => readSortItem(item, reading))
    if (base !== '' && partitionBy.length + orderBy.length > 0) throw reading.refuse('a window made of another', span)
    const frame = field('window_frame_clause')
    const window: WindowSpecSyntax = { reference: base === '' ? undefined : base, partitionBy, orderBy, frame: undefined, span }
    if (isEmpty(frame)) return window
    // Frames read alike everywhere: Spark's grammar reads their words.
    const call = reading.spark(`f() OVER (ORDER BY a ${frameText(frame, reading, span)})`, span)
    return { ...window, frame: call.kind === 'call' ? call.over?.frame : undefined }
  })
}
function frameText(raw: unknown, reading: Reading, span: Span): string {
  if (typeof raw === 'string') return raw
  if (!isNode(raw)) throw reading.refuse('this window frame', span)
  if (raw['type'] === 'binary_expr' && raw['operator'] === 'BETWEEN' && isNode(raw['left']) && isNode(raw['right'])) {
    const [from, to] = nodesOf(raw['right']['value']).map((bound) => frameText(bound, reading, span))
    return `${raw['left']['value']} BETWEEN ${from} AND ${to}`
  }
  if (raw['type'] === 'rows' || raw['type'] === 'range') return `${raw['type']} ${frameText(raw['expr'], reading, span)}`
  const words = [raw['value'], raw['suffix']].filter((word) => typeof word === 'string' || typeof word === 'number')
  if (words.length === 0) throw reading.refuse('this window frame', span)
  return words.join(' ')
}

export function readSortItem(raw: RawNode, reading: Reading): SortItemSyntax {
  return readNode(raw, reading.span, (field) => {
    const expression = readExpression(field('expr'), reading)
    const descending = `${raw['type'] ?? ''}`.toUpperCase() === 'DESC'
    const nulls = `${field('nulls') ?? ''}`.toUpperCase()
    const standard = reading.dialect.nulls
    const first = standard === 'least' ? !descending : standard === 'greatest' ? descending : false
    return {
      expression,
      descending,
      nullsFirst: nulls.includes('FIRST') ? true : nulls.includes('LAST') ? false : first,
      span: expression.span,
    }
  })
}

/** An item of a select list: `e [AS name]`. */
export function readItem(raw: RawNode, reading: Reading): ExpressionSyntax {
  // Some casts with :: are an item of their own.
  if (raw['type'] === 'cast') {
    const { as: name, ...cast } = raw
    return readItem({ type: 'expr', expr: cast, as: name }, reading)
  }
  return readNode(raw, reading.span, (field) => {
    const operand = readExpression(field('expr'), reading)
    const name = nameText(field('as'))
    if (operand.kind === 'star' && !isEmpty(field('expr_list')) && raw['type'] !== 'except')
      throw reading.refuse(`* ${`${raw['type']}`.toUpperCase()}`, reading.placeOf(`${raw['type']}`))
    const except = nodesOf(field('expr_list')).map((item) => [nameText(isNode(item['expr']) ? item['expr'] : item)])
    if (operand.kind === 'star') {
      if (name !== '') throw reading.refuse('an alias of *', operand.span)
      return except.length > 0 ? { ...operand, except } : operand
    }
    if (name === '') return operand
    const span = reading.placeOf(name)
    requireMeant(name, span, reading)
    return { kind: 'alias', operand, names: [name], span }
  })
}
