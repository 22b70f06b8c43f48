import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Dialect } from './dialect.ts'
import { type DialectToken, stringKey } from './dialect-lexer.ts'
import { isNode } from './tree.ts'

/** Words that the shape of the tree says, and that do not stand in it. All others must. */
const SHAPE = new Set(
  `SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET FETCH FIRST NEXT ROW ROWS ONLY AS ON USING WITH AND CASE WHEN THEN ELSE END ASC INNER
  OUTER CAST OVER PARTITION WINDOW JOIN VALUES TABLE INTERVAL QUALIFY EXTRACT ESCAPE TO ARRAY FILTER DESCRIPTOR TUMBLE HOP SESSION CUMULATE
  STRUCT IS DATE TIMESTAMP TIME DATETIME UNNEST SAFE_CAST TRY_CAST OF PRECISION RECURSIVE IN LATERAL SEPARATOR`.split(/\s+/),
)

/**
 * node-sql-parser reads some texts and drops a part of them. So every name, word and literal of the text is looked for in the tree, as
 * often as it stands in the text.
 *
 * throws ParseError UNSUPPORTED_FEATURE that names the first lost part
 */
export function requireConserved(tokens: readonly DialectToken[], tree: unknown, dialect: Dialect): void {
  const found = new Map<string, number>()
  collect(tree, found)
  const take = (key: string): boolean => {
    const left = found.get(key) ?? 0
    if (left === 0) return false
    found.set(key, left - 1)
    return true
  }
  for (const token of tokens) {
    if (token.kind === 'symbol') continue
    if (token.kind === 'word' && SHAPE.has(token.text.toUpperCase())) continue
    if (keysOf(token).some(take)) continue
    throw new ParseError('UNSUPPORTED_FEATURE', {
      message: `${token.kind === 'string' ? `'${token.text}'` : `"${token.text}"`} is lost`,
      detail: `The parser of ${dialect.title} reads the query and drops this part of it, so that the answer would be of another query.`,
      span: { start: token.start, end: token.end },
    })
  }
}

function keysOf(token: DialectToken): string[] {
  if (token.kind === 'number') return [`#${Number(token.text)}`, token.text.toLowerCase()]
  const text = token.text.toLowerCase()
  return token.kind === 'string' ? [text, stringKey(text)] : [text]
}

function collect(value: unknown, found: Map<string, number>): void {
  const add = (key: string): void => {
    found.set(key, (found.get(key) ?? 0) + 1)
  }
  if (typeof value === 'number') add(`#${Math.abs(value)}`)
  if (typeof value === 'boolean') add(`${value}`)
  if (typeof value === 'string') {
    const text = value.toLowerCase()
    add(text)
    if (stringKey(text) !== text) add(stringKey(text))
    for (const word of text.match(/[\p{L}_][\p{L}\p{N}_$]*|\d+(?:\.\d+)?/gu) ?? [])
      if (word !== text) add(/^\d/.test(word) ? `#${Number(word)}` : word)
    if (/^-?[\d.]+(?:e[+-]?\d+)?$/.test(text)) add(`#${Math.abs(Number(text))}`)
    return
  }
  if (Array.isArray(value)) {
    for (const part of value) collect(part, found)
    return
  }
  if (!isNode(value)) return
  // The words of a string are none of the text's: they must not stand in for one that is lost.
  if (typeof value['value'] === 'string' && STRING_TYPES.has(`${value['type']}`)) {
    const text = value['value'].toLowerCase()
    add(text)
    if (stringKey(text) !== text) add(stringKey(text))
    const { value: _, ...others } = value
    collect(others, found)
    return
  }
  for (const [name, part] of Object.entries(value)) {
    if (name === 'loc' || name === 'tableList' || name === 'columnList') continue
    // The type of a node repeats words of the text: `null`, `extract`, `trim`. `true` as a mark of the parser's is no literal.
    if (name === 'within_group_orderby' && part !== null) add('within')
    if (part === true && name !== 'value') {
      add(name.toLowerCase())
      continue
    }
    if (part === null && name === 'value') add('null')
    else if (name === 'type' && typeof part === 'string' && NODE_TYPES.has(part)) continue
    else collect(part, found)
  }
}
const STRING_TYPES = new Set(['single_quote_string', 'double_quote_string', 'string', 'date', 'time', 'timestamp', 'datetime'])
/** Names of kinds of nodes that could pass for words of a text. */
const NODE_TYPES = new Set([
  'number',
  'string',
  'bool',
  'default',
  'origin',
  'param',
  'star',
  'expr',
  'select',
  'window',
  'function',
  'single_quote_string',
])
