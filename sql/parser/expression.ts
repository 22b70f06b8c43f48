import { BOOLEAN, DATE, type DataType, INT, STRING, TIMESTAMP, TIMESTAMP_NTZ, VOID } from '../../engine/types/data-type.ts'
import { findZone } from '../../engine/types/zone.ts'
import type { ExpressionSyntax, LiteralSyntax, PredicateSyntax } from '../ast.ts'
import { STRICT_KEYWORDS } from '../keywords.ts'
import { emptyCall, readCall, readSpecialCall } from './call.ts'
import type { Cursor } from './cursor.ts'
import { constantName } from './identifier.ts'
import { readInterval, readNumber, SPECIAL_MOMENTS, typedLiteral } from './literal.ts'
import { queryStarts, readQuery } from './query.ts'
import { readType } from './type-name.ts'

/** expression: conjunction (OR conjunction)* */
export function readExpression(cursor: Cursor): ExpressionSyntax {
  return cursor.nested(() => readChain(cursor, 'or', () => readChain(cursor, 'and', () => readNegation(cursor))))
}

function readChain(cursor: Cursor, operator: 'and' | 'or', read: () => ExpressionSyntax): ExpressionSyntax {
  const first = cursor.at
  const operand = read()
  const word = operator.toUpperCase()
  if (!cursor.sees(word) || !continues(cursor)) return operand
  const operands = [operand]
  while (cursor.sees(word) && continues(cursor)) {
    cursor.at++
    operands.push(read())
  }
  return { kind: 'logical', operator, operands, span: cursor.spanFrom(first) }
}
/** After a binary word something must come: `SELECT a and` names the column. */
function continues(cursor: Cursor): boolean {
  const following = cursor.peek(1)
  return !(following.kind === 'end' || following.upper === ',' || following.upper === ')' || following.upper === ';')
}

/** negation: (NOT | '!') negation | EXISTS '(' query ')' | operand [predicate] */
function readNegation(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  if ((cursor.sees('NOT') && continues(cursor) && !cursor.seesAny(['.', 'FROM'], 1)) || cursor.sees('!')) {
    cursor.at++
    const operand = cursor.nested(() => readNegation(cursor))
    return { kind: 'unary', operator: 'not', operand, span: cursor.spanFrom(first) }
  }
  if (cursor.sees('EXISTS', '(') && queryStarts(cursor, 2)) {
    const exists = cursor.attempt('exists', (): ExpressionSyntax => {
      cursor.at += 2
      const query = readQuery(cursor)
      cursor.expect(')')
      return { kind: 'exists', query, span: cursor.spanFrom(first) }
    })
    if (exists) return exists
  }
  const operand = readOperand(cursor)
  return readPredicate(cursor, operand, first) ?? operand
}

const PREDICATES = ['BETWEEN', 'IN', 'LIKE', 'ILIKE', 'RLIKE', 'REGEXP']

/**
 * predicate: [NOT] BETWEEN operand AND operand | [NOT] IN '(' (query | expression, …) ')' | [NOT] (LIKE | ILIKE) operand [ESCAPE 'c']
 *          | [NOT] (LIKE | ILIKE) (ANY | SOME | ALL) '(' expression, … ')' | [NOT] (RLIKE | REGEXP) operand
 *          | IS [NOT] (NULL | TRUE | FALSE | UNKNOWN | DISTINCT FROM operand)
 */
