import type { ExpressionSyntax } from '../ast.ts'

/** The name that IDENTIFIER(e) makes, when it is a text or texts put together; undefined otherwise. */
export function constantName(e: ExpressionSyntax): string[] | undefined {
  const text = constantText(e)
  if (text === undefined) return undefined
  const part = /`(?:[^`]|``)*`|\s*[A-Za-z0-9_]+\s*/g
  const parts = text.match(part) ?? []
  if (parts.length === 0 || text.replace(part, '').length !== parts.length - 1) return undefined
  return parts.map((each) => (each.startsWith('`') ? each.slice(1, -1).replaceAll('``', '`') : each.trim()))
}

/** The text of a constant, undefined where it is none. */
export function constantText(e: ExpressionSyntax): string | undefined {
  if (e.kind === 'literal') return typeof e.value === 'string' ? e.value : undefined
  const parts =
    e.kind === 'binary' && e.operator === '||'
      ? [e.left, e.right]
      : e.kind === 'call' && e.name.join('.').toLowerCase() === 'concat'
        ? e.args.map(({ value }) => value)
        : []
  const texts = parts.map((part) => (part.kind === 'table_argument' ? undefined : constantText(part)))
  return texts.length > 0 && texts.every((text) => text !== undefined) ? texts.join('') : undefined
}
