import type { DataType } from './data-type.ts'
import type { CalendarInterval, MapValue, Value } from './value.ts'

/**
 * Spark's hash() (murmur3, 32 bits, seed 42) and xxhash64() over SQL values. A row's hash is a fold: the hash of each value is the
 * seed of the next; NULL leaves the seed as it is. -0.0 hashes as 0.0. Both match Spark bit for bit (Murmur3_x86_32, XXH64).
 */
export const HASH_SEED = 42

/** Folds one value into a murmur3 hash; a signed 32-bit number. */
export function murmur3(value: Value, type: DataType, seed: number): number {
  return fold(value, type, seed, MURMUR3)
}
/** Folds one value into an xxHash64 hash; a signed 64-bit bigint. */
export function xxHash64(value: Value, type: DataType, seed: bigint): bigint {
  return fold(value, type, seed, XX64)
}

interface Algorithm<H> {
  int(value: number, seed: H): H
  long(value: bigint, seed: H): H
  bytes(value: Uint8Array, seed: H): H
}

function fold<H>(value: Value, type: DataType, seed: H, algorithm: Algorithm<H>): H {
  if (value === null) return seed
  switch (type.kind) {
    case 'void':
      return seed
    case 'boolean':
      return algorithm.int(value ? 1 : 0, seed)
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'date':
    case 'interval_year_month':
      return algorithm.int(value as number, seed)
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'time':
    case 'interval_day_time':
      return algorithm.long(value as bigint, seed)
    case 'float':
      scratch.setFloat32(0, (value as number) + 0)
      return algorithm.int(scratch.getInt32(0), seed)
    case 'double':
      scratch.setFloat64(0, (value as number) + 0)
      return algorithm.long(scratch.getBigInt64(0), seed)
    case 'decimal':
      return type.precision <= 18 ? algorithm.long(value as bigint, seed) : algorithm.bytes(bigintBytes(value as bigint), seed)
    case 'string':
      return algorithm.bytes(encoder.encode(value as string), seed)
    case 'binary':
      return algorithm.bytes(value as Uint8Array, seed)
    case 'interval': {
      const { months, days, microseconds } = value as CalendarInterval
      return algorithm.int(months, algorithm.int(days, algorithm.long(microseconds, seed)))
    }
    case 'array':
      for (const element of value as readonly Value[]) seed = fold(element, type.element, seed, algorithm)
      return seed
    case 'map':
      for (const [key, entry] of (value as MapValue).entries) {
        seed = fold(entry, type.value, fold(key, type.key, seed, algorithm), algorithm)
      }
      return seed
    case 'struct':
      for (let i = 0; i < type.fields.length; i++)
        seed = fold((value as readonly Value[])[i]!, type.fields[i]!.type, seed, algorithm)
      return seed
  }
}

const encoder = new TextEncoder()
const scratch = new DataView(new ArrayBuffer(8))

/** Java's BigInteger.toByteArray: big-endian two's complement, as few bytes as hold the sign. */
function bigintBytes(value: bigint): Uint8Array {
  let length = 1
  while (BigInt.asIntN(8 * length, value) !== value) length++
  const bytes = new Uint8Array(length)
  for (let i = length - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}

function mixK1(k: number): number {
  k = Math.imul(k, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}
function mixH1(h: number, k: number): number {
  h ^= k
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}
function finish32(h: number, length: number): number {
  h ^= length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

export function murmur3Int(value: number, seed: number): number {
  return finish32(mixH1(seed, mixK1(value)), 4)
}
/** A 64-bit integer given as its two halves. */
export function murmur3Long(low: number, high: number, seed: number): number {
  return finish32(mixH1(mixH1(seed, mixK1(low)), mixK1(high)), 8)
}
/** The bytes `[start, end)`. Bytes past the last whole word are mixed one by one, as Spark does (and the original does not). */
export function murmur3Bytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  const length = end - start
  const words = start + (length & ~3)
  let h = seed
  let at = start
  for (; at < words; at += 4) {
    h = mixH1(h, mixK1(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)))
  }
  for (; at < end; at++) h = mixH1(h, mixK1((bytes[at]! << 24) >> 24))
  return finish32(h, length)
}

const MURMUR3: Algorithm<number> = {
  int: murmur3Int,
  long: (value, seed) => murmur3Long(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)), seed),
  bytes: (value, seed) => murmur3Bytes(value, 0, value.length, seed),
}

const PRIME_1 = 0x9e3779b185ebca87n
const PRIME_2 = 0xc2b2ae3d27d4eb4fn
const PRIME_3 = 0x165667b19e3779f9n
const PRIME_4 = 0x85ebca77c2b2ae63n
const PRIME_5 = 0x27d4eb2f165667c5n

function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}
function rotate(value: bigint, by: bigint): bigint {
  return unsigned(value << by) | (value >> (64n - by))
}
function round64(accumulator: bigint, lane: bigint): bigint {
  return unsigned(rotate(unsigned(accumulator + lane * PRIME_2), 31n) * PRIME_1)
}
function avalanche(hash: bigint): bigint {
  hash = unsigned((hash ^ (hash >> 33n)) * PRIME_2)
  hash = unsigned((hash ^ (hash >> 29n)) * PRIME_3)
  return BigInt.asIntN(64, hash ^ (hash >> 32n))
}
function mixLong(hash: bigint, lane: bigint): bigint {
  return unsigned(rotate(hash ^ round64(0n, lane), 27n) * PRIME_1 + PRIME_4)
}
function mixInt(hash: bigint, lane: bigint): bigint {
  return unsigned(rotate(hash ^ unsigned(lane * PRIME_1), 23n) * PRIME_2 + PRIME_3)
}

const XX64: Algorithm<bigint> = {
  int: (value, seed) => avalanche(mixInt(unsigned(seed + PRIME_5 + 4n), BigInt(value >>> 0))),
  long: (value, seed) => avalanche(mixLong(unsigned(seed + PRIME_5 + 8n), unsigned(value))),
  bytes: xx64Bytes,
}

function xx64Bytes(bytes: Uint8Array, seed: bigint): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length
  let at = 0
  let hash: bigint
  if (end >= 32) {
    let v1 = unsigned(seed + PRIME_1 + PRIME_2)
    let v2 = unsigned(seed + PRIME_2)
    let v3 = unsigned(seed)
    let v4 = unsigned(seed - PRIME_1)
    for (; at <= end - 32; at += 32) {
      v1 = round64(v1, view.getBigUint64(at, true))
      v2 = round64(v2, view.getBigUint64(at + 8, true))
      v3 = round64(v3, view.getBigUint64(at + 16, true))
      v4 = round64(v4, view.getBigUint64(at + 24, true))
    }
    hash = unsigned(rotate(v1, 1n) + rotate(v2, 7n) + rotate(v3, 12n) + rotate(v4, 18n))
    for (const v of [v1, v2, v3, v4]) hash = unsigned((hash ^ round64(0n, v)) * PRIME_1 + PRIME_4)
  } else {
    hash = unsigned(seed + PRIME_5)
  }
  hash = unsigned(hash + BigInt(end))
  for (; at <= end - 8; at += 8) hash = mixLong(hash, view.getBigUint64(at, true))
  if (at <= end - 4) {
    hash = mixInt(hash, BigInt(view.getUint32(at, true)))
    at += 4
  }
  for (; at < end; at++) hash = unsigned(rotate(hash ^ unsigned(BigInt(bytes[at]!) * PRIME_5), 11n) * PRIME_1)
  return avalanche(hash)
}