function readPredicate(cursor: Cursor, operand: ExpressionSyntax, first: number): PredicateSyntax | undefined {
  if (cursor.sees('!') && (cursor.seesAny(PREDICATES, 1) || cursor.sees('!', 'NULL'))) throw cursor.bangIsNotNot()
  const span = () => cursor.spanFrom(first)
  if (cursor.sees('IS')) {
    if (cursor.sees('IS', '!')) {
      cursor.at++
      throw cursor.bangIsNotNot()
    }
    const negated = cursor.sees('IS', 'NOT')
    const ahead = negated ? 2 : 1
    const what = (['null', 'true', 'false', 'unknown'] as const).find((word) => cursor.peek(ahead).upper === word.toUpperCase())
    if (what) {
      cursor.at += ahead + 1
      return { kind: 'is', what, negated, operand, span: span() }
    }
    if (cursor.peek(ahead).upper === 'DISTINCT' && cursor.peek(ahead + 1).upper === 'FROM') {
      cursor.at += ahead + 2
      const other = readOperand(cursor)
      return { kind: 'is_distinct', negated, operand, other, span: span() }
    }
    return undefined
  }
  const negated = cursor.sees('NOT')
  if (!cursor.seesAny(PREDICATES, negated ? 1 : 0)) return undefined
  const word = cursor.peek(negated ? 1 : 0).upper
  if (!negated && !continues(cursor)) return undefined
  cursor.at += negated ? 2 : 1
  switch (word) {
    case 'BETWEEN': {
      const low = readOperand(cursor)
      cursor.expect('AND')
      const high = readOperand(cursor)
      return { kind: 'between', negated, operand, low, high, span: span() }
    }
    case 'IN': {
      cursor.expect('(')
      if (cursor.accept(')')) {
        throw cursor.refuse('INVALID_SQL_SYNTAX.EMPTY_IN_PREDICATE', 'IN needs at least one value', span(), {
          hint: 'FALSE says the same.',
        })
      }
      if (queryStarts(cursor, 0)) {
        const query = cursor.attempt('in query', () => {
          const read = readQuery(cursor)
          cursor.expect(')')
          return read
        })
        if (query) return { kind: 'in_query', negated, operand, query, span: span() }
      }
      const list = cursor.list(() => readExpression(cursor))
      cursor.expect(')')
      return { kind: 'in_list', negated, operand, list, span: span() }
    }
    case 'LIKE':
    case 'ILIKE': {
      const operator = word === 'LIKE' ? 'like' : 'ilike'
      if (cursor.seesAny(['ANY', 'SOME', 'ALL']) && cursor.peek(1).upper === '(') {
        const quantifier = cursor.next().upper === 'ALL' ? 'all' : 'any'
        if (cursor.accept('(', ')')) {
          throw cursor.refuse(
            'INVALID_SQL_SYNTAX.EMPTY_QUANTIFIED_PATTERN',
            `${word} ${quantifier} needs at least one pattern`,
            span(),
          )
        }
        const patterns = cursor.parenthesized(() => readExpression(cursor))
        return { kind: 'like_quantified', operator, quantifier, negated, operand, patterns, span: span() }
      }
      const pattern = readOperand(cursor)
      let escaped: string | undefined
      if (cursor.sees('ESCAPE') && cursor.peek(1).kind === 'string') {
        const at = cursor.peek(1)
        cursor.at++
        escaped = cursor.string()
        if ([...escaped].length !== 1) {
          throw cursor.refuse('INVALID_ESC', `the escape '${escaped}' is not one character`, at)
        }
      }
      return { kind: 'like', operator, negated, operand, pattern, escape: escaped, span: span() }
    }
    default:
      return { kind: 'like', operator: 'rlike', negated, operand, pattern: readOperand(cursor), escape: undefined, span: span() }
  }
}

