import { randomBytes } from 'node:crypto'
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordBatchBuilder } from '../../sinks/kafka/record-batch-builder.ts'
import { decompress } from '../../sources/kafka/client/compression.ts'
import { crc32c } from '../../sources/kafka/client/crc32c.ts'
import { RecordPositions, RecordReader } from '../../sources/kafka/client/record-reader.ts'
import { PartitionOffsets, shareOut } from '../../sources/kafka/partition-offsets.ts'

const NO_ABORTED = { aborted: [] }

/** A record batch of values at `baseOffset`, as a broker stores it. */
function batchOf(
  values: readonly (string | null)[],
  baseOffset: number,
  more: { readonly producer?: bigint; readonly control?: boolean } = {},
): Buffer {
  const builder = new RecordBatchBuilder(1000)
  for (const value of values) {
    const bytes = Buffer.from(value ?? '')
    const column = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
    builder.append(undefined, 0, -1, column, 0, value === null ? -1 : bytes.length, [])
  }
  const batch = builder.finish('none')
  batch.stamp({ producerId: more.producer ?? -1n, producerEpoch: 0, sequence: 0, transactional: more.producer !== undefined })
  const stored = Buffer.from(batch.bytes)
  if (more.control) stored.writeInt16BE(0x30, 21)
  stored.writeBigInt64BE(BigInt(baseOffset), 0)
  stored.writeUInt32BE(crc32c(stored, 21, stored.length), 17)
  return stored
}
function read(reader: RecordReader, end: number, capacity = 3): string[] {
  const positions = new RecordPositions(capacity)
  const found: string[] = []
  while (reader.read(end, positions)) {
    for (let i = 0; i < positions.count; i++) {
      const [at, length] = [positions.valueAt[i]!, positions.valueLength[i]!]
      found.push(`${positions.offsets[i]}:${length < 0 ? null : positions.bytes.toString('utf8', at, at + length)}`)
    }
  }
  return found
}

test('records are read from an offset to an end, wherever batches begin, and a later range goes on in the same bytes', () => {
  const records = Buffer.concat([batchOf(['a', 'b', null, 'd'], 10), batchOf(['e'], 14), batchOf(['x', 'y', ''], 20)])
  const reader = new RecordReader({ records, ...NO_ABORTED }, 11, 0, true)
  expect(read(reader, 13)).toEqual(['11:b', '12:null'])
  expect(reader.nextOffset).toBe(13)
  expect(read(reader, 18)).toEqual(['13:d', '14:e'])
  // There is nothing between 15 and 20: the range is done all the same.
  expect(reader.nextOffset).toBe(18)
  expect(read(reader, 100)).toEqual(['20:x', '21:y', '22:'])
  expect(reader.nextOffset).toBe(23)
})

test('what has not been read can be copied away from bytes that will hold something else', () => {
  for (const upTo of [10, 11, 13, 14, 16]) {
    const records = Buffer.concat([batchOf(['a', 'b', 'c', 'd'], 10), batchOf(['e', 'f'], 14)])
    const reader = new RecordReader({ records, ...NO_ABORTED }, 10, 0, true)
    const before = read(reader, upTo)
    reader.copyUnread()
    records.fill(0)
    expect([...before, ...read(reader, 100)]).toEqual(['10:a', '11:b', '12:c', '13:d', '14:e', '15:f'])
  }
})

test('a batch that is cut off waits for the next fetch', () => {
  const whole = batchOf(['a'], 0)
  const records = Buffer.concat([whole, batchOf(['b'], 1).subarray(0, 65)])
  const reader = new RecordReader({ records, ...NO_ABORTED }, 0, 0, true)
  expect(read(reader, 10)).toEqual(['0:a'])
  expect(reader.nextOffset).toBe(1)
})

test('interleaved transactions that were aborted are passed over, each up to its own marker', () => {
  const records = Buffer.concat([
    batchOf(['a1'], 0, { producer: 1n }),
    batchOf(['b1'], 1, { producer: 2n }),
    batchOf(['plain'], 2),
    batchOf(['a2'], 3, { producer: 1n }),
    batchOf(['end of a'], 4, { producer: 1n, control: true }),
    batchOf(['a3, committed'], 5, { producer: 1n }),
    batchOf(['b2'], 6, { producer: 2n }),
    batchOf(['end of b'], 7, { producer: 2n, control: true }),
    batchOf(['end of a'], 8, { producer: 1n, control: true }),
  ])
  const aborted = [
    { producerId: 1n, firstOffset: 0 },
    { producerId: 2n, firstOffset: 1 },
  ]
  const committed = new RecordReader({ records, aborted }, 0, 1, true)
  expect(read(committed, 9)).toEqual(['2:plain', '5:a3, committed'])
  expect(committed.nextOffset).toBe(9)
  const all = read(new RecordReader({ records, ...NO_ABORTED }, 0, 0, true), 9)
  expect(all).toEqual(['0:a1', '1:b1', '2:plain', '3:a2', '5:a3, committed', '6:b2'])
})

