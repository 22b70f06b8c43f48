import { unreachable } from '../../engine/errors/assert.ts'
import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Span } from '../../engine/errors/span.ts'
import {
  type Call,
  call,
  type Expression,
  type FrameBound,
  literal,
  nameRef,
  type SortOrder,
  type WindowCall,
} from '../../engine/expr/expression.ts'
import { BOOLEAN, STRING, sqlTypeName, withoutTextLength } from '../../engine/types/data-type.ts'
import type {
  CallSyntax,
  ExpressionSyntax,
  FrameBoundSyntax,
  NamedWindowSyntax,
  PredicateSyntax,
  SortItemSyntax,
  WindowSpecSyntax,
} from '../ast.ts'
import { constantName, constantText } from '../parser/identifier.ts'
import { lowerQuery } from './lower-query.ts'

/** What lowering an expression needs to know of the query around it: the windows that WINDOW named. */
export interface Surroundings {
  readonly windows: ReadonlyMap<string, WindowSpecSyntax>
}
export const NOTHING_AROUND: Surroundings = { windows: new Map() }

export function withWindows(around: Surroundings, windows: readonly NamedWindowSyntax[]): Surroundings {
  if (windows.length === 0) return around
  return { windows: new Map([...around.windows, ...windows.map(({ name, window }) => [name.toLowerCase(), window] as const)]) }
}

export function notSupported(what: string, span: Span, hint?: string): ParseError {
  return new ParseError('UNSUPPORTED_FEATURE', { message: `${what} is not supported`, span, ...(hint && { hint }) })
}

/** Syntax → an expression of names and calls. Operators become calls; BETWEEN, IS DISTINCT FROM and the like become what they mean. */
export function lowerExpression(e: ExpressionSyntax, around: Surroundings = NOTHING_AROUND): Expression {
  const lower = (child: ExpressionSyntax): Expression => lowerExpression(child, around)
  const { span } = e
  switch (e.kind) {
    case 'literal':
      return literal(e.value, e.type, span)
    case 'name':
      return nameRef(e.parts, span)
    case 'star':
      return { kind: 'star', target: e.target, except: e.except, span }
    case 'parameter':
      return { kind: 'parameter', name: e.name, span }
    case 'unary':
      return call({ '-': 'negative', '+': 'positive', '~': '~', not: 'not' }[e.operator], [lower(e.operand)], span)
    case 'binary':
      return lowerBinary(e, around)
    case 'logical':
      return balanced(e.operator, e.operands.map(lower), span)
    case 'between':
    case 'in_list':
    case 'in_query':
    case 'like':
    case 'like_quantified':
    case 'is':
    case 'is_distinct':
      return lowerPredicate(e, around)
    case 'exists':
      return { kind: 'subquery', form: 'exists', needles: [], query: lowerQuery(e.query), span }
    case 'scalar_query':
      return { kind: 'subquery', form: 'scalar', needles: [], query: lowerQuery(e.query), span }
    case 'row':
      return lowerRow(e.elements, around, span)
    case 'call':
      return lowerCall(e, around)
    case 'cast':
      return {
        kind: 'cast',
        child: lower(e.operand),
        type: withoutTextLength(e.type),
        tolerant: e.tolerant,
        implicit: false,
        span,
      }
    case 'collate':
      if (e.collation.join('.').toUpperCase() === 'UTF8_BINARY') return lower(e.operand)
      throw notSupported(`collation "${e.collation.join('.')}"`, span)
    case 'case': {
      const operand = e.operand && lower(e.operand)
      const branches = e.branches.map(({ when, then }) => ({
        when: operand ? call('=', [operand, lower(when)], when.span) : lower(when),
        then: lower(then),
      }))
      return { kind: 'case', branches, ...(e.otherwise && { otherwise: lower(e.otherwise) }), span }
    }
    case 'lambda':
      return { kind: 'lambda', parameters: e.parameters, body: lower(e.body), span }
    case 'subscript':
      return call('element', [lower(e.operand), lower(e.index)], span)
    case 'field':
      return call('element', [lower(e.operand), literal(e.name, STRING, span)], span)
    case 'path':
      throw notSupported('a path into a VARIANT', span, 'Use get_json_object() on JSON text.')
    case 'alias': {
      const [name] = e.names
      return { kind: 'alias', name: name!, child: lower(e.operand), ...(e.names.length > 1 && { names: e.names }), span }
    }
    case 'identifier_clause': {
      const parts = identifierOf(e.name)
      return e.call ? lowerCall({ ...e.call, name: parts }, around) : nameRef(parts, span)
    }
    default:
      return unreachable(e)
  }
}

