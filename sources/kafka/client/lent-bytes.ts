/** Bytes a buffer has behind what it was taken for: decoders read, and columns pad, a little beyond their last byte. */
const PADDING = 64
const STEP_BYTES = 1 << 16
/** Buffers that are not worth keeping. */
const SMALL_BYTES = 1 << 15
/** Free buffers kept at most, in bytes. */
const KEPT_BYTES_MAX = 32 << 20
/** A free buffer that so many takes in a row had no use for is let go. */
const UNUSED_TAKES_MAX = 64

/**
 * Bytes that will hold something else once everybody who looks into them has let go: whoever keeps a view into them either retains them or copies.
 * One who forgets to let go costs a new buffer, nothing else.
 */
export class LentBytes {
  readonly bytes: Buffer
  readonly #giveBack: (() => void) | undefined
  #holders = 1

  constructor(bytes: Buffer, giveBack?: () => void) {
    this.bytes = bytes
    this.#giveBack = giveBack
  }

  retain(): void {
    this.#holders++
  }
  release(): void {
    if (--this.#holders === 0) this.#giveBack?.()
  }
}

interface FreeBuffer {
  readonly buffer: ArrayBuffer
  unusedTakes: number
}

/**
 * Buffers of answers, used again and again: fresh ones of megabytes would have the garbage collector run all the time. Holds at most 32 MiB that nobody
 * uses, and lets go of them when only small answers come for a while.
 */
export class BytePool {
  readonly #free: FreeBuffer[] = []

  get freeBytes(): number {
    return this.#free.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  }

  /** `length` bytes of anything, with 64 more behind them in the same ArrayBuffer. */
  take(length: number): LentBytes {
    const buffer = this.#takeFree(length + PADDING)
    if (length <= SMALL_BYTES) return new LentBytes(Buffer.from(new ArrayBuffer(length + PADDING), 0, length))
    const taken = buffer ?? new ArrayBuffer(Math.ceil((length + PADDING) / STEP_BYTES) * STEP_BYTES)
    return new LentBytes(Buffer.from(taken, 0, length), () => this.#giveBack(taken))
  }

  /** The smallest free buffer that is large enough. */
  #takeFree(length: number): ArrayBuffer | undefined {
    let best = -1
    if (length > SMALL_BYTES + PADDING) {
      this.#free.forEach(({ buffer }, i) => {
        if (buffer.byteLength < length) return
        if (best < 0 || buffer.byteLength < this.#free[best]!.buffer.byteLength) best = i
      })
    }
    const taken = best < 0 ? undefined : this.#free.splice(best, 1)[0]!.buffer
    for (let i = this.#free.length - 1; i >= 0; i--) {
      if (++this.#free[i]!.unusedTakes > UNUSED_TAKES_MAX) this.#free.splice(i, 1)
    }
    return taken
  }

  #giveBack(buffer: ArrayBuffer): void {
    this.#free.push({ buffer, unusedTakes: 0 })
    // The oldest go first: what comes now is most like what came last.
    while (this.freeBytes > KEPT_BYTES_MAX) this.#free.shift()
  }
}
