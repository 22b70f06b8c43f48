import { castFunction } from '../types/cast.ts'
import { canStoreAssign, widestType } from '../types/coercion.ts'
import { isOrderable } from '../types/compare.ts'
import {
  type ArrayType,
  arrayType,
  BINARY,
  BOOLEAN,
  DATE,
  DAY_TIME,
  type DataType,
  DEFAULT_DECIMAL,
  DOUBLE,
  decimalType,
  INT,
  isIntegral,
  isNumeric,
  type MapType,
  mapType,
  STRING,
  type StructType,
  sameType,
  structType,
  TIMESTAMP,
  VOID,
  YEAR_MONTH,
} from '../types/data-type.ts'
import { decimalFor } from '../types/decimal.ts'
import type { Value } from '../types/value.ts'
import { differentArgumentTypes, notOrderable, quotedType, unexpectedInputType, wrongArgumentCount } from './call-errors.ts'
import type { Argument, CallSite, Resolution, Signature } from './function.ts'

/**
 * Typing patterns that records share: what a parameter accepts, and lists of parameters.
 *
 * The rules are those of Spark's ANSI implicit casts: a type that a parameter accepts stays as it is; NULL takes the
 * parameter's default type; STRING turns into any atomic type; anything that may be stored into the parameter's type is cast to it.
 */
export interface Accepted {
  /** As Spark's messages write it, with the quotes: `"NUMERIC"`, `"STRING" or "BINARY"`. */
  readonly text: string
  /** The type an argument of `type` is cast to (the same when nothing is cast); undefined: refused. */
  readonly convert: (type: DataType) => DataType | undefined
}

/** Accepts one type and what may be stored into it. */
export function exactly(type: DataType): Accepted {
  const convert = (from: DataType): DataType | undefined => {
    if (sameType(from, type)) return from
    if (type.kind === 'string' && from.kind === 'string') return from
    if (from.kind === 'void') return type
    if (from.kind === 'string' && type.kind !== 'array' && type.kind !== 'map' && type.kind !== 'struct') return type
    return canStoreAssign(from, type) ? type : undefined
  }
  return { text: quotedType(type), convert }
}
/** Accepts one kind of type and NULL; nothing is cast to it. */
export function strictly(type: DataType): Accepted {
  return family(quotedType(type).slice(1, -1), type, (from) => from.kind === type.kind)
}
/** Accepts a class of types as they are; `others` converts the rest. */
function family(
  text: string,
  byDefault: DataType,
  accepts: (type: DataType) => boolean,
  others: (type: DataType) => DataType | undefined = () => undefined,
): Accepted {
  return {
    text: `"${text}"`,
    convert: (from) => (accepts(from) ? from : from.kind === 'void' ? byDefault : others(from)),
  }
}
export const ANY: Accepted = { text: '"ANY"', convert: (type) => type }
export const TEXT = exactly(STRING)
/** Text and NULL; nothing is cast to it. */
export const ONLY_TEXT = strictly(STRING)
export const WHOLE = exactly(INT)
export const FLAG = exactly(BOOLEAN)
export const REAL = exactly(DOUBLE)
export const BYTES = exactly(BINARY)
export const DAYS = exactly(DATE)
/** Any numeric type as it is; text becomes DOUBLE. */
export const NUMERIC = family('NUMERIC', DOUBLE, isNumeric, (type) => (type.kind === 'string' ? DOUBLE : undefined))
/** Integral types only; nothing else is cast but NULL. */
export const INTEGRAL = family('INTEGRAL', INT, isIntegral)
export const ANY_DECIMAL = family(
  'DECIMAL',
  DEFAULT_DECIMAL,
  (type) => type.kind === 'decimal',
  (type) => (type.kind === 'string' ? decimalType(38, 18) : decimalFor(type)),
)
export const ANY_TIMESTAMP = family(
  'TIMESTAMP',
  TIMESTAMP,
  (type) => type.kind === 'timestamp' || type.kind === 'timestamp_ntz',
  (type) => (type.kind === 'string' || type.kind === 'date' ? TIMESTAMP : undefined),
)
export const DAY_TIME_INTERVAL = family('INTERVAL DAY TO SECOND', DAY_TIME, (type) => type.kind === 'interval_day_time')
export const YEAR_MONTH_INTERVAL = family('INTERVAL YEAR TO MONTH', YEAR_MONTH, (type) => type.kind === 'interval_year_month')
export const ANY_ARRAY = family('ARRAY', arrayType(VOID), (type) => type.kind === 'array')
export const ANY_MAP = family('MAP', mapType(VOID, VOID), (type) => type.kind === 'map')
export const ANY_STRUCT = family('STRUCT', structType([]), (type) => type.kind === 'struct')

/**
 * Accepts any of several; a type none accepts as it is goes to the closest of the types it can be cast to, the one that can itself be
 * cast to all of the others (DOUBLE rather than FLOAT).
 */
