import type { BytePool, LentBytes } from './lent-bytes.ts'

const LENGTH_BYTES = 4
const SCRATCH_BYTES = 1 << 16
/** No answer is as long: the first bytes of TLS, HTTP or SSH read as a length are. */
const FRAME_BYTES_MAX = 256 << 20

/**
 * Takes what comes in on a connection apart into frames: a length of four bytes, then as many bytes. The bytes of a frame are received straight into the
 * buffer that holds the frame, once its length is known.
 */
export class FrameReceiver {
  readonly #pool: BytePool
  readonly #onFrame: (frame: LentBytes) => void
  /** Where bytes go while no frame is begun; the first `#held` of them are of a length that is not whole yet. */
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #held = 0
  #frame: LentBytes | undefined
  #filled = 0
  /** Where the next bytes go. */
  #target: Buffer = this.#scratch

  /** `onFrame` is given each frame without its length. */
  constructor(pool: BytePool, onFrame: (frame: LentBytes) => void) {
    this.#pool = pool
    this.#onFrame = onFrame
  }

  /** For Node's `onread` of sockets: with it, no buffer is made for what is read. @throws Error by way of `refuse` for what cannot be a frame */
  onread(refuse: (error: Error) => void): { buffer: () => Buffer; callback: (length: number) => boolean } {
    return {
      buffer: () => this.#target,
      callback: (length) => {
        try {
          this.received(length)
          return true
        } catch (error) {
          refuse(error as Error)
          return false
        }
      },
    }
  }

  /** Where the next bytes have to be put. */
  get target(): Buffer {
    return this.#target
  }

  /** `length` bytes have been put at the beginning of `target`. */
  received(length: number): void {
    const frame = this.#frame
    if (frame === undefined) {
      this.#takeApart(this.#held + length)
      return
    }
    this.#filled += length
    if (this.#filled < frame.bytes.length) {
      this.#target = frame.bytes.subarray(this.#filled)
      return
    }
    this.#frame = undefined
    this.#target = this.#scratch
    this.#onFrame(frame)
  }

  #takeApart(end: number): void {
    const scratch = this.#scratch
    let at = 0
    while (end - at >= LENGTH_BYTES) {
      const length = scratch.readInt32BE(at)
      if (length < 0 || length > FRAME_BYTES_MAX)
        throw new Error(`an answer of ${length >>> 0} bytes: this is no Kafka listener, or one of another security protocol`)
      const frame = this.#pool.take(length)
      const there = Math.min(length, end - at - LENGTH_BYTES)
      scratch.copy(frame.bytes, 0, at + LENGTH_BYTES, at + LENGTH_BYTES + there)
      at += LENGTH_BYTES + there
      if (there < length) {
        this.#frame = frame
        this.#filled = there
        this.#target = frame.bytes.subarray(there)
        this.#held = 0
        return
      }
      this.#onFrame(frame)
    }
    scratch.copyWithin(0, at, end)
    this.#held = end - at
    this.#target = this.#held === 0 ? scratch : scratch.subarray(this.#held)
  }
}
