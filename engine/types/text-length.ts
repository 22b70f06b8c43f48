import { ExecutionError } from '../errors/engine-error.ts'
import type { StringType } from './data-type.ts'

/**
 * A text as a CHAR(n) or VARCHAR(n) column of a table holds it. Lengths count code points. Text that is too long may lose blanks at its
 * end, else EXCEED_LIMIT_LENGTH; CHAR fills up with blanks. Casts and expressions do not call this: there both types are STRING.
 */
export function fitText(text: string, type: StringType): string {
  const { length: limit } = type
  if (limit === undefined) return text
  const length = codePointCount(text)
  if (length <= limit) return type.padded ? text + ' '.repeat(limit - length) : text
  const trimmed = text.replace(/ +$/, '')
  const kept = codePointCount(trimmed)
  if (kept <= limit) return trimmed + ' '.repeat(limit - kept)
  throw new ExecutionError('EXCEED_LIMIT_LENGTH', {
    message: `the text has ${kept} characters, more than ${type} holds`,
    parameters: { limit: String(limit) },
  })
}

function codePointCount(text: string): number {
  let count = text.length
  for (let i = 1; i < text.length; i++) {
    const low = text.charCodeAt(i)
    const high = text.charCodeAt(i - 1)
    if (low >= 0xdc00 && low <= 0xdfff && high >= 0xd800 && high <= 0xdbff) count--
  }
  return count
}
