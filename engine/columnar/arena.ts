/**
 * The epoch's allocator: bump allocation out of large chunks, 64-byte aligned, 16 bytes of padding behind every region, everything
 * freed at once by `reset`. Regions are NOT zeroed. What must outlive the reset (state, what a sink keeps) has to be copied.
 *
 * The runner resets the arena after each source batch has gone through all operators and into the sink ("a batch is valid until the call
 * that received it returns"), so the memory of an epoch does not grow with its rows.
 */
export class Arena {
  #chunks: ArrayBuffer[] = []
  #chunk = 0
  #offset = 0
  readonly #chunkBytes: number

  constructor(chunkBytes = 1 << 20) {
    this.#chunkBytes = chunkBytes
  }

  /** A place to come back to with `release`: frees what was allocated since. */
  mark(): ArenaMark {
    return { chunk: this.#chunk, offset: this.#offset }
  }
  release(mark: ArenaMark): void {
    this.#chunk = mark.chunk
    this.#offset = mark.offset
  }
  reset(): void {
    this.#chunk = 0
    this.#offset = 0
    // One oversized epoch must not hold its memory for ever: keep at most 64 MiB of chunks.
    let kept = 0
    let count = 0
    for (const chunk of this.#chunks) {
      kept += chunk.byteLength
      if (kept > 1 << 26) break
      count++
    }
    if (count < this.#chunks.length) this.#chunks.length = count
  }
  get reservedBytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  }

  bytes(length: number): Uint8Array {
    const at = this.#allocate(length)
    return new Uint8Array(this.#chunks[this.#chunk]!, at, length)
  }
  int8(length: number): Int8Array {
    const at = this.#allocate(length)
    return new Int8Array(this.#chunks[this.#chunk]!, at, length)
  }
  int16(length: number): Int16Array {
    const at = this.#allocate(length * 2)
    return new Int16Array(this.#chunks[this.#chunk]!, at, length)
  }
  int32(length: number): Int32Array {
    const at = this.#allocate(length * 4)
    return new Int32Array(this.#chunks[this.#chunk]!, at, length)
  }
  int64(length: number): BigInt64Array {
    const at = this.#allocate(length * 8)
    return new BigInt64Array(this.#chunks[this.#chunk]!, at, length)
  }
  float32(length: number): Float32Array {
    const at = this.#allocate(length * 4)
    return new Float32Array(this.#chunks[this.#chunk]!, at, length)
  }
  float64(length: number): Float64Array {
    const at = this.#allocate(length * 8)
    return new Float64Array(this.#chunks[this.#chunk]!, at, length)
  }

  #allocate(byteLength: number): number {
    const size = (byteLength + 16 + 63) & ~63
    for (;;) {
      const chunk = this.#chunks[this.#chunk]
      if (chunk === undefined) {
        this.#chunks.push(new ArrayBuffer(Math.max(this.#chunkBytes, size)))
        this.#offset = 0
        continue
      }
      if (this.#offset + size <= chunk.byteLength) {
        const at = this.#offset
        this.#offset += size
        return at
      }
      if (this.#chunks[this.#chunk + 1] !== undefined && this.#chunks[this.#chunk + 1]!.byteLength < size) {
        this.#chunks.splice(this.#chunk + 1, 0, new ArrayBuffer(size))
      }
      this.#chunk++
      this.#offset = 0
    }
  }
}

export interface ArenaMark {
  readonly chunk: number
  readonly offset: number
}
