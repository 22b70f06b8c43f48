import type { Settings } from '../../engine/types/settings.ts'
import type { RelationSyntax } from '../ast.ts'
import { parseScriptSyntax } from '../script.ts'
import type { DialectToken } from './dialect-lexer.ts'

const NAMES = /^(?:TUMBLE|HOP|CUMULATE|SESSION)$/i
const BEFORE = 'SELECT * FROM '

/**
 * Flink's TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), size)) and the like are read by Spark's grammar here, which has them whole, and leave a name
 * in their place. Other tokens stay where they are.
 */
export function windowTables(
  text: string,
  tokens: readonly DialectToken[],
  settings: Settings,
): { readonly text: string; readonly pieces: ReadonlyMap<string, RelationSyntax> } {
  const pieces = new Map<string, RelationSyntax>()
  let rewritten = text
  for (let at = 0; at < tokens.length; at++) {
    const [table, open, name, call] = tokens.slice(at, at + 4)
    if (table?.text.toUpperCase() !== 'TABLE' || open?.text !== '(' || !NAMES.test(name?.text ?? '') || call?.text !== '(')
      continue
    const last = closing(tokens, at + 1)
    if (last === undefined) continue
    const { start } = table
    const { end } = tokens[last]!
    // At its own place, by blanks before it.
    const inner = name!.start
    const blanks = ' '.repeat(Math.max(0, inner - BEFORE.length))
    const [statement] = parseScriptSyntax(`${blanks}${BEFORE}${text.slice(inner, tokens[last - 1]!.end)}`, settings)
    const syntax = statement?.syntax
    const body = syntax?.kind === 'query_statement' ? syntax.query.body : undefined
    const relation = body?.kind === 'select' ? body.from?.relations[0] : undefined
    if (relation === undefined) continue
    const placeholder = `window_table_${pieces.size}`
    pieces.set(placeholder, relation)
    rewritten = rewritten.slice(0, start) + placeholder.padEnd(end - start) + rewritten.slice(end)
    at = last
  }
  return { text: rewritten, pieces }
}

function closing(tokens: readonly DialectToken[], open: number): number | undefined {
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    if (tokens[at]!.kind !== 'symbol') continue
    if (tokens[at]!.text === '(') depth++
    else if (tokens[at]!.text === ')' && --depth === 0) return at
  }
  return undefined
}
