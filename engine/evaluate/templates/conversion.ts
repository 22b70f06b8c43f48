import { type Call, type Cast, typeOf } from '../../expr/expression.ts'
import type { Lane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { castLane } from './cast.ts'
import type { Template } from './table.ts'

/** `int(x)` and the like: CAST under another name. */
export const conversionTemplates: Readonly<Record<string, Template>> = Object.fromEntries(
  'boolean tinyint smallint int bigint float double decimal string binary date time timestamp timestamp_ntz'
    .split(' ')
    .map((name) => [name, converted] as const),
)

function converted(code: RowCode, call: Call): Lane | undefined {
  const [child] = call.args
  if (child === undefined || call.args.length !== 1) return undefined
  const cast: Cast = { kind: 'cast', child, type: typeOf(call), tolerant: false, implicit: false, nullable: true }
  return castLane(code, cast)
}
