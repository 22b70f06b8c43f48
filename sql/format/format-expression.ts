import { unreachable } from '../../engine/errors/assert.ts'
import { type DataType, simpleString } from '../../engine/types/data-type.ts'
import type {
  CallSyntax,
  ExpressionSyntax,
  FrameBoundSyntax,
  PredicateSyntax,
  SortItemSyntax,
  TableArgumentSyntax,
  WindowSpecSyntax,
} from '../ast.ts'
import { UNIT_CALLS, UNITS } from '../parser/call.ts'
import { quoteFunction, quoteName, quoteNames, quoteText } from '../quote.ts'
import { formatQuery } from './format-query.ts'

/** How tightly a construct holds together; an operand that holds less tightly than its place asks stands in parentheses. */
const LAMBDA = 0
const OR = 1
const AND = 2
const NOT = 3
const PREDICATE = 4
const COMPARISON = 5
const UNARY = 12
const POSTFIX = 13

const BINARY_LEVELS: Readonly<Record<string, number>> = {
  '=': COMPARISON,
  '<=>': COMPARISON,
  '!=': COMPARISON,
  '<': COMPARISON,
  '<=': COMPARISON,
  '>': COMPARISON,
  '>=': COMPARISON,
  '|': 6,
  '^': 7,
  '&': 8,
  '<<': 9,
  '>>': 9,
  '>>>': 9,
  '+': 10,
  '-': 10,
  '||': 10,
  '*': 11,
  '/': 11,
  '%': 11,
  div: 11,
}

function levelOf(e: ExpressionSyntax): number {
  switch (e.kind) {
    case 'lambda':
      return LAMBDA
    case 'logical':
      return e.operator === 'or' ? OR : AND
    case 'unary':
      return e.operator === 'not' ? NOT : UNARY
    case 'between':
    case 'in_list':
    case 'in_query':
    case 'like':
    case 'like_quantified':
    case 'is':
    case 'is_distinct':
    case 'exists':
      return PREDICATE
    case 'binary':
      return BINARY_LEVELS[e.operator]!
    default:
      return POSTFIX
  }
}

/** The expression as canonical text, in parentheses when it holds less tightly than `least`. */
export function formatExpression(e: ExpressionSyntax, least = LAMBDA): string {
  const text = formatBare(e)
  return levelOf(e) < least ? `(${text})` : text
}
export function formatAll(list: readonly ExpressionSyntax[]): string {
  return list.map((e) => formatExpression(e)).join(', ')
}

