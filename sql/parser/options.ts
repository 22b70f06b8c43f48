import type { OptionsSyntax } from '../ast.ts'
import type { Cursor } from './cursor.ts'
import { readExpression } from './expression.ts'

/** '(' key ['='] value, … ')'. Key: a dotted name or a string; value: a literal, as text. */
export function readOptions(cursor: Cursor): OptionsSyntax {
  const options: Record<string, string> = {}
  cursor.parenthesized(() => {
    const first = cursor.at
    const key = readOptionKey(cursor)
    const equals = cursor.accept('=') || cursor.accept('==')
    if (!equals && cursor.seesAny([',', ')'])) {
      throw cursor.refuse('_LEGACY_ERROR_TEMP_0035', `option "${key}" has no value`, cursor.spanFrom(first))
    }
    options[key] = readOptionValue(cursor)
  })
  return options
}

export function readOptionKey(cursor: Cursor): string {
  if (cursor.token.kind === 'string') return cursor.next().text
  // A key may have parts that begin with digits or hold dashes: the text between the dots counts.
  return cursor.qualifiedName().join('.')
}

function readOptionValue(cursor: Cursor): string {
  const { token } = cursor
  if (cursor.atString) return cursor.string()
  const negative = cursor.sees('-') && cursor.peek(1).kind === 'number'
  if (token.kind === 'number' || negative) {
    if (negative) cursor.at++
    return (negative ? '-' : '') + cursor.next().text
  }
  if (token.upper === 'TRUE' || token.upper === 'FALSE') return cursor.next().text.toLowerCase()
  const first = cursor.at
  const value = readExpression(cursor)
  if (value.kind === 'literal') return `${value.value}`
  cursor.notSupported('an expression as the value of an option', first)
  return cursor.text.slice(value.span.start, value.span.end)
}
