import { CLAUSE_KEYWORDS, HINT_KEYWORDS, STRICT_KEYWORDS } from './keywords.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  "'": "\\'",
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\0',
  '\b': '\\b',
}

/** A text as a string literal that reads back as it. */
export function quoteText(text: string): string {
  return `'${text.replace(/['\\\n\r\t\0\b]/g, (character) => ESCAPES[character]!)}'`
}

/** Words that begin something where a name can stand. */
const EXPRESSION_KEYWORDS = new Set(
  (
    'NOT CASE CAST TRY_CAST EXISTS INTERVAL NULL TRUE FALSE DISTINCT ALL IDENTIFIER AND OR IS IN ' +
    'BETWEEN LIKE ILIKE RLIKE REGEXP DIV COLLATE ESCAPE STREAM TABLE CURRENT_DATE CURRENT_TIMESTAMP CURRENT_TIME CURRENT_USER SESSION_USER USER ' +
    'LOCALTIME ROLLUP CUBE GROUPING VERSION SYSTEM_VERSION SYSTEM_TIME PRECEDING FOLLOWING ROWS RANGE GROUPS ASC DESC NULLS TRIGGER OUTPUT EMIT'
  ).split(' '),
)
/** Keywords that are also functions people call. */
const FUNCTION_NAMES = new Set([
  'LEFT',
  'RIGHT',
  'EXISTS',
  'LIKE',
  'ILIKE',
  'RLIKE',
  'DATE',
  'TIMESTAMP',
  'GROUPING',
  'REDUCE',
  'WINDOW',
  'RANGE',
])

/** A name, in back-ticks where it needs them. */
export function quoteName(name: string): string {
  const upper = name.toUpperCase()
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
  if (
    plain &&
    !CLAUSE_KEYWORDS.has(upper) &&
    !STRICT_KEYWORDS.has(upper) &&
    !HINT_KEYWORDS.includes(upper) &&
    !EXPRESSION_KEYWORDS.has(upper)
  )
    return name
  return `\`${name.replaceAll('`', '``')}\``
}
export function quoteNames(parts: readonly string[]): string {
  return parts.map(quoteName).join('.')
}
export function quoteFunction(parts: readonly string[]): string {
  const [only] = parts
  return parts.length === 1 && FUNCTION_NAMES.has(only!.toUpperCase()) ? only! : quoteNames(parts)
}
