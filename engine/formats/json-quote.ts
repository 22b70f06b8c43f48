/** A text as a JSON string, as Jackson writes it: only quotes, backslashes and control characters are escaped, those with upper-case digits. */
export function quoteJson(text: string): string {
  return `"${NEEDS_ESCAPE.test(text) ? text.replace(NEEDS_ESCAPE_ALL, escapeOf) : text}"`
}

const NEEDS_ESCAPE = /["\\\u0000-\u001f]/
const NEEDS_ESCAPE_ALL = /["\\\u0000-\u001f]/g

function escapeOf(character: string): string {
  switch (character) {
    case '"':
      return '\\"'
    case '\\':
      return '\\\\'
    case '\b':
      return '\\b'
    case '\t':
      return '\\t'
    case '\n':
      return '\\n'
    case '\f':
      return '\\f'
    case '\r':
      return '\\r'
    default:
      return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  }
}
