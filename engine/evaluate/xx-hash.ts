/**
 * Spark's xxhash64 (XXH64) in 32-bit halves: a bigint for each step would be an object each. The hash so far is the seed of the next value.
 * Bit for bit what engine/types/hash.ts computes with bigints.
 */
export class XxHash64 {
  low = 0
  high = 0
  // The product of the last `multiply`, and lanes of a long text.
  #low = 0
  #high = 0
  readonly #lanes = new Int32Array(8)

  begin(low: number, high: number): void {
    this.low = low
    this.high = high
  }

  int(value: number): void {
    this.#add(P5_LOW, P5_HIGH)
    this.#add(4, 0)
    this.#mixInt(value)
    this.#avalanche()
  }
  long(low: number, high: number): void {
    this.#add(P5_LOW, P5_HIGH)
    this.#add(8, 0)
    this.#mixLong(low, high)
    this.#avalanche()
  }
  text(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    if (end - start >= 32) at = this.#stripes(bytes, start, end)
    else this.#add(P5_LOW, P5_HIGH)
    this.#add(end - start, 0)
    for (; at + 8 <= end; at += 8) this.#mixLong(wordAt(bytes, at), wordAt(bytes, at + 4))
    if (at + 4 <= end) {
      this.#mixInt(wordAt(bytes, at))
      at += 4
    }
    for (; at < end; at++) {
      this.#multiply(bytes[at]!, 0, P5_LOW, P5_HIGH)
      this.#xorRotate(11)
      this.#multiply(this.low, this.high, P1_LOW, P1_HIGH)
      this.low = this.#low
      this.high = this.#high
    }
    this.#avalanche()
  }

  /** Whole stripes of 32 bytes; gives where they end. */
  #stripes(bytes: Uint8Array, start: number, end: number): number {
    const lanes = this.#lanes
    const low = this.low
    const high = this.high
    this.#add(P1_LOW, P1_HIGH)
    this.#add(P2_LOW, P2_HIGH)
    this.#keep(0)
    this.begin(low, high)
    this.#add(P2_LOW, P2_HIGH)
    this.#keep(1)
    this.begin(low, high)
    this.#keep(2)
    // Minus P1: plus its two's complement.
    this.#add(~P1_LOW + 1, ~P1_HIGH)
    this.#keep(3)
    let at = start
    for (; at + 32 <= end; at += 32) {
      for (let lane = 0; lane < 4; lane++) {
        this.begin(lanes[2 * lane]!, lanes[2 * lane + 1]!)
        this.#round(wordAt(bytes, at + 8 * lane), wordAt(bytes, at + 8 * lane + 4))
        this.#keep(lane)
      }
    }
    let sumLow = 0
    let sumHigh = 0
    for (let lane = 0; lane < 4; lane++) {
      this.begin(lanes[2 * lane]!, lanes[2 * lane + 1]!)
      this.#low = this.#high = 0
      this.#xorRotate(STRIPE_TURNS[lane]!)
      this.#add(sumLow, sumHigh)
      sumLow = this.low
      sumHigh = this.high
    }
    for (let lane = 0; lane < 4; lane++) {
      const hashLow = this.low
      const hashHigh = this.high
      this.begin(0, 0)
      this.#round(lanes[2 * lane]!, lanes[2 * lane + 1]!)
      this.#multiply(hashLow ^ this.low, hashHigh ^ this.high, P1_LOW, P1_HIGH)
      this.begin(this.#low, this.#high)
      this.#add(P4_LOW, P4_HIGH)
    }
    return at
  }
  #keep(lane: number): void {
    this.#lanes[2 * lane] = this.low
    this.#lanes[2 * lane + 1] = this.high
  }

  /** hash = rotate(hash + value · P2, 31) · P1. */
  #round(low: number, high: number): void {
    this.#multiply(low, high, P2_LOW, P2_HIGH)
    this.#add(this.#low, this.#high)
    this.#low = this.#high = 0
    this.#xorRotate(31)
    this.#multiply(this.low, this.high, P1_LOW, P1_HIGH)
    this.low = this.#low
    this.high = this.#high
  }
  #mixLong(low: number, high: number): void {
    const hashLow = this.low
    const hashHigh = this.high
    this.low = this.high = 0
    this.#round(low, high)
    this.#low = hashLow
    this.#high = hashHigh
    this.#xorRotate(27)
    this.#multiply(this.low, this.high, P1_LOW, P1_HIGH)
    this.low = this.#low
    this.high = this.#high
    this.#add(P4_LOW, P4_HIGH)
  }
  #mixInt(value: number): void {
    this.#multiply(value, 0, P1_LOW, P1_HIGH)
    this.#xorRotate(23)
    this.#multiply(this.low, this.high, P2_LOW, P2_HIGH)
    this.low = this.#low
    this.high = this.#high
    this.#add(P3_LOW, P3_HIGH)
  }
  #avalanche(): void {
    // A shift by 33 leaves the high half's upper 31 bits in the low half.
    this.low ^= this.high >>> 1
    this.#multiply(this.low, this.high, P2_LOW, P2_HIGH)
    const low = this.#low ^ ((this.#low >>> 29) | (this.#high << 3))
    const high = this.#high ^ (this.#high >>> 29)
    this.#multiply(low, high, P3_LOW, P3_HIGH)
    this.low = this.#low ^ this.#high
    this.high = this.#high
  }

  /** hash = rotate(hash ^ product, by), for 0 < by < 32. */
  #xorRotate(by: number): void {
    const low = this.low ^ this.#low
    const high = this.high ^ this.#high
    this.low = (low << by) | (high >>> (32 - by))
    this.high = (high << by) | (low >>> (32 - by))
  }
  #add(low: number, high: number): void {
    const sum = (this.low >>> 0) + (low >>> 0)
    this.high = (this.high + high + (sum > 4294967295 ? 1 : 0)) | 0
    this.low = sum | 0
  }
  /** The low 64 bits of a product, from four products of 16 bits each for the part that carries over. */
  #multiply(aLow: number, aHigh: number, bLow: number, bHigh: number): void {
    const a0 = aLow & 0xffff
    const a1 = aLow >>> 16
    const b0 = bLow & 0xffff
    const b1 = bLow >>> 16
    const middle = ((Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16)) >>> 0
    const cross = ((Math.imul(a0, b1) >>> 0) + (middle & 0xffff)) >>> 0
    const upper = Math.imul(a1, b1) + (middle >>> 16) + (cross >>> 16)
    this.#high = (upper + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0
    this.#low = Math.imul(aLow, bLow)
  }
}

const P1_LOW = 0x85ebca87 | 0
const P1_HIGH = 0x9e3779b1 | 0
const P2_LOW = 0x27d4eb4f
const P2_HIGH = 0xc2b2ae3d | 0
const P3_LOW = 0x9e3779f9 | 0
const P3_HIGH = 0x165667b1
const P4_LOW = 0xc2b2ae63 | 0
const P4_HIGH = 0x85ebca77 | 0
const P5_LOW = 0x165667c5
const P5_HIGH = 0x27d4eb2f
const STRIPE_TURNS = Uint8Array.of(1, 7, 12, 18)

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
