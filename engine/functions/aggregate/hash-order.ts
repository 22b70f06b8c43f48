import type { DataType } from '../../types/data-type.ts'
import { murmur3Bytes, murmur3Int } from '../../types/hash.ts'
import type { Value } from '../../types/value.ts'

/**
 * The order in which Spark's OpenHashMap walks over keys that were put into it in the given order: indexes into `values`.
 * It decides between ties in `mode`. Types whose Java hash code is not known here keep the given order.
 */
export function hashOrder(values: readonly Value[], type: DataType): readonly number[] {
  const hashCode = hashCodeOf(type)
  if (hashCode === undefined) return values.map((_value, i) => i)
  let slots: Int32Array = new Int32Array(64).fill(-1)
  let size = 0
  const place = (table: Int32Array, index: number): void => {
    const mask = table.length - 1
    let at = murmur3Int(hashCode(values[index]!), 0) & mask
    for (let step = 1; table[at] !== -1; step++) at = (at + step) & mask
    table[at] = index
  }
  for (let index = 0; index < values.length; index++) {
    place(slots, index)
    if (++size <= 0.7 * slots.length) continue
    const grown: Int32Array = new Int32Array(slots.length * 2).fill(-1)
    for (const old of slots) if (old !== -1) place(grown, old)
    slots = grown
  }
  return [...slots].filter((index) => index !== -1)
}

const doubleBits = new DataView(new ArrayBuffer(8))
const utf8 = new TextEncoder()
function longHash(value: bigint): number {
  return Number(BigInt.asIntN(32, value ^ (value >> 32n)))
}
/** Object.hashCode of the values as Spark holds them. */
function hashCodeOf(type: DataType): ((value: Value) => number) | undefined {
  switch (type.kind) {
    case 'boolean':
      return (value) => (value === true ? 1231 : 1237)
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'date':
    case 'interval_year_month':
      return (value) => value as number
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      return (value) => longHash(value as bigint)
    case 'double':
      return (value) => {
        doubleBits.setFloat64(0, value as number)
        return doubleBits.getInt32(0) ^ doubleBits.getInt32(4)
      }
    case 'float':
      return (value) => {
        doubleBits.setFloat32(0, value as number)
        return doubleBits.getInt32(0)
      }
    case 'string':
      return (value) => {
        const bytes = utf8.encode(value as string)
        return murmur3Bytes(bytes, 0, bytes.length, 42)
      }
    default:
      return undefined
  }
}

/** The order in which a Scala mutable.HashSet walks over distinct keys, whatever order they came in: indexes into `values`. */
export function setOrder(values: readonly Value[], type: DataType): readonly number[] {
  const hashCode = hashCodeOf(type)
  const order = values.map((_value, i) => i)
  if (hashCode === undefined) return order
  let capacity = 16
  while (values.length >= capacity * 0.75) capacity *= 2
  const hashes = values.map((value) => {
    const code = hashCode(value)
    return code ^ (code >>> 16)
  })
  const bucket = (i: number): number => hashes[i]! & (capacity - 1)
  return order.sort((a, b) => bucket(a) - bucket(b) || hashes[a]! - hashes[b]!)
}