test('a damaged batch is an error, unless checksums are not looked at', () => {
  const records = batchOf(['value'], 0)
  records[records.length - 2]! ^= 1
  expect(() => read(new RecordReader({ records, ...NO_ABORTED }, 0, 0, true), 1)).toThrow('its checksum does not fit')
  expect(read(new RecordReader({ records, ...NO_ABORTED }, 0, 0, false), 1)).toHaveLength(1)
})

test('the checksum is Castagnoli’s', () => {
  expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(10), (bytes, skip) => {
      let crc = -1
      const start = Math.min(skip, bytes.length)
      for (const byte of bytes.subarray(start)) {
        crc ^= byte
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
      }
      expect(crc32c(bytes, start, bytes.length)).toBe(~crc >>> 0)
    }),
  )
})

test('bytes that are not of their codec are an error, never a crash or a hang', () => {
  const noise = randomBytes(200)
  for (const codec of [1, 2, 3, 4]) {
    for (const bytes of [noise, Buffer.alloc(0), gzipSync('x').subarray(0, 12), deflateSync('y'), noise.subarray(0, 7)]) {
      try {
        decompress(codec, Buffer.from(bytes))
      } catch (error) {
        expect((error as Error).message).toMatch(/cannot be unpacked/)
      }
    }
  }
  expect(() => decompress(7, noise)).toThrow('codec 7')
})

test('snappy blocks in the frame of snappy-java are read', () => {
  // "abcabcabcabc": a literal of 3 bytes and a copy of 9 from 3 back.
  const block = Buffer.from([12, 0x08, 0x61, 0x62, 0x63, ((9 - 4) << 2) | 1, 3])
  expect(decompress(2, block).toString()).toBe('abcabcabcabc')
  const frame = Buffer.concat([
    Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, block.length]),
    block,
  ])
  expect(decompress(2, frame).toString()).toBe('abcabcabcabc')
})

test('an epoch’s offsets are shared out by what is left: shares below one are rounded up, others down', () => {
  const offsets = (json: Record<string, Record<string, number>>) => PartitionOffsets.fromJson(json)
  const latest = offsets({ t: { 0: 5, 1: 3, 2: 1 } })
  expect(shareOut(4, offsets({ t: { 0: 0, 1: 0, 2: 0 } }), latest).toJson()).toEqual({ t: { 0: 2, 1: 1, 2: 1 } })
  expect(shareOut(4, offsets({ t: { 0: 2, 1: 1, 2: 1 } }), latest).toJson()).toEqual({ t: { 0: 4, 1: 2, 2: 1 } })
  expect(shareOut(100, offsets({ t: { 0: 2, 1: 1, 2: 1 } }), latest).toJson()).toEqual(latest.toJson())
  expect(shareOut(0, offsets({ t: { 0: 2, 1: 1, 2: 1 } }), latest).toJson()).toEqual({ t: { 0: 2, 1: 1, 2: 1 } })
})

test('records in the formats of before Kafka 0.11 are refused by name, also one that is shorter than a header of today', () => {
  /** A message of format 0 or 1: offset, size, checksum, format, attributes, in format 1 a time, key, value. */
  const message = (format: 0 | 1, value: string) => {
    const body = Buffer.alloc(format === 0 ? 14 : 22)
    body[4] = format
    body.writeInt32BE(-1, body.length - 8)
    body.writeInt32BE(value.length, body.length - 4)
    const head = Buffer.alloc(12)
    head.writeInt32BE(body.length + value.length, 8)
    return Buffer.concat([head, body, Buffer.from(value)])
  }
  for (const format of [0, 1] as const) {
    for (const value of ['v', 'v'.repeat(100)]) {
      const reader = new RecordReader({ records: message(format, value), ...NO_ABORTED }, 0, 0, true)
      expect(() => read(reader, 1)).toThrow(`records are in message format ${format}`)
    }
  }
})
