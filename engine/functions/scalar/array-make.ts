import { canStoreAssign } from '../../types/coercion.ts'
import { arrayType, type DataType, field, INT, STRING, structType, VOID } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { unexpectedInputType } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution } from '../function.ts'
import { arrayKernel, joinKernel } from '../list-kernels.ts'
import { ANY, ANY_ARRAY, checkCount, convertArguments, requireCommonType, strictly } from '../signature.ts'
import { checkElementCount } from './array-limit.ts'

/** Functions that make arrays, or text, of their arguments side by side. */

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

function resolveRepeat(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const types = convertArguments([ANY, strictly(INT)], args, site)
  return { arguments: types, returns: arrayType(types[0]!, args[0]!.nullable), nullable: args[1]!.nullable }
}
function repeat(value: Value, count: number | null): Value {
  if (count === null) return null
  checkElementCount('array_repeat', count, 'count')
  return Array.from({ length: Math.max(count, 0) }, () => value)
}

/** Fields take the names of columns, struct fields and map keys; others are numbered from 0. */
function resolveZip(args: readonly Argument[], site: CallSite): Resolution {
  const types = args.map((argument, i) => {
    const type = ANY_ARRAY.convert(argument.type)
    if (type?.kind !== 'array') throw unexpectedInputType(site, i, argument, '"ARRAY"')
    return type
  })
  const fields = types.map((type, i) => field(args[i]!.name ?? String(i), type.element))
  return { arguments: types, returns: arrayType(structType(fields), false), nullable: args.some((a) => a.nullable) }
}
function zip(...arrays: readonly (readonly Value[])[]): Value {
  const longest = Math.max(0, ...arrays.map((array) => array.length))
  return Array.from({ length: longest }, (_, i) => arrays.map((array) => array[i] ?? null))
}

/** An array of whatever can be cast to text; the delimiters must be texts. */
function resolveJoin(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const array = args[0]!
  const type = textArray(array.type)
  if (type === undefined) throw unexpectedInputType(site, 0, array, '"ARRAY<STRING>"')
  for (const [i, argument] of args.entries())
    if (i > 0 && !['string', 'void'].includes(argument.type.kind)) throw unexpectedInputType(site, i, argument, '"STRING"')
  return { arguments: [type, ...args.slice(1).map(() => STRING)], returns: STRING }
}
function textArray(type: DataType): DataType | undefined {
  if (type.kind === 'void') return arrayType(STRING)
  if (type.kind !== 'array') return undefined
  const { element } = type
  return element.kind === 'void' || canStoreAssign(element, STRING) ? arrayType(STRING, type.containsNull) : undefined
}
/** NULLs are left out unless there is a text for them. */
function join(array: readonly (string | null)[], delimiter: string, forNull?: string): string {
  const elements = forNull === undefined ? array.filter((e) => e !== null) : array.map((e) => e ?? forNull)
  return elements.join(delimiter)
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
    bindColumns: arrayKernel,
  }),
  defineScalar({
    name: 'array_repeat',
    family: 'array',
    summary: 'Makes an array that holds a value count times.',
    examples: [["SELECT array_repeat('123', 2)", '[123, 123]']],
    nulls: 'custom',
    resolve: resolveRepeat,
    bind: () => repeat,
  }),
  defineScalar({
    name: 'arrays_zip',
    family: 'array',
    summary: 'Makes an array of structs whose fields are the elements of its arguments at the same position.',
    examples: [['SELECT arrays_zip(array(1, 2, 3), array(2, 3))', '[{1, 2}, {2, 3}, {3, NULL}]']],
    nulls: 'propagate',
    resolve: resolveZip,
    bind: () => zip,
  }),
  defineScalar({
    name: 'array_join',
    family: 'array',
    summary:
      'Joins the elements of an array as text with a delimiter between them; NULLs are left out unless a text for them is given.',
    examples: [
      ["SELECT array_join(array('hello', NULL, 'world'), ' ')", 'hello world'],
      ["SELECT array_join(array('hello', NULL, 'world'), ' ', ',')", 'hello , world'],
    ],
    nulls: 'propagate',
    resolve: resolveJoin,
    bind: () => join,
    bindColumns: (signature) => (signature.arguments.length === 2 ? joinKernel(signature, 1, [0], 'all') : undefined),
  }),
]
