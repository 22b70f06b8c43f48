import { ExecutionError } from '../../errors/engine-error.ts'
import { widestType } from '../../types/coercion.ts'
import { arrayType, BIGINT, BINARY, type DataType, INT, STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { differentArgumentTypes, mustBeConstant, typeMismatch, unexpectedInputType } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { reverseKernel } from '../list-change-kernels.ts'
import { joinKernel } from '../list-kernels.ts'
import { ANY_ARRAY, BYTES, checkCount, convertArguments, exactly, ONLY_TEXT, oneOf, TEXT, takes, WHOLE } from '../signature.ts'
import { characters } from './code-points.ts'

/** Functions that make text: case, joining, repeating, masking. */

/** All bytes, or all arrays of a common type; anything else is joined as text. */
function resolveConcat(args: readonly Argument[], site: CallSite): Resolution {
  const types = args.map((a) => a.type)
  const asText = site.settings.flag('spark.sql.function.concatBinaryAsString')
  if (!asText && types.length > 0 && types.every((t) => t.kind === 'binary')) return { arguments: types, returns: BINARY }
  for (const [i, argument] of args.entries())
    if (argument.type.kind !== 'array' && TEXT.convert(argument.type) === undefined)
      throw unexpectedInputType(site, i, argument, '("STRING" or "BINARY" or "ARRAY")')
  if (types.some((t) => t.kind === 'array')) {
    const type = types.every((t) => t.kind === 'array') ? widestType(types, site.settings.ansi) : undefined
    if (type === undefined)
      throw differentArgumentTypes(
        site,
        types.map((t) => (t.kind === 'array' ? t : STRING)),
      )
    return { arguments: types.map(() => type), returns: type }
  }
  return { arguments: types.map(() => STRING), returns: STRING }
}
function concat(signature: Signature): Evaluate {
  switch (signature.returns.kind) {
    case 'binary':
      return (...parts: Uint8Array[]) => Buffer.concat(parts)
    case 'array':
      return (...arrays: Value[][]) => arrays.flat()
    default:
      return (...parts: string[]) => parts.join('')
  }
}

const JOINABLE = oneOf(exactly(arrayType(STRING)), TEXT)
function resolveConcatWs(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, Infinity)
  const types = args.map((argument, i): DataType => {
    const isArray = argument.type.kind === 'array'
    const parameter = i === 0 ? TEXT : isArray ? TEXT_ARRAY : TEXT
    const type = parameter.convert(argument.type)
    if (type === undefined) throw unexpectedInputType(site, i, argument, i === 0 ? TEXT.text : JOINABLE.text)
    return type
  })
  return { arguments: types, returns: STRING, nullable: args[0]!.nullable }
}
const TEXT_ARRAY = {
  text: '"ARRAY<STRING>"',
  convert: (type: DataType) => {
    if (type.kind !== 'array') return undefined
    return TEXT.convert(type.element) === undefined ? undefined : arrayType(STRING, type.containsNull)
  },
}

/** Title case of one character: the first letter of its upper case stays, the rest is lower case (ß gives Ss). */
function titled(char: string): string {
  const index = 'ǄǅǆǇǈǉǊǋǌǱǲǳ'.indexOf(char)
  if (index >= 0) return 'ǅǈǋǲ'[Math.floor(index / 3)]!
  const upper = [...char.toUpperCase()]
  return upper[0]! + upper.slice(1).join('').toLowerCase()
}
function initcap(text: string): string {
  let out = ''
  let previous = ' '
  for (const char of text.toLowerCase()) {
    out += previous === ' ' ? titled(char) : char
    previous = char
  }
  return out
}

