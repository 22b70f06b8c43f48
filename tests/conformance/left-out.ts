import { readFileSync } from 'node:fs'

let names: Set<string> | undefined

/** Functions and types that docs/functions.md names as left out, one a row of its table "Left out". */
function leftOutNames(): Set<string> {
  if (names !== undefined) return names
  names = new Set()
  let text = ''
  try {
    text = readFileSync(new URL('../../docs/functions.md', import.meta.url), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const section = /## Left out\n([\s\S]*?)(\n## |$)/.exec(text)?.[1] ?? ''
  for (const match of section.matchAll(/`([A-Za-z_0-9]+)`/g)) names.add(match[1]!.toLowerCase())
  return names
}

/** Does the statement use one of them? */
export function leftOut(sql: string, ops: readonly string[]): boolean {
  const out = leftOutNames()
  if (out.size === 0) return false
  return (
    ops.some((op) => out.has(op.toLowerCase())) ||
    [...sql.toLowerCase().matchAll(/[a-z_][a-z_0-9]*/g)].some((word) => out.has(word[0]))
  )
}
