import type { Span } from '../../engine/errors/span.ts'
import { STRING } from '../../engine/types/data-type.ts'
import type {
  ArgumentSyntax,
  CallSyntax,
  ExpressionSyntax,
  FrameBoundSyntax,
  FrameSyntax,
  Name,
  SortItemSyntax,
  WindowSpecSyntax,
} from '../ast.ts'
import type { Cursor } from './cursor.ts'
import { readExpression, readNamedExpression, readOperand } from './expression.ts'
import { readTableArgument } from './relation-clause.ts'

export function emptyCall(name: string, span: Span): CallSyntax {
  return {
    kind: 'call',
    name: [name],
    args: [],
    distinct: false,
    withinGroup: [],
    filter: undefined,
    ignoreNulls: undefined,
    over: undefined,
    span,
  }
}

/**
 * call: name '(' [[DISTINCT | ALL] argument, …] ')' [WITHIN GROUP '(' ORDER BY sort, … ')'] [FILTER '(' WHERE expression ')']
 *       [(IGNORE | RESPECT) NULLS] [OVER window]
 * argument: [name '=>'] expression | TABLE …; struct(…) takes `expression AS name`, first, last and any_value a final IGNORE NULLS.
 */
export function readCall(cursor: Cursor, name: Name, first: number): CallSyntax {
  cursor.expect('(')
  let ignoreNulls: boolean | undefined
  const quantified = cursor.seesAny(['DISTINCT', 'ALL']) && !cursor.seesAny([')', ',', '.', '('], 1)
  const distinct = (quantified || cursor.sees('DISTINCT', '(')) && cursor.token.upper === 'DISTINCT'
  if (quantified || distinct) cursor.at++
  const args: ArgumentSyntax[] = []
  const last = name.at(-1)!.toLowerCase()
  if (!cursor.sees(')')) {
    args.push(...cursor.list(() => readArgument(cursor, last === 'struct')))
    if (['first', 'last', 'any_value', 'first_value', 'last_value'].includes(last) && cursor.accept('IGNORE', 'NULLS'))
      ignoreNulls = true
  }
  cursor.expect(')')
  let withinGroup: SortItemSyntax[] = []
  if (cursor.accept('WITHIN', 'GROUP', '(')) {
    cursor.expect('ORDER', 'BY')
    withinGroup = cursor.list(() => readSortItem(cursor))
    cursor.expect(')')
  }
  let filter: ExpressionSyntax | undefined
  if (cursor.sees('FILTER', '(')) {
    cursor.at += 2
    cursor.expect('WHERE')
    filter = readExpression(cursor)
    cursor.expect(')')
  }
  if (cursor.accept('IGNORE', 'NULLS')) ignoreNulls = true
  else if (cursor.accept('RESPECT', 'NULLS')) ignoreNulls = false
  const windowed = cursor.sees('OVER') && (cursor.peek(1).upper === '(' || cursor.isName(cursor.peek(1)))
  const over = windowed && cursor.accept('OVER') ? readWindow(cursor) : undefined
  return { kind: 'call', name, args, distinct, withinGroup, filter, ignoreNulls, over, span: cursor.spanFrom(first) }
}

function readArgument(cursor: Cursor, named: boolean): ArgumentSyntax {
  const name = cursor.atName && cursor.peek(1).upper === '=>' ? cursor.name() : undefined
  if (name !== undefined) cursor.at++
  const table = cursor.sees('TABLE') ? readTableArgument(cursor) : undefined
  return { name, value: table ?? (named ? readNamedExpression(cursor) : readExpression(cursor)) }
}

/** expression [ASC | DESC] [NULLS (FIRST | LAST)] */
export function readSortItem(cursor: Cursor): SortItemSyntax {
  const first = cursor.at
  const expression = readExpression(cursor)
  const descending = cursor.accept('DESC')
  if (!descending) cursor.accept('ASC')
  const nullsFirst = cursor.accept('NULLS', 'FIRST') ? true : cursor.accept('NULLS', 'LAST') ? false : undefined
  return { expression, descending, nullsFirst, span: cursor.spanFrom(first) }
}

/**
 * window: name | '(' name ')' | '(' [(PARTITION | DISTRIBUTE) BY expression, …] [(ORDER | SORT) BY sort, …] [frame] ')'
 *       | '(' CLUSTER BY expression, … [frame] ')'
 */
