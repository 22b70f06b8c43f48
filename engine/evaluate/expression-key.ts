import type { Expression } from '../expr/expression.ts'
import type { MapValue } from '../types/value.ts'

const keys = new WeakMap<Expression, string>()
/** A text that two expressions share only if they are the same computation. Spans do not count; calls by chance never match. */
export function keyOf(e: Expression): string {
  let key = keys.get(e)
  if (key === undefined) keys.set(e, (key = JSON.stringify(e, plainJson)))
  return key
}
function plainJson(name: string, value: unknown): unknown {
  if (name === 'span') return undefined
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (Object.is(value, -0)) return '-0'
  if (value instanceof Uint8Array) return [...value]
  return (value as MapValue | null) ?? null
}
