import { MapValue, type Value } from '../types/value.ts'
import type { Expression, FrameBound } from './expression.ts'

/** Operators whose operands may be swapped without changing the meaning. */
const COMMUTATIVE = new Set(['+', '*', '&', '|', '^', '=', '<=>', 'and', 'or'])

/**
 * A text that two expressions share iff they mean the same: spans, names of columns and qualifiers left out, operands of
 * commutative operators in a fixed order. Subqueries mean the same when they are written the same.
 */
export function meaningOf(e: Expression): string {
  switch (e.kind) {
    case 'literal':
      return `${valueKey(e.value)}:${e.type}`
    case 'name':
      return `name(${e.parts.map((p) => JSON.stringify(p.toLowerCase())).join('.')})`
    case 'star':
      return `star(${e.target.join('.')})`
    case 'column':
      return `#${e.id}`
    case 'bound':
      return `@${e.ordinal}`
    case 'lambda_variable':
      return `$${e.id}`
    case 'alias':
      return meaningOf(e.child)
    case 'call': {
      const args = e.args.map(meaningOf)
      if (COMMUTATIVE.has(e.name)) args.sort()
      return `${e.name}(${e.distinct ? 'distinct ' : ''}${args.join(',')}${extras(e)})`
    }
    case 'aggregate':
      return `agg ${e.name}(${e.distinct ? 'distinct ' : ''}${e.args.map(meaningOf).join(',')}${extras(e)})`
    case 'over':
      return `over(${meaningOf(e.call)};${e.partitionBy.map(meaningOf).join(',')};${e.orderBy.map(meaningOf).join(',')};${
        e.frame ? `${e.frame.unit} ${boundKey(e.frame.start)} ${boundKey(e.frame.end)}` : ''
      })`
    case 'cast':
      return `${e.tolerant ? 'try_cast' : 'cast'}(${meaningOf(e.child)}:${e.type})`
    case 'case':
      return `case(${e.branches.map((b) => `${meaningOf(b.when)}?${meaningOf(b.then)}`).join(';')};${e.otherwise ? meaningOf(e.otherwise) : ''})`
    case 'field':
      return `field(${meaningOf(e.child)},${e.ordinal})`
    case 'lambda':
      return `lambda(${(e.variables ?? []).map(meaningOf).join(',')}→${meaningOf(e.body)})`
    case 'subquery':
      return `subquery(${e.form},${queryKey(e.query, new Set(e.outer?.map((c) => c.id)))},${e.needles.map(meaningOf).join(',')})`
    case 'order':
      return `${meaningOf(e.child)} ${e.descending ? 'desc' : 'asc'} ${e.nullsFirst ? 'first' : 'last'}`
    case 'parameter':
      return `:${e.name}`
  }
}

export function sameMeaning(a: Expression, b: Expression): boolean {
  return a === b || meaningOf(a) === meaningOf(b)
}

function extras(e: {
  readonly filter?: Expression | undefined
  readonly withinGroup?: readonly Expression[] | undefined
  readonly ignoreNulls?: boolean | undefined
}): string {
  return `${e.filter ? `;filter ${meaningOf(e.filter)}` : ''}${
    e.withinGroup?.length ? `;within ${e.withinGroup.map(meaningOf).join(',')}` : ''
  }${e.ignoreNulls ? ';ignore nulls' : ''}`
}

function boundKey(bound: FrameBound): string {
  return bound.kind === 'preceding' || bound.kind === 'following' ? `${bound.kind} ${meaningOf(bound.offset)}` : bound.kind
}

function valueKey(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
  if (value instanceof MapValue) return `{${value.entries.map(([k, v]) => `${valueKey(k)}=${valueKey(v)}`).join(',')}}`
  if ('months' in value) return `(${value.months},${value.days},${value.microseconds})`
  return `[${value.map(valueKey).join(',')}]`
}

const known = new WeakMap<object, string>()
/** The query as text, with the columns that it makes itself numbered in order: two writings of one query are the same. */
function queryKey(query: object, outer: ReadonlySet<number>): string {
  let text = known.get(query)
  if (text === undefined) {
    const numbers = new Map<number, number>()
    text = JSON.stringify(query, (name, value: unknown) => {
      if (name === 'span' || name === 'qualifier' || name === 'outer') return undefined
      if (typeof value === 'bigint') return `${value}n`
      if (name !== 'id' || typeof value !== 'number' || outer.has(value)) return value
      if (!numbers.has(value)) numbers.set(value, numbers.size)
      return `own ${numbers.get(value)}`
    })
    known.set(query, text)
  }
  return text
}
