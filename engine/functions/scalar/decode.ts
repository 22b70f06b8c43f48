import { widestType } from '../../types/coercion.ts'
import { valuesEqual } from '../../types/compare.ts'
import { BINARY, STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { differentArgumentTypes, wrongArgumentCount } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution } from '../function.ts'
import { BYTES, convertArguments, TEXT } from '../signature.ts'
import { decodeBytes } from './charset.ts'

/** `decode(bytes, charset)`, and with more arguments `decode(value, search, result, …, default)`, where NULL equals NULL. */
function resolveDecode(args: readonly Argument[], site: CallSite): Resolution {
  if (args.length < 2) throw wrongArgumentCount(site, '2', args.length)
  if (args.length === 2) {
    const types = convertArguments([BYTES, TEXT], args, site)
    return { arguments: types, returns: STRING, nullable: args.some((a) => a.nullable) }
  }
  const isResult = (i: number): boolean => i > 0 && (i % 2 === 0 || (i === args.length - 1 && args.length % 2 === 0))
  const common = (chosen: readonly Argument[]) => {
    const types = chosen.map((a) => a.type)
    const type = widestType(types, site.settings.ansi)
    if (type === undefined) throw differentArgumentTypes(site, types)
    return type
  }
  const compared = common(args.filter((_a, i) => !isResult(i)))
  const returns = common(args.filter((_a, i) => isResult(i)))
  return { arguments: args.map((_a, i) => (isResult(i) ? returns : compared)), returns, nullable: true }
}

export const decodeFunction: FunctionRecord = defineScalar({
  name: 'decode',
  family: 'string',
  summary:
    'Reads text from bytes of a character set; with more arguments, returns the result beside the search value that is equal.',
  examples: [
    ["SELECT decode(encode('abc', 'utf-8'), 'utf-8')", 'abc'],
    ["SELECT decode(2, 1, 'Southlake', 2, 'San Francisco', 'Non domestic')", 'San Francisco'],
  ],
  nulls: 'custom',
  resolve: resolveDecode,
  bind: (signature) => {
    if (signature.arguments.length === 2 && signature.arguments[0]!.kind === BINARY.kind)
      return (bytes: Uint8Array | null, charset: string | null) =>
        bytes === null || charset === null ? null : decodeBytes(bytes, charset)
    const equal = valuesEqual(signature.arguments[0]!)
    return (value: Value, ...rest: Value[]) => {
      let i = 0
      for (; i + 1 < rest.length; i += 2) if (equal(value, rest[i]!)) return rest[i + 1]!
      return rest[i] ?? null
    }
  },
})
