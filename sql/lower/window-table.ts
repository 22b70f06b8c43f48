import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Span } from '../../engine/errors/span.ts'
import { alias, call, type Expression } from '../../engine/expr/expression.ts'
import type { LogicalPlan } from '../../engine/plan/logical-plan.ts'
import type { CallSyntax, ExpressionSyntax, GroupBySyntax, GroupingSyntax, SelectSyntax } from '../ast.ts'
import { lowerExpression, type Surroundings } from './lower-expression.ts'
import { lowerQuery } from './lower-query.ts'

/**
 * The window functions of other dialects, as tables:
 *   TUMBLE(TABLE t, DESCRIPTOR(time), size [, offset])        HOP(TABLE t, DESCRIPTOR(time), slide, size [, offset])
 *   SESSION(TABLE t, DESCRIPTOR(time), gap)                   CUMULATE(TABLE t, DESCRIPTOR(time), step, size [, offset])
 * The result is the table's columns and the struct `window`. Its ends go by the names window_start and window_end, see `rewriteWindowColumns`.
 */
const WINDOW_TABLES = ['tumble', 'hop', 'session', 'cumulate']

/** Undefined when the call is of another function. */
export function lowerWindowTable(table: CallSyntax, around: Surroundings): LogicalPlan | undefined {
  const name = table.name.join('.').toLowerCase()
  const [source, descriptor, ...rest] = table.args.map(({ value }) => value)
  if (!WINDOW_TABLES.includes(name) || source?.kind !== 'table_argument') return undefined
  const { span } = table
  const time = timeOf(descriptor)
  if (time === undefined) throw misused(name, 'the second argument is DESCRIPTOR(column)', span)
  const durations = rest.map((value) => {
    if (value.kind === 'table_argument') throw misused(name, 'durations are intervals', span)
    return lowerExpression(value, around)
  })
  const column = lowerExpression(time, around)
  const window = windowCall(name, column, durations, table)
  const star: Expression = { kind: 'star', target: [], except: [] }
  return { kind: 'project', expressions: [star, alias(window, 'window', span)], input: lowerQuery(source.query), span }
}

function windowCall(name: string, time: Expression, durations: readonly Expression[], table: CallSyntax): Expression {
  const { span } = table
  const [first, second, third] = durations
  switch (name) {
    case 'tumble':
      if (first === undefined || durations.length > 2) throw misused(name, 'it takes a size and, if wanted, an offset', span)
      return call('window', second ? [time, first, first, second] : [time, first], span)
    case 'hop': {
      if (first === undefined || second === undefined || durations.length > 3)
        throw misused(name, 'it takes a slide, a size and, if wanted, an offset', span)
      if (lengthOf(first) > lengthOf(second)) {
        throw new ParseError('INVALID_WINDOW_TABLE', {
          message: 'the slide of HOP is longer than its size',
          detail: 'HOP takes the slide first, then the size; window() takes the size first.',
          hint: 'Swap the two intervals.',
          span,
        })
      }
      return call('window', third ? [time, second, first, third] : [time, second, first], span)
    }
    case 'cumulate':
      if (first === undefined || second === undefined || durations.length > 3)
        throw misused(name, 'it takes a step, a size and, if wanted, an offset', span)
      if (lengthOf(first) > lengthOf(second)) {
        throw new ParseError('INVALID_WINDOW_TABLE', {
          message: 'the step of CUMULATE is longer than its size',
          detail: 'CUMULATE takes the step first, then the size; window() takes the size first.',
          hint: 'Swap the two intervals.',
          span,
        })
      }
      return call('cumulate_window', [time, first, second, ...(third ? [third] : [])], span)
    default:
      if (first === undefined || durations.length > 1) throw misused(name, 'it takes a gap', span)
      return call('session_window', [time, first], span)
  }
}
function lengthOf(duration: Expression): number {
  return duration.kind === 'literal' && (typeof duration.value === 'bigint' || typeof duration.value === 'number')
    ? Number(duration.value)
    : 0
}
function timeOf(descriptor: CallSyntax['args'][number]['value'] | undefined): ExpressionSyntax | undefined {
  if (descriptor?.kind !== 'call' || descriptor.name.join('.').toLowerCase() !== 'descriptor' || descriptor.args.length !== 1)
    return undefined
  const [{ value }] = descriptor.args as [CallSyntax['args'][number]]
  return value.kind === 'table_argument' ? undefined : value
}
function misused(name: string, how: string, span: Span): ParseError {
  return new ParseError('INVALID_WINDOW_TABLE', { message: `${name.toUpperCase()} is not called like this: ${how}`, span })
}

