import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ConnectorError } from '../../engine/errors/engine-error.ts'
import {
  BrokerError,
  CONCURRENT_TRANSACTIONS,
  DUPLICATE_SEQUENCE_NUMBER,
  NONE,
  OUT_OF_ORDER_SEQUENCE_NUMBER,
  UNKNOWN_TOPIC_OR_PARTITION,
} from '../../sources/kafka/client/error-codes.ts'
import { type KafkaClient, Patience } from '../../sources/kafka/client/kafka-client.ts'
import {
  type CoordinatorKind,
  decodeAddPartitions,
  decodeError,
  decodeFindCoordinator,
  decodeInitProducerId,
  decodeOffsetFetch,
  decodeProduce,
  encodeAddOffsets,
  encodeAddPartitions,
  encodeEndTransaction,
  encodeFindCoordinator,
  encodeInitProducerId,
  encodeOffsetFetch,
  encodeProduce,
  encodeTransactionOffset,
  type ProducerIdentity,
} from '../../sources/kafka/client/producer-requests.ts'
import {
  ADD_OFFSETS_TO_TXN,
  ADD_PARTITIONS_TO_TXN,
  END_TXN,
  FIND_COORDINATOR,
  INIT_PRODUCER_ID,
  type KafkaApi,
  OFFSET_FETCH,
  PRODUCE,
  TransportError,
  TXN_OFFSET_COMMIT,
} from '../../sources/kafka/client/transport.ts'
import type { RecordBatch } from './record-batch-builder.ts'

export interface OutgoingBatch {
  readonly topic: string
  readonly partition: number
  readonly batch: RecordBatch
}
export interface TransactionSettings {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** The group whose committed offset is the last epoch written; undefined: the writes are not numbered. */
  readonly markerGroup: string | undefined
}

const PRODUCE_TIMEOUT_MS = 30_000
/** The coordinator is writing the markers of the transaction before: a matter of milliseconds, met in every third of quick transactions. */
const CONCURRENT_PAUSE_MS = 3
const CONCURRENT_PATIENCE_MS = 60_000

/**
 * Writes record batches with an identity and sequence numbers, so that a batch sent twice is written once. With transaction settings, what is written
 * between `begin` and `commit` becomes visible all at once, together with the number of the epoch.
 *
 * law: sequence numbers count what was acknowledged; after a failed epoch the identity is asked for anew, which ends what was left open
 */
export class Producer {
  readonly #client: KafkaClient
  readonly #transaction: TransactionSettings | undefined
  #identity: ProducerIdentity | undefined
  readonly #sequences = new Map<string, number>()
  /** Partitions that are in the transaction that is open. */
  readonly #inTransaction = new Set<string>()
  #lastEpoch = -1
  /** Recorded with each epoch, so that this instance knows its own. */
  readonly #instance = randomUUID()
  /** Whether there was an identity before. */
  #identified = false
  #fenced = false

  constructor(client: KafkaClient, transaction: TransactionSettings | undefined) {
    this.#client = client
    this.#transaction = transaction
  }

  /** The last epoch that was committed, −1 before the first. Also fences other producers of the same transactional id, and ends their transactions. */
  async lastEpoch(): Promise<number> {
    await this.#identify()
    return this.#lastEpoch
  }

