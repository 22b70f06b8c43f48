import { isUtf8 } from '../../columnar/bytes.ts'
import { type Cast, typeOf } from '../../expr/expression.ts'
import { type DataType, type DecimalType, isIntegral, sameType } from '../../types/data-type.ts'
import { pathOf } from '../column-path.ts'
import { type Lane, laneOf, type ScalarLane, type TextLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { parseDecimals, parseDigits, parseScaled } from '../text-kernels.ts'
import { momentAsText, textAsMoment } from './moment-text.ts'
import { halvesOf, intToLong, isFixedZone, longProduct, longToDouble, narrowed, scaledUp, wholeToLong } from './numbers.ts'
import { clockOf, isTimestamp } from './time.ts'

const MICROS_PER_DAY = 86_400_000_000n

/**
 * Casts between numbers, from short texts to numbers, from int to text, and between dates and timestamps where the zone has no offset.
 * A value that does not fit takes the slow way, so try_cast and ANSI off need nothing of their own here.
 */
export function castLane(code: RowCode, e: Cast): Lane | undefined {
  const from = typeOf(e.child)
  const to = e.type
  if (sameType(from, to)) return code.lane(e.child)
  const kind = laneOf(to)
  const source = laneOf(from)
  if (kind === undefined || source === undefined) return undefined
  // Text is UTF-8 already.
  if (from.kind === 'string' && to.kind === 'binary') return code.lane(e.child)
  if (from.kind === 'string')
    return to.kind === 'string' ? code.lane(e.child) : (textToNumber(code, code.text(e.child), to) ?? textAsMoment(code, e))
  if (from.kind === 'binary' && to.kind === 'string') return utf8(code, code.text(e.child))
  if (to.kind === 'string') return isSmallInt(from) ? intToText(code, code.scalar(e.child)) : momentAsText(code, e)
  if (from.kind === 'date' || to.kind === 'date') return dateAndTime(code, e, from, to)
  if (!isPlainNumber(from) || !isPlainNumber(to)) return undefined
  if (to.kind === 'decimal') return toDecimal(code, e, from, to)
  if (from.kind === 'decimal') return fromDecimal(code, e, from, to)
  switch (kind) {
    case 'bit': {
      const x = code.scalar(e.child)
      const zero = x.kind === 'long' ? '0n' : '0'
      const value = x.isNull === '0' ? `${x.value} !== ${zero}` : `(${x.value} !== ${zero}) & (${x.isNull} ^ 1)`
      return { kind: 'bit', value: code.out.constant(value), isNull: x.isNull }
    }
    case 'long':
      return toLong(code, e)
    case 'int':
      return toInt(code, code.scalar(e.child), from, to)
    case 'double':
      return toDouble(code, code.scalar(e.child), to)
    default:
      return undefined
  }
}

/** The same bytes, but for those that are no text. */
function utf8(code: RowCode, x: TextLane): Lane {
  const whole = `${code.out.capture(isUtf8, 'isUtf8')}(${x.bytes}, ${x.start}, ${x.end})`
  code.guard(`!(${x.isAscii === undefined ? whole : `${x.isAscii()} || ${whole}`})`, x.isNull)
  return { kind: 'text', bytes: x.bytes, start: x.start, end: x.end, isNull: x.isNull }
}

function isPlainNumber(type: DataType): boolean {
  return type.kind === 'boolean' || isIntegral(type) || type.kind === 'float' || type.kind === 'double' || type.kind === 'decimal'
}
function isSmallInt(type: DataType): boolean {
  return isIntegral(type) && type.kind !== 'bigint'
}

function toLong(code: RowCode, e: Cast): Lane {
  const path = pathOf(e.child)
  if (path !== undefined && isSmallInt(typeOf(e.child)))
    return { kind: 'long', value: code.widenedColumn(path), isNull: code.columnNull(path) }
  const x = code.scalar(e.child)
  if (x.kind === 'double') {
    const whole = code.out.constant(`Math.trunc(${x.value})`)
    // Beyond 2^53 the halves could not be told from the double any more; NaN fails the test too.
    code.guard(`!(${whole} > -9007199254740992 && ${whole} < 9007199254740992)`, x.isNull)
    return { kind: 'long', value: wholeToLong(code, whole), isNull: x.isNull }
  }
  return { kind: 'long', value: intToLong(code, x.kind === 'bit' ? `(${x.value} & 1)` : x.value), isNull: x.isNull }
}

function toInt(code: RowCode, x: ScalarLane, from: DataType, to: DataType): Lane {
  const { isNull } = x
  if (x.kind === 'bit') return { kind: 'int', value: code.out.constant(`${x.value} & 1`), isNull }
  if (x.kind === 'int')
    return { kind: 'int', value: bitsOf(from) <= bitsOf(to) ? x.value : narrowed(code, x.value, to, isNull), isNull }
  if (x.kind === 'double') {
    const whole = code.out.constant(`Math.trunc(${x.value})`)
    return { kind: 'int', value: narrowed(code, whole, to, isNull), isNull }
  }
  const { low, high } = halvesOf(code, x)
  code.guard(`${high} !== ${low} >> 31`, isNull)
  return { kind: 'int', value: bitsOf(to) === 32 ? low : narrowed(code, low, to, isNull), isNull }
}
function bitsOf(type: DataType): number {
  return type.kind === 'tinyint' ? 8 : type.kind === 'smallint' ? 16 : type.kind === 'bigint' ? 64 : 32
}

function toDouble(code: RowCode, x: ScalarLane, to: DataType): Lane {
  const { isNull } = x
  if (x.kind === 'long') {
    const { value, isSafe } = longToDouble(code, x)
    if (to.kind === 'double') return { kind: 'double', value, isNull }
    // Rounding to double and then to float is not rounding to float.
    code.guard(`!(${isSafe})`, isNull)
    return { kind: 'double', value: code.out.constant(`Math.fround(${value})`), isNull }
  }
  const number = x.kind === 'bit' ? `(${x.value} & 1)` : x.value
  return { kind: 'double', value: code.out.constant(to.kind === 'float' ? `Math.fround(${number})` : number), isNull }
}

function toDecimal(code: RowCode, e: Cast, from: DataType, to: DecimalType): Lane | undefined {
  if (from.kind === 'decimal') return rescaled(code, code.scalar(e.child), from, to)
  const digits = INTEGER_DIGITS[from.kind]
  if (digits === undefined) return undefined
  const long = from.kind === 'bigint' ? code.scalar(e.child) : (toLong(code, e) as ScalarLane)
  const scaled = scaledUp(code, long, { precision: digits }, to.scale)
  if (digits > to.precision - to.scale) bounded(code, scaled, to)
  return { kind: 'long', value: scaled.value, isNull: scaled.isNull }
}
const INTEGER_DIGITS: Readonly<Record<string, number | undefined>> = { tinyint: 3, smallint: 5, int: 10, bigint: 19 }

/** At most the digits of the type. */
function bounded(code: RowCode, lane: ScalarLane, to: DecimalType): void {
  if (to.precision > 18) return
  const limit = 10n ** BigInt(to.precision)
  code.guard(`${lane.value} >= ${limit}n || ${lane.value} <= -${limit}n`, lane.isNull)
}

function rescaled(code: RowCode, x: ScalarLane, from: DecimalType, to: DecimalType): Lane {
  const digits = to.scale - from.scale
  let lane: ScalarLane = { kind: 'long', value: x.value, isNull: x.isNull }
  if (digits > 0) lane = scaledUp(code, x, from, digits)
  else if (digits < 0) {
    const unit = 10n ** BigInt(-digits)
    if (unit > 10n ** 18n) return { ...lane, value: slowUnlessZero(code, x) }
    // Half away from zero: adding half a unit of the value's own sign, then cutting. The sum stays within 64 bits or the row is slow.
    const half: ScalarLane = {
      kind: 'long',
      value: code.out.constant(`${x.value} < 0n ? ${-(unit / 2n)}n : ${unit / 2n}n`),
      isNull: '0',
    }
    const sum = code.out.constant(`BigInt.asIntN(64, ${x.value} + ${half.value})`)
    if (from.precision > 18) code.guard(`BigInt.asIntN(64, (${x.value} ^ ${sum}) & (${half.value} ^ ${sum})) < 0n`, x.isNull)
    lane = { kind: 'long', value: code.out.constant(`BigInt.asIntN(64, ${sum} / ${unit}n)`), isNull: x.isNull }
  }
  // Rounding may carry into one more digit.
  if (from.precision - from.scale + (digits < 0 ? 1 : 0) > to.precision - to.scale) bounded(code, lane, to)
  return lane
}
function slowUnlessZero(code: RowCode, x: ScalarLane): string {
  code.guard(`${x.value} !== 0n`, x.isNull)
  return '0n'
}

function fromDecimal(code: RowCode, e: Cast, from: DecimalType, to: DataType): Lane | undefined {
  const x = code.scalar(e.child)
  const { isNull } = x
  if (to.kind === 'double') {
    if (from.scale > 22) return undefined
    const { value, isSafe } = longToDouble(code, x)
    // Exact over exact: one rounding. Larger values are divided as decimals.
    code.guard(`!(${isSafe})`, isNull)
    return { kind: 'double', value: code.out.constant(from.scale === 0 ? value : `${value} / ${10 ** from.scale}`), isNull }
  }
  if (!isIntegral(to)) return undefined
  if (from.scale > 18) return undefined
  const whole = from.scale === 0 ? x.value : code.out.constant(`BigInt.asIntN(64, ${x.value} / ${10n ** BigInt(from.scale)}n)`)
  const lane: ScalarLane = { kind: 'long', value: whole, isNull }
  return to.kind === 'bigint' ? lane : toInt(code, lane, from, to)
}

function textToNumber(code: RowCode, text: TextLane, to: DataType): Lane | undefined {
  const range = `${text.bytes}, ${text.start}, ${text.end}`
  const { isNull } = text
  if (isIntegral(to)) {
    const number = code.out.constant(
      `${isNull === '0' ? '' : `${isNull} ? 0 : `}${code.out.capture(parseDigits, 'parseDigits')}(${range})`,
    )
    if (to.kind !== 'bigint') return { kind: 'int', value: narrowed(code, number, to, isNull), isNull }
    code.guard(`${number} !== ${number}`)
    return { kind: 'long', value: wholeToLong(code, number), isNull }
  }
  if (to.kind === 'decimal' && to.scale <= 15) {
    const parse = `${code.out.capture(parseScaled, 'parseScaled')}(${range}, ${to.scale})`
    const units = code.out.constant(`${isNull === '0' ? '' : `${isNull} ? 0 : `}${parse}`)
    code.guard(`${units} !== ${units}`)
    const lane: ScalarLane = { kind: 'long', value: wholeToLong(code, units), isNull }
    if (to.precision < 15) bounded(code, lane, to)
    return lane
  }
  if (to.kind !== 'double') return undefined
  const number = code.out.constant(
    `${isNull === '0' ? '' : `${isNull} ? 0 : `}${code.out.capture(parseDecimals, 'parseDecimals')}(${range})`,
  )
  code.guard(`${number} !== ${number}`)
  return { kind: 'double', value: number, isNull }
}

function intToText(code: RowCode, x: ScalarLane): Lane {
  const start = code.out.constant(`${code.scratch}.integer(${x.value})`, 's')
  return code.scratchText(start, x.isNull)
}

function dateAndTime(code: RowCode, e: Cast, from: DataType, to: DataType): Lane | undefined {
  const other = from.kind === 'date' ? to : from
  if (from.kind !== 'date') {
    if (!isTimestamp(from)) return undefined
    const { localSeconds, isNull } = clockOf(code, e.child)
    return { kind: 'int', value: code.out.constant(`Math.floor(${localSeconds} / 86400)`), isNull }
  }
  if (other.kind !== 'timestamp_ntz' && !(other.kind === 'timestamp' && isFixedZone(code))) return undefined
  const x = code.scalar(e.child)
  const days: ScalarLane = { kind: 'long', value: intToLong(code, x.value), isNull: x.isNull }
  const perDay: ScalarLane = { kind: 'long', value: `${MICROS_PER_DAY}n`, isNull: '0', constant: MICROS_PER_DAY }
  return { kind: 'long', value: longProduct(code, days, perDay, x.isNull), isNull: x.isNull }
}
