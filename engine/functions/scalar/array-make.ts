import { arrayType, VOID } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution } from '../function.ts'
import { requireCommonType } from '../signature.ts'

/** Functions that make arrays of values that are none. */

function resolveArray(args: readonly Argument[], site: CallSite): Resolution {
  const element = args.length === 0 ? VOID : requireCommonType(args, site)
  return {
    arguments: args.map(() => element),
    returns: arrayType(
      element,
      args.some((a) => a.nullable),
    ),
    nullable: false,
  }
}

export const arrayMakeFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'array',
    family: 'array',
    summary: 'Makes an array of its arguments.',
    examples: [
      ['SELECT array(1, 2, 3)', '[1, 2, 3]'],
      ['SELECT array()', '[]'],
    ],
    nulls: 'custom',
    resolve: resolveArray,
    bind:
      () =>
      (...elements: Value[]) =>
        elements,
  }),
]