/** One replacement a class of characters; NULL keeps them. Classes are those of Java's Character. */
function mask(
  text: string | null,
  upper: string | null,
  lower: string | null,
  digit: string | null,
  other: string | null,
): Value {
  if (text === null) return null
  let out = ''
  for (const char of text) {
    const by = /\p{Lu}/u.test(char) ? upper : /\p{Ll}/u.test(char) ? lower : /\p{Nd}/u.test(char) ? digit : other
    out += by ?? char
  }
  return out
}
const MASK_NAMES = ['upperChar', 'lowerChar', 'digitChar', 'otherChar']
function resolveMask(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 5)
  convertArguments([ONLY_TEXT], args, site)
  for (const [i, argument] of args.entries()) {
    if (i === 0) continue
    const name = MASK_NAMES[i - 1]!
    if (argument.constant === undefined) throw mustBeConstant(site, argument, name, 'STRING')
    if (typeof argument.constant === 'string' && characters(argument.constant).length !== 1)
      throw typeMismatch(site, 'INPUT_SIZE_NOT_ONE', `"${name}" must be one character`, { exprName: name })
  }
  return { arguments: args.map(() => STRING), returns: STRING, nullable: args[0]!.nullable }
}

function resolveElt(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, Infinity)
  if (WHOLE.convert(args[0]!.type) === undefined) throw unexpectedInputType(site, 0, args[0]!, WHOLE.text)
  const values = args.slice(1)
  const asText = site.settings.flag('spark.sql.function.eltOutputAsString')
  const type = !asText && values.every((a) => a.type.kind === 'binary') ? BINARY : STRING
  for (const [i, argument] of values.entries())
    if (exactly(type).convert(argument.type) === undefined)
      throw unexpectedInputType(site, i + 1, argument, '("STRING" or "BINARY")')
  return { arguments: [INT, ...values.map(() => type)], returns: type, nullable: true }
}
function elt(ansi: boolean, index: number | null, values: readonly Value[]): Value {
  if (index === null) return null
  if (index >= 1 && index <= values.length) return values[index - 1]!
  if (!ansi) return null
  throw new ExecutionError('INVALID_ARRAY_INDEX', {
    message: `index ${index} is outside the ${values.length} values`,
    parameters: { indexValue: String(index), arraySize: String(values.length), ansiConfig: '"spark.sql.ansi.enabled"' },
  })
}

function asciiCharacter(code: bigint): string {
  return code < 0n ? '' : String.fromCharCode(Number(code % 256n))
}

function text1(
  name: string,
  aliases: readonly string[],
  summary: string,
  example: readonly [string, string],
  change: (text: string) => string,
): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'string',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: takes([TEXT], STRING),
    bind: () => change,
  })
}