function formatBare(e: ExpressionSyntax): string {
  switch (e.kind) {
    case 'literal':
      return e.form === 'string' ? quoteText(e.text) : e.text
    case 'name':
      return quoteNames(e.parts)
    case 'star': {
      const except = e.except.length === 0 ? '' : ` EXCEPT (${e.except.map(quoteNames).join(', ')})`
      return `${e.target.length === 0 ? '' : `${quoteNames(e.target)}.`}*${except}`
    }
    case 'parameter':
      return e.positional ? '?' : `:${e.name}`
    case 'unary': {
      if (e.operator === 'not') return `NOT ${formatExpression(e.operand, NOT)}`
      // A sign right before a number would become part of it.
      const operand = e.operand.kind === 'literal' ? `(${formatBare(e.operand)})` : formatExpression(e.operand, UNARY)
      return e.operand.kind === 'unary' ? `${e.operator} ${operand}` : `${e.operator}${operand}`
    }
    case 'binary': {
      const level = BINARY_LEVELS[e.operator]!
      return `${formatExpression(e.left, level)} ${e.operator.toUpperCase()} ${formatExpression(e.right, level + 1)}`
    }
    case 'logical': {
      const level = e.operator === 'or' ? OR : AND
      return e.operands.map((operand) => formatExpression(operand, level + 1)).join(` ${e.operator.toUpperCase()} `)
    }
    case 'between':
    case 'in_list':
    case 'in_query':
    case 'like':
    case 'like_quantified':
    case 'is':
    case 'is_distinct':
      return formatPredicate(e)
    case 'exists':
      return `EXISTS (${formatQuery(e.query)})`
    case 'scalar_query':
      return `(${formatQuery(e.query)})`
    case 'row':
      return `(${formatAll(e.elements)})`
    case 'call':
      return formatCall(e)
    case 'cast':
      return `${e.tolerant ? 'TRY_CAST' : 'CAST'}(${formatExpression(e.operand)} AS ${formatType(e.type)})`
    case 'collate':
      return `${formatExpression(e.operand, POSTFIX)} COLLATE ${quoteNames(e.collation)}`
    case 'case': {
      const branches = e.branches
        .map(({ when, then }) => ` WHEN ${formatExpression(when)} THEN ${formatExpression(then)}`)
        .join('')
      const otherwise = e.otherwise ? ` ELSE ${formatExpression(e.otherwise)}` : ''
      return `CASE${e.operand ? ` ${formatExpression(e.operand)}` : ''}${branches}${otherwise} END`
    }
    case 'lambda': {
      const names = e.parameters.map(quoteName).join(', ')
      return `${e.parameters.length === 1 ? names : `(${names})`} -> ${formatExpression(e.body)}`
    }
    case 'subscript':
      return `${formatExpression(e.operand, POSTFIX)}[${formatExpression(e.index, COMPARISON)}]`
    case 'field':
      return `${formatExpression(e.operand, POSTFIX)}.${quoteName(e.name)}`
    case 'path':
      return `${formatExpression(e.operand, POSTFIX)}:${e.path.replace(/^\$\.?/, '')}`
    case 'alias': {
      const names = e.names.map(quoteName).join(', ')
      return `${formatExpression(e.operand)} AS ${e.names.length === 1 ? names : `(${names})`}`
    }
    case 'identifier_clause':
      return `IDENTIFIER(${formatExpression(e.name)})${e.call ? formatCall(e.call).slice(quoteFunction(e.call.name).length) : ''}`
    default:
      return unreachable(e)
  }
}

function formatPredicate(e: PredicateSyntax): string {
  const operand = (child: ExpressionSyntax): string => formatExpression(child, COMPARISON)
  const not = e.negated ? 'NOT ' : ''
  const left = operand(e.operand)
  switch (e.kind) {
    case 'between':
      return `${left} ${not}BETWEEN ${operand(e.low)} AND ${operand(e.high)}`
    case 'in_list':
      return `${left} ${not}IN (${formatAll(e.list)})`
    case 'in_query':
      return `${left} ${not}IN (${formatQuery(e.query)})`
    case 'like': {
      const escaped = e.escape === undefined ? '' : ` ESCAPE ${quoteText(e.escape)}`
      return `${left} ${not}${e.operator.toUpperCase()} ${operand(e.pattern)}${escaped}`
    }
    case 'like_quantified':
      return `${left} ${not}${e.operator.toUpperCase()} ${e.quantifier.toUpperCase()} (${formatAll(e.patterns)})`
    case 'is':
      return `${left} IS ${not}${e.what.toUpperCase()}`
    case 'is_distinct':
      return `${left} IS ${not}DISTINCT FROM ${operand(e.other)}`
    default:
      return unreachable(e)
  }
}

