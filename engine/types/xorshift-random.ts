import { murmur3Bytes } from './hash.ts'

/** Spark's XORShiftRandom: the same seed gives the same numbers, bit for bit. State is one 64-bit word. */
export class XorShiftRandom {
  #state: bigint
  #gaussian: number | undefined

  constructor(seed: bigint) {
    this.#state = hashedSeed(seed)
  }
  #next(bits: number): number {
    let x = this.#state
    x ^= BigInt.asIntN(64, x << 21n)
    x ^= BigInt.asUintN(64, x) >> 35n
    x = BigInt.asIntN(64, x ^ (x << 4n))
    this.#state = x
    return Number(BigInt.asUintN(bits, x))
  }
  /** In [0, 1). */
  nextDouble(): number {
    return (this.#next(26) * 2 ** 27 + this.#next(27)) * 2 ** -53
  }
  /** Normally distributed, by java.util.Random's polar method. */
  nextGaussian(): number {
    if (this.#gaussian !== undefined) {
      const value = this.#gaussian
      this.#gaussian = undefined
      return value
    }
    for (;;) {
      const v1 = 2 * this.nextDouble() - 1
      const v2 = 2 * this.nextDouble() - 1
      const s = v1 * v1 + v2 * v2
      if (s >= 1 || s === 0) continue
      const multiplier = Math.sqrt((-2 * Math.log(s)) / s)
      this.#gaussian = v2 * multiplier
      return v1 * multiplier
    }
  }
  /** In [0, bound), as java.util.Random.nextInt. */
  nextInt(bound: number): number {
    if ((bound & -bound) === bound) return Number((BigInt(bound) * BigInt(this.#next(31))) >> 31n)
    for (;;) {
      const bits = this.#next(31)
      const value = bits % bound
      if (bits - value + (bound - 1) <= 2147483647) return value
    }
  }
}

const ARRAY_SEED = 0x3c074a61
function hashedSeed(seed: bigint): bigint {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, seed)
  // Eight bytes are two whole words, where Spark's murmur3 and Scala's are the same.
  const low = murmur3Bytes(bytes, 0, 8, ARRAY_SEED)
  const high = murmur3Bytes(bytes, 0, 8, low)
  return (BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(low))
}
