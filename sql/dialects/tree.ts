import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Span } from '../../engine/errors/span.ts'

/** A node of node-sql-parser's trees, which have a shape of their own in each dialect. */
export type RawNode = Readonly<Record<string, unknown>>

/** Fields that say nothing of the query: places, lists made for other purposes, how it was written. */
const SILENT = new Set([
  'loc',
  'type',
  'tableList',
  'columnList',
  'parentheses',
  'keyword',
  'symbol',
  'surround',
  'notations',
  'brackets',
])

export function isNode(value: unknown): value is RawNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
export function nodesOf(value: unknown): RawNode[] {
  return Array.isArray(value) ? value.filter(isNode) : []
}

/**
 * Reads a node field by field. Whatever holds something and was not asked for when `read` is done is refused by its name: a part of the
 * query that the reader does not know is never lost.
 */
export function readNode<T>(raw: RawNode, span: Span, read: (field: (name: string) => unknown) => T): T {
  const asked = new Set<string>()
  const result = read((name) => {
    asked.add(name)
    return raw[name]
  })
  for (const [name, value] of Object.entries(raw)) {
    if (asked.has(name) || SILENT.has(name) || isEmpty(value)) continue
    throw new ParseError('UNSUPPORTED_FEATURE', {
      message: `"${name.replace(/^_+/, '').replaceAll('_', ' ')}" has no meaning here`,
      detail: `The dialect's parser found ${JSON.stringify(withoutPlaces(value)).slice(0, 120)}.`,
      span: spanOf(raw) ?? span,
    })
  }
  return result
}

/** NULL, false, the empty text, or a list or node of nothing but such. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true
  if (Array.isArray(value)) return value.every(isEmpty)
  return isNode(value) && Object.entries(value).every(([name, part]) => name === 'loc' || isEmpty(part))
}

export function spanOf(raw: RawNode): Span | undefined {
  const place = raw['loc']
  if (!isNode(place) || !isNode(place['start']) || !isNode(place['end'])) return undefined
  const { offset: start } = place['start']
  const { offset: end } = place['end']
  return typeof start === 'number' && typeof end === 'number' && end >= start ? { start, end } : undefined
}

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces)
  if (!isNode(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, part]) => name !== 'loc' && !isEmpty(part))
      .map(([name, part]) => [name, withoutPlaces(part)]),
  )
}
