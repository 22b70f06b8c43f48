import { ExecutionError } from '../../errors/engine-error.ts'
import { widestType } from '../../types/coercion.ts'
import { type DataType, mapType, STRING, sqlTypeName, VOID } from '../../types/data-type.ts'
import { widestTypeWithoutText } from '../../types/tightest-type.ts'
import type { MapValue, Value } from '../../types/value.ts'
import { differentArgumentTypes, quotedType, typeMismatch, unexpectedInputType, wrongArgumentCount } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type EvaluationContext,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { mapBuilder } from '../map-builder.ts'
import { cachedPattern } from '../operators/pattern-match.ts'
import { javaPattern } from '../regexp/pattern-argument.ts'
import { ANY_ARRAY, asArray, asMap, checkCount, convertArguments, holdsMap, strictly } from '../signature.ts'
import { splitText } from './text-parts.ts'

type Entry = readonly [Value, Value]

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
  const type = widestType(types, site.settings.ansi)
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
function* pairs(values: readonly Value[]): Iterable<Entry> {
  for (let i = 0; i < values.length; i += 2) yield [values[i]!, values[i + 1]!]
}

function resolveFromArrays(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const types = convertArguments([ANY_ARRAY, ANY_ARRAY], args, site)
  const [keys, values] = [asArray(types[0]!), asArray(types[1]!)]
  checkMapKey(site, keys.element)
  return { arguments: types, returns: mapType(keys.element, values.element, values.containsNull) }
}
function bindFromArrays(signature: Signature, context: EvaluationContext): Evaluate {
  const build = mapBuilder(asMap(signature.returns), context.settings)
  return (keys: readonly Value[], values: readonly Value[]) => {
    if (keys.length !== values.length)
      throw new ExecutionError('MAP_ARRAYS_DIFFERENT_LENGTHS', {
        message: `${keys.length} keys and ${values.length} values make no map`,
      })
    return build(keys.map((key, i) => [key, values[i]!]))
  }
}

function resolveFromEntries(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1)
  const { type, nullable } = args[0]!
  if (type.kind !== 'array' || type.element.kind !== 'struct' || type.element.fields.length !== 2)
    throw unexpectedInputType(site, 0, args[0]!, '"ARRAY" of pair "STRUCT"')
  const [key, value] = type.element.fields
  checkMapKey(site, key!.type)
  return {
    arguments: [type],
    returns: mapType(key!.type, value!.type, value!.nullable),
    nullable: nullable || type.containsNull,
  }
}
function bindFromEntries(signature: Signature, context: EvaluationContext): Evaluate {
  const build = mapBuilder(asMap(signature.returns), context.settings)
  return (entries: readonly (Entry | null)[]) => (entries.every((entry) => entry !== null) ? build(entries) : null)
}

function resolveConcat(args: readonly Argument[], site: CallSite): Resolution {
  if (args.length === 0) return { arguments: [], returns: mapType(STRING, STRING), nullable: false }
  const types = args.map((a) => a.type)
  if (types.some((type) => type.kind !== 'map'))
    throw typeMismatch(site, 'MAP_CONCAT_DIFF_TYPES', `"${site.name}" takes maps, not ${types.map(sqlTypeName).join(', ')}`, {
      functionName: `\`${site.name}\``,
      dataType: `[${types.map(quotedType).join(', ')}]`,
    })
  const type = widestTypeWithoutText(types)
  if (type === undefined) throw differentArgumentTypes(site, types)
  return { arguments: types.map(() => type), returns: type }
}
function bindConcat(signature: Signature, context: EvaluationContext): Evaluate {
  const build = mapBuilder(asMap(signature.returns), context.settings)
  return (...maps: readonly MapValue[]) => build(maps.flatMap((map) => map.entries))
}

function resolveFromText(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 3)
  const types = convertArguments([strictly(STRING)], args, site)
  return { arguments: types, returns: mapType(STRING, STRING) }
}
/** Both delimiters are regular expressions; text without the second one is a key of NULL. */
function bindFromText(signature: Signature, context: EvaluationContext): Evaluate {
  const build = mapBuilder(asMap(signature.returns), context.settings)
  const compile = cachedPattern((source) => (source === '' ? undefined : javaPattern(source, 'str_to_map')))
  return (text: string, pairDelimiter = ',', keyDelimiter = ':') => {
    const parts = splitText(text, compile(pairDelimiter), -1)
    return build(
      parts.map((part): Entry => {
        const [key, value] = splitText(part, compile(keyDelimiter), 2)
        return [key!, value ?? null]
      }),
    )
  }
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
  defineScalar({
    name: 'map_from_arrays',
    family: 'map',
    summary: 'Makes a map of an array of keys and an array of values.',
    examples: [["SELECT map_from_arrays(array(1, 3), array('2', '4'))", '{1 -> 2, 3 -> 4}']],
    nulls: 'propagate',
    resolve: resolveFromArrays,
    bind: bindFromArrays,
  }),
  defineScalar({
    name: 'map_from_entries',
    family: 'map',
    summary: 'Makes a map of an array of structs of a key and a value; NULL when one of them is NULL.',
    examples: [["SELECT map_from_entries(array(struct(1, 'a'), struct(2, 'b')))", '{1 -> a, 2 -> b}']],
    nulls: 'propagate',
    resolve: resolveFromEntries,
    bind: bindFromEntries,
  }),
  defineScalar({
    name: 'map_concat',
    family: 'map',
    summary: 'Makes one map of several.',
    examples: [["SELECT map_concat(map(1, 'a', 2, 'b'), map(3, 'c'))", '{1 -> a, 2 -> b, 3 -> c}']],
    nulls: 'propagate',
    resolve: resolveConcat,
    bind: bindConcat,
  }),
  defineScalar({
    name: 'str_to_map',
    family: 'map',
    summary: 'Splits text into a map, by a delimiter between pairs (a comma) and one between key and value (a colon).',
    examples: [["SELECT str_to_map('a:1,b:2,c:3', ',', ':')", '{a -> 1, b -> 2, c -> 3}']],
    nulls: 'propagate',
    resolve: resolveFromText,
    bind: bindFromText,
  }),
]
