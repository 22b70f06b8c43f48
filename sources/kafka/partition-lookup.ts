import { setTimeout as pause } from 'node:timers/promises'
import { UsageError } from '../../engine/errors/engine-error.ts'
import type { Logger } from '../../engine/log.ts'
import { UNKNOWN_TOPIC_OR_PARTITION } from './client/error-codes.ts'
import type { KafkaClient } from './client/kafka-client.ts'
import { EARLIEST, LATEST, type OffsetQuery } from './client/list-offsets.ts'
import type { ClusterMetadata } from './client/metadata.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { unknownTopic } from './data-loss.ts'
import { nameOf, PartitionOffsets, type TopicPartition } from './partition-offsets.ts'
import type { Bound, KafkaSourceOptions, Subscription } from './source-options.ts'

/** The partitions that a subscription means now, and the ids of their topics. */
export interface FoundPartitions {
  readonly partitions: readonly TopicPartition[]
  readonly topicIds: ReadonlyMap<string, string>
  /** Topics asked for by name that are not there. */
  readonly missing: readonly string[]
}

/** Asks the cluster about the partitions of a source. */
export class PartitionLookup {
  readonly #client: KafkaClient
  readonly #options: KafkaSourceOptions
  readonly #logger: Logger

  constructor(client: KafkaClient, options: KafkaSourceOptions, logger: Logger) {
    this.#client = client
    this.#options = options
    this.#logger = logger
  }

  async find(): Promise<FoundPartitions> {
    const { subscription } = this.#options
    return found(await this.#client.refreshMetadata(topicsOf(subscription)), subscription)
  }

  async earliest(partitions: readonly TopicPartition[]): Promise<PartitionOffsets> {
    return this.#list(partitions.map((partition) => ({ ...partition, timestamp: EARLIEST })))
  }
  async latest(partitions: readonly TopicPartition[]): Promise<PartitionOffsets> {
    return this.#list(partitions.map((partition) => ({ ...partition, timestamp: LATEST })))
  }

  /**
   * Where a bound is in each partition.
   *
   * @throws UsageError when a bound by offsets does not name exactly the partitions there are, no record is as late as a starting time, or the group
   *         to start from has no offsets
   */
  async resolve(bound: Bound, partitions: readonly TopicPartition[], which: 'starting' | 'ending'): Promise<PartitionOffsets> {
    switch (bound.kind) {
      case 'earliest':
        return this.earliest(partitions)
      case 'latest':
        return this.latest(partitions)
      case 'offsets': {
        checkSame(bound.offsets, partitions, `${which}Offsets`)
        const asked = bound.offsets.entries()
        const ends = await this.#list(
          asked.filter(([, offset]) => offset < 0).map(([partition, timestamp]) => ({ ...partition, timestamp })),
        )
        const resolved = new PartitionOffsets()
        for (const [partition, offset] of asked) resolved.set(partition, offset < 0 ? ends.get(partition)! : offset)
        return resolved
      }
      case 'group':
        return this.#ofGroup(bound.group, partitions)
      case 'time':
        return this.#byTime(
          partitions.map((partition) => ({ ...partition, timestamp: bound.timestampMs })),
          which,
        )
      case 'times':
        checkSame(bound.timestampsMs, partitions, `${which}OffsetsByTimestamp`)
        return this.#byTime(
          bound.timestampsMs.entries().map(([partition, timestamp]) => ({ ...partition, timestamp })),
          which,
        )
    }
  }

  /** A group has no offset for a partition that it has read nothing of, so all of that is new. */
  async #ofGroup(id: string, partitions: readonly TopicPartition[]): Promise<PartitionOffsets> {
    const starts = await new ConsumerGroup(id, this.#client, this.#logger).offsets(partitions)
    if (starts.size === 0 && partitions.length > 0) {
      throw new UsageError('KAFKA_GROUP_WITHOUT_OFFSETS', {
        message: `consumer group "${id}" has committed no offsets of ${partitions.map(nameOf).join(', ')}`,
        detail: 'They may also have expired: Kafka forgets those of a group without members after offsets.retention.minutes.',
        hint: 'Look at the name of the group, or give startingOffsets earliest, latest or the offsets themselves.',
        parameters: { group: id },
      })
    }
    const unread = partitions.filter((partition) => !starts.has(partition))
    if (unread.length > 0) {
      this.#logger.warn('a consumer group has no offsets for some partitions: they are read from their beginning', {
        group: id,
        partitions: unread.map(nameOf),
      })
    }
    for (const [partition, offset] of (await this.earliest(unread)).entries()) starts.set(partition, offset)
    return starts
  }

  async #byTime(queries: readonly OffsetQuery[], which: 'starting' | 'ending'): Promise<PartitionOffsets> {
    const byTime = await this.#list(queries)
    const late = queries.filter((query) => byTime.get(query) === -1)
    const first = late[0]
    if (first === undefined) return byTime
    if (which === 'starting' && !this.#options.startAtLatest) {
      throw new UsageError('KAFKA_NO_OFFSET_FOR_TIMESTAMP', {
        message: `no offset matched from request of topic-partition ${nameOf(first)} and timestamp ${first.timestamp}`,
        hint: 'With startingOffsetsByTimestampStrategy "latest" the query starts at the end there.',
      })
    }
    for (const [partition, offset] of (await this.latest(late)).entries()) byTime.set(partition, offset)
    return byTime
  }

  async #list(queries: readonly OffsetQuery[]): Promise<PartitionOffsets> {
    const { count, pauseMs } = this.#options.offsetTries
    for (let tries = 0; ; tries++) {
      try {
        const offsets = new PartitionOffsets()
        for (const answer of await this.#client.listOffsets(queries, this.#options.fetch.isolation))
          offsets.set(answer, answer.offset)
        return offsets
      } catch (error) {
        const unknown = (error as { readonly code?: unknown }).code === UNKNOWN_TOPIC_OR_PARTITION
        if (!unknown || tries >= count) throw error
        await pause(pauseMs)
        await this.find()
      }
    }
  }
}

