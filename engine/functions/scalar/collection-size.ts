import { INT } from '../../types/data-type.ts'
import type { Settings } from '../../types/settings.ts'
import type { MapValue, Value } from '../../types/value.ts'
import { defineScalar, type Evaluate, type EvaluationContext, type FunctionRecord, type Signature } from '../function.ts'
import { sizeKernel } from '../list-kernels.ts'
import { ANY_ARRAY, ANY_MAP, oneOf, takes } from '../signature.ts'

/** Without ANSI mode, and unless spark.sql.legacy.sizeOfNull says otherwise, NULL has the size -1. */
function nullHasSize(settings: Settings): boolean {
  return !settings.ansi && settings.get('spark.sql.legacy.sizeOfNull')?.toLowerCase() !== 'false'
}
function bindSize(signature: Signature, context: EvaluationContext): Evaluate {
  const forNull = nullHasSize(context.settings) ? -1 : null
  return signature.arguments[0]!.kind === 'map'
    ? (map: MapValue | null) => (map === null ? forNull : map.entries.length)
    : (array: readonly Value[] | null) => (array === null ? forNull : array.length)
}

export const collectionSizeFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'size',
    aliases: ['cardinality'],
    family: 'array',
    summary: 'Counts the elements of an array or the entries of a map; NULL has no size.',
    examples: [
      ["SELECT size(array('b', 'd', 'c', 'a'))", '4'],
      ["SELECT cardinality(map('a', 1, 'b', 2))", '2'],
    ],
    nulls: 'custom',
    resolve: (args, site) => {
      const nullable = args.some((a) => a.nullable) && !nullHasSize(site.settings)
      return takes([oneOf(ANY_ARRAY, ANY_MAP)], INT, { nullable })(args, site)
    },
    bind: bindSize,
    bindColumns: (_signature, { settings }) => (nullHasSize(settings) ? undefined : sizeKernel()),
  }),
  defineScalar({
    name: 'array_size',
    family: 'array',
    summary: 'Counts the elements of an array.',
    examples: [["SELECT array_size(array('b', 'd', 'c', 'a'))", '4']],
    nulls: 'propagate',
    resolve: takes([ANY_ARRAY], INT),
    bind: () => (array: readonly Value[]) => array.length,
    bindColumns: sizeKernel,
  }),
]
