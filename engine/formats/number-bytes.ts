import type { ColumnWriter } from './column-writer.ts'
import { REFUSED } from './json-bytes.ts'

// What the decoders of JSON and CSV share of numbers. BIGINT columns are written as 32-bit halves: making a bigint is slow.

const TWO_32 = 4294967296
/** 2^−32, exactly: a high half is a multiplication and a floor. */
const INVERSE_TWO_32 = 1 / TWO_32

/** Powers of ten that doubles hold exactly. */
export const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i)

/** A whole number that doubles hold exactly as 64 bits. */
export function writeHalves(halves: Int32Array, row: number, value: number): void {
  halves[2 * row] = value | 0
  halves[2 * row + 1] = Math.floor(value * INVERSE_TWO_32)
}

/** 16 to 19 digits. */
export function readLongDigits(
  b: Uint8Array,
  start: number,
  end: number,
  negative: boolean,
  column: ColumnWriter,
  row: number,
): number {
  if (end - start > 19) return REFUSED
  let high = 0
  let low = 0
  let p = start
  for (; p < end - 9; p++) high = high * 10 + b[p]! - 48
  for (; p < end; p++) low = low * 10 + b[p]! - 48
  let value = BigInt(high) * 1_000_000_000n + BigInt(low)
  if (negative) value = -value
  if (BigInt.asIntN(64, value) !== value) return REFUSED
  ;(column.values as BigInt64Array)[row] = value
  return end
}
