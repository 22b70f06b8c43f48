import { AnalysisError, ExecutionError } from '../../errors/engine-error.ts'
import { arrayType, type DataType, INT, isIntegral, STRING } from '../../types/data-type.ts'
import { formatDecimal, rescale } from '../../types/decimal.ts'
import { murmur3Bytes } from '../../types/hash.ts'
import { valueToText } from '../../types/text.ts'
import type { MapValue, Value } from '../../types/value.ts'
import { unexpectedInputType } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { checkCount, NUMERIC, TEXT } from '../signature.ts'
import { utf8 } from './code-points.ts'
import { formatDoubleFixed, formatDoubleScientific, formatGrouped, formatPattern } from './number-layout.ts'

/** printf as java.util.Formatter does it, over the values as Spark hands them over: dates as days, timestamps as microseconds. */
const SPECIFIER = /%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g

interface Slot {
  readonly flags: string
  readonly width: number
  readonly precision: number | undefined
  readonly conversion: string
}
type Part = string | { readonly index: number; readonly slot: Slot }

function parseFormat(format: string): Part[] {
  const parts: Part[] = []
  let at = 0
  let ordinary = 0
  let previous = -1
  for (const match of format.matchAll(SPECIFIER)) {
    const between = format.slice(at, match.index)
    if (between.includes('%')) throw badFormat(between)
    parts.push(between)
    at = match.index + match[0].length
    const [, explicit, flags, width, precision, conversion] = match
    const slot: Slot = {
      flags: flags!,
      width: Number(width ?? 0),
      precision: precision === undefined ? undefined : Number(precision),
      conversion: conversion!,
    }
    if (conversion === 'n') parts.push('\n')
    else if (conversion === '%') parts.push(justify('%', slot))
    else {
      const index = flags!.includes('<') ? previous : explicit !== undefined ? Number(explicit) - 1 : ordinary++
      previous = index
      parts.push({ index, slot })
    }
  }
  const rest = format.slice(at)
  if (rest.includes('%')) throw badFormat(rest)
  parts.push(rest)
  return parts
}
function badFormat(text: string): ExecutionError {
  return new ExecutionError('_LEGACY_ERROR_UnknownFormatConversionException', {
    message: `the format has no conversion at "${text.slice(text.indexOf('%'))}"`,
  })
}
function badArgument(slot: Slot, type: DataType): ExecutionError {
  return new ExecutionError('_LEGACY_ERROR_IllegalFormatConversionException', {
    message: `conversion %${slot.conversion} does not take ${type}`,
  })
}
function justify(text: string, { width, flags }: Slot): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width)
}

