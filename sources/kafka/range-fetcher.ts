import type { Logger } from '../../engine/log.ts'
import { readLong } from './client/bytes.ts'
import { BrokerError, NONE, OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC_OR_PARTITION } from './client/error-codes.ts'
import type { FetchedPartition } from './client/fetch.ts'
import { type KafkaClient, Patience } from './client/kafka-client.ts'
import type { LentBytes } from './client/lent-bytes.ts'
import { EARLIEST, type Isolation } from './client/list-offsets.ts'
import { RecordReader } from './client/record-reader.ts'
import { dataLoss } from './data-loss.ts'
import { nameOf, type TopicPartition } from './partition-offsets.ts'

export interface OffsetRange extends TopicPartition {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

export interface FetchSettings {
  readonly isolation: Isolation
  readonly checkCrcs: boolean
  /** Bytes of one answer, and of one partition in it. */
  readonly maxBytes: number
  readonly maxPartitionBytes: number
  readonly failOnDataLoss: boolean
  /** How long records that must be there are waited for. */
  readonly pollTimeoutMs: number
}

const WAIT_MS = 500
/** Bytes that wait for their partition's turn; beyond it only the partition whose turn it is is fetched. */
const WAITING_BYTES_MAX = 32 << 20
const BYTES_PER_RECORD_GUESS = 512
/** How often a partition that nobody knows is asked for again: leaders that move are unknown for a moment. */
const UNKNOWN_TRIES = 8

/** Records of one partition out of one answer. */
interface Fetched {
  readonly reader: RecordReader
  readonly bytes: number
  /** What the records are part of; undefined: they have their bytes for themselves. */
  readonly lent: LentBytes | undefined
}

/** A range that is being read. */
interface Reading extends OffsetRange {
  readonly name: string
  /** What has been fetched and not been read. */
  readonly waiting: Fetched[]
  /** Where the next fetch begins. */
  next: number
  /** Since when nothing has come although there must be something. */
  stalledMs: number | undefined
  unknownTries: number
}

/** Bytes that hold more than the range they were fetched for: where the next range begins. */
interface Rest extends Fetched {
  readonly fetchedTo: number
}

/**
 * Fetches ranges of partitions: in the order they are given in, so that the same ranges always come in the same order, while further partitions and
 * bytes come in ahead. Leaders that move, brokers that restart and connections that break are gone through.
 */
export class RangeFetcher {
  readonly #client: KafkaClient
  readonly #settings: FetchSettings
  readonly #logger: Logger
  readonly #rests = new Map<string, Rest>()
  #bytesPerRecord = BYTES_PER_RECORD_GUESS

  constructor(client: KafkaClient, settings: FetchSettings, logger: Logger) {
    this.#client = client
    this.#settings = settings
    this.#logger = logger
  }

