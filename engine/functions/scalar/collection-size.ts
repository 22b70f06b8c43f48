import { INT } from '../../types/data-type.ts'
import type { MapValue, Value } from '../../types/value.ts'
import { defineScalar, type FunctionRecord } from '../function.ts'
import { ANY_ARRAY, ANY_MAP, oneOf, takes } from '../signature.ts'

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
    nulls: 'propagate',
    resolve: takes([oneOf(ANY_ARRAY, ANY_MAP)], INT),
    bind: (signature) =>
      signature.arguments[0]!.kind === 'map' ? (map: MapValue) => map.entries.length : (array: readonly Value[]) => array.length,
  }),
  defineScalar({
    name: 'array_size',
    family: 'array',
    summary: 'Counts the elements of an array.',
    examples: [["SELECT array_size(array('b', 'd', 'c', 'a'))", '4']],
    nulls: 'propagate',
    resolve: takes([ANY_ARRAY], INT),
    bind: () => (array: readonly Value[]) => array.length,
  }),
]
