import { ConnectorError } from '../../../engine/errors/engine-error.ts'
import { readLong } from './bytes.ts'
import { decompress } from './compression.ts'
import { crc32c } from './crc32c.ts'
import type { FetchedPartition } from './fetch.ts'
import type { Isolation } from './list-offsets.ts'

/**
 * Where the parts of records are in `bytes`: no object a record. Lengths of −1 are NULL. Filled anew by each call of RecordReader.read, valid until the
 * next.
 */
export class RecordPositions {
  readonly capacity: number
  count = 0
  bytes: Buffer = Buffer.alloc(0)
  /** 0 create time, 1 log append time. */
  timestampType = 0
  readonly offsets: Float64Array
  /** Milliseconds since 1970. */
  readonly timestamps: Float64Array
  readonly keyAt: Int32Array
  readonly keyLength: Int32Array
  readonly valueAt: Int32Array
  readonly valueLength: Int32Array
  /** Where the number of headers stands. */
  readonly headersAt: Int32Array

  constructor(capacity: number) {
    this.capacity = capacity
    this.offsets = new Float64Array(capacity)
    this.timestamps = new Float64Array(capacity)
    this.keyAt = new Int32Array(capacity)
    this.keyLength = new Int32Array(capacity)
    this.valueAt = new Int32Array(capacity)
    this.valueLength = new Int32Array(capacity)
    this.headersAt = new Int32Array(capacity)
  }
}

/** Fields of a record batch (message format 2) by where they are from its beginning. */
const LENGTH = 8
const MAGIC = 16
const CRC = 17
const ATTRIBUTES = 21
const LAST_OFFSET_DELTA = 23
const BASE_TIMESTAMP = 27
const MAX_TIMESTAMP = 35
const PRODUCER_ID = 43
const RECORD_COUNT = 57
const HEADER_BYTES = 61

const CODEC = 7
const LOG_APPEND_TIME = 8
const TRANSACTIONAL = 16
const CONTROL = 32

/**
 * Reads the record batches that one fetch gave for one partition, from an offset on.
 *
 * Offsets have gaps (compaction, transactions, their markers), which never mean a loss: `nextOffset` goes on behind each batch, whatever was in it.
 * With isolation 1, records of aborted transactions are passed over: a producer's transactional batches are from where its aborted transaction begins
 * up to its next control record.
 */
export class RecordReader {
  /** Every record below it has been given. */
  nextOffset: number
  #records: Buffer
  readonly #isolation: Isolation
  readonly #checkCrc: boolean
  readonly #aborted: FetchedPartition['aborted']
  #abortedAt = 0
  /** Producers whose aborted transaction the reader is in. */
  readonly #aborting = new Set<bigint>()
  /** The next batch in `#records`. */
  #at = 0
  /** The batch that is being read, if any. */
  #bytes: Buffer = Buffer.alloc(0)
  #position = 0
  #left = 0
  #baseOffset = 0
  #lastOffset = 0
  #baseTimestamp = 0
  /** Of a batch with log append time, for all of its records. */
  #appendTime = 0
  #timestampType = 0

  constructor(fetched: Pick<FetchedPartition, 'records' | 'aborted'>, from: number, isolation: Isolation, checkCrc: boolean) {
    this.nextOffset = from
    this.#records = fetched.records
    this.#aborted = fetched.aborted
    this.#isolation = isolation
    this.#checkCrc = checkCrc
  }

  /** Positions of the next records below `end`, all in one buffer; false when these bytes have no more of them. */
  read(end: number, into: RecordPositions): boolean {
    into.count = 0
    for (;;) {
      if (this.#left > 0) {
        this.#readRecords(end, into)
        if (into.count > 0) return true
        if (this.#left > 0) return false
      }
      if (this.nextOffset >= end || !this.#nextBatch(end)) return false
    }
  }

  /** Copies what has not been read: what the records were read from may hold something else afterwards. */
  copyUnread(): void {
    const inPlace = this.#bytes === this.#records
    const from = inPlace && this.#left > 0 ? this.#position : this.#at
    const own = Buffer.from(this.#records.subarray(from))
    if (inPlace) {
      this.#bytes = own
      this.#position -= from
    }
    this.#records = own
    this.#at -= from
  }

  /** Goes to the next batch that has something to read; false at the end of the bytes, or when the next batch begins at `end` or behind it. */
  #nextBatch(end: number): boolean {
    const records = this.#records
    for (;;) {
      const at = this.#at
      if (at + MAGIC >= records.length) return false
      // In the same place in all formats; what comes before is shorter than a header of this one.
      if (records[at + MAGIC] !== 2) throw oldFormat(records[at + MAGIC]!)
      if (at + HEADER_BYTES > records.length) return false
      const batchEnd = at + LENGTH + 4 + records.readInt32BE(at + LENGTH)
      // Fetches are cut at a number of bytes: the rest of the batch comes with the next.
      if (batchEnd > records.length) return false
      if (batchEnd < at + HEADER_BYTES) throw damaged(readLong(records, at), 'it is shorter than its header')
      const baseOffset = readLong(records, at)
      if (baseOffset >= end) {
        // There is nothing between the last record and the end.
        this.nextOffset = Math.max(this.nextOffset, end)
        return false
      }
      const lastOffset = baseOffset + records.readInt32BE(at + LAST_OFFSET_DELTA)
      this.#at = batchEnd
      if (this.#isolation === 1) this.#beginAborted(lastOffset)
      const attributes = records.readInt16BE(at + ATTRIBUTES)
      const count = records.readInt32BE(at + RECORD_COUNT)
      if ((attributes & CONTROL) !== 0) {
        this.#aborting.delete(records.readBigInt64BE(at + PRODUCER_ID))
      } else if (lastOffset >= this.nextOffset && count > 0 && !this.#isAborted(attributes, at)) {
        this.#openBatch(at, batchEnd, attributes, count, baseOffset, lastOffset)
        return true
      }
      if (lastOffset >= this.nextOffset) this.nextOffset = lastOffset + 1
      if (this.nextOffset >= end) return false
    }
  }

  #beginAborted(lastOffset: number): void {
    for (; this.#abortedAt < this.#aborted.length; this.#abortedAt++) {
      const { producerId, firstOffset } = this.#aborted[this.#abortedAt]!
      if (firstOffset > lastOffset) return
      this.#aborting.add(producerId)
    }
  }

  #isAborted(attributes: number, at: number): boolean {
    return (
      this.#aborting.size > 0 &&
      (attributes & TRANSACTIONAL) !== 0 &&
      this.#aborting.has(this.#records.readBigInt64BE(at + PRODUCER_ID))
    )
  }

  #openBatch(at: number, end: number, attributes: number, count: number, baseOffset: number, lastOffset: number): void {
    const records = this.#records
    if (this.#checkCrc && crc32c(records, at + ATTRIBUTES, end) !== records.readUInt32BE(at + CRC)) {
      throw damaged(baseOffset, 'its checksum does not fit')
    }
    const codec = attributes & CODEC
    if (codec === 0) {
      this.#bytes = records
      this.#position = at + HEADER_BYTES
    } else {
      this.#bytes = decompress(codec, records.subarray(at + HEADER_BYTES, end))
      this.#position = 0
    }
    this.#left = count
    this.#baseOffset = baseOffset
    this.#lastOffset = lastOffset
    this.#baseTimestamp = readLong(records, at + BASE_TIMESTAMP)
    this.#timestampType = (attributes & LOG_APPEND_TIME) === 0 ? 0 : 1
    this.#appendTime = readLong(records, at + MAX_TIMESTAMP)
  }

