import { murmur3Bytes } from '../../types/hash.ts'

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

/** The Mersenne Twister MT19937 of Apache Commons Math, by which Spark draws UUIDs and shuffles. */
export class MersenneTwister {
  readonly #state = new Uint32Array(624)
  #index = 624

  constructor(seed: bigint) {
    this.#seedByArray([Number(BigInt.asUintN(32, seed >> 32n)), Number(BigInt.asUintN(32, seed))])
  }
  #seedByNumber(seed: number): void {
    const state = this.#state
    state[0] = seed
    for (let i = 1; i < 624; i++) state[i] = Math.imul(1812433253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i
  }
  #seedByArray(key: readonly number[]): void {
    this.#seedByNumber(19650218)
    const state = this.#state
    let i = 1
    let j = 0
    const advance = (): void => {
      if (++i < 624) return
      state[0] = state[623]!
      i = 1
    }
    for (let k = 624; k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), 1664525)) + key[j]! + j
      j = (j + 1) % key.length
      advance()
    }
    for (let k = 623; k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), 1566083941)) - i
      advance()
    }
    state[0] = 0x80000000
  }
  #refill(): void {
    const state = this.#state
    for (let k = 0; k < 624; k++) {
      const y = (state[k]! & 0x80000000) | (state[(k + 1) % 624]! & 0x7fffffff)
      state[k] = state[(k + 397) % 624]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
    }
    this.#index = 0
  }
  /** A signed 32-bit number. */
  nextInt32(): number {
    if (this.#index === 624) this.#refill()
    let y = this.#state[this.#index++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) | 0
  }
  /** A signed 64-bit number. */
  nextInt64(): bigint {
    const high = BigInt(this.nextInt32())
    return BigInt.asIntN(64, (high << 32n) | BigInt.asUintN(32, BigInt(this.nextInt32())))
  }
  /** In [0, bound). */
  nextInt(bound: number): number {
    if ((bound & -bound) === bound) return Number((BigInt(bound) * BigInt(this.nextInt32() >>> 1)) >> 31n)
    for (;;) {
      const bits = this.nextInt32() >>> 1
      const value = bits % bound
      if (bits - value + (bound - 1) <= 2147483647) return value
    }
  }
}
