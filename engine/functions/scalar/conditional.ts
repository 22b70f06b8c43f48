import { castFunction } from '../../types/cast.ts'
import { commonForComparison, widestType } from '../../types/coercion.ts'
import { compareValues, isOrderable, valuesEqual } from '../../types/compare.ts'
import { BOOLEAN, type DataType, DOUBLE, FLOAT, INT, VOID } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { differentArgumentTypes, differentOperandTypes, notOrderable, unexpectedInputType } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type Evaluate, type FunctionRecord, type Resolution } from '../function.ts'
import { checkCount, exactly, oneOf, REAL, requireCommonType, takesCommon } from '../signature.ts'

const firstNonNull: Evaluate = (...values: Value[]) => {
  for (const value of values) if (value !== null) return value
  return null
}
const everyNullable = (args: readonly Argument[]): boolean => args.every((a) => a.nullable)

/** The branches' common type; `condition` of them come first and are booleans. */
function branches(conditions: number) {
  return (args: readonly Argument[], site: CallSite): Resolution => {
    checkCount(args, site, conditions + 2)
    const head = args.slice(0, conditions).map((argument, i) => {
      if (argument.type.kind !== 'boolean' && argument.type.kind !== 'void')
        throw unexpectedInputType(site, i, argument, '"BOOLEAN"')
      return BOOLEAN
    })
    const rest = args.slice(conditions)
    const type = requireCommonType(rest, site)
    return { arguments: [...head, ...rest.map(() => type)], returns: type, nullable: rest.some((a) => a.nullable) }
  }
}

/** The greatest or least of its arguments, NULLs skipped. Text meets only text here. */
function extreme(name: string, summary: string, example: readonly [string, string], sign: 1 | -1): FunctionRecord {
  return defineScalar({
    name,
    family: 'conditional',
    summary,
    examples: [example],
    nulls: 'custom',
    resolve: (args, site) => {
      checkCount(args, site, 2, Infinity)
      const types = args.map((a) => a.type)
      const texts = types.filter((t) => t.kind === 'string').length
      const others = types.filter((t) => t.kind !== 'string' && t.kind !== 'void').length
      const type = texts > 0 && others > 0 ? undefined : widestType(types, site.settings.ansi)
      if (type === undefined) throw differentArgumentTypes(site, types)
      if (!isOrderable(type)) throw notOrderable(site, type)
      return { arguments: types.map(() => type), returns: type, nullable: everyNullable(args) }
    },
    bind: (signature) => {
      const compare = compareValues(signature.returns)
      return (...values: Value[]) => {
        let best: Value = null
        for (const value of values) if (value !== null && (best === null || compare(value, best) * sign > 0)) best = value
        return best
      }
    },
  })
}

function isZero(value: Value): boolean {
  return value === 0 || value === 0n
}

const FLOATING = oneOf(REAL, exactly(FLOAT))
function resolveNanvl(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const types = args.map((argument, i) => {
    const type = FLOATING.convert(argument.type)
    if (type === undefined) throw unexpectedInputType(site, i, argument, FLOATING.text)
    return type
  })
  const type: DataType = types.every((t) => t.kind === 'float') ? FLOAT : DOUBLE
  return { arguments: [type, type], returns: type }
}

