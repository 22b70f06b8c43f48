import type { DialectToken } from './dialect-lexer.ts'

/**
 * Writes what no grammar of node-sql-parser knows in words that they know, without moving a token: FETCH FIRST n ROWS ONLY as LIMIT n,
 * the ROWS of OFFSET n ROWS away, and FROM and FOR of substring() as commas.
 */
export function rewrite(text: string, tokens: readonly DialectToken[]): string {
  const characters = [...text].length === text.length ? text.split('') : undefined
  if (characters === undefined) return text
  const word = (at: number): string =>
    tokens[at]?.kind === 'word' || tokens[at]?.kind === 'symbol' ? tokens[at].text.toUpperCase() : ''
  const put = (at: number, replacement: string): void => {
    const { start, end } = tokens[at]!
    for (let i = start; i < end; i++) characters[i] = replacement[i - start] ?? ' '
  }
  tokens.forEach((token, at) => {
    if (token.kind !== 'word') return
    const here = word(at)
    const next = word(at + 1)
    if (here === 'FETCH' && (next === 'FIRST' || next === 'NEXT') && /^ROWS?$/.test(word(at + 3)) && word(at + 4) === 'ONLY') {
      put(at, 'LIMIT')
      for (const blank of [at + 1, at + 3, at + 4]) put(blank, '')
    } else if (here === 'OFFSET' && /^ROWS?$/.test(word(at + 2))) put(at + 2, '')
    else if ((here === 'SUBSTRING' || here === 'SUBSTR') && next === '(') commas(at + 2)
  })
  return characters.join('')

  function commas(from: number): void {
    let depth = 0
    for (let at = from; at < tokens.length; at++) {
      const here = word(at)
      if (here === '(') depth++
      else if (here === ')' && depth-- === 0) return
      else if (depth === 0 && (here === 'FROM' || here === 'FOR')) put(at, ',')
    }
  }
}
