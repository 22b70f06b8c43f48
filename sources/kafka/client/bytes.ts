/** Writes the fields of a request, growing as needed. Integers are big-endian, as everywhere in the protocol. */
export class RequestWriter {
  #buffer: Buffer
  #length = 0

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity)
  }

  int8(value: number): this {
    this.#need(1)
    this.#length = this.#buffer.writeInt8(value, this.#length)
    return this
  }
  int16(value: number): this {
    this.#need(2)
    this.#length = this.#buffer.writeInt16BE(value, this.#length)
    return this
  }
  int32(value: number): this {
    this.#need(4)
    this.#length = this.#buffer.writeInt32BE(value, this.#length)
    return this
  }
  int64(value: bigint | number): this {
    this.#need(8)
    this.#length = this.#buffer.writeBigInt64BE(BigInt(value), this.#length)
    return this
  }
  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }
  /** STRING; undefined is null. */
  text(value: string | undefined): this {
    if (value === undefined) return this.int16(-1)
    const length = Buffer.byteLength(value)
    this.int16(length).#need(length)
    this.#length += this.#buffer.write(value, this.#length)
    return this
  }
  bytes(value: Uint8Array): this {
    this.int32(value.length).#need(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
    return this
  }
  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length)
    items.forEach(write)
    return this
  }
  /** UNSIGNED_VARINT of flexible versions: lengths there are one more than they say, 0 being null. */
  unsignedVarint(value: number): this {
    while (value > 127) {
      this.int8((((value & 127) | 128) << 24) >> 24)
      value >>>= 7
    }
    return this.int8(value)
  }
  compactText(value: string | undefined): this {
    if (value === undefined) return this.unsignedVarint(0)
    const length = Buffer.byteLength(value)
    this.unsignedVarint(length + 1).#need(length)
    this.#length += this.#buffer.write(value, this.#length)
    return this
  }
  /** No tagged fields. */
  noTags(): this {
    return this.int8(0)
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #need(length: number): void {
    if (this.#length + length <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe((this.#length + length) * 2)
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}

/** A 64-bit integer as a number: exact below 2^53, which offsets and times stay under. */
export function readLong(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4)
}

/** Reads the fields of an answer in order. */
export class ResponseReader {
  readonly #buffer: Buffer
  #at = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  int8(): number {
    return this.#buffer.readInt8(this.#advance(1))
  }
  int16(): number {
    return this.#buffer.readInt16BE(this.#advance(2))
  }
  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4))
  }
  /** Exact below 2^53. */
  long(): number {
    return readLong(this.#buffer, this.#advance(8))
  }
  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#advance(8))
  }
  text(): string | undefined {
    const length = this.int16()
    return length < 0 ? undefined : this.#textOf(length)
  }
  requiredText(): string {
    return this.text() ?? ''
  }
  /** A part of the answer, not copied; undefined for null. */
  bytes(): Buffer | undefined {
    const length = this.int32()
    if (length < 0) return undefined
    const at = this.#advance(length)
    return this.#buffer.subarray(at, at + length)
  }
  array<T>(read: () => T): T[] {
    return this.#items(this.int32(), read)
  }
  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#buffer[this.#advance(1)]!
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
  }
  compactText(): string | undefined {
    const length = this.unsignedVarint() - 1
    return length < 0 ? undefined : this.#textOf(length)
  }
  compactArray<T>(read: () => T): T[] {
    return this.#items(this.unsignedVarint() - 1, read)
  }
  uuid(): string {
    const at = this.#advance(16)
    return this.#buffer.toString('hex', at, at + 16)
  }
  /** Passes over tagged fields: those of a newer broker mean nothing to us. */
  tags(): void {
    for (let count = this.unsignedVarint(); count > 0; count--) {
      this.unsignedVarint()
      this.#advance(this.unsignedVarint())
    }
  }

  #textOf(length: number): string {
    const at = this.#advance(length)
    return this.#buffer.toString('utf8', at, at + length)
  }
  #items<T>(count: number, read: () => T): T[] {
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read())
    return items
  }
  #advance(length: number): number {
    const at = this.#at
    this.#at = at + length
    return at
  }
}