  /**
   * Readers of the ranges' bytes; each must be read up to its range's end, or to where it has no more, before the next is asked for. With that, what it
   * has read from is given back, and holds other records soon.
   */
  async *read(ranges: readonly OffsetRange[]): AsyncGenerator<{ readonly range: OffsetRange; readonly reader: RecordReader }> {
    const epoch = new EpochFetch(
      this.#client,
      this.#settings,
      this.#logger,
      ranges.map((range) => this.#begin(range)),
      (size) => this.#partitionBytes(size),
    )
    for (const reading of epoch.readings) {
      for (;;) {
        const fetched = await epoch.nextOf(reading)
        if (fetched === undefined) break
        const { reader, bytes, lent } = fetched
        const before = reader.nextOffset
        yield { range: reading, reader }
        if (bytes > 1024 && reader.nextOffset - before > 16) this.#bytesPerRecord = bytes / (reader.nextOffset - before)
        const done = reader.nextOffset >= reading.end
        if (done && reading.next > reading.end) this.#rests.set(reading.name, restOf(fetched, reading.next))
        else lent?.release()
        if (done) break
      }
    }
  }

  /** Takes records that came in answer to another question, from `offset` on: a range that begins there has not to wait for them. */
  offer(fetched: FetchedPartition, offset: number): void {
    const { records, lent } = fetched
    const name = nameOf(fetched)
    const end = fetched.error === NONE ? endOfBatches(records) : undefined
    if (end === undefined || end <= offset || this.#rests.has(name)) {
      lent.release()
      return
    }
    const { isolation, checkCrcs } = this.#settings
    const reader = new RecordReader(fetched, offset, isolation, checkCrcs)
    this.#rests.set(name, restOf({ reader, bytes: records.length, lent }, end))
  }

  /** Lets go of bytes read ahead. */
  forget(): void {
    for (const { lent } of this.#rests.values()) lent?.release()
    this.#rests.clear()
  }

  #begin(range: OffsetRange): Reading {
    const name = nameOf(range)
    const rest = this.#rests.get(name)
    this.#rests.delete(name)
    const reading: Reading = { ...range, name, waiting: [], next: range.start, stalledMs: undefined, unknownTries: 0 }
    if (rest !== undefined && rest.reader.nextOffset === range.start) {
      reading.waiting.push(rest)
      reading.next = rest.fetchedTo
    } else rest?.lent?.release()
    return reading
  }

  #partitionBytes(offsets: number): number {
    const wanted = Math.ceil(offsets * this.#bytesPerRecord * 1.25) + 4096
    return Math.min(this.#settings.maxPartitionBytes, wanted)
  }
}

class EpochFetch {
  readonly readings: readonly Reading[]
  readonly #client: KafkaClient
  readonly #settings: FetchSettings
  readonly #logger: Logger
  readonly #partitionBytes: (offsets: number) => number
  #leaders: Map<number, Reading[]> | undefined
  /** The one fetch under way at each broker. */
  readonly #fetching = new Map<number, Promise<FetchedPartition[]>>()
  #waitingBytes = 0
  #patience = new Patience()

  constructor(
    client: KafkaClient,
    settings: FetchSettings,
    logger: Logger,
    readings: readonly Reading[],
    partitionBytes: (offsets: number) => number,
  ) {
    this.#client = client
    this.#settings = settings
    this.#logger = logger
    this.readings = readings
    this.#partitionBytes = partitionBytes
    this.#waitingBytes = readings.reduce((sum, reading) => sum + (reading.waiting[0]?.bytes ?? 0), 0)
  }

  /** The next bytes of a range; undefined when it has been read to its end, or what is left of it is lost and may be. */
  async nextOf(reading: Reading): Promise<Fetched | undefined> {
    for (;;) {
      const waiting = reading.waiting.shift()
      if (waiting !== undefined) {
        this.#waitingBytes -= waiting.bytes
        // What comes next travels while these bytes are decoded.
        this.#fetchAhead()
        return waiting
      }
      if (reading.next >= reading.end) return undefined
      try {
        this.#leaders ??= await this.#client.byLeader(this.readings.filter((other) => other.next < other.end))
        const leader = [...this.#leaders].find(([, own]) => own.includes(reading))?.[0]
        if (leader === undefined) throw new BrokerError(UNKNOWN_TOPIC_OR_PARTITION, `leader of ${reading.name}`)
        const fetching = this.#fetching.get(leader) ?? this.#fetch(leader, reading)
        for (const partition of await fetching) await this.#take(partition)
        this.#fetching.delete(leader)
      } catch (error) {
        await this.#recover(reading, error)
      }
    }
  }

  #fetchAhead(): void {
    if (this.#leaders === undefined || this.#waitingBytes > WAITING_BYTES_MAX) return
    for (const leader of this.#leaders.keys()) {
      // Failures are met when the answer is wanted.
      if (!this.#fetching.has(leader)) this.#fetch(leader, undefined).catch(() => {})
    }
  }

  #fetch(leader: number, first: Reading | undefined): Promise<FetchedPartition[]> {
    const { isolation, maxBytes } = this.#settings
    const others = this.#waitingBytes > WAITING_BYTES_MAX ? [] : this.#leaders!.get(leader)!
    const wanted = others.filter((reading) => reading !== first && reading.next < reading.end && reading.waiting.length === 0)
    const readings = first === undefined ? wanted : [first, ...wanted]
    if (readings.length === 0) return Promise.resolve([])
    const fetching = this.#client.fetch(leader, {
      maxWaitMs: WAIT_MS,
      minBytes: 1,
      maxBytes,
      isolation,
      partitions: readings.map(({ topic, partition, next, end }) => ({
        topic,
        partition,
        offset: next,
        maxBytes: this.#partitionBytes(end - next),
      })),
    })
    this.#fetching.set(leader, fetching)
    return fetching
  }

  async #take(fetched: FetchedPartition): Promise<void> {
    if (!(await this.#keep(fetched))) fetched.lent.release()
  }

  /** Whether records of it wait to be read now. */
  async #keep(fetched: FetchedPartition): Promise<boolean> {
    const reading = this.readings.find((r) => r.topic === fetched.topic && r.partition === fetched.partition)
    if (reading === undefined) return false
    if (fetched.error === OFFSET_OUT_OF_RANGE) {
      await this.#outOfRange(reading)
      return false
    }
    if (fetched.error !== NONE) throw new BrokerError(fetched.error, `Fetch of ${reading.name}`)
    const end = endOfBatches(fetched.records)
    if (end === undefined || end <= reading.next) {
      this.#stalled(reading)
      return false
    }
    const { isolation, checkCrcs } = this.#settings
    reading.waiting.push({
      reader: new RecordReader(fetched, reading.next, isolation, checkCrcs),
      bytes: fetched.records.length,
      lent: fetched.lent,
    })
    reading.next = end
    reading.stalledMs = undefined
    this.#waitingBytes += fetched.records.length
    this.#patience = new Patience()
    return true
  }

  /** There must be records below the range's end; a leader that has just changed may not have them yet. */
  #stalled(reading: Reading): void {
    // Only the first of an answer is sure to get anything.
    if (this.readings.find((other) => other.next < other.end && other.waiting.length === 0) !== reading) return
    const nowMs = performance.now()
    reading.stalledMs ??= nowMs
    if (nowMs - reading.stalledMs < this.#settings.pollTimeoutMs) return
    this.#lost(reading, `could not read records in offset [${reading.next}, ${reading.end}) for topic partition ${reading.name}`)
    reading.next = reading.end
  }

  /** The log has the offset no longer, or not any more; the error says not which. */
  async #outOfRange(reading: Reading): Promise<void> {
    const { topic, partition } = reading
    const { isolation } = this.#settings
    const [earliest] = await this.#client.listOffsets([{ topic, partition, timestamp: EARLIEST }], isolation)
    this.#lost(reading, `could not read records in offset [${reading.next}, ${reading.end}) for topic partition ${reading.name}`)
    // Below the log: on from where it begins. Beyond it: there is nothing.
    reading.next = Math.min(reading.end, reading.next < earliest!.offset ? earliest!.offset : reading.end)
  }

