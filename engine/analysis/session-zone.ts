import type { Expression, Literal } from '../expr/expression.ts'
import { anyOf, transformUp } from '../expr/walk.ts'
import { prettyLiteral } from '../types/literal.ts'
import type { Settings } from '../types/settings.ts'
import { zoneOf } from '../types/zone.ts'

/** For printing: instants show in the session's zone, and the printer knows none. */
export function inSessionZone(e: Expression, settings: Settings): Expression {
  const isInstant = (n: Expression): n is Literal => n.kind === 'literal' && n.type.kind === 'timestamp' && n.value !== null
  if (!anyOf(e, isInstant)) return e
  const zone = zoneOf(settings.timeZone)
  // As a column of that name: printed as it is, and still of its type.
  return transformUp(e, (n) =>
    isInstant(n)
      ? { kind: 'column', id: -1, name: prettyLiteral(n.value, n.type, zone), type: n.type, nullable: false, qualifier: [] }
      : n,
  )
}
