/**
 * Microsecond counts as bigints, split into numbers where arithmetic on numbers is exact and fast: seconds stay exact up to the
 * year 285,000,000, far past what 64 bits of microseconds hold.
 */
export const MICROS_PER_SECOND = 1_000_000n
export const MICROS_PER_DAY = 86_400_000_000n
export const MICROS_PER_MINUTE = 60_000_000n
export const MICROS_PER_HOUR = 3_600_000_000n
export const SECONDS_PER_DAY = 86_400
export const MIN_BIGINT = -9223372036854775808n
export const MAX_BIGINT = 9223372036854775807n

/** Seconds (rounded down) of a micro count, as a number. */
export function secondsOfMicros(micros: bigint): number {
  const count = Number(micros)
  if (count <= Number.MAX_SAFE_INTEGER && count >= Number.MIN_SAFE_INTEGER) {
    // The quotient may have been rounded up to the next whole second; the product is exact.
    const seconds = Math.floor(count / 1e6)
    return seconds * 1e6 > count ? seconds - 1 : seconds
  }
  const seconds = Number(micros / MICROS_PER_SECOND)
  return micros < 0n && micros % MICROS_PER_SECOND !== 0n ? seconds - 1 : seconds
}
/** Microseconds within the second, 0 to 999,999. */
export function fractionOfMicros(micros: bigint): number {
  const count = Number(micros)
  if (count <= Number.MAX_SAFE_INTEGER && count >= Number.MIN_SAFE_INTEGER) return count - secondsOfMicros(micros) * 1e6
  const rest = Number(micros % MICROS_PER_SECOND)
  return rest < 0 ? rest + 1_000_000 : rest
}
export function daysOfMicros(micros: bigint): number {
  return Math.floor(secondsOfMicros(micros) / SECONDS_PER_DAY)
}
/** Microseconds within the day. */
export function timeOfDayMicros(micros: bigint): bigint {
  const rest = micros % MICROS_PER_DAY
  return rest < 0n ? rest + MICROS_PER_DAY : rest
}
export function microsOfSeconds(seconds: number, fraction = 0): bigint {
  return BigInt(seconds) * MICROS_PER_SECOND + BigInt(fraction)
}
export function isBigint64(value: bigint): boolean {
  return value >= MIN_BIGINT && value <= MAX_BIGINT
}

/** Stops at the ends of BIGINT, as Java narrows. */
export function saturate(value: bigint): bigint {
  return value > MAX_BIGINT ? MAX_BIGINT : value < MIN_BIGINT ? MIN_BIGINT : value
}