const WIDTHS: Partial<Record<DataType['kind'], bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  int: 32n,
  date: 32n,
  bigint: 64n,
  time: 64n,
  interval_year_month: 32n,
  interval_day_time: 64n,
}
function formatInteger(value: bigint, slot: Slot): string {
  const digits = (value < 0n ? -value : value).toString()
  return signed(slot.flags.includes(',') ? formatGrouped(digits) : digits, value < 0n, slot)
}
function signed(digits: string, negative: boolean, slot: Slot): string {
  const { flags, width } = slot
  const before = negative ? (flags.includes('(') ? '(' : '-') : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  const after = negative && flags.includes('(') ? ')' : ''
  const zeros = flags.includes('0') ? Math.max(width - before.length - digits.length - after.length, 0) : 0
  return justify(before + '0'.repeat(zeros) + digits + after, slot)
}
function formatRadix(value: bigint, type: DataType, radix: 8 | 16, slot: Slot): string {
  const digits = BigInt.asUintN(Number(WIDTHS[type.kind] ?? 64n), value).toString(radix)
  const prefixed = slot.flags.includes('#') ? (radix === 16 ? `0x${digits}` : `0${digits}`) : digits
  return justify(slot.flags.includes('0') ? prefixed.padStart(slot.width, '0') : prefixed, slot)
}
function formatReal(value: Value, type: DataType, slot: Slot): string {
  const precision = slot.precision ?? 6
  const group = (text: string): string => {
    if (!slot.flags.includes(',')) return text
    const [whole, fraction] = text.split('.') as [string, string | undefined]
    return formatGrouped(whole) + (fraction === undefined ? '' : `.${fraction}`)
  }
  if (type.kind === 'decimal') {
    const unscaled = value as bigint
    const size = unscaled < 0n ? -unscaled : unscaled
    if (slot.conversion !== 'f')
      return signed(formatDoubleScientific(Number(formatDecimal(size, type.scale)), precision), unscaled < 0n, slot)
    return signed(group(formatDecimal(rescale(size, type.scale, precision), precision)), unscaled < 0n, slot)
  }
  const number = value as number
  if (!Number.isFinite(number)) {
    const plain = { ...slot, flags: slot.flags.replace('0', '') }
    return Number.isNaN(number) ? justify('NaN', slot) : signed('Infinity', number < 0, plain)
  }
  const size = Math.abs(number)
  const negative = number < 0 || Object.is(number, -0)
  switch (slot.conversion) {
    case 'f':
      return signed(group(formatDoubleFixed(size, precision)), negative, slot)
    case 'e':
      return signed(formatDoubleScientific(size, precision), negative, slot)
    default: {
      const digits = precision === 0 ? 1 : precision
      const fixed = size === 0 || (size >= 1e-4 && size < 10 ** digits)
      if (!fixed) return signed(formatDoubleScientific(size, digits - 1), negative, slot)
      const whole = size < 1 ? Math.ceil(-Math.log10(size || 1)) : -Math.floor(Math.log10(size)) - 1
      const text = formatDoubleFixed(size, Math.max(digits + (size < 1 ? whole - 1 : whole), 0))
      return signed(group(text), negative, slot)
    }
  }
}
function javaText(value: Value, type: DataType, timeZone: string): string {
  switch (type.kind) {
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
    case 'interval_year_month':
      return String(value)
    case 'time':
      return String(value)
    case 'map': {
      const { entries } = value as MapValue
      const keys = javaText(
        entries.map(([key]) => key),
        arrayType(type.key),
        timeZone,
      )
      return `keys: ${keys}, values: ${javaText(
        entries.map(([, entry]) => entry),
        arrayType(type.value),
        timeZone,
      )}`
    }
    case 'array':
      return `[${(value as readonly Value[]).map((v) => (v === null ? 'null' : javaText(v, type.element, timeZone))).join(',')}]`
    case 'struct':
      return `[${(value as readonly Value[]).map((v, i) => (v === null ? 'null' : javaText(v, type.fields[i]!.type, timeZone))).join(',')}]`
    default:
      return valueToText(value, type, timeZone)
  }
}
function hashText(value: Value): string {
  if (typeof value === 'number') return (value >>> 0).toString(16)
  if (typeof value === 'bigint') return Number(BigInt.asUintN(32, value ^ (value >> 32n))).toString(16)
  if (typeof value === 'boolean') return (value ? 1231 : 1237).toString(16)
  const bytes = utf8(String(value))
  return (murmur3Bytes(bytes, 0, bytes.length, 42) >>> 0).toString(16)
}
function formatOne(value: Value, type: DataType, given: Slot, timeZone: string): string {
  const upper = /[A-Z]/.test(given.conversion)
  const slot = { ...given, conversion: given.conversion.toLowerCase() }
  const text = formatLower(value, type, slot, timeZone)
  return upper ? text.toUpperCase() : text
}
function formatLower(value: Value, type: DataType, slot: Slot, timeZone: string): string {
  const cut = (text: string): string => justify(slot.precision === undefined ? text : text.slice(0, slot.precision), slot)
  switch (slot.conversion) {
    case 's':
      return cut(value === null ? 'null' : javaText(value, type, timeZone))
    case 'b':
      return cut(String(value === null ? false : type.kind === 'boolean' ? value : true))
    case 'h':
      return cut(value === null ? 'null' : hashText(value))
  }
  if (value === null) return justify('null', slot)
  const whole = WIDTHS[type.kind] !== undefined || type.kind === 'timestamp' || type.kind === 'timestamp_ntz'
  switch (slot.conversion) {
    case 'd':
      if (!whole) throw badArgument(slot, type)
      return formatInteger(BigInt(value as number | bigint), slot)
    case 'x':
    case 'o':
      if (!whole) throw badArgument(slot, type)
      return formatRadix(BigInt(value as number | bigint), type, slot.conversion === 'x' ? 16 : 8, slot)
    case 'c':
      if (type.kind !== 'int' && type.kind !== 'smallint' && type.kind !== 'tinyint') throw badArgument(slot, type)
      return justify(String.fromCodePoint(value as number), slot)
    case 'f':
    case 'e':
    case 'g':
      if (type.kind !== 'double' && type.kind !== 'float' && type.kind !== 'decimal') throw badArgument(slot, type)
      return formatReal(value, type, slot)
    default:
      throw badFormat(`%${slot.conversion}`)
  }
}
function formatString(signature: Signature, timeZone: string): Evaluate {
  const types = signature.arguments.slice(1)
  let last: string | undefined
  let parts: Part[] = []
  return (format: string | null, ...values: Value[]) => {
    if (format === null) return null
    if (format !== last) {
      parts = parseFormat(format)
      last = format
    }
    return parts
      .map((part) => {
        if (typeof part === 'string') return part
        if (part.index < 0 || part.index >= values.length)
          throw new ExecutionError('_LEGACY_ERROR_MissingFormatArgumentException', {
            message: `the format asks for argument ${part.index + 1} of ${values.length}`,
          })
        return formatOne(values[part.index]!, types[part.index]!, part.slot, timeZone)
      })
      .join('')
  }
}
function resolveFormatString(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, Infinity)
  if (TEXT.convert(args[0]!.type) === undefined) throw unexpectedInputType(site, 0, args[0]!, TEXT.text)
  const format = args[0]!.constant
  if (typeof format === 'string' && format.includes('%0$'))
    throw new AnalysisError('INVALID_PARAMETER_VALUE.ZERO_INDEX', {
      message: 'arguments in a format count from 1: %1$, %2$ and so on, not %0$',
      span: args[0]!.span ?? site.span,
      parameters: { parameter: '`strfmt`', functionName: `\`${site.name}\`` },
    })
  return { arguments: [STRING, ...args.slice(1).map((a) => a.type)], returns: STRING, nullable: args[0]!.nullable }
}

