import { CODECS, type Codec, compressor } from '../../sources/kafka/client/compression.ts'
import { copyBytes } from '../../sources/kafka/client/copy-bytes.ts'
import { crc32c } from '../../sources/kafka/client/crc32c.ts'
import { BytePool, type LentBytes } from '../../sources/kafka/client/lent-bytes.ts'

/** Bytes of a column: where a row's part of it is. */
export interface BytesColumn {
  readonly bytes: Uint8Array
  readonly view: DataView
}
export type Header = readonly [key: Uint8Array, value: Uint8Array | null]

const HEADER_BYTES = 61
const TRANSACTIONAL = 16
/** Bytes of the varints of a record at most, and what copying may write behind its end. */
const RECORD_OVERHEAD = 40

/** Who writes a batch: with it the broker knows a batch that was sent twice. */
export interface BatchStamp {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly sequence: number
  readonly transactional: boolean
}

/** Rows into one record batch (message format 2), straight from columns. All records have the time of the batch. */
export class RecordBatchBuilder {
  count = 0
  readonly #pool: BytePool
  #lent: LentBytes
  #bytes: Buffer
  #view: DataView
  #length = HEADER_BYTES
  readonly #timestampMs: number

  /** `capacity`: bytes that it will hold, as far as one can tell. */
  constructor(timestampMs: number, pool = new BytePool(), capacity = 1 << 15) {
    this.#timestampMs = timestampMs
    this.#pool = pool
    this.#lent = pool.take(capacity)
    this.#bytes = this.#lent.bytes
    this.#view = viewOf(this.#bytes)
  }

  get length(): number {
    return this.#length
  }

  /** Lengths of −1 are NULL. */
  append(
    key: BytesColumn | undefined,
    keyAt: number,
    keyLength: number,
    value: BytesColumn,
    valueAt: number,
    valueLength: number,
    headers: readonly Header[],
  ): void {
    const keyBytes = Math.max(0, keyLength)
    const valueBytes = Math.max(0, valueLength)
    let body =
      2 +
      varintBytes(this.count) +
      varintBytes(keyLength) +
      keyBytes +
      varintBytes(valueLength) +
      valueBytes +
      varintBytes(headers.length)
    for (const [name, content] of headers) {
      body += varintBytes(name.length) + name.length + varintBytes(content?.length ?? -1) + (content?.length ?? 0)
    }
    this.#reserve(body + RECORD_OVERHEAD)
    let at = this.#varint(this.#length, body)
    // No attributes; no difference to the batch's time.
    this.#bytes[at++] = 0
    this.#bytes[at++] = 0
    at = this.#varint(at, this.count)
    at = this.#varint(at, keyLength)
    if (keyBytes > 0) copyBytes(key!.bytes, key!.view, keyAt, keyBytes, this.#bytes, this.#view, at)
    at = this.#varint(at + keyBytes, valueLength)
    if (valueBytes > 0) copyBytes(value.bytes, value.view, valueAt, valueBytes, this.#bytes, this.#view, at)
    at = this.#varint(at + valueBytes, headers.length)
    for (const [name, content] of headers) {
      at = this.#varint(at, name.length)
      this.#bytes.set(name, at)
      at = this.#varint(at + name.length, content?.length ?? -1)
      if (content !== null) {
        this.#bytes.set(content, at)
        at += content.length
      }
    }
    this.#length = at
    this.count++
  }

  /** The records, packed, under a header that has still to be stamped. The builder is done with. */
  finish(codec: Codec): RecordBatch {
    let bytes = this.#bytes.subarray(0, this.#length)
    let lent: LentBytes | undefined = this.#lent
    if (codec !== 'none') {
      bytes = Buffer.concat([bytes.subarray(0, HEADER_BYTES), compressor(codec)!(bytes.subarray(HEADER_BYTES))])
      lent.release()
      lent = undefined
    }
    bytes.fill(0, 0, HEADER_BYTES)
    bytes.writeInt32BE(bytes.length - 12, 8)
    bytes.writeInt32BE(-1, 12)
    bytes[16] = 2
    bytes.writeInt16BE(CODECS.indexOf(codec), 21)
    bytes.writeInt32BE(this.count - 1, 23)
    bytes.writeBigInt64BE(BigInt(this.#timestampMs), 27)
    bytes.writeBigInt64BE(BigInt(this.#timestampMs), 35)
    bytes.writeInt32BE(this.count, 57)
    return new RecordBatch(bytes, this.count, lent)
  }

  #varint(at: number, value: number): number {
    let left = ((value << 1) ^ (value >> 31)) >>> 0
    while (left > 127) {
      this.#bytes[at++] = (left & 127) | 128
      left >>>= 7
    }
    this.#bytes[at] = left
    return at + 1
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return
    const grown = this.#pool.take(Math.max(this.#length + length, this.#bytes.length * 2))
    this.#bytes.copy(grown.bytes, 0, 0, this.#length)
    this.#lent.release()
    this.#lent = grown
    this.#bytes = grown.bytes
    this.#view = viewOf(this.#bytes)
  }
}

export class RecordBatch {
  readonly bytes: Buffer
  readonly count: number
  readonly #lent: LentBytes | undefined

  constructor(bytes: Buffer, count: number, lent: LentBytes | undefined) {
    this.bytes = bytes
    this.count = count
    this.#lent = lent
  }

  /** It has been written: its bytes may hold another. */
  release(): void {
    this.#lent?.release()
  }

  stamp({ producerId, producerEpoch, sequence, transactional }: BatchStamp): void {
    const { bytes } = this
    bytes.writeInt16BE((bytes.readInt16BE(21) & ~TRANSACTIONAL) | (transactional ? TRANSACTIONAL : 0), 21)
    bytes.writeBigInt64BE(producerId, 43)
    bytes.writeInt16BE(producerEpoch, 51)
    bytes.writeInt32BE(sequence, 53)
    bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17)
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function varintBytes(value: number): number {
  const left = ((value << 1) ^ (value >> 31)) >>> 0
  return left < 128 ? 1 : left < 16384 ? 2 : left < 2097152 ? 3 : left < 268435456 ? 4 : 5
}
