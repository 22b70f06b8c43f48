import { type Expression, type Literal, literal } from '../expr/expression.ts'
import { anyOf, transformUp } from '../expr/walk.ts'
import { STRING } from '../types/data-type.ts'
import { prettyLiteral } from '../types/literal.ts'
import type { Settings } from '../types/settings.ts'
import { zoneOf } from '../types/zone.ts'

/** For printing: instants show in the session's zone, and the printer knows none. */
export function inSessionZone(e: Expression, settings: Settings): Expression {
  const isInstant = (n: Expression): n is Literal => n.kind === 'literal' && n.type.kind === 'timestamp' && n.value !== null
  if (!anyOf(e, isInstant)) return e
  const zone = zoneOf(settings.timeZone)
  return transformUp(e, (n) => (isInstant(n) ? literal(prettyLiteral(n.value, n.type, zone), STRING) : n))
}