/** @throws ConnectorError KAFKA_TOPIC_NOT_FOUND when there is a topic missing */
export function requireTopics({ missing }: FoundPartitions): void {
  if (missing.length > 0) throw unknownTopic(missing[0]!)
}

function topicsOf(subscription: Subscription): string[] | undefined {
  switch (subscription.kind) {
    case 'assign':
      return [...new Set(subscription.partitions.map(({ topic }) => topic))]
    case 'subscribe':
      return [...subscription.topics]
    case 'pattern':
      return undefined
  }
}

function found({ topics }: ClusterMetadata, subscription: Subscription): FoundPartitions {
  const there = [...topics.values()].filter(
    (topic) =>
      topic.error === 0 && (subscription.kind !== 'pattern' || (!topic.internal && subscription.pattern.test(topic.name))),
  )
  const wanted = subscription.kind === 'assign' ? new Set(subscription.partitions.map(nameOf)) : undefined
  const partitions = there
    .flatMap((topic) => topic.partitions.map(({ partition }) => ({ topic: topic.name, partition })))
    .filter((partition) => wanted === undefined || wanted.has(nameOf(partition)))
  const topicIds = new Map(there.map((topic) => [topic.name, topic.id]))
  return { partitions, topicIds, missing: (topicsOf(subscription) ?? []).filter((topic) => !topicIds.has(topic)) }
}

function checkSame(given: PartitionOffsets, partitions: readonly TopicPartition[], option: string): void {
  if (given.size === partitions.length && partitions.every((partition) => given.has(partition))) return
  const set = (items: readonly TopicPartition[]) => `Set(${items.map(nameOf).sort().join(', ')})`
  throw new UsageError('INVALID_OPTION', {
    message: `if ${option} contains specific offsets, you must specify all TopicPartitions`,
    detail: `Specified: ${set(given.partitions())}, assigned: ${set(partitions)}.`,
    hint: "Use -1 for latest, -2 for earliest, if you don't care.",
    parameters: { option },
  })
}