/** A chain of operators leans left and may be thousands long: it is walked, not recursed into. */
function lowerBinary(e: ExpressionSyntax & { kind: 'binary' }, around: Surroundings): Expression {
  const chain: (ExpressionSyntax & { kind: 'binary' })[] = []
  let left: ExpressionSyntax = e
  while (left.kind === 'binary') {
    chain.push(left)
    left = left.left
  }
  let result = lowerExpression(left, around)
  for (const link of chain.reverse()) {
    const right = lowerExpression(link.right, around)
    result =
      link.operator === '!='
        ? call('not', [call('=', [result, right], link.span)], link.span)
        : call(link.operator, [result, right], link.span)
  }
  return result
}

/** AND and OR of many as a tree of logarithmic depth, as Spark builds it. */
function balanced(operator: 'and' | 'or', operands: readonly Expression[], span: Span | undefined): Expression {
  if (operands.length <= 3) {
    return operands.reduce((left, right) => call(operator, [left, right], span))
  }
  const middle = Math.ceil(operands.length / 2)
  return call(
    operator,
    [balanced(operator, operands.slice(0, middle), span), balanced(operator, operands.slice(middle), span)],
    span,
  )
}

function lowerPredicate(e: PredicateSyntax, around: Surroundings): Expression {
  const { span } = e
  const lower = (child: ExpressionSyntax): Expression => lowerExpression(child, around)
  const operand = lower(e.operand)
  const orNot = (positive: Expression): Expression => (e.negated ? call('not', [positive], span) : positive)
  switch (e.kind) {
    case 'between':
      return orNot(call('and', [call('>=', [operand, lower(e.low)], span), call('<=', [operand, lower(e.high)], span)], span))
    case 'in_list':
      return orNot(call('in', [operand, ...e.list.map(lower)], span))
    case 'in_query': {
      const needles = e.operand.kind === 'row' ? e.operand.elements.map(lower) : [operand]
      return orNot({ kind: 'subquery', form: 'in', needles, query: lowerQuery(e.query), span })
    }
    case 'like': {
      const escaped = e.escape === undefined ? [] : [literal(e.escape, STRING)]
      return orNot(call(e.operator, [operand, lower(e.pattern), ...escaped], span))
    }
    case 'like_quantified': {
      // NOT LIKE ALL: no pattern matches; NOT LIKE ANY: some pattern does not. So NOT goes inside.
      const matches = e.patterns.map((pattern) => {
        return orNot(call(e.operator, [operand, lower(pattern)], span))
      })
      const joined = balanced(e.quantifier === 'all' ? 'and' : 'or', matches, span)
      const texts = e.patterns.every((pattern) => pattern.kind === 'literal' && typeof pattern.value === 'string')
      return texts && joined.kind === 'call' ? { ...joined, calledAs: `${e.negated ? 'not' : ''}like${e.quantifier}` } : joined
    }
    case 'is':
      if (e.what === 'null' || e.what === 'unknown') return call(e.negated ? 'isnotnull' : 'isnull', [operand], span)
      return orNot(call('<=>', [operand, literal(e.what === 'true', BOOLEAN)], span))
    case 'is_distinct': {
      const same = call('<=>', [operand, lower(e.other)], span)
      return e.negated ? same : call('not', [same], span)
    }
    default:
      return unreachable(e)
  }
}

/** `(a, b AS c, 1)`: named_struct with the names a, c, col3. */
function lowerRow(elements: readonly ExpressionSyntax[], around: Surroundings, span: Span): Expression {
  const args = elements.flatMap((element, i) => {
    const inner = element.kind === 'alias' ? element.operand : element
    const name = element.kind === 'alias' ? element.names[0]! : element.kind === 'name' ? element.parts.at(-1)! : `col${i + 1}`
    return [literal(name, STRING), lowerExpression(inner, around)]
  })
  return call('named_struct', args, span)
}

