import { type Call, typeOf } from '../../expr/expression.ts'
import { HASH_SEED, murmur3Bytes, murmur3Int, murmur3Long } from '../../types/hash.ts'
import { crc32Of, md5Hex, sha1Hex, sha224Hex, sha256Hex, sha384Hex, sha512Hex } from '../digests.ts'
import { isWide, type Lane, laneOf } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { XxHash64 } from '../xx-hash.ts'
import { halvesOf, wholeToLong } from './numbers.ts'
import type { Template } from './table.ts'
import { made, rangeOf } from './text-edit.ts'

/** Hashes and digests over the bytes of columns. */
export const hashTemplates: Readonly<Record<string, Template>> = {
  md5: (code, call) => digest(code, call, md5Hex),
  sha: (code, call) => digest(code, call, sha1Hex),
  sha1: (code, call) => digest(code, call, sha1Hex),
  sha2: (code, call) => {
    const bits = code.constant(call.args[1]!)
    const kernel = typeof bits === 'number' ? SHA2[bits] : undefined
    return kernel === undefined ? undefined : digest(code, call, kernel)
  },
  crc32: (code, call) => {
    const text = code.lane(call.args[0]!)
    if (text.kind !== 'text') return undefined
    const crc = code.out.constant(`${code.out.capture(crc32Of, 'crc32')}(${rangeOf(text)})`)
    return { kind: 'long', value: wholeToLong(code, crc), isNull: text.isNull }
  },
  hash: murmur3,
  xxhash64,
}
const SHA2: Readonly<Record<number, typeof sha256Hex>> = {
  0: sha256Hex,
  224: sha224Hex,
  256: sha256Hex,
  384: sha384Hex,
  512: sha512Hex,
}

function digest(code: RowCode, call: Call, kernel: typeof md5Hex): Lane | undefined {
  const text = code.lane(call.args[0]!)
  return text.kind === 'text' ? made(code, kernel, [rangeOf(text)], text.isNull) : undefined
}

/** Values that hash as lanes do: a wide decimal hashes the bytes of its number. */
function hasLanes(call: Call): boolean {
  return call.args.every((arg) => laneOf(typeOf(arg)) !== undefined && !isWide(typeOf(arg)))
}

/** A memory place for a double and its halves, or a float and its bits. */
function bitsOf(code: RowCode, value: string, isFloat: boolean): { readonly low: string; readonly high: string } {
  const place = isFloat ? new Float32Array(1) : new Float64Array(1)
  // Adding zero turns -0.0 into 0.0, and storing a NaN gives the one bit pattern of NaN.
  code.out.line(`${code.out.capture(place, 'place')}[0] = ${value} + 0`)
  const bits = code.out.capture(new Int32Array(place.buffer), 'bits')
  return { low: code.out.constant(`${bits}[0]`), high: isFloat ? '0' : code.out.constant(`${bits}[1]`) }
}

/** The hash of a value is the seed of the next; NULL leaves it as it is. */
function murmur3(code: RowCode, call: Call): Lane | undefined {
  if (!hasLanes(call)) return undefined
  let hash = String(HASH_SEED)
  for (const arg of call.args) {
    const lane = code.lane(arg)
    if (lane.isNull === '1') continue
    const next = murmur3Step(code, lane, typeOf(arg).kind === 'float', hash)
    hash = code.out.constant(lane.isNull === '0' ? next : `${lane.isNull} ? ${hash} : ${next}`)
  }
  return { kind: 'int', value: hash, isNull: '0' }
}
function murmur3Step(code: RowCode, lane: Lane, isFloat: boolean, seed: string): string {
  const ofInt = code.out.capture(murmur3Int, 'murmur3Int')
  const ofLong = code.out.capture(murmur3Long, 'murmur3Long')
  switch (lane.kind) {
    case 'bit':
      return `${ofInt}(${lane.value} & 1, ${seed})`
    case 'int':
      return `${ofInt}(${lane.value}, ${seed})`
    case 'long': {
      const { low, high } = halvesOf(code, lane)
      return `${ofLong}(${low}, ${high}, ${seed})`
    }
    case 'double': {
      const { low, high } = bitsOf(code, lane.value, isFloat)
      return isFloat ? `${ofInt}(${low}, ${seed})` : `${ofLong}(${low}, ${high}, ${seed})`
    }
    case 'text':
      return `${code.out.capture(murmur3Bytes, 'murmur3Bytes')}(${rangeOf(lane)}, ${seed})`
  }
}

function xxhash64(code: RowCode, call: Call): Lane | undefined {
  if (!hasLanes(call)) return undefined
  const hash = code.out.capture(new XxHash64(), 'xx')
  const lanes = call.args.map((arg) => code.lane(arg))
  code.out.line(`${hash}.begin(${HASH_SEED}, 0)`)
  lanes.forEach((lane, i) => {
    if (lane.isNull === '1') return
    const step = xxStep(code, lane, typeOf(call.args[i]!).kind === 'float')
    code.out.line(`${lane.isNull === '0' ? '' : `if (!${lane.isNull}) `}${hash}.${step}`)
  })
  const slot = code.longSlot()
  code.out.line(`${slot.low} = ${hash}.low; ${slot.high} = ${hash}.high`)
  return { kind: 'long', value: code.out.constant(slot.long), isNull: '0' }
}
function xxStep(code: RowCode, lane: Lane, isFloat: boolean): string {
  switch (lane.kind) {
    case 'bit':
      return `int(${lane.value} & 1)`
    case 'int':
      return `int(${lane.value})`
    case 'long': {
      const { low, high } = halvesOf(code, lane)
      return `long(${low}, ${high})`
    }
    case 'double': {
      const { low, high } = bitsOf(code, lane.value, isFloat)
      return isFloat ? `int(${low})` : `long(${low}, ${high})`
    }
    case 'text':
      return `text(${rangeOf(lane)})`
  }
}
