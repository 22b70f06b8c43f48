import { LEFT_OUT } from '../../engine/functions/left-out.ts'

/** Functions and types that docs/functions.md, generated from the same list, names as left out. */
const NAMES = new Set(LEFT_OUT.flatMap(({ names }) => names))

/** Does the statement use one of them? */
export function leftOut(sql: string, ops: readonly string[]): boolean {
  return (
    ops.some((op) => NAMES.has(op.toLowerCase())) ||
    [...sql.toLowerCase().matchAll(/[a-z_][a-z_0-9]*/g)].some((word) => NAMES.has(word[0]))
  )
}
