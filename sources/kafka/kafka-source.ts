import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import type { Batch } from '../../engine/columnar/batch.ts'
import type { Offset } from '../../engine/connect/offset.ts'
import type { ReadLimit, ScanRequest, Source, SourceEnvironment, SourceLog } from '../../engine/connect/source.ts'
import type { Logger } from '../../engine/log.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import type { KafkaClient } from './client/kafka-client.ts'
import { TransportError } from './client/transport.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { changedOffset, dataLoss } from './data-loss.ts'
import { type FoundPartitions, PartitionLookup, requireTopics } from './partition-lookup.ts'
import { nameOf, PartitionOffsets, shareOut, type TopicPartition } from './partition-offsets.ts'
import { type OffsetRange, RangeFetcher } from './range-fetcher.ts'
import { readRecords } from './read-records.ts'
import type { RecordSink } from './record-columns.ts'
import { recordSinks } from './record-sink.ts'
import { describeSubscription, type KafkaSourceOptions } from './source-options.ts'

/** How long one request may wait at a broker for new records. */
const LONG_POLL_MS = 1000
/** How often an idle query looks for new partitions. */
const LOOK_FOR_PARTITIONS_MS = 5000
const HELD_BACK_POLL_MS = 100
/** Bytes of an answer to it at most: as many as an epoch that is quick has. */
const NEWS_BYTES = 1 << 18

/** What the source's log remembers beside the offsets in the checkpoint. */
type Remembered =
  /** Where partitions were begun, and the ids of their topics then. */
  | { readonly starts: Offset; readonly topicIds: Readonly<Record<string, string>> }
  /** Topics that were made anew: the offsets of the old ones, from which the next epoch begins the new ones. */
  | { readonly remade: Offset; readonly topicIds: Readonly<Record<string, string>> }
  /** The epoch that began them is done. */
  | { readonly remadeDone: true }

/**
 * Topics of a Kafka cluster, read without a consumer group.
 *
 * offsets  `{"topic":{"partition":offset}}`, ends exclusive, as Spark's. A range whose end is below its start reads a topic that was made anew, from
 *          its beginning
 * law      the same range gives the same records, by topic, partition and offset, while Kafka keeps them; partitions that the start does not name
 *          begin where the source's log says
 * source   Spark's KafkaMicroBatchStream
 */
export class KafkaSource implements Source {
  readonly schema: Schema
  readonly description: string
  readonly #client: KafkaClient
  readonly #options: KafkaSourceOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #sinkFor: (scan: ScanRequest) => RecordSink
  /** Of the last epoch. */
  #sink: RecordSink | undefined
  readonly #log: SourceLog
  readonly #lookup: PartitionLookup
  readonly #fetcher: RangeFetcher
  /** Gets the offsets of committed epochs, for tools that show the lag of groups; they are never read back. */
  readonly #group: ConsumerGroup | undefined
  #groupKnows = false
  readonly #starts = new PartitionOffsets()
  readonly #topicIds = new Map<string, string>()
  #logged = 0
  #remade: PartitionOffsets | undefined
  #partitions: readonly TopicPartition[] = []
  /** Ends of the partitions when they were last looked at. */
  #latest: PartitionOffsets | undefined
  /** The end that AvailableNow has fixed. */
  #fixedEnd: PartitionOffsets | undefined
  #planned: PartitionOffsets | undefined
  #lastEpochMs = 0
  /** What the brokers have been asked to tell when it comes. */
  #asked: { readonly question: string; readonly answer: Promise<'something' | 'nothing'> } | undefined
  #closed = false

  private constructor(environment: SourceEnvironment, options: KafkaSourceOptions, client: KafkaClient) {
    this.schema = environment.schema
    this.description = `KafkaV2[${describeSubscription(options.subscription)}]`
    this.#client = client
    this.#options = options
    this.#clock = environment.clock
    this.#logger = environment.logger
    this.#sinkFor = recordSinks(options, environment.schema, environment.settings.timeZone, environment.logger)
    this.#log = environment.log
    this.#lookup = new PartitionLookup(client, options, environment.logger)
    this.#fetcher = new RangeFetcher(client, options.fetch, environment.logger)
    this.#group = options.commitGroup && new ConsumerGroup(options.commitGroup(environment.queryId), client, environment.logger)
  }

