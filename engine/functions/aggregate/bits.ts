import { ExecutionError } from '../../errors/engine-error.ts'
import { BIGINT, BINARY, BOOLEAN } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { unexpectedInputType } from '../call-errors.ts'
import { type AggregateFunction, defineAggregate, type Signature } from '../function.ts'
import { checkCount, exactly, FLAG, INTEGRAL, strictly, takes } from '../signature.ts'

/** Folds values that are not NULL by an operation that is associative and commutative. Buffer: [the result; NULL until a value came]. */
function folded(type: Signature['returns'], combine: (a: Value, b: Value) => Value) {
  const take = (buffer: Value[], value: Value): void => {
    if (value !== null) buffer[0] = buffer[0] === null ? value : combine(buffer[0]!, value)
  }
  return {
    buffer: [type],
    init: (): Value[] => [null],
    update: (buffer: Value[], args: readonly Value[]) => take(buffer, args[0]!),
    merge: (buffer: Value[], other: readonly Value[]) => take(buffer, other[0]!),
    finish: (buffer: readonly Value[]) => buffer[0]!,
  }
}

function bitwise(
  name: string,
  summary: string,
  result: string,
  small: (a: number, b: number) => number,
  large: (a: bigint, b: bigint) => bigint,
): AggregateFunction {
  return defineAggregate({
    name,
    summary,
    examples: [[`SELECT ${name}(a) FROM VALUES (3), (5) AS t(a)`, result]],
    version: 1,
    resolve: (args, site) => {
      checkCount(args, site, 1)
      const type = INTEGRAL.convert(args[0]!.type)
      if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, INTEGRAL.text)
      return { arguments: [type], returns: type, nullable: true }
    },
    bind: (signature) =>
      folded(signature.returns, (signature.returns.kind === 'bigint' ? large : small) as (a: Value, b: Value) => Value),
  })
}
function boolean(
  [name, ...aliases]: readonly [string, ...string[]],
  summary: string,
  result: string,
  combine: (a: Value, b: Value) => Value,
): AggregateFunction {
  return defineAggregate({
    name,
    aliases,
    summary,
    examples: [[`SELECT ${name}(a) FROM VALUES (true), (false), (NULL) AS t(a)`, result]],
    version: 1,
    resolve: takes([FLAG], BOOLEAN, { nullable: true }),
    bind: () => folded(BOOLEAN, combine),
  })
}

/** Bitmaps of 32,768 bits, as bitmap_bit_position numbers them. */
const BITMAP_BYTES = 4096
function combined(left: Uint8Array, right: Uint8Array, combine: (a: number, b: number) => number): Uint8Array {
  const out = new Uint8Array(BITMAP_BYTES)
  for (let i = 0; i < BITMAP_BYTES; i++) out[i] = combine(left[i] ?? 0, right[i] ?? 0)
  return out
}
function bitmap(name: string, summary: string, empty: number, combine: (a: number, b: number) => number): AggregateFunction {
  return defineAggregate({
    name,
    summary,
    examples: [],
    version: 1,
    countsNothingAs: new Uint8Array(BITMAP_BYTES).fill(empty),
    resolve: takes([strictly(BINARY)], BINARY, { nullable: false }),
    bind: () => {
      const take = (buffer: Value[], value: Value): void => {
        if (value !== null) buffer[0] = combined(buffer[0] as Uint8Array, value as Uint8Array, combine)
      }
      return {
        buffer: [BINARY],
        init: () => [new Uint8Array(BITMAP_BYTES).fill(empty)],
        update: (buffer, args) => take(buffer, args[0]!),
        merge: (buffer, other) => take(buffer, other[0]!),
        finish: (buffer) => buffer[0]!,
      }
    },
  })
}

export const bitAggregateFunctions: readonly AggregateFunction[] = [
  bitwise(
    'bit_and',
    'Returns the bits that are set in every value.',
    '1',
    (a, b) => a & b,
    (a, b) => a & b,
  ),
  bitwise(
    'bit_or',
    'Returns the bits that are set in some value.',
    '7',
    (a, b) => a | b,
    (a, b) => a | b,
  ),
  bitwise(
    'bit_xor',
    'Returns the bits that are set in an odd number of values.',
    '6',
    (a, b) => a ^ b,
    (a, b) => a ^ b,
  ),
  boolean(['bool_and', 'every'], 'Is every value true?', 'false', (a, b) => a === true && b === true),
  boolean(['bool_or', 'some', 'any'], 'Is some value true?', 'true', (a, b) => a === true || b === true),
  bitmap('bitmap_or_agg', 'Returns the bitmap of the bits that are set in some bitmap.', 0, (a, b) => a | b),
  bitmap('bitmap_and_agg', 'Returns the bitmap of the bits that are set in every bitmap.', 255, (a, b) => a & b),
  defineAggregate({
    name: 'bitmap_construct_agg',
    summary: 'Returns a bitmap with the bits at the given positions set.',
    examples: [],
    version: 1,
    countsNothingAs: new Uint8Array(BITMAP_BYTES),
    resolve: takes([exactly(BIGINT)], BINARY, { nullable: false }),
    bind: () => ({
      buffer: [BINARY],
      init: () => [new Uint8Array(BITMAP_BYTES)],
      update: (buffer, args) => {
        if (args[0] === null) return
        const position = Number(args[0])
        if (position < 0 || position >= BITMAP_BYTES * 8)
          throw new ExecutionError('INVALID_BITMAP_POSITION', {
            message: `bit ${position} is outside a bitmap of ${BITMAP_BYTES * 8} bits`,
            parameters: {
              bitPosition: String(position),
              bitmapNumBytes: String(BITMAP_BYTES),
              bitmapNumBits: String(BITMAP_BYTES * 8),
            },
          })
        const bytes = Uint8Array.from(buffer[0] as Uint8Array)
        bytes[position >> 3]! |= 1 << (position & 7)
        buffer[0] = bytes
      },
      merge: (buffer, other) => {
        buffer[0] = combined(buffer[0] as Uint8Array, other[0] as Uint8Array, (a, b) => a | b)
      },
      finish: (buffer) => buffer[0]!,
    }),
  }),
]
