import { castFunction } from '../../types/cast.ts'
import { commonForComparison, widestType } from '../../types/coercion.ts'
import { compareValues, isOrderable, valuesEqual } from '../../types/compare.ts'
import { BOOLEAN, type DataType, isNumeric, sqlTypeName, VOID } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { differentOperandTypes, notOrderable, quotedType, typeMismatch } from '../call-errors.ts'
import { currentDate } from '../current-date.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type EvaluationContext,
  type FunctionRecord,
  type Resolution,
} from '../function.ts'
import { checkCount } from '../signature.ts'

/** Both sides in their common type. Equality refuses maps, the orderings maps and calendar intervals. */
function comparable(ordered: boolean) {
  return (args: readonly Argument[], site: CallSite): Resolution => {
    checkCount(args, site, 2)
    const [left, right] = [args[0]!.type, args[1]!.type]
    const type = commonForComparison(left, right, site.settings.ansi) ?? (ordered ? undefined : truthAsNumber(left, right, site))
    if (type === undefined || castsTextInside(left, right)) throw differentOperandTypes(site, left, right)
    if (!isOrderable(type)) throw notOrderable(site, type)
    return { arguments: [type, type], returns: BOOLEAN }
  }
}
/** ANSI off: TRUE equals 1. */
function truthAsNumber(left: DataType, right: DataType, site: CallSite): DataType | undefined {
  if (site.settings.ansi) return undefined
  if (left.kind === 'boolean' && isNumeric(right)) return right
  return right.kind === 'boolean' && isNumeric(left) ? left : undefined
}
/** Text gives way to another type only at the top, not inside arrays, maps and structs. */
function castsTextInside(left: DataType, right: DataType): boolean {
  const differs = (a: DataType, b: DataType): boolean =>
    (a.kind === 'string') !== (b.kind === 'string') && a.kind !== 'void' && b.kind !== 'void'
  const inside = (a: DataType, b: DataType): boolean => differs(a, b) || castsTextInside(a, b)
  if (left.kind === 'array' && right.kind === 'array') return inside(left.element, right.element)
  if (left.kind === 'map' && right.kind === 'map') return inside(left.key, right.key) || inside(left.value, right.value)
  if (left.kind === 'struct' && right.kind === 'struct')
    return left.fields.some((f, i) => right.fields[i] !== undefined && inside(f.type, right.fields[i].type))
  return false
}
type Verdict = (order: number) => boolean
const ORDERINGS: readonly (readonly [name: string, summary: string, verdict: Verdict])[] = [
  ['<', 'Is the left value less than the right one?', (order) => order < 0],
  ['<=', 'Is the left value less than the right one, or equal?', (order) => order <= 0],
  ['>', 'Is the left value greater than the right one?', (order) => order > 0],
  ['>=', 'Is the left value greater than the right one, or equal?', (order) => order >= 0],
]

function ordering([name, summary, verdict]: (typeof ORDERINGS)[number]): FunctionRecord {
  return defineScalar({
    name,
    family: 'operator',
    summary,
    examples: [[`SELECT 1 ${name} 2`, String(verdict(-1))]],
    nulls: 'propagate',
    resolve: comparable(true),
    bind: (signature) => {
      const compare = compareValues(signature.arguments[0]!)
      return (a: Value, b: Value) => verdict(compare(a, b))
    },
  })
}

/** Equality of values that are not NULL; NaN equals NaN, and inside arrays and structs NULL equals NULL. */
function equality(type: DataType): (a: Value, b: Value) => boolean {
  return type.kind === 'void' ? () => true : valuesEqual(type)
}
function nullSafe(type: DataType): Evaluate {
  const equal = equality(type)
  return (a: Value, b: Value) => (a === null || b === null ? a === b : equal(a, b))
}