const ENDS: Readonly<Record<string, string>> = { window_start: 'start', window_end: 'end' }

/**
 * A SELECT over one of these tables says window_start, window_end and window_time. They become fields of `window`, and grouping by either
 * groups by the window itself, so that what a stream knows of windows holds for them.
 */
export function rewriteWindowColumns(select: SelectSyntax): Pick<SelectSyntax, 'items' | 'groupBy' | 'having'> {
  const { items, groupBy, having } = select
  if (!select.from?.relations.some((relation) => relation.kind === 'function' && isWindowTable(relation.call)))
    return { items, groupBy, having }
  const rewrite = (e: ExpressionSyntax): ExpressionSyntax => windowColumn(e) ?? mapSyntax(e, rewrite)
  const named = (e: ExpressionSyntax): ExpressionSyntax => {
    const replaced = rewrite(e)
    if (replaced === e || e.kind !== 'name') return replaced
    return { kind: 'alias', operand: replaced, names: [e.parts.at(-1)!], span: e.span }
  }
  return { items: items.map(named), groupBy: groupBy && rewriteGroupBy(groupBy), having: having && rewrite(having) }
}
export function isWindowTable(table: CallSyntax): boolean {
  return WINDOW_TABLES.includes(table.name.join('.').toLowerCase()) && table.args[0]?.value.kind === 'table_argument'
}

function windowColumn(e: ExpressionSyntax): ExpressionSyntax | undefined {
  if (e.kind !== 'name') return undefined
  const name = e.parts.at(-1)!.toLowerCase()
  const end = ENDS[name]
  const window: ExpressionSyntax = { ...e, parts: [...e.parts.slice(0, -1), 'window'] }
  if (end !== undefined) return { ...e, parts: [...window.parts, end] }
  if (name !== 'window_time') return undefined
  const base = { distinct: false, withinGroup: [], filter: undefined, ignoreNulls: undefined, over: undefined }
  return { kind: 'call', name: ['window_time'], args: [{ name: undefined, value: window }], ...base, span: e.span }
}

function rewriteGroupBy(groupBy: GroupBySyntax): GroupBySyntax {
  let grouped = false
  const items = groupBy.items.flatMap((item): GroupingSyntax[] => {
    if (item.kind !== 'expression' || item.expression.kind !== 'name' || windowColumn(item.expression) === undefined)
      return [item]
    if (grouped) return []
    grouped = true
    const { expression } = item
    return [{ kind: 'expression', expression: { ...expression, parts: [...expression.parts.slice(0, -1), 'window'] } }]
  })
  return { ...groupBy, items }
}

/** The node with its direct parts mapped, for the kinds a select list is made of. */
function mapSyntax(e: ExpressionSyntax, f: (e: ExpressionSyntax) => ExpressionSyntax): ExpressionSyntax {
  switch (e.kind) {
    case 'alias':
    case 'cast':
    case 'unary':
    case 'field':
      return { ...e, operand: f(e.operand) }
    case 'binary':
      return { ...e, left: f(e.left), right: f(e.right) }
    case 'logical':
      return { ...e, operands: e.operands.map(f) }
    case 'between':
      return { ...e, operand: f(e.operand), low: f(e.low), high: f(e.high) }
    case 'is':
      return { ...e, operand: f(e.operand) }
    case 'call':
      return { ...e, args: e.args.map((a) => (a.value.kind === 'table_argument' ? a : { ...a, value: f(a.value) })) }
    case 'case':
      return {
        ...e,
        operand: e.operand && f(e.operand),
        branches: e.branches.map(({ when, then }) => ({ when: f(when), then: f(then) })),
        otherwise: e.otherwise && f(e.otherwise),
      }
    default:
      return e
  }
}
