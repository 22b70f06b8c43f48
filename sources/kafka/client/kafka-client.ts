import { setTimeout as pause } from 'node:timers/promises'
import { ConnectorError, EngineError } from '../../../engine/errors/engine-error.ts'
import type { Logger } from '../../../engine/log.ts'
import { BrokerError, NONE, UNKNOWN_TOPIC_OR_PARTITION } from './error-codes.ts'
import { decodeFetch, encodeFetch, type FetchedPartition, type FetchRequest } from './fetch.ts'
import { decodeListOffsets, encodeListOffsets, type Isolation, type OffsetAnswer, type OffsetQuery } from './list-offsets.ts'
import { type ClusterMetadata, decodeMetadata, encodeMetadataRequest } from './metadata.ts'
import { FETCH, type KafkaApi, type KafkaNode, type KafkaTransport, LIST_OFFSETS, METADATA, TransportError } from './transport.ts'

/** The same as kafka.default.api.timeout.ms for a cluster that has never answered: most often its address is wrong. */
const FIRST_PATIENCE_MS = 3000
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 1000

/**
 * What Millrace asks of a cluster, with leaders found and passing failures tried again. Failures that do not pass come as ConnectorError (`retry:
 * 'backoff'` where the outside may mend later) or as BrokerError, which the caller knows the meaning of.
 */
export class KafkaClient {
  readonly transport: KafkaTransport
  readonly #servers: string
  readonly #logger: Logger
  readonly #patienceMs: number
  #metadata: ClusterMetadata | undefined
  #hasAnswered = false
  #closed = false

  /**
   * `servers`: where the cluster is, for messages. `patienceMs`: how long what passes by itself (a restarted broker, a leader that moves) is waited for
   * before the caller is told.
   */
  constructor(transport: KafkaTransport, servers: string, logger: Logger, patienceMs = 15_000) {
    this.transport = transport
    this.#servers = servers
    this.#logger = logger
    this.#patienceMs = patienceMs
  }

  /** The cluster as it is now; `topics` undefined: all of its topics. Topics that are not there come with their error; `create`: where the broker makes such topics, it does. */
  async refreshMetadata(topics: readonly string[] | undefined, create = false): Promise<ClusterMetadata> {
    return this.retrying('Metadata', async () => {
      this.#metadata = decodeMetadata(await this.transport.request('any', METADATA, encodeMetadataRequest(topics, create)))
      for (const topic of this.#metadata.topics.values()) {
        const error = new BrokerError(topic.error, `Metadata of ${topic.name}`)
        // A topic that was just made has partitions without leaders for a moment; one that may not be seen is not one that does not exist.
        if (error.passing || error.forbidden) throw error
      }
      return this.#metadata
    })
  }

  /** Offsets by time for partitions of any leaders, in the order asked. */
  async listOffsets(queries: readonly OffsetQuery[], isolation: Isolation): Promise<OffsetAnswer[]> {
    if (queries.length === 0) return []
    return this.retrying('ListOffsets', async () => {
      const answers = await Promise.all(
        [...(await this.byLeader(queries))].map(async ([leader, own]) =>
          decodeListOffsets(await this.transport.request(leader, LIST_OFFSETS, encodeListOffsets(own, isolation))),
        ),
      )
      const found = new Map(answers.flat().map((answer) => [`${answer.topic}/${answer.partition}`, answer]))
      return queries.map(({ topic, partition }) => {
        const answer = found.get(`${topic}/${partition}`)
        if (answer === undefined) throw new BrokerError(UNKNOWN_TOPIC_OR_PARTITION, `offsets of ${topic}-${partition}`)
        if (answer.error !== NONE) throw new BrokerError(answer.error, `offsets of ${topic}-${partition}`)
        return answer
      })
    })
  }

  /**
   * One fetch from one broker, not tried again: only the caller knows where it was. Errors of partitions are in the answer. Partitions' bytes are lent
   * to the caller, each by itself.
   */
  async fetch(leader: number, request: FetchRequest): Promise<FetchedPartition[]> {
    const { body, lent } = await this.transport.borrow(leader, FETCH, encodeFetch(request), request.maxWaitMs)
    const { error, partitions } = decodeFetch(body, lent)
    lent.release()
    if (error !== NONE) throw new BrokerError(error, 'Fetch')
    return partitions
  }

