import type { ExpressionSyntax, PredicateSyntax } from '../ast.ts'
import { CLAUSE_KEYWORDS } from '../keywords.ts'
import type { Cursor } from './cursor.ts'
import { readUnary } from './primary.ts'
import { queryStarts, readQuery } from './query.ts'

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
  const bang = cursor.settings.flag('spark.sql.legacy.bangEqualsNot')
  if (!bang && cursor.sees('!') && (cursor.seesAny(PREDICATES, 1) || cursor.sees('!', 'NULL'))) throw cursor.bangIsNotNot()
  const span = () => cursor.spanFrom(first)
  if (cursor.sees('IS')) {
    if (!bang && cursor.sees('IS', '!')) {
      cursor.at++
      throw cursor.bangIsNotNot()
    }
    const negated = cursor.sees('IS', 'NOT') || (bang && cursor.sees('IS', '!'))
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
  const negated = cursor.sees('NOT') || (bang && cursor.sees('!'))
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
export const CHAIN_MAX = 1000
export function tooLong(cursor: Cursor, first: number): Error {
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

/** namedExpression: expression [[AS] (name | '(' name, … ')')] */
export function readNamedExpression(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  const operand = readExpression(cursor)
  const alias = (names: readonly string[]): ExpressionSyntax => ({ kind: 'alias', operand, names, span: cursor.spanFrom(first) })
  // AS FROM t: the name is AS.
  if (cursor.sees('AS', 'FROM') && cursor.isName(cursor.peek(2)) && !CLAUSE_KEYWORDS.has(cursor.peek(2).upper))
    return alias([cursor.strictName()])
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