export function oneOf(...choices: readonly Accepted[]): Accepted {
  const convert = (from: DataType): DataType | undefined => {
    for (const choice of choices) {
      const to = choice.convert(from)
      if (to !== undefined && sameType(to, from)) return from
    }
    const reachable = choices.map((choice) => choice.convert(from)).filter((type) => type !== undefined)
    if (from.kind === 'void') return reachable[0]
    const closest = reachable.find((type) => reachable.every((other) => exactly(other).convert(type) !== undefined))
    return closest?.kind === 'float' && reachable.some((type) => type.kind === 'double') ? DOUBLE : closest
  }
  return { text: choices.length === 1 ? choices[0]!.text : `(${choices.map((c) => c.text).join(' or ')})`, convert }
}
export const TEXT_OR_BYTES = oneOf(TEXT, BYTES)

export type Resolve = (args: readonly Argument[], site: CallSite) => Resolution
export type Returns = DataType | ((types: readonly DataType[], args: readonly Argument[], site: CallSite) => DataType)

/** Checks the number of arguments: `most` Infinity means any number from `least` on. */
export function checkCount(args: readonly Argument[], site: CallSite, least: number, most = least): void {
  if (args.length >= least && args.length <= most) return
  throw wrongArgumentCount(site, expectedCount(least, most), args.length)
}
function expectedCount(least: number, most: number): string {
  if (most === Infinity) return `> ${least - 1}`
  if (least === most) return String(least)
  return `[${Array.from({ length: most - least + 1 }, (_, i) => least + i).join(', ')}]`
}

/** Casts each argument to what its parameter accepts. */
export function convertArguments(accepted: readonly Accepted[], args: readonly Argument[], site: CallSite): DataType[] {
  return args.map((argument, i) => {
    const parameter = accepted[Math.min(i, accepted.length - 1)]!
    const type = parameter.convert(argument.type)
    if (type === undefined) throw unexpectedInputType(site, i, argument, parameter.text)
    return type
  })
}
function resolution(
  types: DataType[],
  returns: Returns,
  args: readonly Argument[],
  site: CallSite,
  nullable?: boolean,
): Resolution {
  const result = typeof returns === 'function' ? returns(types, args, site) : returns
  return { arguments: types, returns: result, ...(nullable !== undefined && { nullable }) }
}

export interface Options {
  /** How many parameters must be given; all by default. */
  readonly required?: number
  /** Overrides the null rule. */
  readonly nullable?: boolean
}
/** A fixed list of parameters, the last ones optional. */
export function takes(accepted: readonly Accepted[], returns: Returns, options: Options = {}): Resolve {
  return (args, site) => {
    checkCount(args, site, options.required ?? accepted.length, accepted.length)
    return resolution(convertArguments(accepted, args, site), returns, args, site, options.nullable)
  }
}
/** Any number of arguments from `least` on; the last of `accepted` holds for all that follow. */
export function takesMany(accepted: readonly Accepted[], least: number, returns: Returns, nullable?: boolean): Resolve {
  return (args, site) => {
    checkCount(args, site, least, Infinity)
    return resolution(convertArguments(accepted, args, site), returns, args, site, nullable)
  }
}

/** The constant as a value of its parameter's type; undefined when the argument is none. @throws what the cast throws */
export function constantAs(argument: Argument, type: DataType, site: CallSite): Value | undefined {
  const { constant } = argument
  if (constant === undefined || constant === null || sameType(argument.type, type)) return constant
  const timeZone = site.settings.timeZone
  return castFunction(argument.type, type, { timeZone, ansi: site.settings.ansi, tolerant: false })(constant)
}

/** The common type of arguments, or DATA_DIFF_TYPES. */
export function requireCommonType(args: readonly Argument[], site: CallSite): DataType {
  const types = args.map((a) => a.type)
  const common = widestType(types, site.settings.ansi)
  if (common === undefined) throw differentArgumentTypes(site, types)
  return common
}
/** All arguments are cast to their common type, which is the result's. */
export function takesCommon(
  least: number,
  options: { orderable?: boolean; nullable?: (args: readonly Argument[]) => boolean } = {},
): Resolve {
  return (args, site) => {
    checkCount(args, site, least, Infinity)
    const type = requireCommonType(args, site)
    if (options.orderable && !isOrderable(type)) throw notOrderable(site, type)
    return {
      arguments: args.map(() => type),
      returns: type,
      ...(options.nullable && { nullable: options.nullable(args) }),
    }
  }
}

/** Does the type hold a map anywhere? Maps cannot be compared for equality either. */
export function holdsMap(type: DataType): boolean {
  switch (type.kind) {
    case 'map':
      return true
    case 'array':
      return holdsMap(type.element)
    case 'struct':
      return type.fields.some((f) => holdsMap(f.type))
    default:
      return false
  }
}

// The type checker cannot know which kind a signature's type has; these say it where resolve has made it so.
export function asArray(type: DataType): ArrayType {
  return type as ArrayType
}
export function asMap(type: DataType): MapType {
  return type as MapType
}
export function asStruct(type: DataType): StructType {
  return type as StructType
}
export function argumentType(signature: Signature, index: number): DataType {
  return signature.arguments[index] ?? VOID
}