export function formatCall(e: CallSyntax): string {
  const args = e.args.map(({ name, value }) => `${name === undefined ? '' : `${quoteName(name)} => `}${formatArgument(value)}`)
  if (e.special) return formatSpecialCall(e, args)
  const [first] = e.args
  // A column called like a unit is not the unit.
  if (first?.value.kind === 'name' && UNIT_CALLS[e.name.join('.').toUpperCase()] && UNITS.includes(args[0]!.toUpperCase()))
    args[0] = `\`${args[0]}\``
  const nulls = e.ignoreNulls === undefined ? '' : e.ignoreNulls ? ' IGNORE NULLS' : ' RESPECT NULLS'
  const group = e.withinGroup.length === 0 ? '' : ` WITHIN GROUP (ORDER BY ${formatSortItems(e.withinGroup)})`
  const filter = e.filter ? ` FILTER (WHERE ${formatExpression(e.filter)})` : ''
  const over = e.over ? ` OVER ${formatWindow(e.over)}` : ''
  return `${quoteFunction(e.name)}(${e.distinct ? 'DISTINCT ' : ''}${args.join(', ')})${group}${filter}${nulls}${over}`
}
function formatArgument(value: ExpressionSyntax | TableArgumentSyntax): string {
  if (value.kind !== 'table_argument') return formatExpression(value)
  const { body } = value.query
  const named = body.kind === 'table' && Array.isArray(body.name) && value.query.ctes.length === 0
  return named ? `TABLE ${quoteNames(body.name as readonly string[])}` : `TABLE(${formatQuery(value.query)})`
}

function formatSpecialCall(e: CallSyntax, args: readonly string[]): string {
  const name = e.name[0]!.toUpperCase()
  const word = (i: number): string => {
    const value = e.args[i]!.value
    return value.kind === 'literal' ? value.text : args[i]!
  }
  switch (e.special) {
    case 'extract':
      return `EXTRACT(${quoteName(word(0))} FROM ${args[1]})`
    case 'position':
      return `POSITION(${args[0]} IN ${args[1]})`
    case 'overlay':
      return `OVERLAY(${args[0]} PLACING ${args[1]} FROM ${args[2]}${args[3] === undefined ? '' : ` FOR ${args[3]}`})`
    case 'trim': {
      const side = name === 'LTRIM' ? 'LEADING ' : name === 'RTRIM' ? 'TRAILING ' : 'BOTH '
      return `TRIM(${side}${args.length === 2 ? `${args[0]} ` : ''}FROM ${args.at(-1)})`
    }
    case 'unit':
      return `${name}(${word(0).toUpperCase()}, ${args.slice(1).join(', ')})`
    default:
      return name
  }
}

export function formatSortItems(items: readonly SortItemSyntax[]): string {
  return items
    .map(({ expression, descending, nullsFirst }) => {
      const nulls = nullsFirst === undefined ? '' : nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'
      return `${formatExpression(expression)}${descending ? ' DESC' : ''}${nulls}`
    })
    .join(', ')
}

export function formatWindow(window: WindowSpecSyntax): string {
  if (window.reference !== undefined) return quoteName(window.reference)
  const parts: string[] = []
  if (window.partitionBy.length > 0) parts.push(`PARTITION BY ${formatAll(window.partitionBy)}`)
  if (window.orderBy.length > 0) parts.push(`ORDER BY ${formatSortItems(window.orderBy)}`)
  if (window.frame) {
    const { unit, start, end } = window.frame
    parts.push(`${unit.toUpperCase()} BETWEEN ${formatBound(start)} AND ${formatBound(end)}`)
  }
  return `(${parts.join(' ')})`
}
function formatBound(bound: FrameBoundSyntax): string {
  const words = bound.kind.toUpperCase().replace('_', ' ')
  return 'offset' in bound ? `${formatExpression(bound.offset, COMPARISON)} ${words}` : words
}

/** A type as DDL; field names in back-ticks where they need them. */
export function formatType(type: DataType): string {
  switch (type.kind) {
    case 'array':
      return `ARRAY<${formatType(type.element)}>`
    case 'map':
      return `MAP<${formatType(type.key)}, ${formatType(type.value)}>`
    case 'struct':
      return `STRUCT<${type.fields.map((f) => `${quoteName(f.name)}: ${formatType(f.type)}${f.nullable ? '' : ' NOT NULL'}`).join(', ')}>`
    default:
      return simpleString(type).toUpperCase()
  }
}
