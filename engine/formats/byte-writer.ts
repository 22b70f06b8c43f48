/** Bytes being written: an array that grows. What an encoder writes into and a sink takes from. */
export class ByteWriter {
  bytes: Uint8Array = new Uint8Array(1 << 16)
  length = 0

  /** Room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.length + count, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  raw(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start
    this.reserve(count)
    if (count > 48) this.bytes.set(source.subarray(start, end), this.length)
    else for (let i = 0; i < count; i++) this.bytes[this.length + i] = source[start + i]!
    this.length += count
  }

  text(text: string): void {
    this.reserve(text.length * 3)
    const bytes = this.bytes
    let at = this.length
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) {
        this.length = at + textEncoder.encodeInto(text.slice(i), bytes.subarray(at)).written
        return
      }
      bytes[at++] = code
    }
    this.length = at
  }

  /** A whole number that doubles hold exactly. */
  integer(value: number): void {
    this.reserve(20)
    const bytes = this.bytes
    if (value < 0) {
      bytes[this.length++] = 0x2d
      value = -value
    }
    let digits = 1
    for (let limit = 10; value >= limit; limit *= 10) digits++
    let at = this.length + digits
    this.length = at
    do {
      const rest = Math.floor(value / 10)
      bytes[--at] = 48 + value - rest * 10
      value = rest
    } while (value > 0)
  }

  /** A number of at most `digits` digits, with zeros before it. */
  padded(value: number, digits: number): void {
    this.reserve(digits)
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const rest = Math.floor(value / 10)
      this.bytes[at] = 48 + value - rest * 10
      value = rest
    }
    this.length += digits
  }

  /** What has been written; valid until the next write. Starts anew. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length)
    this.length = 0
    return taken
  }
}

const textEncoder = new TextEncoder()