  #readRecords(end: number, into: RecordPositions): void {
    const { offsets, timestamps, keyAt, keyLength, valueAt, valueLength, headersAt } = into
    const bytes = this.#bytes
    const from = this.nextOffset
    const baseOffset = this.#baseOffset
    const baseTimestamp = this.#baseTimestamp
    const appended = this.#timestampType === 1
    const capacity = into.capacity
    let row = 0
    let p = this.#position
    let left = this.#left
    let byte: number
    while (left > 0 && row < capacity) {
      const recordAt = p
      // Each loop ends at the end of the bytes too, where there is no byte to read.
      // Varints, zig-zag: length of the record, attributes (none are defined), timestamp and offset from the batch's, key, value, headers.
      let length = 0
      for (let shift = 0; ; shift += 7) {
        byte = bytes[p++]!
        length |= (byte & 127) << shift
        if (!(byte > 127)) break
      }
      const recordEnd = p + (length >>> 1)
      p++
      let delta = 0
      let scale = 1
      for (;;) {
        byte = bytes[p++]!
        delta += (byte & 127) * scale
        if (!(byte > 127)) break
        scale *= 128
      }
      let offset = 0
      for (let shift = 0; ; shift += 7) {
        byte = bytes[p++]!
        offset |= (byte & 127) << shift
        if (!(byte > 127)) break
      }
      offset = baseOffset + (offset >>> 1)
      if (offset >= end) {
        // Stays the next record: a later range begins here.
        p = recordAt
        break
      }
      left--
      if (offset < from) {
        p = recordEnd
        continue
      }
      let key = 0
      for (let shift = 0; ; shift += 7) {
        byte = bytes[p++]!
        key |= (byte & 127) << shift
        if (!(byte > 127)) break
      }
      key = (key >>> 1) ^ -(key & 1)
      keyAt[row] = p
      keyLength[row] = key
      if (key > 0) p += key
      let value = 0
      for (let shift = 0; ; shift += 7) {
        byte = bytes[p++]!
        value |= (byte & 127) << shift
        if (!(byte > 127)) break
      }
      value = (value >>> 1) ^ -(value & 1)
      valueAt[row] = p
      valueLength[row] = value
      if (value > 0) p += value
      if (p > recordEnd || recordEnd > bytes.length) throw damaged(baseOffset, 'a record does not fit into it')
      headersAt[row] = p
      offsets[row] = offset
      timestamps[row] = appended ? this.#appendTime : baseTimestamp + (delta % 2 === 0 ? delta / 2 : -(delta + 1) / 2)
      row++
      p = recordEnd
      this.nextOffset = offset + 1
    }
    this.#position = p
    this.#left = left
    into.count = row
    into.bytes = bytes
    into.timestampType = this.#timestampType
    if (left === 0 && this.#lastOffset >= this.nextOffset) this.nextOffset = this.#lastOffset + 1
  }
}

function damaged(baseOffset: number, reason: string): ConnectorError {
  return new ConnectorError('KAFKA_RECORDS_MALFORMED', {
    message: `the record batch at offset ${baseOffset} is damaged: ${reason}`,
    hint: 'Read it again; if it stays, the data on the broker is damaged.',
  })
}

function oldFormat(magic: number): ConnectorError {
  return new ConnectorError('KAFKA_RECORDS_TOO_OLD', {
    message: `records are in message format ${magic}`,
    detail: 'Brokers have written format 2 since Kafka 0.11; the records are older than that.',
    hint: 'Let a broker write them anew, for example by copying the topic.',
  })
}
