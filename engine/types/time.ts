import { trimAll, twoDigits } from './date.ts'

/** TIME(p): nanoseconds since midnight, cut to p digits of the second's fraction. */
export const NANOS_PER_SECOND = 1_000_000_000n
export const NANOS_PER_DAY = 86_400_000_000_000n
export const DEFAULT_TIME_PRECISION = 6

/** Cuts digits past the precision off. */
export function truncateTime(nanos: bigint, precision: number): bigint {
  const unit = 10n ** BigInt(9 - precision)
  return nanos - (nanos % unit)
}

const TIME_TEXT = /^T?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?\s*([AaPp][Mm])?$/

/** Parses a text as CAST(text AS TIME) does: `[T][h]h:[m]m[:[s]s[.fraction]][ AM|PM]`; undefined where Spark refuses. */
export function parseTime(text: string): bigint | undefined {
  const match = TIME_TEXT.exec(trimAll(text))
  if (match === null) return undefined
  let hour = Number(match[1])
  const minute = Number(match[2])
  const second = Number(match[3] ?? 0)
  if (match[5] !== undefined) {
    if (hour < 1 || hour > 12) return undefined
    hour = (hour % 12) + (match[5].toLowerCase() === 'pm' ? 12 : 0)
  }
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const fraction = (match[4] ?? '').slice(0, 9).padEnd(9, '0')
  return BigInt(hour * 3600 + minute * 60 + second) * NANOS_PER_SECOND + BigInt(fraction)
}

/** `HH:mm:ss[.fraction]`, the fraction without trailing zeros. */
export function formatTime(nanos: bigint): string {
  const seconds = Number(nanos / NANOS_PER_SECOND)
  const fraction = Number(nanos % NANOS_PER_SECOND)
  const hour = Math.floor(seconds / 3600)
  const minute = Math.floor(seconds / 60) % 60
  const text = `${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(seconds % 60)}`
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
}
