import type { DataType } from '../../types/data-type.ts'
import { anyNull, type Lane, type ScalarLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'

// Steps that the templates share: checked 32- and 64-bit arithmetic and the ways between longs and numbers.

export const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

/** NULL if one of the lanes is, as a name. */
export function nullsOf(code: RowCode, ...lanes: readonly Lane[]): string {
  const isNull = anyNull(...lanes.map((lane) => lane.isNull))
  return isNull.startsWith('(') ? code.out.constant(isNull, 'n') : isNull
}

/** A number that must be in the range of an integral type of at most 32 bits. */
export function narrowed(code: RowCode, exact: string, type: DataType, isNull: string): string {
  const bits = type.kind === 'tinyint' ? 24 : type.kind === 'smallint' ? 16 : 0
  const value = code.out.constant(bits === 0 ? `${exact} | 0` : `(${exact} << ${bits}) >> ${bits}`)
  code.guard(`${value} !== ${exact}`, isNull)
  return value
}

/** Adds or subtracts within 64 bits. */
export function longSum(code: RowCode, symbol: '+' | '-', x: ScalarLane, y: ScalarLane, isNull: string): string {
  const value = code.out.constant(`BigInt.asIntN(64, ${x.value} ${symbol} ${y.value})`)
  if (typeof y.constant === 'bigint') {
    const grows = symbol === '+' ? y.constant >= 0n : y.constant < 0n
    if (y.constant !== 0n) code.guard(`${value} ${grows ? '<' : '>'} ${x.value}`, isNull)
  } else if (symbol === '+') code.guard(`BigInt.asIntN(64, (${x.value} ^ ${value}) & (${y.value} ^ ${value})) < 0n`, isNull)
  else code.guard(`BigInt.asIntN(64, (${x.value} ^ ${y.value}) & (${x.value} ^ ${value})) < 0n`, isNull)
  return value
}

/** Multiplies within 64 bits. By a constant the bound on the other side is known; else both sides must be below 2^31.5, or be tried. */
export function longProduct(code: RowCode, x: ScalarLane, y: ScalarLane, isNull: string): string {
  if (typeof x.constant === 'bigint' && typeof y.constant !== 'bigint') return longProduct(code, y, x, isNull)
  if (typeof y.constant === 'bigint') {
    const factor = y.constant
    const [low, high] =
      factor === 0n
        ? [LONG_MIN, LONG_MAX]
        : factor > 0n
          ? [LONG_MIN / factor, LONG_MAX / factor]
          : [LONG_MAX / factor, LONG_MIN / factor]
    if (high < LONG_MAX || low > LONG_MIN)
      code.guard(`${x.value} > ${high > LONG_MAX ? LONG_MAX : high}n || ${x.value} < ${low}n`, isNull)
    return code.out.constant(`BigInt.asIntN(64, ${x.value} * ${y.value})`)
  }
  const root = 3037000499n
  const small = [x, y].map((lane) => `${lane.value} <= ${root}n && ${lane.value} >= -${root}n`).join(' && ')
  code.guard(`!(${small}) && ${code.out.capture(productOverflows, 'productOverflows')}(${x.value}, ${y.value})`, isNull)
  return code.out.constant(`BigInt.asIntN(64, ${x.value} * ${y.value})`)
}
function productOverflows(x: bigint, y: bigint): boolean {
  const exact = x * y
  return exact !== BigInt.asIntN(64, exact)
}

/** A decimal with more digits after the point. */
export function scaledUp(code: RowCode, lane: ScalarLane, type: { readonly precision: number }, digits: number): ScalarLane {
  if (digits === 0) return lane
  const factor = 10n ** BigInt(digits)
  if (factor > LONG_MAX) {
    // Only zero is left within 64 bits.
    code.guard(`${lane.value} !== 0n`, lane.isNull)
    return { kind: 'long', value: '0n', isNull: lane.isNull }
  }
  const fits = type.precision + digits <= 18
  const by: ScalarLane = { kind: 'long', value: `${factor}n`, isNull: '0', constant: factor }
  const value = fits
    ? code.out.constant(`BigInt.asIntN(64, ${lane.value} * ${by.value})`)
    : longProduct(code, lane, by, lane.isNull)
  return { kind: 'long', value, isNull: lane.isNull }
}

/** An int32 as a long. */
export function intToLong(code: RowCode, int: string): string {
  const slot = code.longSlot()
  code.out.line(`${slot.low} = ${int}; ${slot.high} = ${int} >> 31`)
  return code.out.constant(slot.long)
}
/** A whole double below 2^53 as a long. */
export function wholeToLong(code: RowCode, whole: string): string {
  const slot = code.longSlot()
  const high = code.out.constant(`Math.floor(${whole} / 4294967296)`)
  code.out.line(`${slot.low} = ${whole} - ${high} * 4294967296; ${slot.high} = ${high}`)
  return code.out.constant(slot.long)
}

/** The int32 halves of a long: those of its column, or by way of memory. */
export function halvesOf(code: RowCode, x: ScalarLane): { readonly low: string; readonly high: string } {
  if (x.halves !== undefined) return { low: code.out.constant(x.halves.low), high: code.out.constant(x.halves.high) }
  const slot = code.longSlot()
  code.out.line(`${slot.long} = ${x.value}`)
  return { low: code.out.constant(slot.low), high: code.out.constant(slot.high) }
}
/** A long as the nearest double: both products are exact, so the sum is rounded once. */
export function longToDouble(code: RowCode, x: ScalarLane): { readonly value: string; readonly isSafe: string } {
  const { low, high } = halvesOf(code, x)
  return { value: code.out.constant(`${high} * 4294967296 + (${low} >>> 0)`), isSafe: `((${high} + 0x200000) >>> 0) < 0x400000` }
}

/** Zones whose local time is UTC: there days have 24 hours and no clock arithmetic needs the zone. */
const UTC_NAMES: ReadonlySet<string> = new Set([
  'UTC',
  'Etc/UTC',
  'Z',
  'GMT',
  'Etc/GMT',
  'Etc/UCT',
  'Zulu',
  'Etc/Zulu',
  '+00:00',
  'UTC+00:00',
])

export function isFixedZone(code: RowCode): boolean {
  return UTC_NAMES.has(code.options.context.timeZone)
}