export function readWindow(cursor: Cursor): WindowSpecSyntax {
  const first = cursor.at
  const nothing = { partitionBy: [], orderBy: [], frame: undefined }
  if (!cursor.accept('(')) {
    const reference = cursor.strictName()
    return { reference, ...nothing, span: cursor.spanFrom(first) }
  }
  if (cursor.atName && (cursor.peek(1).upper === ')' || cursor.peek(1).upper === '-')) {
    const reference = cursor.strictName()
    cursor.expect(')')
    return { reference, ...nothing, span: cursor.spanFrom(first) }
  }
  let partitionBy: ExpressionSyntax[] = []
  let orderBy: SortItemSyntax[] = []
  if (cursor.accept('CLUSTER', 'BY')) partitionBy = cursor.list(() => readExpression(cursor))
  else {
    if (cursor.accept('PARTITION', 'BY') || cursor.accept('DISTRIBUTE', 'BY'))
      partitionBy = cursor.list(() => readExpression(cursor))
    if (cursor.accept('ORDER', 'BY') || cursor.accept('SORT', 'BY')) orderBy = cursor.list(() => readSortItem(cursor))
  }
  const frame = readFrame(cursor)
  cursor.expect(')')
  return { reference: undefined, partitionBy, orderBy, frame, span: cursor.spanFrom(first) }
}

/** frame: (ROWS | RANGE | GROUPS) (bound | BETWEEN bound AND bound) */
function readFrame(cursor: Cursor): FrameSyntax | undefined {
  const unit = (['rows', 'range', 'groups'] as const).find((word) => cursor.sees(word.toUpperCase()))
  if (unit === undefined) return undefined
  cursor.at++
  if (cursor.accept('BETWEEN')) {
    const start = readFrameBound(cursor)
    cursor.expect('AND')
    return { unit, start, end: readFrameBound(cursor) }
  }
  return { unit, start: readFrameBound(cursor), end: { kind: 'current_row' } }
}

/** bound: UNBOUNDED (PRECEDING | FOLLOWING) | CURRENT ROW | expression (PRECEDING | FOLLOWING) */
function readFrameBound(cursor: Cursor): FrameBoundSyntax {
  if (cursor.accept('UNBOUNDED', 'PRECEDING')) return { kind: 'unbounded_preceding' }
  if (cursor.accept('UNBOUNDED', 'FOLLOWING')) return { kind: 'unbounded_following' }
  if (cursor.accept('CURRENT', 'ROW')) return { kind: 'current_row' }
  const offset = readOperand(cursor)
  if (!isConstant(offset)) {
    throw cursor.refuse(
      'INVALID_SQL_SYNTAX.INVALID_WINDOW_FRAME_BOUND',
      'the bound of a window frame must be a literal',
      offset.span,
    )
  }
  if (cursor.accept('PRECEDING')) return { kind: 'preceding', offset }
  cursor.expect('FOLLOWING')
  return { kind: 'following', offset }
}
/** Constants in the parser's eyes: literals, and arithmetic, casts and calls over them but for the moment of the query. */
function isConstant(e: ExpressionSyntax): boolean {
  switch (e.kind) {
    case 'literal':
    case 'parameter':
      return true
    case 'unary':
    case 'cast':
      return isConstant(e.operand)
    case 'binary':
      return isConstant(e.left) && isConstant(e.right)
    default:
      return false
  }
}

export const UNITS = 'YEAR QUARTER MONTH WEEK DAY DAYOFYEAR HOUR MINUTE SECOND MILLISECOND MICROSECOND'.split(' ')
export const UNIT_CALLS: Readonly<Record<string, string>> = {
  TIMESTAMPADD: 'timestampadd',
  DATEADD: 'timestampadd',
  DATE_ADD: 'timestampadd',
  TIMESTAMPDIFF: 'timestampdiff',
  DATEDIFF: 'timestampdiff',
  DATE_DIFF: 'timestampdiff',
  TIMEDIFF: 'timestampdiff',
}