/** BETWEEN as a function: two comparisons, each in its own common type. */
function resolveBetween(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 3)
  const [value, least, most] = args as [Argument, Argument, Argument]
  comparable(true)([value, least], { ...site, name: '>=' })
  comparable(true)([value, most], { ...site, name: '<=' })
  return { arguments: args.map((a) => a.type), returns: BOOLEAN, nullable: args.some((a) => a.nullable) }
}
/** The order of two values of different types; NULL for NULL. */
function comparedIn(left: DataType, right: DataType, context: EvaluationContext): (a: Value, b: Value) => number | null {
  const { timeZone, settings } = context
  const common = commonForComparison(left, right, settings.ansi) ?? left
  if (common.kind === 'void') return () => null
  const options = { timeZone, ansi: settings.ansi, tolerant: false, today: () => currentDate(context) }
  const [a, b] = [castFunction(left, common, options), castFunction(right, common, options)]
  const compare = compareValues(common)
  return (x, y) => (x === null || y === null ? null : compare(a(x), b(y)))
}

function resolveIn(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, Infinity)
  const types = args.map((a) => a.type)
  const type = widestType(types, site.settings.ansi)
  if (type === undefined)
    throw typeMismatch(
      site,
      'DATA_DIFF_TYPES',
      `the values of IN must have a common type; they are ${types.map(sqlTypeName).join(', ')}`,
      {
        functionName: '`in`',
        dataType: `[${types.map(quotedType).join(', ')}]`,
      },
    )
  if (!isOrderable(type)) throw notOrderable({ ...site, name: 'in' }, type)
  return { arguments: types.map(() => type), returns: BOOLEAN, nullable: args.some((a) => a.nullable) }
}

export const comparisonFunctions: readonly FunctionRecord[] = [
  ...ORDERINGS.map(ordering),
  defineScalar({
    name: '=',
    aliases: ['=='],
    family: 'operator',
    summary: 'Are the values equal?',
    examples: [["SELECT 2 = '2'", 'true']],
    nulls: 'propagate',
    resolve: comparable(false),
    bind: (signature) => equality(signature.arguments[0]!),
  }),
  defineScalar({
    name: '<=>',
    aliases: ['equal_null'],
    family: 'operator',
    summary: 'Are the values equal, NULL being equal to NULL?',
    examples: [
      ['SELECT NULL <=> NULL', 'true'],
      ['SELECT equal_null(1, NULL)', 'false'],
    ],
    nulls: 'custom',
    resolve: (args, site) => ({ ...comparable(false)(args, site), nullable: false }),
    bind: (signature) => nullSafe(signature.arguments[0]!),
  }),
  defineScalar({
    name: 'between',
    family: 'operator',
    summary: 'Is the first value at least the second and at most the third?',
    examples: [['SELECT between(2, 1, 3)', 'true']],
    nulls: 'custom',
    resolve: resolveBetween,
    bind: (signature, context) => {
      const [value, least, most] = signature.arguments as [DataType, DataType, DataType]
      const reaches = comparedIn(value, least, context)
      const exceeds = comparedIn(value, most, context)
      return (a: Value, low: Value, high: Value) => {
        const [from, to] = [reaches(a, low), exceeds(a, high)]
        if ((from !== null && from < 0) || (to !== null && to > 0)) return false
        return from === null || to === null ? null : true
      }
    },
  }),
  defineScalar({
    name: 'in',
    family: 'operator',
    summary: 'Is the first value equal to one of the others?',
    examples: [
      ['SELECT 1 IN (1, 2)', 'true'],
      ['SELECT 3 IN (1, NULL)', 'NULL'],
    ],
    nulls: 'custom',
    resolve: resolveIn,
    bind: (signature) => {
      const equal = equality(signature.arguments[0] ?? VOID)
      return (needle: Value, ...values: Value[]) => {
        if (needle === null) return null
        let unknown = false
        for (const value of values) {
          if (value === null) unknown = true
          else if (equal(needle, value)) return true
        }
        return unknown ? null : false
      }
    },
  }),
]
