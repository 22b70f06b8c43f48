import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { Batch, rowOf, rowsOf } from '../../engine/columnar/batch.ts'
import { OWNED_MEMORY } from '../../engine/columnar/memory.ts'
import { BINARY, field, STRING } from '../../engine/types/data-type.ts'
import { BrokerConnection } from '../../sources/kafka/client/broker-connection.ts'
import { FrameReceiver } from '../../sources/kafka/client/frame-receiver.ts'
import { BytePool } from '../../sources/kafka/client/lent-bytes.ts'
import { RecordPositions } from '../../sources/kafka/client/record-reader.ts'
import { FETCH, LIST_OFFSETS } from '../../sources/kafka/client/transport.ts'
import { MovedBytes } from '../../sources/kafka/moved-bytes.ts'
import { TextRecords } from '../../sources/kafka/text-records.ts'

function framed(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

test('frames come out whole, wherever reads cut them', () => {
  const bodies = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      fc.nat(200_000).map((n) => Buffer.alloc(n, n)),
    ),
    {
      maxLength: 6,
    },
  )
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1 }), (given, cuts) => {
      const found: string[] = []
      const receiver = new FrameReceiver(new BytePool(), ({ bytes }) => found.push(bytes.toString('latin1')))
      const stream = Buffer.concat(given.map(framed))
      for (let at = 0, i = 0; at < stream.length; i++) {
        const { target } = receiver
        const length = Math.min(cuts[i % cuts.length]!, target.length, stream.length - at)
        stream.copy(target, 0, at, at + length)
        receiver.received(length)
        at += length
      }
      expect(found).toEqual(given.map((body) => Buffer.from(body).toString('latin1')))
    }),
    { numRuns: 100 },
  )
})

test('what is no frame is refused: the answer of a web server, a TLS alert', () => {
  for (const answer of [
    Buffer.from('HTTP/1.1 400 Bad Request'),
    Buffer.from([0x15, 3, 3, 0, 2, 2, 40]),
    Buffer.from([255, 255, 255, 255]),
  ]) {
    const receiver = new FrameReceiver(new BytePool(), () => {})
    answer.copy(receiver.target)
    expect(() => receiver.received(answer.length)).toThrow('this is no Kafka listener')
  }
})

test('bytes are lent again only when all who hold them have let go', () => {
  const pool = new BytePool()
  const first = pool.take(1_000_000)
  const { buffer } = first.bytes
  first.retain()
  first.release()
  expect(pool.take(1_000_000).bytes.buffer).not.toBe(buffer)
  first.release()
  const again = pool.take(900_000)
  expect(again.bytes.buffer).toBe(buffer)
  expect(again.bytes.length).toBe(900_000)
})

test('free buffers are few, and are let go when only small answers come', () => {
  const pool = new BytePool()
  const taken = Array.from({ length: 10 }, () => pool.take(8 << 20))
  for (const lent of taken) lent.release()
  expect(pool.freeBytes).toBeLessThanOrEqual(32 << 20)
  expect(pool.freeBytes).toBeGreaterThan(0)
  for (let i = 0; i < 100; i++) pool.take(100).release()
  expect(pool.freeBytes).toBe(0)
})

