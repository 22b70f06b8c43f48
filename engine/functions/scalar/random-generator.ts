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
