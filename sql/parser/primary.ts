import { BOOLEAN, DATE, type DataType, INT, STRING, TIMESTAMP, TIMESTAMP_NTZ, VOID } from '../../engine/types/data-type.ts'
import { findZone } from '../../engine/types/zone.ts'
import type { ExpressionSyntax, LiteralSyntax } from '../ast.ts'
import { STRICT_KEYWORDS } from '../keywords.ts'
import { emptyCall, readCall, readSpecialCall } from './call.ts'
import type { Cursor } from './cursor.ts'
import { CHAIN_MAX, readExpression, readNamedExpression, readOperand, tooLong } from './expression.ts'
import { constantName } from './identifier.ts'
import { readInterval, readNumber, SPECIAL_MOMENTS, typedLiteral } from './literal.ts'
import { queryStarts, readQuery } from './query.ts'
import { readType } from './type-name.ts'

/** unary: ('-' | '+' | '~') unary | postfix. A minus before a number belongs to the number. */
export function readUnary(cursor: Cursor): ExpressionSyntax {
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
      return parameter(cursor, name, true, first)
    }
    case ':': {
      cursor.at++
      if (cursor.sees('IDENTIFIER', '(')) {
        cursor.at++
        throw cursor.unexpected()
      }
      const name = cursor.name()
      return parameter(cursor, name, false, first)
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
  const moment = specialMoment(text)
  const type = MOMENT_TYPES[typeName]
  if (type === undefined || !SPECIAL_MOMENTS.has(moment))
    return typedLiteral(cursor, typeName, moment === 'epoch' ? moment : text, span)
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
/** A zone may stand behind the word, but for `now`. It must exist and means nothing: the day is the session's, as in Spark. */
function specialMoment(text: string): string {
  const trimmed = text.trim()
  const [, word = '', zone = ''] = /^(today|tomorrow|yesterday|epoch)\s+(\S+)$/i.exec(trimmed) ?? []
  return (word !== '' && findZone(zone) !== undefined ? word : trimmed).toLowerCase()
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
    // Behind a dot IDENTIFIER('…') is a call of a function of that name.
    parts.push(cursor.simpleName())
  }
  if (cursor.sees('(') && !STRICT_KEYWORDS.has(parts.length > 1 ? '' : cursor.tokens[first]!.upper))
    return readCall(cursor, parts, first)
  if (cursor.sees('(') && ['LEFT', 'RIGHT'].includes(cursor.tokens[first]!.upper)) return readCall(cursor, parts, first)
  return { kind: 'name', parts, span: cursor.spanFrom(first) }
}

/** A marker, or the value given for it. */
function parameter(cursor: Cursor, name: string, positional: boolean, first: number): ExpressionSyntax {
  const span = cursor.spanFrom(first)
  const given = cursor.parameters?.get(name)
  if (given === undefined) return { kind: 'parameter', name, positional, span }
  const { value, type } = given
  const form = typeof value === 'string' ? 'string' : 'bare'
  return { kind: 'literal', form, text: typeof value === 'string' ? value : '', value, type, span }
}