  /** Writes batches, at most one a partition, and returns when all in-sync replicas have them. */
  async send(batches: readonly OutgoingBatch[]): Promise<void> {
    const identity = await this.#identify()
    if (this.#transaction !== undefined) await this.#addPartitions(identity, batches)
    for (const outgoing of batches) this.#stamp(identity, outgoing)
    const patience = new Patience()
    for (let left = batches; left.length > 0; ) {
      const { failed, error } = await this.#sendOnce(left)
      if (error !== undefined) await this.#recover(error, failed, patience)
      left = failed
    }
  }

  /** Makes what was sent since the last commit visible, and with it that `epoch` is done. Without anything sent it does nothing. */
  async commit(epoch: number): Promise<void> {
    const settings = this.#transaction
    if (settings === undefined || this.#inTransaction.size === 0) return
    const identity = { ...this.#identity!, transactionalId: settings.transactionalId }
    if (settings.markerGroup !== undefined) {
      const group = settings.markerGroup
      const topic = [...this.#inTransaction][0]!.split('/')[0]!
      await this.#coordinated('transaction', ADD_OFFSETS_TO_TXN, encodeAddOffsets(identity, group), decodeError)
      const marker = encodeTransactionOffset(identity, group, { topic, offset: epoch, metadata: this.#instance })
      await this.#coordinated('group', TXN_OFFSET_COMMIT, marker, (body) => decodeAddPartitions(body)[0]?.error ?? NONE)
    }
    // A lost answer is asked for again: the coordinator answers a commit it has done with success.
    await this.#coordinated('transaction', END_TXN, encodeEndTransaction(identity, true), decodeError)
    this.#inTransaction.clear()
    if (settings.markerGroup !== undefined) this.#lastEpoch = epoch
  }

  /** Takes back what was sent since the last commit, where there are transactions. */
  async abort(): Promise<void> {
    const identity = this.#identity
    const open = this.#inTransaction.size > 0
    this.#inTransaction.clear()
    // Sequence numbers of what failed are unknown now: the next epoch begins with a new identity, which also ends a transaction left open.
    this.#identity = undefined
    if (this.#transaction === undefined || identity === undefined || !open || this.#fenced) return
    const { transactionalId } = this.#transaction
    await this.#coordinated('transaction', END_TXN, encodeEndTransaction({ ...identity, transactionalId }, false), decodeError)
  }

  async #identify(): Promise<ProducerIdentity> {
    if (this.#identity !== undefined) return this.#identity
    if (this.#fenced) throw fenced(this.#transaction?.transactionalId ?? '')
    const settings = this.#transaction
    const again = this.#identified
    let identity: ProducerIdentity = { producerId: -1n, producerEpoch: -1 }
    const ask = encodeInitProducerId(settings?.transactionalId, settings?.timeoutMs ?? 60_000)
    const take = (body: Buffer) => {
      const { error, ...given } = decodeInitProducerId(body)
      identity = given
      return error
    }
    if (settings === undefined) {
      await this.#client.retrying('InitProducerId', async () => {
        const error = take(await this.#client.request('any', INIT_PRODUCER_ID, ask))
        if (error !== NONE) throw new BrokerError(error, 'InitProducerId')
      })
    } else await this.#coordinated('transaction', INIT_PRODUCER_ID, ask, take)
    this.#sequences.clear()
    this.#inTransaction.clear()
    // Only now: the transactions of an earlier producer have ended, so the marker says which epochs were written.
    if (settings?.markerGroup !== undefined) {
      await this.#coordinated('group', OFFSET_FETCH, encodeOffsetFetch(settings.markerGroup), (body) => {
        const { error, offsets } = decodeOffsetFetch(body)
        const failed = offsets.find((each) => each.error !== NONE)
        for (const { offset, metadata } of offsets) {
          if (offset <= this.#lastEpoch) continue
          // Another instance started while this one could not reach the cluster: what this one has planned is not what the other has written.
          if (again && metadata !== this.#instance) this.#fenced = true
          this.#lastEpoch = offset
        }
        return failed?.error ?? error
      })
      if (this.#fenced) throw fenced(settings.transactionalId)
    }
    this.#identity = identity
    this.#identified = true
    return identity
  }

  async #addPartitions(identity: ProducerIdentity, batches: readonly OutgoingBatch[]): Promise<void> {
    const added = batches.filter(({ topic, partition }) => !this.#inTransaction.has(`${topic}/${partition}`))
    if (added.length === 0) return
    const { transactionalId } = this.#transaction!
    await this.#coordinated(
      'transaction',
      ADD_PARTITIONS_TO_TXN,
      encodeAddPartitions({ ...identity, transactionalId }, added),
      (body) => {
        return decodeAddPartitions(body).find(({ error }) => error !== NONE)?.error ?? NONE
      },
    )
    for (const { topic, partition } of added) this.#inTransaction.add(`${topic}/${partition}`)
  }

  #stamp(identity: ProducerIdentity, { topic, partition, batch }: OutgoingBatch): void {
    const sequence = this.#sequences.get(`${topic}/${partition}`) ?? 0
    batch.stamp({ ...identity, sequence, transactional: this.#transaction !== undefined })
  }

  /** Sends each leader its batches. Gives those that have to be sent again, and why. */
  async #sendOnce(
    batches: readonly OutgoingBatch[],
  ): Promise<{ readonly failed: readonly OutgoingBatch[]; readonly error: unknown }> {
    try {
      const failed: OutgoingBatch[] = []
      let error: unknown
      const sending = [...(await this.#client.byLeader(batches))].map(async ([leader, own]) => {
        try {
          const request = own.map(({ topic, partition, batch }) => ({ topic, partition, bytes: batch.bytes }))
          const parts = encodeProduce(request, this.#transaction?.transactionalId, PRODUCE_TIMEOUT_MS)
          for (const answer of decodeProduce(await this.#client.send(leader, PRODUCE, parts))) {
            const outgoing = own.find(({ topic, partition }) => topic === answer.topic && partition === answer.partition)!
            if (answer.error === NONE || answer.error === DUPLICATE_SEQUENCE_NUMBER) this.#acknowledged(outgoing)
            else {
              failed.push(outgoing)
              error = worse(error, new BrokerError(answer.error, `Produce to ${answer.topic}-${answer.partition}`))
            }
          }
        } catch (cause) {
          failed.push(...own)
          error = worse(error, cause)
        }
      })
      await Promise.all(sending)
      return { failed, error }
    } catch (error) {
      return { failed: batches, error }
    }
  }

  #acknowledged({ topic, partition, batch }: OutgoingBatch): void {
    const key = `${topic}/${partition}`
    // Sequence numbers go round at 2^31.
    this.#sequences.set(key, ((this.#sequences.get(key) ?? 0) + batch.count) & 0x7fffffff)
  }

  async #recover(error: unknown, failed: readonly OutgoingBatch[], patience: Patience): Promise<void> {
    if (error instanceof BrokerError) {
      const lostCount = error.fenced || error.code === OUT_OF_ORDER_SEQUENCE_NUMBER
      if (lostCount && this.#transaction === undefined && this.#client.hasPatience(patience)) {
        // At least once: the batches are written under a new identity, even if they were written before.
        await patience.wait()
        this.#identity = undefined
        const identity = await this.#identify()
        for (const outgoing of failed) this.#stamp(identity, outgoing)
        return
      }
      if (error.code === UNKNOWN_TOPIC_OR_PARTITION && patience.tries < 5) {
        await this.#client.recover('Produce', new BrokerError(5, error.what), patience)
        return
      }
    }
    await this.#attempt(() => this.#client.recover('Produce', error, patience))
  }

  /**
   * A request to the coordinator of the transaction or of the marker's group, until it succeeds. Coordinators load and move after a restart of
   * brokers; the transaction before may still be ending.
   */
  async #coordinated(kind: CoordinatorKind, api: KafkaApi, body: Buffer, errorOf: (body: Buffer) => number): Promise<void> {
    const { transactionalId, markerGroup } = this.#transaction!
    const key = kind === 'group' ? markerGroup! : transactionalId
    const endMs = performance.now() + CONCURRENT_PATIENCE_MS
    await this.#attempt(() =>
      this.#client.retrying(api.name, async () => {
        for (;;) {
          const error = errorOf(await this.#askCoordinator(kind, key, api, body))
          if (error === NONE) return
          if (error !== CONCURRENT_TRANSACTIONS || performance.now() > endMs) {
            this.#coordinators.delete(`${kind}/${key}`)
            throw new BrokerError(error, api.name)
          }
          await pause(CONCURRENT_PAUSE_MS)
        }
      }),
    )
  }

  /** Who does not answer may not be the coordinator any more: the next try looks for it anew. */
  async #askCoordinator(kind: CoordinatorKind, key: string, api: KafkaApi, body: Buffer): Promise<Buffer> {
    const node = await this.#coordinator(kind, key)
    try {
      return await this.#client.request(node, api, body)
    } catch (error) {
      this.#coordinators.delete(`${kind}/${key}`)
      throw error
    }
  }

  readonly #coordinators = new Map<string, number>()

  async #coordinator(kind: CoordinatorKind, key: string): Promise<number> {
    const known = this.#coordinators.get(`${kind}/${key}`)
    if (known !== undefined) return known
    const { error, node } = decodeFindCoordinator(
      await this.#client.request('any', FIND_COORDINATOR, encodeFindCoordinator(kind, key)),
    )
    if (error !== NONE) throw new BrokerError(error, `coordinator of ${kind} ${key}`)
    this.#coordinators.set(`${kind}/${key}`, node)
    return node
  }

  /** Runs what may fail, and says failures of producing in words. */
  async #attempt<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      if (error.fenced && this.#transaction !== undefined) {
        this.#fenced = true
        throw fenced(this.#transaction.transactionalId)
      }
      throw produceFailure(error)
    }
  }
}

