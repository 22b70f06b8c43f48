import { BIGINT, BINARY } from '../../types/data-type.ts'
import { defineScalar, type FunctionRecord } from '../function.ts'
import { exactly, strictly, takes } from '../signature.ts'

/** Distinct counts by bitmaps of 32,768 bits: a value has a bucket and a position in it. */
const BITS_PER_BUCKET = 32_768n

function bitPosition(value: bigint): bigint {
  // Values from 1 on count from 0; the others are mirrored.
  return value > 0n ? (value - 1n) % BITS_PER_BUCKET : -value % BITS_PER_BUCKET
}
function bucketNumber(value: bigint): bigint {
  return value > 0n ? 1n + (value - 1n) / BITS_PER_BUCKET : value / BITS_PER_BUCKET
}
function bitCount(bytes: Uint8Array): bigint {
  let count = 0
  for (const byte of bytes) for (let bits = byte; bits !== 0; bits &= bits - 1) count++
  return BigInt(count)
}

export const bitmapFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'bitmap_bit_position',
    family: 'misc',
    summary: 'Returns the position of a number in its bucket.',
    examples: [['SELECT bitmap_bit_position(123)', '122']],
    nulls: 'propagate',
    resolve: takes([exactly(BIGINT)], BIGINT),
    bind: () => bitPosition,
  }),
  defineScalar({
    name: 'bitmap_bucket_number',
    family: 'misc',
    summary: 'Returns the number of the bucket of a number.',
    examples: [['SELECT bitmap_bucket_number(123)', '1']],
    nulls: 'propagate',
    resolve: takes([exactly(BIGINT)], BIGINT),
    bind: () => bucketNumber,
  }),
  defineScalar({
    name: 'bitmap_count',
    family: 'misc',
    summary: 'Counts the bits that are set in a bitmap.',
    examples: [["SELECT bitmap_count(X'1010')", '2']],
    nulls: 'propagate',
    resolve: takes([strictly(BINARY)], BIGINT),
    bind: () => bitCount,
  }),
]