/** Binary operators by how tightly they bind; all lean left. */
const BINDING: Readonly<Record<string, number>> = {
  '=': 1,
  '==': 1,
  '<=>': 1,
  '<>': 1,
  '!=': 1,
  '<': 1,
  '<=': 1,
  '!>': 1,
  '>': 1,
  '>=': 1,
  '!<': 1,
  '|': 2,
  '^': 3,
  '&': 4,
  '<<': 5,
  '>>': 5,
  '>>>': 5,
  '+': 6,
  '-': 6,
  '||': 6,
  '*': 7,
  '/': 7,
  '%': 7,
  DIV: 7,
}
const OPERATOR_NAMES: Readonly<Record<string, string>> = { '==': '=', '<>': '!=', '!>': '<=', '!<': '>=', DIV: 'div' }
/** A left-leaning chain becomes a tree as deep as it is long. */
const CHAIN_MAX = 1000
function tooLong(cursor: Cursor, first: number): Error {
  return cursor.refuse('FAILED_TO_PARSE_TOO_COMPLEX', 'the expression is too long', cursor.spanFrom(first), {
    detail: `At most ${CHAIN_MAX} operators may follow one another.`,
  })
}

/** operand: unary (operator unary)*, by precedence */
export function readOperand(cursor: Cursor, least = 1): ExpressionSyntax {
  const first = cursor.at
  let left = cursor.nested(() => readUnary(cursor))
  for (let count = 0; ; count++) {
    const operator = nextOperator(cursor)
    const binding = operator === undefined ? 0 : BINDING[operator]!
    if (operator === undefined || binding < least) return left
    if (count > CHAIN_MAX) throw tooLong(cursor, first)
    cursor.at += operator === '>>' ? 2 : operator === '>>>' ? 3 : 1
    const right = readOperand(cursor, binding + 1)
    left = { kind: 'binary', operator: OPERATOR_NAMES[operator] ?? operator, left, right, span: cursor.spanFrom(first) }
  }
}

function nextOperator(cursor: Cursor): string | undefined {
  const { upper, end } = cursor.token
  if (upper === '>' && cursor.peek(1).upper === '>' && cursor.peek(1).start === end) {
    return cursor.peek(2).upper === '>' && cursor.peek(2).start === cursor.peek(1).end ? '>>>' : '>>'
  }
  if (upper === 'DIV' && !continues(cursor)) return undefined
  return BINDING[upper] === undefined || upper === '' ? undefined : upper
}

/** unary: ('-' | '+' | '~') unary | postfix. A minus before a number belongs to the number. */
function readUnary(cursor: Cursor): ExpressionSyntax {
  const { upper } = cursor.token
  if (upper !== '-' && upper !== '+' && upper !== '~') return readPostfix(cursor)
  if (upper === '-' && cursor.peek(1).kind === 'number') return readPostfix(cursor)
  const first = cursor.at
  cursor.at++
  const operand = cursor.nested(() => readUnary(cursor))
  return { kind: 'unary', operator: upper, operand, span: cursor.spanFrom(first) }
}

/** postfix: primary ('.' name | '[' operand ']' | '::' type | ':' path | COLLATE name)* */
function readPostfix(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  let operand = readPrimary(cursor)
  for (let count = 0; ; count++) {
    if (count > CHAIN_MAX) throw tooLong(cursor, first)
    if (cursor.sees('.') && cursor.isName(cursor.peek(1))) {
      cursor.at++
      const name = cursor.name()
      operand =
        operand.kind === 'name'
          ? { kind: 'name', parts: [...operand.parts, name], span: cursor.spanFrom(first) }
          : { kind: 'field', operand, name, span: cursor.spanFrom(first) }
    } else if (cursor.accept('[')) {
      const index = readOperand(cursor)
      cursor.expect(']')
      operand = { kind: 'subscript', operand, index, span: cursor.spanFrom(first) }
    } else if (cursor.accept('::')) {
      const type = readType(cursor)
      operand = { kind: 'cast', operand, type, tolerant: false, span: cursor.spanFrom(first) }
    } else if (cursor.sees('COLLATE') && cursor.isName(cursor.peek(1)) && !cursor.seesAny(['FROM'], 1)) {
      cursor.at++
      operand = { kind: 'collate', operand, collation: cursor.qualifiedName(), span: cursor.spanFrom(first) }
    } else if (cursor.sees(':') && (cursor.isName(cursor.peek(1)) || cursor.peek(1).upper === '[')) {
      operand = { kind: 'path', operand, path: readPath(cursor), span: cursor.spanFrom(first) }
    } else return operand
  }
}