/** Of two failures the one that cannot be tried again. */
function worse(left: unknown, right: unknown): unknown {
  if (left === undefined) return right
  const passing = left instanceof BrokerError ? left.passing : left instanceof TransportError && !left.fatal
  return passing ? right : left
}

function fenced(transactionalId: string): ConnectorError {
  return new ConnectorError('KAFKA_PRODUCER_FENCED', {
    message: `another instance of the query writes as "${transactionalId}", or its transaction has timed out`,
    detail: 'Kafka has ended the transaction of this instance; nothing of its epoch is visible.',
    hint: 'Run one instance of a query at a time. If an epoch takes longer than kafka.transaction.timeout.ms, raise that, and start the query again: it repeats the epoch.',
  })
}

function produceFailure(error: BrokerError): ConnectorError {
  const hints: Readonly<Record<number, string>> = {
    [UNKNOWN_TOPIC_OR_PARTITION]: 'Is the topic there, with as many partitions as the column `partition` names?',
    10: 'The topic takes record batches up to its max.message.bytes: raise that, or, if no row is that large, lower kafka.max.request.size.',
    17: 'The name of the topic is not one that Kafka takes.',
    32: 'The broker takes no times that far from its own: look at the clocks of both machines.',
    45: 'The epoch is repeated.',
    48: 'The epoch is repeated.',
    50: 'The broker’s transaction.max.timeout.ms is lower than kafka.transaction.timeout.ms.',
  }
  return new ConnectorError('KAFKA_WRITE_FAILED', {
    message: `Kafka has refused a write: ${error.message}`,
    hint: hints[error.code],
    retry: error.code === OUT_OF_ORDER_SEQUENCE_NUMBER || error.code === 48 ? 'backoff' : undefined,
    cause: error,
  })
}
