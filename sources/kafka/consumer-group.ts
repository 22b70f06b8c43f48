import type { Logger } from '../../engine/log.ts'
import { RequestWriter, ResponseReader } from './client/bytes.ts'
import { BrokerError, NONE } from './client/error-codes.ts'
import type { KafkaClient } from './client/kafka-client.ts'
import { byTopic } from './client/list-offsets.ts'
import { decodeFindCoordinator, decodeOffsetFetch, encodeFindCoordinator, encodeOffsetFetch } from './client/producer-requests.ts'
import { FIND_COORDINATOR, type KafkaApi, OFFSET_COMMIT, OFFSET_FETCH } from './client/transport.ts'
import { PartitionOffsets, type TopicPartition } from './partition-offsets.ts'

/** How long a source that is closed waits for the offsets of its last epoch to be committed. */
const CLOSE_MS = 3000
const UNKNOWN_MEMBER_ID = 25

/**
 * The committed offsets of a consumer group, read and written without being a member of it, as `kafka-consumer-groups.sh --reset-offsets` does. So a
 * group that consumers are members of can be read and not be written.
 */
export class ConsumerGroup {
  readonly id: string
  readonly #client: KafkaClient
  readonly #logger: Logger
  #committing: Promise<void> | undefined
  #next: PartitionOffsets | undefined
  #failing = false

  constructor(id: string, client: KafkaClient, logger: Logger) {
    this.id = id
    this.#client = client
    this.#logger = logger
  }

  /** Offsets of those partitions that the group has committed one for: of the record it would read next. */
  async offsets(partitions: readonly TopicPartition[]): Promise<PartitionOffsets> {
    return this.#ask(OFFSET_FETCH, encodeOffsetFetch(this.id, partitions), fetchedOffsets)
  }

  /**
   * Commits offsets some time from now: one request at a time, of the newest offsets. What fails is logged and left, as the next epoch commits more
   * than that.
   */
  commitSoon(offsets: PartitionOffsets): void {
    this.#next = offsets
    this.#committing ??= this.#commitAll().finally(() => {
      this.#committing = undefined
    })
  }

  /** Waits a little for what is being committed. */
  async settle(): Promise<void> {
    if (this.#committing === undefined) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS)
    })
    await Promise.race([this.#committing, late])
    clearTimeout(timer)
  }

  async #commitAll(): Promise<void> {
    for (let offsets = this.#next; offsets !== undefined; offsets = this.#next) {
      this.#next = undefined
      try {
        await this.#ask(OFFSET_COMMIT, encodeOffsetCommit(this.id, offsets), decodeOffsetCommit)
        this.#failing = false
      } catch (error) {
        // Once, not with every epoch.
        const log = this.#failing ? this.#logger.debug : this.#logger.warn
        this.#failing = true
        log.call(this.#logger, 'offsets could not be committed to a consumer group; the query goes on', {
          group: this.id,
          error: error instanceof BrokerError && error.code === UNKNOWN_MEMBER_ID ? HAS_MEMBERS : String(error),
        })
      }
    }
  }

  async #ask<T>(api: KafkaApi, body: Buffer, decode: (body: Buffer, what: string) => T): Promise<T> {
    return this.#client.retrying(`${api.name} of group ${this.id}`, async () => {
      const found = await this.#client.request('any', FIND_COORDINATOR, encodeFindCoordinator('group', this.id))
      const { error, node } = decodeFindCoordinator(found)
      if (error !== NONE) throw new BrokerError(error, `coordinator of group ${this.id}`)
      return decode(await this.#client.request(node, api, body), `${api.name} of group ${this.id}`)
    })
  }
}

const HAS_MEMBERS =
  'consumers are members of the group, and only they may commit to it: stop them, or give the query a group of its own with kafka.group.id'

/** @throws BrokerError of the first partition that failed, or of the request */
function fetchedOffsets(body: Buffer, what: string): PartitionOffsets {
  const { error, offsets: committed } = decodeOffsetFetch(body)
  const offsets = new PartitionOffsets()
  for (const { topic, partition, offset, error: failed } of committed) {
    requireNone(failed, `${what}: ${topic}-${partition}`)
    if (offset >= 0) offsets.set({ topic, partition }, offset)
  }
  requireNone(error, what)
  return offsets
}

/** OffsetCommit v5 by no member: of no generation. */
function encodeOffsetCommit(group: string, offsets: PartitionOffsets): Buffer {
  const out = new RequestWriter().text(group).int32(-1).text('')
  const entries = offsets.entries().map(([{ topic, partition }, offset]) => ({ topic, partition, offset }))
  return out
    .array(byTopic(entries), ([topic, own]) => {
      out.text(topic).array(own, ({ partition, offset }) => {
        out.int32(partition).int64(offset).text('')
      })
    })
    .finish()
}

function decodeOffsetCommit(body: Buffer, what: string): void {
  const input = new ResponseReader(body)
  input.int32()
  input.array(() => {
    const topic = input.requiredText()
    input.array(() => {
      const partition = input.int32()
      requireNone(input.int16(), `${what}: ${topic}-${partition}`)
    })
  })
}

function requireNone(error: number, what: string): void {
  if (error !== NONE) throw new BrokerError(error, what)
}