  async #recover(reading: Reading, error: unknown): Promise<void> {
    this.#fetching.clear()
    this.#leaders = undefined
    if (error instanceof BrokerError && error.code === UNKNOWN_TOPIC_OR_PARTITION) {
      if (reading.unknownTries++ < UNKNOWN_TRIES) {
        await this.#client.recover('Fetch', new BrokerError(5, error.what), this.#patience)
        return
      }
      this.#lost(reading, `topic partition ${reading.name} is gone`)
      for (const other of this.readings)
        if (other.topic === reading.topic && other.partition === reading.partition) other.next = other.end
      return
    }
    await this.#client.recover('Fetch', error, this.#patience)
  }

  #lost(reading: Reading, reason: string): void {
    if (this.#settings.failOnDataLoss) throw dataLoss(reason)
    this.#logger.warn('some data may have been lost because it is not available in Kafka any more', {
      partition: reading.name,
      reason,
    })
  }
}

/** A rest is kept for as long as no epoch comes: unless it is most of its answer, it takes its own bytes with it. */
function restOf({ reader, bytes, lent }: Fetched, fetchedTo: number): Rest {
  if (lent === undefined || bytes * 2 > lent.bytes.length) return { reader, bytes, lent, fetchedTo }
  reader.copyUnread()
  lent.release()
  return { reader, bytes, lent: undefined, fetchedTo }
}

/** Behind the last whole record batch; undefined when there is none. */
function endOfBatches(records: Buffer): number | undefined {
  let end: number | undefined
  for (let at = 0; at + 17 <= records.length; ) {
    // An older format has records where this one has batches: their reader says what is wrong.
    if (records[at + 16] !== 2) return readLong(records, at) + 1
    if (at + 61 > records.length) break
    const next = at + 12 + records.readInt32BE(at + 8)
    if (next > records.length || next < at + 61) break
    end = readLong(records, at) + records.readInt32BE(at + 23) + 1
    at = next
  }
  return end
}