export const conditionalFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'coalesce',
    family: 'conditional',
    summary: 'Returns the first argument that is not NULL.',
    examples: [['SELECT coalesce(NULL, 1, NULL)', '1']],
    nulls: 'custom',
    resolve: takesCommon(1, { nullable: everyNullable }),
    bind: () => firstNonNull,
  }),
  defineScalar({
    name: 'ifnull',
    aliases: ['nvl'],
    family: 'conditional',
    summary: 'Returns the second argument where the first is NULL.',
    examples: [
      ["SELECT ifnull(NULL, 'x')", 'x'],
      ["SELECT nvl('a', 'b')", 'a'],
    ],
    nulls: 'custom',
    resolve: (args, site) => {
      checkCount(args, site, 2)
      return takesCommon(2, { nullable: everyNullable })(args, site)
    },
    bind: () => firstNonNull,
  }),
  defineScalar({
    name: 'nvl2',
    family: 'conditional',
    summary: 'Returns the second argument where the first is not NULL, else the third.',
    examples: [['SELECT nvl2(NULL, 2, 1)', '1']],
    nulls: 'custom',
    resolve: (args, site) => {
      checkCount(args, site, 3)
      const rest = branches(0)(args.slice(1), site)
      return { ...rest, arguments: [args[0]!.type, ...rest.arguments] }
    },
    bind: () => (test: Value, set: Value, missing: Value) => (test === null ? missing : set),
  }),
  defineScalar({
    name: 'if',
    family: 'conditional',
    summary: 'Returns the second argument where the condition is true, else the third.',
    examples: [["SELECT if(1 < 2, 'a', 'b')", 'a']],
    nulls: 'custom',
    resolve: branches(1),
    bind: () => (condition: Value, yes: Value, no: Value) => (condition === true ? yes : no),
  }),
  defineScalar({
    name: 'nullif',
    family: 'conditional',
    summary: 'Returns NULL where both arguments are equal, else the first.',
    examples: [['SELECT nullif(2, 2)', 'NULL']],
    nulls: 'custom',
    resolve: (args, site) => {
      checkCount(args, site, 2)
      const [type, other] = [args[0]!.type, args[1]!.type]
      const common = commonForComparison(type, other, site.settings.ansi)
      if (common === undefined) throw differentOperandTypes(site, type, other)
      if (!isOrderable(common)) throw notOrderable(site, common)
      // The result is the first argument as it was; only the comparison is of the common type.
      return { arguments: [type, common], returns: type, nullable: true }
    },
    bind: (signature, context) => {
      const [type, common] = [signature.arguments[0]!, signature.arguments[1]!]
      const equal = valuesEqual(common)
      const widen = castFunction(type, common, { timeZone: context.timeZone, ansi: context.settings.ansi, tolerant: false })
      const same = (a: Value, b: Value): boolean => a !== null && equal(a, b)
      return (a: Value, b: Value) => (a !== null && b !== null && same(widen(a), b) ? null : a)
    },
  }),
  defineScalar({
    name: 'nullifzero',
    family: 'conditional',
    summary: 'Returns NULL for zero, else the number.',
    examples: [['SELECT nullifzero(0)', 'NULL']],
    nulls: 'propagate',
    // NULL alone stays VOID.
    resolve: (args, site) =>
      args[0]?.type.kind === 'void' ? { arguments: [VOID], returns: VOID, nullable: true } : resolveAgainstZero(args, site),
    bind: (signature, context) => {
      const [type] = signature.arguments as [DataType]
      const common = commonForComparison(type, INT, context.settings.ansi) ?? type
      const number = castFunction(type, common, { timeZone: context.timeZone, ansi: context.settings.ansi, tolerant: false })
      return (a: Value) => (isZero(number(a)) ? null : a)
    },
  }),
  defineScalar({
    name: 'zeroifnull',
    family: 'conditional',
    summary: 'Returns zero for NULL, else the number.',
    examples: [['SELECT zeroifnull(NULL)', '0']],
    nulls: 'custom',
    // As coalesce(x, 0), an INT zero.
    resolve: (args, site) => {
      checkCount(args, site, 1)
      const type = widestType([args[0]!.type, INT])
      if (type === undefined) throw differentArgumentTypes(site, [args[0]!.type, INT])
      return { arguments: [type], returns: type, nullable: false }
    },
    bind: (signature) => {
      const kind = signature.returns.kind
      const zero = kind === 'bigint' || kind === 'decimal' ? 0n : 0
      return (a: Value) => a ?? zero
    },
  }),
  defineScalar({
    name: 'nanvl',
    family: 'conditional',
    summary: 'Returns the second argument where the first is not a number.',
    examples: [["SELECT nanvl(CAST('NaN' AS DOUBLE), 123)", '123.0']],
    nulls: 'custom',
    resolve: resolveNanvl,
    bind: () => (a: number | null, b: number | null) => (a !== null && Number.isNaN(a) ? b : a),
  }),
  extreme('greatest', 'Returns the greatest of its arguments, NULLs skipped.', ['SELECT greatest(10, 9, 2)', '10'], 1),
  extreme('least', 'Returns the least of its arguments, NULLs skipped.', ['SELECT least(10, 9, 2)', '2'], -1),
  defineScalar({
    name: 'isnan',
    family: 'conditional',
    summary: 'Is the number NaN?',
    examples: [["SELECT isnan(CAST('NaN' AS DOUBLE))", 'true']],
    nulls: 'custom',
    resolve: (args, site) => {
      checkCount(args, site, 1)
      const type = FLOATING.convert(args[0]!.type)
      if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, FLOATING.text)
      return { arguments: [type], returns: BOOLEAN, nullable: false }
    },
    bind: () => (a: number | null) => a !== null && Number.isNaN(a),
  }),
]

/** Whatever can be compared with 0, as it is. */
function resolveAgainstZero(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1)
  const type = args[0]!.type
  if (commonForComparison(type, INT, site.settings.ansi) === undefined)
    throw differentOperandTypes({ ...site, name: '=', text: `(${args[0]!.text} = 0)` }, type, INT)
  return { arguments: [type], returns: type, nullable: true }
}