  static async open(environment: SourceEnvironment, options: KafkaSourceOptions, client: KafkaClient): Promise<KafkaSource> {
    const source = new KafkaSource(environment, options, client)
    for (const { id, value } of await environment.log.read()) {
      source.#logged = id + 1
      source.#remember(value as Remembered)
    }
    return source
  }

  async latestOffset(after: Offset | null, limit: ReadLimit): Promise<Offset | null> {
    const done = PartitionOffsets.of(after)
    // What an earlier process committed, and perhaps could tell nobody any more.
    if (!this.#groupKnows && done !== undefined) this.#tellGroup(done)
    const found = await this.#findPartitions(done)
    await this.#begin(found, done)
    this.#latest = this.#fixedEnd ?? (await this.#lookup.latest(this.#partitions))
    let ends = this.#limited(this.#startsOf(done), this.#latest, limit)
    if (this.#remade !== undefined) ends = goneBack(this.#remade, ends)
    this.#planned = ends
    return ends.toJson()
  }

  async *read(after: Offset | null, through: Offset, scan: ScanRequest): AsyncGenerator<Batch> {
    const ends = PartitionOffsets.ofCheckpoint(through)
    yield* readRecords(this.#fetcher, await this.#ranges(PartitionOffsets.of(after), ends), (this.#sink = this.#sinkFor(scan)))
  }

  async prepareAvailableNow(): Promise<void> {
    const found = await this.#lookup.find()
    // A topic that has been read before and is gone now is a loss, which the next planning judges.
    if (this.#starts.size === 0) requireTopics(found)
    this.#fixedEnd = await this.#lookup.latest(found.partitions)
  }

  reportLatest(): Offset | null {
    // As Spark: a run over what there is, in one epoch, has nothing to compare with.
    if (this.#fixedEnd !== undefined && this.#options.maxOffsets === undefined) return null
    return this.#latest?.toJson() ?? null
  }

  /** The lag as Spark has it and, where values are decoded, how many of the last epoch were malformed. */
  metrics(): Readonly<Record<string, string>> {
    const badRecords = this.#sink?.badRecords
    return { ...this.#lag(), ...(badRecords !== undefined && { badRecords: String(badRecords) }) }
  }

  #lag(): Readonly<Record<string, string>> {
    if (this.reportLatest() === null || this.#planned === undefined) return {}
    const planned = this.#planned
    const behind = this.#latest!.entries().map(([partition, latest]) => Math.max(0, latest - (planned.get(partition) ?? latest)))
    if (behind.length === 0) return {}
    const average = behind.reduce((sum, offsets) => sum + offsets, 0) / behind.length
    return {
      avgOffsetsBehindLatest: average.toFixed(1),
      maxOffsetsBehindLatest: String(Math.max(...behind)),
      minOffsetsBehindLatest: String(Math.min(...behind)),
    }
  }

  /** Asks the brokers to answer when there is something behind what has been planned: no timer, no request but one a second. */
  async waitForData(after: Offset | null, signal: AbortSignal): Promise<void> {
    const ends = PartitionOffsets.of(after)
    if (ends === undefined || signal.aborted) return
    if (this.#isHeldBack(ends)) {
      await this.#clock.sleep(HELD_BACK_POLL_MS, signal)
      return
    }
    const aborted = new Promise<'aborted'>((resolve) =>
      signal.addEventListener('abort', () => resolve('aborted'), { once: true }),
    )
    const lookAgainMs = performance.now() + LOOK_FOR_PARTITIONS_MS
    while (!signal.aborted && !this.#closed && performance.now() < lookAgainMs) {
      const news = await Promise.race([this.#longPoll(ends), aborted])
      if (news === 'something' || news === 'aborted') return
    }
  }

  async commit(through: Offset): Promise<void> {
    this.#tellGroup(PartitionOffsets.fromJson(through))
  }

  async close(): Promise<void> {
    await this.#group?.settle()
    this.#closed = true
    this.#fetcher.forget()
    await this.#client.close()
  }

  #tellGroup(offsets: PartitionOffsets): void {
    this.#groupKnows = true
    this.#group?.commitSoon(offsets)
  }

  /** The partitions there are; topics that are gone and topics made anew under an old name are a loss of data. */
  async #findPartitions(done: PartitionOffsets | undefined): Promise<FoundPartitions> {
    const found = await this.#lookup.find()
    this.#partitions = found.partitions
    if (this.#fixedEnd !== undefined) this.#partitions = this.#fixedEnd.partitions().filter((p) => found.topicIds.has(p.topic))
    if (done === undefined) {
      requireTopics(found)
      return found
    }
    const there = new Set(found.partitions.map(nameOf))
    const gone = done.partitions().filter((partition) => !there.has(nameOf(partition)))
    if (gone.length > 0) {
      if (this.#options.fetch.failOnDataLoss) requireTopics(found)
      this.#lose(`${gone.map(nameOf).join(', ')} are gone`)
    }
    return found
  }

  /** Remembers where new partitions begin, and what happened to topics. */
  async #begin(found: FoundPartitions, done: PartitionOffsets | undefined): Promise<void> {
    if (this.#remade?.entries().some(([partition, offset]) => done?.get(partition) !== offset)) {
      await this.#append({ remadeDone: true })
    }
    if (done === undefined) {
      if (this.#starts.size > 0) return
      const starts = await this.#lookup.resolve(this.#options.start, this.#partitions, 'starting')
      await this.#append({ starts: starts.toJson(), topicIds: Object.fromEntries(found.topicIds) })
      return
    }
    const remade = new Set(
      [...found.topicIds].filter(([topic, id]) => (this.#topicIds.get(topic) ?? id) !== id).map(([topic]) => topic),
    )
    const old = done.entries().filter(([partition]) => remade.has(partition.topic))
    if (old.length > 0) {
      this.#lose(changedOffset(nameOf(old[0]![0]), old[0]![1], 0))
      this.#fetcher.forget()
      const offsets = new PartitionOffsets()
      for (const [partition, offset] of old) offsets.set(partition, offset)
      await this.#append({ remade: offsets.toJson(), topicIds: Object.fromEntries(found.topicIds) })
    }
    const added = this.#partitions.filter((p) => !done.has(p) && (!this.#starts.has(p) || remade.has(p.topic)))
    if (added.length === 0) return
    const starts = await this.#lookup.earliest(added)
    const late = starts.entries().filter(([, offset]) => offset > 0)
    if (late.length > 0) {
      this.#lose(
        `added partitions ${late.map(([partition, offset]) => `${nameOf(partition)} starts from ${offset}`).join(', ')} instead of 0`,
      )
    }
    await this.#append({ starts: starts.toJson(), topicIds: Object.fromEntries(found.topicIds) })
  }

  /** Where the next epoch begins in each partition. */
  #startsOf(done: PartitionOffsets | undefined): PartitionOffsets {
    const starts = new PartitionOffsets()
    for (const partition of this.#partitions) {
      const start = this.#remade?.has(partition) ? 0 : (done?.get(partition) ?? this.#starts.get(partition))
      starts.set(partition, start ?? 0)
    }
    return starts
  }

  #limited(starts: PartitionOffsets, latest: PartitionOffsets, limit: ReadLimit): PartitionOffsets {
    const { minOffsets, maxOffsets, maxDelayMs } = this.#options
    for (const [partition, end] of latest.entries()) {
      const start = starts.get(partition)!
      if (end < start) this.#lose(changedOffset(nameOf(partition), start, end))
    }
    if (limit === 'all') return latest
    const nowMs = this.#clock.nowMs()
    if (minOffsets !== undefined && this.#fixedEnd === undefined) {
      const added = latest.entries().reduce((sum, [partition, end]) => sum + Math.max(0, end - starts.get(partition)!), 0)
      if (added < minOffsets && nowMs - this.#lastEpochMs < maxDelayMs) return starts
      this.#lastEpochMs = nowMs
    }
    return maxOffsets === undefined ? latest : shareOut(maxOffsets, starts, latest)
  }

  async #ranges(done: PartitionOffsets | undefined, ends: PartitionOffsets): Promise<OffsetRange[]> {
    const ranges: OffsetRange[] = []
    for (const [partition, end] of ends.entries()) {
      const start = done?.get(partition) ?? this.#starts.get(partition)
      ranges.push({ ...partition, start: start === undefined || start > end ? -1 : start, end })
    }
    const unknown = ranges.filter((range) => range.start < 0)
    const earliest = unknown.length === 0 ? undefined : await this.#lookup.earliest(unknown)
    return ranges.map((range) => (range.start < 0 ? { ...range, start: earliest!.get(range)! } : range))
  }

  /** Records that wait for minOffsetsPerTrigger: there is something new all the time, and nothing to do yet. */
  #isHeldBack(ends: PartitionOffsets): boolean {
    if (this.#options.minOffsets === undefined) return false
    return (this.#latest?.entries() ?? []).some(([partition, latest]) => latest > (ends.get(partition) ?? latest))
  }

  /** One question at a time: one that was given up still waits at the broker, and is taken up again when the same is asked. */
  async #longPoll(ends: PartitionOffsets): Promise<'something' | 'nothing'> {
    const question = JSON.stringify(ends.toJson())
    const asked = this.#asked
    if (asked !== undefined && asked.question !== question) await asked.answer
    if (this.#asked?.question !== question) {
      const answer = this.#askForNews(ends).finally(() => {
        this.#asked = undefined
      })
      this.#asked = { question, answer }
    }
    return this.#asked!.answer
  }

  /** Never rejects: what fails is news too, as the next planning asks again, with patience, and knows what errors mean. */
  async #askForNews(ends: PartitionOffsets): Promise<'something' | 'nothing'> {
    const polled = this.#partitions.filter((partition) => ends.has(partition))
    if (polled.length === 0) {
      await pause(LONG_POLL_MS)
      return 'nothing'
    }
    try {
      const answers = [...(await this.#client.byLeader(polled))].map(async ([leader, partitions]) => {
        const fetched = await this.#client.fetch(leader, {
          maxWaitMs: LONG_POLL_MS,
          minBytes: 1,
          maxBytes: NEWS_BYTES,
          isolation: this.#options.fetch.isolation,
          partitions: partitions.map((partition) => ({ ...partition, offset: ends.get(partition)!, maxBytes: NEWS_BYTES })),
        })
        const isNews = fetched.some(({ error, records }) => error !== 0 || records.length > 0)
        // What the news is, the next epoch reads.
        for (const partition of fetched) this.#fetcher.offer(partition, ends.get(partition)!)
        return isNews
      })
      return (await firstTrue(answers)) ? 'something' : 'nothing'
    } catch (error) {
      if (this.#closed) return 'something'
      this.#logger.debug('waiting for records was interrupted', { source: this.description, error: String(error) })
      if (error instanceof TransportError) await this.#client.transport.reset()
      await pause(HELD_BACK_POLL_MS)
      return 'something'
    }
  }

  #lose(reason: string): void {
    if (this.#options.fetch.failOnDataLoss) throw dataLoss(reason)
    this.#logger.warn('some data may have been lost because it is not available in Kafka any more', {
      source: this.description,
      reason,
    })
  }

  async #append(value: Remembered): Promise<void> {
    await this.#log.append(this.#logged++, value)
    this.#remember(value)
  }

  #remember(value: Remembered): void {
    if ('remadeDone' in value) {
      this.#remade = undefined
      return
    }
    for (const [topic, id] of Object.entries(value.topicIds)) this.#topicIds.set(topic, id)
    if ('remade' in value) this.#remade = PartitionOffsets.fromJson(value.remade)
    else for (const [partition, offset] of PartitionOffsets.fromJson(value.starts).entries()) this.#starts.set(partition, offset)
  }
}

/** An epoch that begins a topic anew ends below where the old one was: that is how its range is known when it is read again. */
function goneBack(remade: PartitionOffsets, ends: PartitionOffsets): PartitionOffsets {
  const lower = new PartitionOffsets()
  for (const [partition, end] of ends.entries()) {
    const old = remade.get(partition) ?? 0
    lower.set(partition, old > 0 ? Math.min(end, old - 1) : end)
  }
  return lower
}

/** True as soon as one is; false when all are false. */
async function firstTrue(answers: readonly Promise<boolean>[]): Promise<boolean> {
  const never = new Promise<never>(() => {})
  const all = Promise.all(answers)
  return Promise.race([
    all.then((news) => news.includes(true)),
    ...answers.map((answer) => answer.then((news) => (news ? true : never))),
  ])
}