/** path: ':' (name | '[' text ']' | '[' number ']') ('.' name | '[' … ']')* */
function readPath(cursor: Cursor): string {
  cursor.at++
  let path = '$'
  const member = (name: string): string => (/^\w+$/.test(name) ? `.${name}` : `['${name}']`)
  if (cursor.atName) path += member(cursor.name())
  for (;;) {
    if (cursor.sees('.') && cursor.isName(cursor.peek(1))) {
      cursor.at++
      path += member(cursor.name())
    } else if (cursor.accept('[')) {
      path += cursor.atString ? `['${cursor.string()}']` : cursor.atName ? `[${cursor.name()}]` : `[${cursor.wholeNumber()}]`
      cursor.expect(']')
    } else return path
  }
}

/**
 * primary: literal | parameter | '*' | '(' query ')' | '(' expression ')' | row | lambda | CASE … | CAST '(' … ')'
 *        | a call in special syntax | name '(' … ')' … | name
 */
function readPrimary(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  const { token } = cursor
  switch (token.kind) {
    case 'number':
      return readNumber(cursor)
    case 'string':
      if (!cursor.atString) return readNamed(cursor)
      return { kind: 'literal', form: 'string', ...stringLiteral(cursor, first) }
    case 'quoted':
      return readNamed(cursor)
    case 'word':
      return readWord(cursor)
    case 'symbol':
      break
    default:
      throw cursor.unexpected()
  }
  switch (token.upper) {
    case '(':
      return readParenthesis(cursor)
    case '-':
      return readNumber(cursor)
    case '*':
      cursor.at++
      return readStar(cursor, [], first)
    case '?': {
      cursor.at++
      const name = `${cursor.positionalParameters++}`
      return { kind: 'parameter', name, positional: true, span: cursor.spanFrom(first) }
    }
    case ':': {
      cursor.at++
      if (cursor.sees('IDENTIFIER', '(')) {
        cursor.at++
        throw cursor.unexpected()
      }
      const name = cursor.name()
      return { kind: 'parameter', name, positional: false, span: cursor.spanFrom(first) }
    }
    default:
      throw cursor.unexpected()
  }
}

function stringLiteral(cursor: Cursor, first: number): Pick<LiteralSyntax, 'text' | 'value' | 'type' | 'span'> {
  const text = cursor.string()
  return { text, value: text, type: STRING, span: cursor.spanFrom(first) }
}

/** star: [name '.'] '*' [EXCEPT '(' name, … ')'] */
function readStar(cursor: Cursor, target: readonly string[], first: number): ExpressionSyntax {
  let except: string[][] = []
  if (cursor.sees('EXCEPT', '(') && !queryStarts(cursor, 2)) {
    cursor.at++
    except = cursor.parenthesized(() => cursor.qualifiedName())
  }
  return { kind: 'star', target, except, span: cursor.spanFrom(first) }
}

/** '(' query ')' | '(' name, name ')' '->' expression | '(' expression ')' | '(' expression, … ')' */
function readParenthesis(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  if (queryStarts(cursor, 1)) {
    const query = cursor.attempt('scalar query', (): ExpressionSyntax => {
      cursor.at++
      const read = readQuery(cursor)
      cursor.expect(')')
      return { kind: 'scalar_query', query: read, span: cursor.spanFrom(first) }
    })
    if (query) return query
  }
  const parameters = lambdaParameters(cursor)
  if (parameters) {
    cursor.at += 2 * parameters.length + 2
    return { kind: 'lambda', parameters, body: readExpression(cursor), span: cursor.spanFrom(first) }
  }
  cursor.at++
  const elements = cursor.list(() => readNamedExpression(cursor))
  cursor.expect(')')
  if (elements.length === 1) {
    const [element] = elements
    if (element!.kind === 'alias') throw cursor.unexpected()
    return element!
  }
  return { kind: 'row', elements, span: cursor.spanFrom(first) }
}

