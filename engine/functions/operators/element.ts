import { AnalysisError, ExecutionError } from '../../errors/engine-error.ts'
import { valuesEqual } from '../../types/compare.ts'
import { type DataType, sqlTypeName, VOID } from '../../types/data-type.ts'
import type { MapValue, Value } from '../../types/value.ts'
import { quotedType, unexpectedInputType } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type Evaluate, type FunctionRecord, type Resolution } from '../function.ts'
import { elementKernel, mapValueKernel } from '../list-kernels.ts'
import { asArray, asMap, checkCount, exactly, INTEGRAL } from '../signature.ts'

function resolveElement(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const [container, key] = [args[0]!, args[1]!]
  switch (container.type.kind) {
    case 'array': {
      const index = INTEGRAL.convert(key.type)
      if (index === undefined) throw unexpectedInputType(site, 1, key, INTEGRAL.text)
      return { arguments: [container.type, index], returns: container.type.element }
    }
    case 'map': {
      const type = exactly(container.type.key).convert(key.type)
      if (type === undefined) throw unexpectedInputType(site, 1, key, quotedType(container.type.key))
      return { arguments: [container.type, type], returns: container.type.value, nullable: true }
    }
    case 'void':
      return { arguments: [VOID, key.type], returns: VOID, nullable: true }
    case 'struct':
      throw new AnalysisError('INVALID_EXTRACT_FIELD_TYPE', {
        message: `the fields of a struct go by name, not by ${key.text}`,
        span: site.span,
        parameters: { extraction: `"${key.text}"` },
      })
    default:
      throw new AnalysisError('INVALID_EXTRACT_BASE_FIELD_TYPE', {
        message: `only arrays, maps and structs have elements, not ${sqlTypeName(container.type)}`,
        span: site.span,
        parameters: { base: `"${container.text}"`, other: quotedType(container.type) },
      })
  }
}

/** `array[i]`, counted from 0; outside it is an error, with ANSI off NULL. */
function arrayElement(ansi: boolean): Evaluate {
  return (array: readonly Value[], index: number | bigint) => {
    const at = Number(index)
    if (at >= 0 && at < array.length) return array[at]!
    if (!ansi) return null
    throw new ExecutionError('INVALID_ARRAY_INDEX', {
      message: `index ${at} is outside the array of ${array.length} elements`,
      hint: 'Use "get" to get NULL instead.',
      parameters: { indexValue: String(at), arraySize: String(array.length), ansiConfig: '"spark.sql.ansi.enabled"' },
    })
  }
}
/** `map[key]`; NULL where the key is missing. */
export function mapLookup(keyType: DataType): (map: MapValue, key: Value) => Value {
  const equal = valuesEqual(keyType)
  return (map, key) => {
    for (const [k, value] of map.entries) if (equal(k, key)) return value
    return null
  }
}

export const elementFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'element',
    family: 'operator',
    summary: 'Returns the element of an array at an index from 0, or the value of a map for a key.',
    examples: [['SELECT array(1, 2)[0]', '1']],
    nulls: 'propagate',
    resolve: (args, site) => {
      const resolved = resolveElement(args, site)
      const type = resolved.arguments[0]!
      const nullable = type.kind !== 'array' || !site.settings.ansi || asArray(type).containsNull || args.some((a) => a.nullable)
      return { ...resolved, nullable }
    },
    bind: (signature, context) => {
      const type = signature.arguments[0]!
      return type.kind === 'map' ? mapLookup(asMap(type).key) : arrayElement(context.settings.ansi)
    },
    bindColumns: (signature) => elementKernel(signature, 0, 'error') ?? mapValueKernel(signature),
  }),
]