/**
 * Calls with words inside the parentheses:
 *   EXTRACT '(' field FROM operand ')' · POSITION '(' operand IN operand ')' · OVERLAY '(' operand PLACING operand FROM operand [FOR operand] ')'
 *   TRIM '(' [BOTH | LEADING | TRAILING] [operand] FROM operand ')' · SUBSTRING '(' operand FROM operand [FOR operand] ')'
 *   TIMESTAMPADD '(' unit ',' operand ',' operand ')' and TIMESTAMPDIFF, under their other names too
 * Undefined, with nothing read, for an ordinary call of one of these names.
 */
export function readSpecialCall(cursor: Cursor): CallSyntax | undefined {
  const first = cursor.at
  const name = cursor.token.upper
  const make = (as: string, special: CallSyntax['special'], values: readonly ExpressionSyntax[]): CallSyntax => {
    cursor.expect(')')
    return { ...emptyCall(as, cursor.spanFrom(first)), args: values.map((value) => ({ name: undefined, value })), special }
  }
  switch (name) {
    case 'EXTRACT':
      if (!cursor.isName(cursor.peek(2)) || cursor.peek(3).upper !== 'FROM') return undefined
      cursor.at += 2
      return make(
        'extract',
        'extract',
        (() => {
          const field = wordLiteral(cursor)
          cursor.at++
          return [field, readOperand(cursor)]
        })(),
      )
    case 'POSITION':
      return cursor.attempt('position', () => {
        cursor.at += 2
        const part = readOperand(cursor)
        cursor.expect('IN')
        return make('locate', 'position', [part, readOperand(cursor)])
      })
    case 'OVERLAY':
      return cursor.attempt('overlay', () => {
        cursor.at += 2
        const input = readOperand(cursor)
        cursor.expect('PLACING')
        const replacement = readOperand(cursor)
        cursor.expect('FROM')
        const start = readOperand(cursor)
        const length = cursor.accept('FOR') ? [readOperand(cursor)] : []
        return make('overlay', 'overlay', [input, replacement, start, ...length])
      })
    case 'SUBSTR':
    case 'SUBSTRING':
      return cursor.attempt('substring', () => {
        cursor.at += 2
        const input = readOperand(cursor)
        cursor.expect('FROM')
        const start = readOperand(cursor)
        const length = cursor.accept('FOR') ? [readOperand(cursor)] : []
        return make('substring', undefined, [input, start, ...length])
      })
    case 'TRIM':
      return cursor.attempt('trim', () => {
        cursor.at += 2
        const option =
          cursor.seesAny(['BOTH', 'LEADING', 'TRAILING']) && !cursor.seesAny([')', ',', '('], 1) ? cursor.next().upper : 'BOTH'
        const characters = cursor.sees('FROM') ? [] : [readOperand(cursor)]
        cursor.expect('FROM')
        const input = readOperand(cursor)
        return make(option === 'LEADING' ? 'ltrim' : option === 'TRAILING' ? 'rtrim' : 'trim', 'trim', [...characters, input])
      })
    default: {
      const as = UNIT_CALLS[name]
      if (as === undefined || cursor.peek(3).upper !== ',') return undefined
      const unit = cursor.peek(2)
      if (unit.kind === 'string') {
        // With three arguments the first is a unit, and a unit is a word: said here, where its place is known.
        const written = cursor.attempt('unit as string', () => {
          cursor.at += 4
          readOperand(cursor)
          cursor.expect(',')
          readOperand(cursor)
          cursor.expect(')')
          return true
        })
        if (!written) return undefined
        throw cursor.refuse('INVALID_PARAMETER_VALUE.DATETIME_UNIT', `the unit of ${name} is a word, not a string`, unit, {
          hint: `Write ${unit.text.toUpperCase()} without quotes.`,
        })
      }
      if (!UNITS.includes(unit.upper)) return undefined
      return cursor.attempt('unit call', () => {
        cursor.at += 2
        const word = wordLiteral(cursor)
        cursor.expect(',')
        const second = readOperand(cursor)
        cursor.expect(',')
        return make(as, 'unit', [word, second, readOperand(cursor)])
      })
    }
  }
}

/** A word where a call takes the name of a field or unit, as the string that the function gets. */
function wordLiteral(cursor: Cursor): ExpressionSyntax {
  const first = cursor.at
  const text = cursor.name()
  return { kind: 'literal', form: 'string', text, value: text, type: STRING, span: cursor.spanFrom(first) }
}