  /** Groups partitions by the broker that leads them. @throws BrokerError when one has no leader now */
  async byLeader<T extends { readonly topic: string; readonly partition: number }>(
    items: readonly T[],
  ): Promise<Map<number, T[]>> {
    const known = this.#metadata?.topics
    if (items.some(({ topic }) => known?.get(topic) === undefined))
      await this.refreshMetadata([...new Set(items.map(({ topic }) => topic))])
    const leaders = new Map<number, T[]>()
    for (const item of items) {
      const leader = this.#metadata!.topics.get(item.topic)?.partitions.find((p) => p.partition === item.partition)?.leader
      if (leader === undefined) throw new BrokerError(UNKNOWN_TOPIC_OR_PARTITION, `leader of ${item.topic}-${item.partition}`)
      if (leader < 0) throw new BrokerError(5, `leader of ${item.topic}-${item.partition}`)
      const same = leaders.get(leader)
      if (same === undefined) leaders.set(leader, [item])
      else same.push(item)
    }
    return leaders
  }

  /** Sends a request to a broker that need not be the leader of anything. */
  request(node: KafkaNode, api: KafkaApi, body: Buffer): Promise<Buffer> {
    return this.transport.request(node, api, body)
  }

  /** The same for a large request to a leader, in parts that are not copied and must stay as they are meanwhile. */
  async send(leader: number, api: KafkaApi, parts: readonly Buffer[]): Promise<Buffer> {
    return (await this.transport.borrow(leader, api, parts)).body
  }

  /**
   * Runs `ask` until it succeeds or what fails does not pass. Connections are made anew after a failed one, leaders are looked up again.
   * `what` is for messages.
   */
  async retrying<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const patience = new Patience(this.#hasAnswered ? undefined : FIRST_PATIENCE_MS)
    for (;;) {
      try {
        const answer = await ask()
        this.#hasAnswered = true
        return answer
      } catch (error) {
        await this.recover(what, error, patience)
      }
    }
  }

  /** Prepares for another try after `error`, waiting a little; throws what cannot be tried again. */
  async recover(what: string, error: unknown, patience: Patience): Promise<void> {
    const connection = error instanceof TransportError
    const passing = connection ? !error.fatal : error instanceof BrokerError && error.passing
    if (!passing || this.#closed) throw this.#explained(what, error)
    if (!this.hasPatience(patience)) throw this.#explained(what, error)
    if (patience.tries === 0 && connection) this.#logger.info('a Kafka request is tried again', { what, error: error.message })
    await patience.wait()
    if (connection) await this.transport.reset()
    this.#metadata = undefined
  }

  /** Whether what has failed is to be tried again. */
  hasPatience(patience: Patience): boolean {
    return patience.isLeft(this.#patienceMs)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.transport.close()
  }

  #explained(what: string, error: unknown): unknown {
    if (error instanceof EngineError) return error
    if (error instanceof TransportError) {
      return new ConnectorError(error.fatal ? 'KAFKA_CONNECTION_REFUSED' : 'KAFKA_CONNECTION_FAILED', {
        message: `the Kafka cluster at "${this.#servers}" does not answer`,
        detail: `${error.message}.`,
        hint: error.fatal
          ? 'Look at kafka.security.protocol, kafka.sasl.* and kafka.ssl.*: the broker has refused them.'
          : 'Is a broker running at kafka.bootstrap.servers, and can its advertised listeners be reached from here?',
        retry: error.fatal || this.#closed ? undefined : 'backoff',
        cause: error,
      })
    }
    if (error instanceof BrokerError && (error.passing || error.forbidden)) {
      return new ConnectorError(error.forbidden ? 'KAFKA_NOT_AUTHORIZED' : 'KAFKA_REQUEST_FAILED', {
        message: `the Kafka cluster refuses ${what}`,
        detail: `${error.message}.`,
        hint: error.forbidden ? 'The user of this client needs an ACL for it.' : undefined,
        retry: error.forbidden ? undefined : 'backoff',
        cause: error,
      })
    }
    return error
  }
}

/** How long, since its first failure, and how often something has been tried: an answer that did not come may have used up more time than that already. */
export class Patience {
  tries = 0
  #pauseMs = FIRST_PAUSE_MS
  #failedMs: number | undefined
  readonly #atMostMs: number

  constructor(atMostMs = Number.POSITIVE_INFINITY) {
    this.#atMostMs = atMostMs
  }

  isLeft(lengthMs: number): boolean {
    this.#failedMs ??= performance.now()
    return performance.now() - this.#failedMs < Math.min(lengthMs, this.#atMostMs)
  }
  async wait(): Promise<void> {
    this.tries++
    await pause(this.#pauseMs)
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2)
  }
}