/** A number with grouped digits: to a number of digits after the point, or by a pattern. */
function resolveFormatNumber(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const given = args[0]!.type
  const type = given.kind === 'string' ? undefined : NUMERIC.convert(given)
  if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, NUMERIC.text)
  const layout = args[1]!.type
  // Integers go to INT; of the other types none does.
  const second = layout.kind === 'string' ? STRING : isIntegral(layout) || layout.kind === 'void' ? INT : undefined
  if (second === undefined) throw unexpectedInputType(site, 1, args[1]!, '("INT" or "STRING")')
  return { arguments: [type, second], returns: STRING, nullable: true }
}
function formatNumber(signature: Signature): Evaluate {
  const type = signature.arguments[0]!
  const exact = (value: number | bigint): { unscaled: bigint; scale: number } | string => {
    if (type.kind === 'decimal') return { unscaled: value as bigint, scale: type.scale }
    if (typeof value === 'bigint') return { unscaled: value, scale: 0 }
    if (Number.isNaN(value)) return 'NaN'
    if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞'
    return exactDecimal(value)
  }
  return (value: number | bigint, layout: number | string) => {
    if (typeof layout === 'number' && layout < 0) return null
    const number = exact(value)
    if (typeof number === 'string') return number
    return formatPattern(number, typeof layout === 'number' ? digitsPattern(layout) : layout)
  }
}
function digitsPattern(digits: number): string {
  return digits === 0 ? '#,##0' : `#,##0.${'0'.repeat(digits)}`
}
/** All digits of the double, not the shortest text for it. */
function exactDecimal(value: number): { unscaled: bigint; scale: number } {
  if (Number.isInteger(value)) return { unscaled: BigInt(value), scale: 0 }
  let scale = 0
  let scaled = value
  // Doubling is exact, and a binary fraction of n places has n decimal places.
  while (!Number.isInteger(scaled)) {
    scaled *= 2
    scale++
  }
  return { unscaled: BigInt(scaled) * 5n ** BigInt(scale), scale }
}

export const formatFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'format_string',
    aliases: ['printf'],
    family: 'string',
    summary: 'Formats its arguments by a printf format.',
    examples: [["SELECT format_string('Hello World %d %s', 100, 'days')", 'Hello World 100 days']],
    nulls: 'custom',
    resolve: resolveFormatString,
    bind: (signature, context) => formatString(signature, context.timeZone),
  }),
  defineScalar({
    name: 'format_number',
    family: 'string',
    summary: 'Formats a number with grouped digits and a number of digits after the point, or by a pattern.',
    examples: [
      ['SELECT format_number(12332.123456, 4)', '12,332.1235'],
      ["SELECT format_number(12332.123456, '##################.###')", '12332.123'],
    ],
    nulls: 'propagate',
    resolve: resolveFormatNumber,
    bind: formatNumber,
  }),
]
