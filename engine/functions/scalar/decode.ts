import { castFunction } from '../../types/cast.ts'
import { commonForComparison, widestType } from '../../types/coercion.ts'
import { isOrderable, valuesEqual } from '../../types/compare.ts'
import { BINARY, type DataType, STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { differentArgumentTypes, differentOperandTypes, notOrderable, wrongArgumentCount } from '../call-errors.ts'
import { currentDate } from '../current-date.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution } from '../function.ts'
import { BYTES, convertArguments, TEXT } from '../signature.ts'
import { codingOf, decodeBytes } from './charset.ts'

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
  const value = args[0]!.type
  for (const [i, { type }] of args.entries()) {
    if (i === 0 || isResult(i)) continue
    const compared = commonForComparison(value, type, site.settings.ansi)
    if (compared === undefined) throw differentOperandTypes({ ...site, name: '<=>' }, value, type)
    if (!isOrderable(compared)) throw notOrderable({ ...site, name: '<=>' }, compared)
  }
  // Only what is compared and what is returned is cast: a result that is not chosen cannot fail.
  return { arguments: args.map((a) => a.type), returns: common(args.filter((_a, i) => isResult(i))), nullable: true }
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
  bind: (signature, context) => {
    if (signature.arguments.length === 2 && signature.arguments[0]!.kind === BINARY.kind) {
      const coding = codingOf(context.settings)
      return (bytes: Uint8Array | null, charset: string | null) =>
        bytes === null || charset === null ? null : decodeBytes(bytes, charset, coding)
    }
    const [valueType, ...types] = signature.arguments as [DataType, ...DataType[]]
    const options = {
      timeZone: context.timeZone,
      ansi: context.settings.ansi,
      tolerant: false,
      today: () => currentDate(context),
    }
    const isResult = (i: number): boolean => i % 2 === 1 || (i === types.length - 1 && types.length % 2 === 1)
    const matches = types.map((type, i) => {
      if (isResult(i)) return undefined
      const common = commonForComparison(valueType, type, context.settings.ansi) ?? valueType
      if (common.kind === 'void') return (value: Value, search: Value) => value === search
      const [left, right] = [castFunction(valueType, common, options), castFunction(type, common, options)]
      const equal = valuesEqual(common)
      return (value: Value, search: Value) =>
        value === null || search === null ? value === search : equal(left(value), right(search))
    })
    const results = types.map((type, i) => (isResult(i) ? castFunction(type, signature.returns, options) : undefined))
    return (value: Value, ...rest: Value[]) => {
      let i = 0
      for (; i + 1 < rest.length; i += 2) if (matches[i]!(value, rest[i]!)) return results[i + 1]!(rest[i + 1]!)
      return i < rest.length ? results[i]!(rest[i]!) : null
    }
  },
})