/** The names of `(a, b) ->`, when that is what follows. */
function lambdaParameters(cursor: Cursor): string[] | undefined {
  const names: string[] = []
  for (let ahead = 1; cursor.isName(cursor.peek(ahead)); ahead += 2) {
    names.push(cursor.peek(ahead).text)
    const after = cursor.peek(ahead + 1).upper
    if (after === ')') return names.length > 1 && cursor.peek(ahead + 2).upper === '->' ? names : undefined
    if (after !== ',') return undefined
  }
  return undefined
}

const BARE_CALLS = ['CURRENT_DATE', 'CURRENT_TIMESTAMP', 'CURRENT_USER', 'USER', 'SESSION_USER', 'CURRENT_TIME', 'LOCALTIME']

function readWord(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  const { upper } = cursor.token
  const following = cursor.peek(1)
  if (following.kind === 'string' && !(following.doubleQuoted && cursor.isName(following))) {
    if (upper === 'INTERVAL') {
      const interval = readInterval(cursor)
      if (interval) return interval
    }
    if (upper !== 'CASE') return readTypedLiteral(cursor)
  }
  switch (upper) {
    case 'NULL':
    case 'TRUE':
    case 'FALSE': {
      if (following.upper === '(') break
      cursor.at++
      const value = upper === 'NULL' ? null : upper === 'TRUE'
      const type = upper === 'NULL' ? VOID : BOOLEAN
      return { kind: 'literal', form: 'bare', text: upper, value, type, span: cursor.spanFrom(first) }
    }
    case 'INTERVAL': {
      const interval = readInterval(cursor)
      if (interval) return interval
      break
    }
    case 'CASE': {
      const read = cursor.attempt('case', () => readCase(cursor))
      if (read) return read
      break
    }
    case 'CAST':
    case 'TRY_CAST':
      if (following.upper === '(') {
        cursor.at += 2
        const operand = readExpression(cursor)
        cursor.expect('AS')
        const type = readType(cursor)
        cursor.expect(')')
        return { kind: 'cast', operand, type, tolerant: upper === 'TRY_CAST', span: cursor.spanFrom(first) }
      }
      break
    case 'IDENTIFIER':
      if (following.upper === '(') return readIdentifierClause(cursor)
      break
  }
  if (BARE_CALLS.includes(upper) && following.upper !== '(' && following.upper !== '.' && following.upper !== '->') {
    cursor.at++
    return { ...emptyCall(upper.toLowerCase(), cursor.spanFrom(first)), special: 'bare' }
  }
  if (following.upper === '(') {
    const special = readSpecialCall(cursor)
    if (special) return special
  }
  return readNamed(cursor)
}

/** TYPE 'text'; DATE 'today' and the like are calls. */
function readTypedLiteral(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  const typeName = cursor.next().upper
  const text = cursor.next().text
  const span = cursor.spanFrom(first)
  const moment = text.trim().toLowerCase()
  const type = MOMENT_TYPES[typeName]
  const [, word = '', zone = ''] = /^(\w+)\s+(\S+)$/.exec(moment) ?? []
  if (type !== undefined && (SPECIAL_MOMENTS.has(word) || word === 'epoch') && findZone(zone.toUpperCase()) !== undefined) {
    cursor.notSupported(`the zone of ${typeName} '${text}'`, first)
    return { ...emptyCall('current_timestamp', span) }
  }
  if (type === undefined || !SPECIAL_MOMENTS.has(moment)) return typedLiteral(cursor, typeName, text, span)
  const call = (name: string, ...args: ExpressionSyntax[]): ExpressionSyntax => ({
    ...emptyCall(name, span),
    args: args.map((value) => ({ name: undefined, value })),
  })
  const shift = moment === 'tomorrow' ? 1 : moment === 'yesterday' ? -1 : 0
  const days: ExpressionSyntax = { kind: 'literal', form: 'bare', text: `${shift}`, value: shift, type: INT, span }
  const today = call('current_date')
  const operand = moment === 'now' ? call('current_timestamp') : shift === 0 ? today : call('date_add', today, days)
  return { kind: 'cast', operand, type, tolerant: false, span }
}
const MOMENT_TYPES: Readonly<Record<string, DataType>> = { DATE, TIMESTAMP, TIMESTAMP_LTZ: TIMESTAMP, TIMESTAMP_NTZ }