export const textBuildFunctions: readonly FunctionRecord[] = [
  text1('upper', ['ucase'], 'Returns text in upper case.', ["SELECT upper('SparkSql')", 'SPARKSQL'], (text) =>
    text.toUpperCase(),
  ),
  text1('lower', ['lcase'], 'Returns text in lower case.', ["SELECT lower('SparkSql')", 'sparksql'], (text) =>
    text.toLowerCase(),
  ),
  text1(
    'initcap',
    [],
    'Returns text with the first letter of each word in upper case.',
    ["SELECT initcap('sPark sql')", 'Spark Sql'],
    initcap,
  ),
  text1(
    'quote',
    [],
    'Returns text as a SQL literal in single quotes.',
    ["SELECT quote('SQL')", "'SQL'"],
    (text) => `'${text.replace(/'/g, "\\'")}'`,
  ),
  defineScalar({
    name: 'concat',
    aliases: ['||'],
    family: 'string',
    summary: 'Joins texts, bytes or arrays.',
    examples: [
      ["SELECT concat('Spark', 'SQL')", 'SparkSQL'],
      ["SELECT 'a' || 1", 'a1'],
    ],
    nulls: 'propagate',
    resolve: resolveConcat,
    bind: concat,
  }),
  defineScalar({
    name: 'concat_ws',
    family: 'string',
    summary: 'Joins texts and arrays of text with a separator, leaving NULLs out.',
    examples: [["SELECT concat_ws('/', 'foo', NULL, 'bar')", 'foo/bar']],
    nulls: 'custom',
    resolve: resolveConcatWs,
    bind:
      () =>
      (separator: string | null, ...values: Value[]) =>
        separator === null
          ? null
          : values
              .flat()
              .filter((value) => value !== null)
              .join(separator),
    bindColumns: (signature) =>
      signature.arguments.some((type) => type.kind === 'array')
        ? joinKernel(signature, 0, [...signature.arguments.keys()].slice(1), 'delimiter')
        : undefined,
  }),
  defineScalar({
    name: 'repeat',
    family: 'string',
    summary: 'Repeats text a number of times.',
    examples: [["SELECT repeat('123', 2)", '123123']],
    nulls: 'propagate',
    resolve: takes([TEXT, WHOLE], STRING),
    bind: () => (text: string, count: number) => text.repeat(Math.max(count, 0)),
  }),
  defineScalar({
    name: 'space',
    family: 'string',
    summary: 'Returns a number of blanks.',
    examples: [["SELECT concat(space(2), '1')", '  1']],
    nulls: 'propagate',
    resolve: takes([WHOLE], STRING),
    bind: () => (count: number) => ' '.repeat(Math.max(count, 0)),
  }),
  defineScalar({
    name: 'reverse',
    family: 'string',
    summary: 'Turns text, bytes or an array around.',
    examples: [
      ["SELECT reverse('Spark SQL')", 'LQS krapS'],
      ['SELECT reverse(array(2, 1, 4, 3))', '[3, 4, 1, 2]'],
    ],
    nulls: 'propagate',
    resolve: takes([oneOf(TEXT, BYTES, ANY_ARRAY)], (types) => types[0]!),
    bind: (signature): Evaluate =>
      signature.returns.kind === 'array'
        ? (array: Value[]) => array.toReversed()
        : signature.returns.kind === 'binary'
          ? (bytes: Uint8Array) => bytes.toReversed()
          : (text: string) => characters(text).toReversed().join(''),
    bindColumns: reverseKernel,
  }),
  defineScalar({
    name: 'mask',
    family: 'string',
    parameters: [
      { name: 'str' },
      { name: 'upperChar', byDefault: { value: 'X', type: STRING } },
      { name: 'lowerChar', byDefault: { value: 'x', type: STRING } },
      { name: 'digitChar', byDefault: { value: 'n', type: STRING } },
      { name: 'otherChar', byDefault: { value: null, type: STRING } },
    ],
    summary: 'Replaces upper and lower case letters, digits and other characters; NULL for a class keeps it.',
    examples: [["SELECT mask('AbCD123-@$#')", 'XxXXnnn-@$#']],
    nulls: 'custom',
    resolve: resolveMask,
    bind:
      () =>
      (text, upper = 'X', lower = 'x', digit = 'n', other = null) =>
        mask(text, upper, lower, digit, other),
  }),
  defineScalar({
    name: 'elt',
    family: 'string',
    summary: 'Returns the n-th of its other arguments, counted from 1.',
    examples: [["SELECT elt(1, 'scala', 'java')", 'scala']],
    nulls: 'custom',
    resolve: resolveElt,
    bind:
      (_signature, { settings }) =>
      (index: number | null, ...values: Value[]) =>
        elt(settings.ansi, index, values),
  }),
  defineScalar({
    name: 'ascii',
    family: 'string',
    summary: 'Returns the code of the first character.',
    examples: [["SELECT ascii('222')", '50']],
    nulls: 'propagate',
    resolve: takes([TEXT], INT),
    bind: () => (text: string) => text.codePointAt(0) ?? 0,
  }),
  defineScalar({
    name: 'chr',
    aliases: ['char'],
    family: 'string',
    summary: 'Returns the character of a code from 0 to 255, higher codes being taken modulo 256.',
    examples: [['SELECT chr(65)', 'A']],
    nulls: 'propagate',
    resolve: takes([exactly(BIGINT)], STRING),
    bind: () => asciiCharacter,
  }),
]
