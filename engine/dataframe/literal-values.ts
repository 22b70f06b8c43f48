import { UsageError } from '../errors/engine-error.ts'
import { type Literal, literal } from '../expr/expression.ts'
import { BIGINT, BINARY, BOOLEAN, DOUBLE, INT, STRING, TIMESTAMP, VOID } from '../types/data-type.ts'
import { Timestamp } from './timestamp.ts'

/** The literal of a plain TypeScript value: whole numbers are INT (BIGINT beyond 32 bits), others DOUBLE, bigint is BIGINT, a Date is TIMESTAMP. */
export function literalOf(value: unknown): Literal {
  if (value === null) return literal(null, VOID)
  switch (typeof value) {
    case 'string':
      return literal(value, STRING)
    case 'boolean':
      return literal(value, BOOLEAN)
    case 'bigint':
      return literal(value, BIGINT)
    case 'number':
      if (!Number.isInteger(value) || Object.is(value, -0)) return literal(value, DOUBLE)
      if (value === (value | 0)) return literal(value, INT)
      return Number.isSafeInteger(value) ? literal(BigInt(value), BIGINT) : literal(value, DOUBLE)
  }
  if (value instanceof Timestamp) return literal(value.epochMicroseconds, TIMESTAMP)
  if (value instanceof Date) return literal(BigInt(value.getTime()) * 1000n, TIMESTAMP)
  if (value instanceof Uint8Array) return literal(value, BINARY)
  throw new UsageError('UNSUPPORTED_FEATURE.LITERAL_TYPE', {
    message: `a value of type ${value === undefined ? 'undefined' : Object.prototype.toString.call(value)} cannot be a literal`,
    hint: 'Use a string, number, bigint, boolean, Date, Uint8Array or null; build others with functions such as array() or struct().',
  })
}