function lowerCall(e: CallSyntax, around: Surroundings): Expression {
  // USER, CURRENT_DATE and the like without parentheses are columns of that name first; analysis falls back to the function.
  if (e.special === 'bare') return nameRef(e.name, e.span)
  const args = e.args.map(({ value }) => {
    if (value.kind === 'table_argument') throw notSupported(`a table as an argument of ${e.name.join('.')}`, value.span)
    return lowerExpression(value, around)
  })
  const plain: Call = {
    kind: 'call',
    name: e.name.join('.').toLowerCase(),
    args,
    ...(e.distinct && { distinct: true }),
    ...(e.filter && { filter: lowerExpression(e.filter, around) }),
    ...(e.withinGroup.length > 0 && { withinGroup: e.withinGroup.map((item) => lowerSortItem(item, around)) }),
    ...(e.ignoreNulls !== undefined && { ignoreNulls: e.ignoreNulls }),
    ...(e.name.join('.').toLowerCase() === 'negative' && { calledAs: 'negative' }),
    ...(e.args.some(({ name }) => name !== undefined) && { argumentNames: e.args.map(({ name }) => name) }),
    span: e.span,
  }
  return e.over ? lowerOver(plain, e.over, around, e.span) : plain
}

function lowerOver(plain: Call, window: WindowSpecSyntax, around: Surroundings, span: Span): WindowCall {
  let spec = window
  const seen = new Set<string>()
  while (spec.reference !== undefined) {
    const name: string = spec.reference
    const named = around.windows.get(name.toLowerCase())
    if (named === undefined || seen.has(name.toLowerCase())) {
      throw new ParseError('MISSING_WINDOW_SPECIFICATION', {
        message: `window "${name}" does not exist`,
        hint: 'Define it with WINDOW name AS (…), behind HAVING.',
        span: window.span,
        parameters: { windowName: name },
      })
    }
    seen.add(name.toLowerCase())
    spec = named
  }
  return {
    kind: 'over',
    call: plain,
    partitionBy: spec.partitionBy.map((e) => lowerExpression(e, around)),
    orderBy: spec.orderBy.map((item) => lowerSortItem(item, around)),
    ...(spec.frame && {
      frame: { unit: spec.frame.unit, start: lowerBound(spec.frame.start, around), end: lowerBound(spec.frame.end, around) },
    }),
    span,
  }
}
function lowerBound(bound: FrameBoundSyntax, around: Surroundings): FrameBound {
  return 'offset' in bound ? { kind: bound.kind, offset: lowerExpression(bound.offset, around) } : bound
}

/** NULLs are least: first when ascending, last when descending, unless said otherwise. */
export function lowerSortItem(item: SortItemSyntax, around: Surroundings): SortOrder {
  return {
    kind: 'order',
    child: lowerExpression(item.expression, around),
    descending: item.descending,
    nullsFirst: item.nullsFirst ?? !item.descending,
    span: item.span,
  }
}

/** The name that IDENTIFIER(e) makes; it must be known before the query runs. */
export function identifierOf(e: ExpressionSyntax): string[] {
  const parts = constantName(e)
  if (parts) return parts
  const text = constantText(e)
  if (text !== undefined)
    throw new ParseError(text.trim() === '' ? 'PARSE_EMPTY_STATEMENT' : 'PARSE_SYNTAX_ERROR', {
      message: `IDENTIFIER needs a name, and "${text}" is none`,
      hint: 'Put back-ticks around names that are not words.',
      span: e.span,
    })
  if (e.kind === 'literal')
    throw new ParseError('NOT_A_CONSTANT_STRING.WRONG_TYPE', {
      message: `IDENTIFIER needs a name as a text, not ${e.value === null ? 'NULL' : sqlTypeName(e.type)}`,
      span: e.span,
      parameters: { expr: e.text, dataType: e.value === null ? 'void' : String(e.type), name: 'IDENTIFIER' },
    })
  throw new ParseError('NOT_A_CONSTANT_STRING.NOT_CONSTANT', {
    message: 'IDENTIFIER needs a name as a text that is known before the query runs',
    span: e.span,
  })
}