/** CASE [expression] (WHEN expression THEN expression)+ [ELSE expression] END */
function readCase(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  cursor.expect('CASE')
  const operand = cursor.sees('WHEN') ? undefined : readExpression(cursor)
  const branches: { when: ExpressionSyntax; then: ExpressionSyntax }[] = []
  do {
    cursor.expect('WHEN')
    const when = readExpression(cursor)
    cursor.expect('THEN')
    branches.push({ when, then: readExpression(cursor) })
  } while (cursor.sees('WHEN'))
  const otherwise = cursor.accept('ELSE') ? readExpression(cursor) : undefined
  cursor.expect('END')
  return { kind: 'case', operand, branches, otherwise, span: cursor.spanFrom(first) }
}

/** IDENTIFIER '(' expression ')' as a column, or followed by arguments as a function. A text that is known is resolved here. */
function readIdentifierClause(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  cursor.at += 2
  const name = readExpression(cursor)
  cursor.expect(')')
  const parts = constantName(name)
  const call = cursor.sees('(') ? readCall(cursor, parts ?? ['identifier'], first) : undefined
  const span = cursor.spanFrom(first)
  if (parts === undefined) return { kind: 'identifier_clause', name, call, span }
  return call ?? { kind: 'name', parts, span }
}

/** name | name '->' expression | name '.' '*' | name '(' arguments ')' … */
function readNamed(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  if (cursor.peek(1).upper === '->') {
    const parameter = cursor.name()
    cursor.at++
    return { kind: 'lambda', parameters: [parameter], body: readExpression(cursor), span: cursor.spanFrom(first) }
  }
  const parts = [cursor.name()]
  while (cursor.sees('.')) {
    if (cursor.sees('.', '*')) {
      cursor.at += 2
      return readStar(cursor, parts, first)
    }
    if (!cursor.isName(cursor.peek(1))) break
    cursor.at++
    parts.push(cursor.name())
  }
  if (cursor.sees('(') && !STRICT_KEYWORDS.has(parts.length > 1 ? '' : cursor.tokens[first]!.upper))
    return readCall(cursor, parts, first)
  if (cursor.sees('(') && ['LEFT', 'RIGHT'].includes(cursor.tokens[first]!.upper)) return readCall(cursor, parts, first)
  return { kind: 'name', parts, span: cursor.spanFrom(first) }
}

/** namedExpression: expression [[AS] (name | '(' name, … ')')] */
export function readNamedExpression(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  const operand = readExpression(cursor)
  const alias = (names: readonly string[]): ExpressionSyntax => ({ kind: 'alias', operand, names, span: cursor.spanFrom(first) })
  if (cursor.sees('AS') && (cursor.isName(cursor.peek(1)) || cursor.peek(1).upper === '(' || cursor.peek(1).kind === 'string')) {
    cursor.at++
    return alias(cursor.sees('(') ? cursor.parenthesized(() => cursor.strictName()) : [cursor.strictName()])
  }
  // A list of names needs no AS: `explode(m) (k, v)`.
  if (cursor.sees('(') && cursor.isName(cursor.peek(1)) && cursor.seesAny([',', ')'], 2))
    return alias(cursor.parenthesized(() => cursor.strictName()))
  if (cursor.atImplicitAlias('column')) return alias([cursor.strictName()])
  return operand
}