/** A broker that does as it is told, and a connection to it. */
let server: Server | undefined
async function connected(answer: (request: Buffer, socket: Socket) => void): Promise<BrokerConnection> {
  server = createServer((socket) => {
    const pool = new BytePool()
    const receiver = new FrameReceiver(pool, ({ bytes }) => answer(bytes, socket))
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      for (let at = 0; at < chunk.length; ) {
        const length = chunk.copy(receiver.target, 0, at)
        receiver.received(length)
        at += length
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  let take: (frame: ReturnType<BytePool['take']>) => void = () => {}
  const receiver = new FrameReceiver(new BytePool(), (frame) => take(frame))
  const socket: Socket = connect({
    port: (server.address() as { port: number }).port,
    host: '127.0.0.1',
    onread: receiver.onread((error) => socket.destroy(error)),
  })
  await once(socket, 'connect')
  const connection = new BrokerConnection(socket, 'tester')
  take = (frame) => connection.take(frame)
  return connection
}
afterEach(() => void server?.close())

/** Answers with the throttle time first, then the request's body again. */
function echo(throttledMs = 0): (request: Buffer, socket: Socket) => void {
  return (request, socket) => {
    const answer = Buffer.alloc(8)
    answer.writeInt32BE(request.readInt32BE(4), 0)
    answer.writeInt32BE(throttledMs, 4)
    socket.write(framed(Buffer.concat([answer, request.subarray(8 + 2 + 'tester'.length)])))
  }
}

test('answers go to whoever asked, in the order of asking', async () => {
  const connection = await connected(echo())
  const texts = Array.from({ length: 20 }, (_, i) => `question ${i} `.repeat(i * 2000))
  const answers = await Promise.all(texts.map((text) => connection.request(FETCH, Buffer.from(text), 10_000)))
  expect(answers.map(({ body }) => body.subarray(4).toString())).toEqual(texts)
  connection.close()
})

test('a broker that asks for it is left alone for a while', async () => {
  const connection = await connected(echo(300))
  const started = performance.now()
  await connection.request(FETCH, Buffer.from('one'), 10_000)
  await connection.request(FETCH, Buffer.from('two'), 10_000)
  expect(performance.now() - started).toBeGreaterThan(290)
  connection.close()
})

test('an answer that is late, a connection that is closed and an answer to nobody end the connection for all who wait', async () => {
  const failures = async (connection: BrokerConnection, timeoutMs: number) =>
    Promise.all(
      [FETCH, LIST_OFFSETS].map((api) =>
        connection.request(api, Buffer.alloc(0), timeoutMs).then(
          () => 'answered',
          (error: Error) => error.message,
        ),
      ),
    )
  const late = await connected(() => {})
  expect(await failures(late, 50)).toEqual(['Fetch: no answer came within 50 ms', expect.stringMatching(/^ListOffsets: /)])
  expect(late.isOpen).toBe(false)
  await expect(late.request(FETCH, Buffer.alloc(0), 50)).rejects.toThrow('no answer came')
  const closed = await connected((_, socket) => socket.end())
  expect(await failures(closed, 10_000)).toEqual(['Fetch: the connection was closed', 'ListOffsets: the connection was closed'])
  const wrong = await connected((_, socket) => socket.write(framed(Buffer.from([0, 0, 0, 9, 0, 0, 0, 0]))))
  expect((await failures(wrong, 10_000))[0]).toBe('Fetch: an answer came to a question that was not asked')
})

test('values are moved together in the bytes they came in, and outlive those once settled', () => {
  const value = fc.option(fc.uint8Array({ maxLength: 12 }), { nil: null })
  const runs = fc.array(fc.tuple(fc.array(value, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 9 })), {
    minLength: 1,
    maxLength: 4,
  })
  fc.assert(
    fc.property(runs, fc.boolean(), (given, settled) => {
      const column = new MovedBytes(BINARY, OWNED_MEMORY)
      column.begin()
      const buffers: Buffer[] = []
      for (const [values, gap] of given) {
        const bytes = Buffer.concat(values.flatMap((v) => [Buffer.alloc(gap, 0xee), Buffer.from(v ?? [])]))
        const positions = new Int32Array(values.length)
        const lengths = new Int32Array(values.length)
        let at = 0
        values.forEach((v, i) => {
          positions[i] = at += gap
          lengths[i] = v === null ? -1 : v.length
          at += v?.length ?? 0
        })
        // In two steps, as positions come in pieces.
        const half = values.length >> 1
        if (half > 0) column.add(bytes, positions, lengths, 0, half)
        column.add(bytes, positions, lengths, half, values.length - half)
        buffers.push(bytes)
      }
      if (settled) {
        column.settle()
        for (const bytes of buffers) bytes.fill(0xdd)
      }
      const made = column.finish()
      const batch = new Batch([field('value', BINARY)], made.length, [made])
      const expected = given.flatMap(([values]) => values)
      expect(Array.from({ length: made.length }, (_, row) => rowOf(batch, row)[0])).toEqual(expected)
      expect(made.bytes!.length).toBeGreaterThanOrEqual(made.offsets![made.length]! + 8)
    }),
  )
})

test('values of format text are one STRING each, U+FFFD for what is no UTF-8, even where two values together are', () => {
  const bytes = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom([0xc3], [0xa9], [0xe2, 0x82], [0xac], []).map((some) => Buffer.from(some)),
  )
  fc.assert(
    fc.property(fc.array(fc.option(bytes, { nil: null }), { minLength: 1, maxLength: 30 }), (values) => {
      const positions = new RecordPositions(values.length)
      let at = 0
      values.forEach((value, i) => {
        positions.valueAt[i] = at += 3
        positions.valueLength[i] = value?.length ?? -1
        at += value?.length ?? 0
      })
      positions.bytes = Buffer.concat(values.flatMap((value) => [Buffer.alloc(3, 0xee), Buffer.from(value ?? [])]))
      positions.count = values.length
      const records = new TextRecords([field('value', STRING)], OWNED_MEMORY)
      expect(records.add(positions, 0)).toBe(values.length)
      const batch = records.take()
      const expected = values.filter((value) => value !== null).map((value) => [Buffer.from(value).toString()])
      expect(batch === undefined ? [] : rowsOf(batch)).toEqual(expected)
      expect(records.take()).toBeUndefined()
    }),
  )
})
