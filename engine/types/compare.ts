import { InternalError } from '../errors/engine-error.ts'
import type { DataType } from './data-type.ts'
import type { CalendarInterval, MapValue, Value } from './value.ts'

export type Comparator = (left: Value, right: Value) => number
export type Equality = (left: Value, right: Value) => boolean
type Ordered = number | bigint | boolean

/**
 * The order of a type: negative, zero or positive. NaN is the largest number and equal to itself, -0.0 equals 0.0, strings go by their
 * UTF-8 bytes, binary by unsigned bytes, arrays and structs element by element. NULL is smaller than everything (also inside).
 */
export function compareValues(type: DataType): Comparator {
  const compare = nonNullComparator(type)
  return (left, right) => {
    if (left === null) return right === null ? 0 : -1
    return right === null ? 1 : compare(left, right)
  }
}

/** May values of this type be sorted and compared with <? Maps and calendar intervals may not. */
export function isOrderable(type: DataType): boolean {
  switch (type.kind) {
    case 'map':
    case 'interval':
      return false
    case 'array':
      return isOrderable(type.element)
    case 'struct':
      return type.fields.every((f) => isOrderable(f.type))
    default:
      return true
  }
}

function nonNullComparator(type: DataType): Comparator {
  switch (type.kind) {
    case 'float':
    case 'double':
      return (left, right) => compareNumbers(left as number, right as number)
    case 'string':
      return (left, right) => compareText(left as string, right as string)
    case 'binary':
      return (left, right) => Buffer.compare(left as Uint8Array, right as Uint8Array)
    case 'array': {
      const compare = compareValues(type.element)
      return (left, right) => {
        const a = left as readonly Value[]
        const b = right as readonly Value[]
        const shared = Math.min(a.length, b.length)
        for (let i = 0; i < shared; i++) {
          const order = compare(a[i]!, b[i]!)
          if (order !== 0) return order
        }
        return a.length - b.length
      }
    }
    case 'struct': {
      const fields = type.fields.map((f) => compareValues(f.type))
      return (left, right) => {
        for (let i = 0; i < fields.length; i++) {
          const order = fields[i]!((left as readonly Value[])[i]!, (right as readonly Value[])[i]!)
          if (order !== 0) return order
        }
        return 0
      }
    }
    case 'map':
    case 'interval':
      throw new InternalError(`values of type ${type} have no order`)
    default:
      return (left, right) => ((left as Ordered) < (right as Ordered) ? -1 : (left as Ordered) > (right as Ordered) ? 1 : 0)
  }
}

/** NaN is larger than every other number and equal to itself. */
export function compareNumbers(left: number, right: number): number {
  if (left < right) return -1
  if (left > right) return 1
  if (left === right) return 0
  return Number.isNaN(left) ? (Number.isNaN(right) ? 0 : 1) : -1
}

/** Order of UTF-8 bytes, which is the order of code points; UTF-16 differs from it where surrogates meet U+E000 and up. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  const shared = Math.min(left.length, right.length)
  for (let i = 0; i < shared; i++) {
    const a = left.charCodeAt(i)
    const b = right.charCodeAt(i)
    if (a === b) continue
    const aSurrogate = a >= 0xd800 && a <= 0xdfff
    return aSurrogate === (b >= 0xd800 && b <= 0xdfff) ? a - b : aSurrogate ? 1 : -1
  }
  return left.length - right.length
}

/**
 * Equality as GROUP BY, DISTINCT and `<=>` mean it: NULL equals NULL, NaN equals NaN, -0.0 equals 0.0.
 * Maps are equal when they hold the same entries in any order.
 */
export function valuesEqual(type: DataType): Equality {
  const equal = nonNullEquality(type)
  return (left, right) => (left === null || right === null ? left === right : equal(left, right))
}

function nonNullEquality(type: DataType): Equality {
  switch (type.kind) {
    case 'float':
    case 'double':
      return (left, right) => left === right || (Number.isNaN(left) && Number.isNaN(right))
    case 'binary':
      return (left, right) => Buffer.compare(left as Uint8Array, right as Uint8Array) === 0
    case 'interval':
      return (left, right) => {
        const a = left as CalendarInterval
        const b = right as CalendarInterval
        return a.months === b.months && a.days === b.days && a.microseconds === b.microseconds
      }
    case 'array': {
      const equal = valuesEqual(type.element)
      return (left, right) => {
        const a = left as readonly Value[]
        const b = right as readonly Value[]
        return a.length === b.length && a.every((element, i) => equal(element, b[i]!))
      }
    }
    case 'struct': {
      const fields = type.fields.map((f) => valuesEqual(f.type))
      return (left, right) => fields.every((equal, i) => equal((left as readonly Value[])[i]!, (right as readonly Value[])[i]!))
    }
    case 'map': {
      const keysEqual = valuesEqual(type.key)
      const entriesEqual = valuesEqual(type.value)
      return (left, right) => {
        const a = (left as MapValue).entries
        const b = (right as MapValue).entries
        return (
          a.length === b.length &&
          a.every(([key, value]) => b.some(([other, found]) => keysEqual(key, other) && entriesEqual(value, found)))
        )
      }
    }
    default:
      return (left, right) => left === right
  }
}
