import { widestType } from '../../types/coercion.ts'
import { type DataType, mapType, VOID } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { quotedType, sqlTypeName, typeMismatch, wrongArgumentCount } from '../call-errors.ts'
import type { EvaluationContext } from '../function.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { mapBuilder } from '../map-builder.ts'
import { asMap, holdsMap } from '../signature.ts'

/** Functions that make maps. */

/** A map may not be (in) the key of a map: maps are compared by nothing. */
export function checkMapKey(site: CallSite, type: DataType): void {
  if (!holdsMap(type)) return
  throw typeMismatch(site, 'INVALID_MAP_KEY_TYPE', `the key of a map cannot be or hold a map, as ${sqlTypeName(type)} does`, {
    keyType: quotedType(type),
  })
}

function commonType(args: readonly Argument[], site: CallSite, condition: string, what: string): DataType {
  const types = args.map((a) => a.type)
  const type = widestType(types)
  if (type !== undefined) return type
  throw typeMismatch(
    site,
    condition,
    `the ${what} of a map must have a common type; they are ${types.map(sqlTypeName).join(', ')}`,
    {
      functionName: '`map`',
      dataType: `[${types.map(quotedType).join(', ')}]`,
    },
  )
}

function resolveMap(args: readonly Argument[], site: CallSite): Resolution {
  if (args.length === 0) return { arguments: [], returns: mapType(VOID, VOID, false), nullable: false }
  if (args.length % 2 === 1) throw wrongArgumentCount(site, '2n (n > 0)', args.length)
  const keys = args.filter((_arg, i) => i % 2 === 0)
  const values = args.filter((_arg, i) => i % 2 === 1)
  const key = commonType(keys, site, 'CREATE_MAP_KEY_DIFF_TYPES', 'keys')
  const value = commonType(values, site, 'CREATE_MAP_VALUE_DIFF_TYPES', 'values')
  checkMapKey(site, key)
  return {
    arguments: args.map((_arg, i) => (i % 2 === 0 ? key : value)),
    returns: mapType(
      key,
      value,
      values.some((v) => v.nullable),
    ),
    nullable: false,
  }
}
function bindMap(signature: Signature, context: EvaluationContext): Evaluate {
  const build = mapBuilder(asMap(signature.returns), context.settings)
  return (...args: Value[]) => build(pairs(args))
}
function* pairs(values: readonly Value[]): Iterable<readonly [Value, Value]> {
  for (let i = 0; i < values.length; i += 2) yield [values[i]!, values[i + 1]!]
}

export const mapMakeFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'map',
    family: 'map',
    summary: 'Makes a map of keys and values.',
    examples: [["SELECT map(1, 'a', 2, 'b')", '{1 -> a, 2 -> b}']],
    nulls: 'custom',
    resolve: resolveMap,
    bind: bindMap,
  }),
]
