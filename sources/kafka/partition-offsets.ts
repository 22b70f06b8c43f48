import type { Offset } from '../../engine/connect/offset.ts'
import { ConnectorError } from '../../engine/errors/engine-error.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Offsets by partition. As JSON, Spark's form: `{"topic":{"0":23,"1":0}}`, topics and partitions in order. */
export class PartitionOffsets {
  readonly #topics = new Map<string, Map<number, number>>()

  /** @throws TypeError when it is not of the form */
  static fromJson(json: unknown): PartitionOffsets {
    const offsets = new PartitionOffsets()
    for (const [topic, partitions] of Object.entries(objectOf(json))) {
      for (const [partition, offset] of Object.entries(objectOf(partitions))) {
        if (!/^\d+$/.test(partition) || !Number.isSafeInteger(offset)) throw new TypeError(`"${topic}-${partition}": ${offset}`)
        offsets.set({ topic, partition: Number(partition) }, offset as number)
      }
    }
    return offsets
  }
  /** What a checkpoint has. @throws ConnectorError when no Kafka source has written it */
  static ofCheckpoint(offset: Offset): PartitionOffsets {
    let offsets: PartitionOffsets
    try {
      offsets = PartitionOffsets.fromJson(offset)
    } catch (error) {
      throw malformed((error as Error).message)
    }
    for (const [partition, at] of offsets.entries()) if (at < 0) throw malformed(`${nameOf(partition)} is at ${at}`)
    return offsets
  }
  static of(offset: Offset | null): PartitionOffsets | undefined {
    return offset === null ? undefined : PartitionOffsets.ofCheckpoint(offset)
  }

  get({ topic, partition }: TopicPartition): number | undefined {
    return this.#topics.get(topic)?.get(partition)
  }
  has(partition: TopicPartition): boolean {
    return this.get(partition) !== undefined
  }
  set({ topic, partition }: TopicPartition, offset: number): void {
    const partitions = this.#topics.get(topic)
    if (partitions === undefined) this.#topics.set(topic, new Map([[partition, offset]]))
    else partitions.set(partition, offset)
  }
  get size(): number {
    let count = 0
    for (const partitions of this.#topics.values()) count += partitions.size
    return count
  }
  /** By topic, then by partition number. */
  partitions(): TopicPartition[] {
    return [...this.#topics.keys()]
      .sort()
      .flatMap((topic) => [...this.#topics.get(topic)!.keys()].sort((a, b) => a - b).map((partition) => ({ topic, partition })))
  }
  entries(): [TopicPartition, number][] {
    return this.partitions().map((partition) => [partition, this.get(partition)!])
  }

  toJson(): Offset {
    const json: Record<string, Record<string, number>> = {}
    for (const [{ topic, partition }, offset] of this.entries()) {
      json[topic] ??= {}
      json[topic][partition] = offset
    }
    return json
  }
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

function malformed(reason: string): ConnectorError {
  return new ConnectorError('KAFKA_OFFSETS_MALFORMED', {
    message: `the offsets in the checkpoint are not those of a Kafka source: ${reason}`,
    hint: 'Was the checkpoint edited, or does it belong to a query with another source? A new checkpoint begins at startingOffsets.',
  })
}

function objectOf(json: unknown): object {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new TypeError(`${JSON.stringify(json)} is no object`)
  return json
}

/**
 * Where an epoch of at most `limit` offsets ends: each partition gets its share of what is left in it (Spark's rule: a share below 1 is rounded up,
 * others down, so that the sum may miss the limit a little).
 */
export function shareOut(limit: number, starts: PartitionOffsets, latest: PartitionOffsets): PartitionOffsets {
  const left = latest.entries().map(([partition, end]) => Math.max(0, end - (starts.get(partition) ?? end)))
  const total = left.reduce((sum, size) => sum + size, 0)
  if (total === 0) return latest
  const ends = new PartitionOffsets()
  latest.entries().forEach(([partition, end], i) => {
    const size = left[i]!
    const share = limit * (size / total)
    const taken = share < 1 ? Math.ceil(share) : Math.floor(share)
    ends.set(partition, size === 0 ? end : Math.min(end, end - size + taken))
  })
  return ends
}
