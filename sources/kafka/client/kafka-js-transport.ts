import { createRequire } from 'node:module'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Kafka, KafkaConfig } from 'kafkajs'
import { InternalError } from '../../../engine/errors/engine-error.ts'
import { type KafkaApi, type KafkaNode, type KafkaTransport, TransportError } from './transport.ts'

/**
 * The parts of kafkajs 2.2.4 that are used, which its types do not show. That version is pinned and frozen; a test of each part fails if another one
 * comes in.
 */
interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  findBroker(node: { readonly nodeId: string }): Promise<Broker>
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> }
}
interface Broker {
  readonly connectionPool: { send(exchange: Exchange): Promise<Answer> }
}
interface Answer {
  readonly clientSideThrottleTime: number
  readonly body: Buffer
}
interface Exchange {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
  }
  readonly response: { decode(payload: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> }
  readonly requestTimeout: number | null
  readonly logResponseError: boolean
}
interface RequestQueue {
  throttleCheckTimeoutId: NodeJS.Timeout | null
  throttledUntil: number
  readonly pending: readonly unknown[]
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

export type ClientConfig = Omit<KafkaConfig, 'logCreator' | 'logLevel' | 'socketFactory' | 'retry'>

const KEEP_ALIVE_MS = 60_000
/** Without kafka.request.timeout.ms: kafkajs' own. */
const REQUEST_TIMEOUT_MS = 30_000
const FATAL = new Set(['KafkaJSSASLAuthenticationError', 'KafkaJSNonRetriableError', 'KafkaJSNotImplemented'])

/** Connections, TLS and SASL of kafkajs. Its consumer, producer, decoder and retries are not used. */
export class KafkaJsTransport implements KafkaTransport {
  readonly #config: ClientConfig
  readonly #sockets = new Set<Socket>()
  #cluster: Promise<Cluster> | undefined
  #closed = false

  constructor(config: ClientConfig) {
    this.#config = config
    stopIdleTimers()
  }

  async request(node: KafkaNode, api: KafkaApi, body: Buffer, mayWaitMs = 0): Promise<Buffer> {
    const bytes = api.flexible ? Buffer.concat([NO_TAGS, body]) : body
    try {
      const broker = await this.#broker(node)
      const answer = await broker.connectionPool.send({
        request: {
          apiKey: api.key,
          apiVersion: api.version,
          apiName: api.name,
          encode: async () => ({ buf: bytes, buffer: bytes }),
        },
        response: { decode: async (payload) => answerOf(api, payload), parse: async (given) => given },
        requestTimeout: (this.#config.requestTimeout ?? REQUEST_TIMEOUT_MS) + mayWaitMs,
        logResponseError: false,
      })
      return answer.body
    } catch (cause) {
      throw transportError(api, cause)
    }
  }

  async reset(): Promise<void> {
    // Not one connection but all: kafkajs reuses the object of a broken connection for its next socket, which the end of the old socket then kills.
    const dropped = this.#cluster
    this.#cluster = undefined
    await this.#drop(dropped)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.reset()
  }

  async #broker(node: KafkaNode): Promise<Broker> {
    const cluster = await this.#open()
    if (node === 'any') return cluster.brokerPool.findConnectedBroker()
    const nodeId = String(node)
    try {
      return await cluster.findBroker({ nodeId })
    } catch (error) {
      if ((error as Error).name !== 'KafkaJSBrokerNotFound') throw error
      // findBroker has read the brokers anew: it may be there now.
      return cluster.findBroker({ nodeId })
    }
  }

  #open(): Promise<Cluster> {
    if (this.#closed) throw new TransportError('the connection has been closed', true)
    this.#cluster ??= this.#connect()
    return this.#cluster
  }

  async #connect(): Promise<Cluster> {
    // Loaded by the first connection: other queries start sooner without.
    const { Kafka, logLevel } = await import('kafkajs')
    const cluster = clusterOf(
      new Kafka({
        ...this.#config,
        // Millrace says what failed, with its own words and place, and decides what is tried again.
        logLevel: logLevel.NOTHING,
        logCreator: () => () => {},
        retry: { retries: 0 },
        socketFactory: ({ host, port, ssl, onConnect }) => {
          const socket = ssl
            ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
            : connectPlain({ host, port }, onConnect)
          socket.setKeepAlive(true, KEEP_ALIVE_MS)
          socket.setNoDelay(true)
          this.#sockets.add(socket)
          socket.once('close', () => this.#sockets.delete(socket))
          return socket
        },
      }),
    )
    await cluster.connect()
    await cluster.refreshMetadata()
    return cluster
  }

  async #drop(opening: Promise<Cluster> | undefined): Promise<void> {
    // Requests that wait at a broker are not waited for.
    for (const socket of this.#sockets) socket.destroy(new Error('the connection was given up'))
    this.#sockets.clear()
    try {
      await (await opening)?.disconnect()
    } catch {
      // What could not be opened or is broken already needs no closing.
    }
  }
}

const NO_TAGS = Buffer.from([0])

function answerOf(api: KafkaApi, payload: Buffer): Answer {
  const body = api.flexible ? payload.subarray(1) : payload
  // Where it leads the answer (all but Produce), kafkajs honours the broker's wish to be left alone for a while.
  const throttled = api.name !== 'Produce' && body.length >= 4 ? body.readInt32BE(0) : 0
  return { clientSideThrottleTime: throttled, body }
}

function transportError(api: KafkaApi, cause: unknown): TransportError {
  if (cause instanceof TransportError) return cause
  const { name, message } = cause as Error
  const certificate = /certificate|CERT_|SSL|TLS/i.test(message)
  return new TransportError(`${api.name}: ${message}`, FATAL.has(name) || certificate, cause)
}

/**
 * A cluster of kafkajs without a consumer: the factory of a consumer's assigner is given it when the consumer is made. Nothing connects or joins a group.
 */
function clusterOf(kafka: Kafka): Cluster {
  let found: Cluster | undefined
  kafka.consumer({
    groupId: 'unused',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster as unknown as Cluster
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        }
      },
    ],
  })
  if (found === undefined) throw new InternalError('kafkajs has made a consumer without asking for its assigner')
  return found
}

let idleTimersStopped = false

/** kafkajs checks for throttled requests with a timer that fires every millisecond for ever. It needs one only while requests are pending. */
function stopIdleTimers(): void {
  if (idleTimersStopped) return
  idleTimersStopped = true
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue }
  const perform = queue.prototype.scheduleCheckPendingRequests
  queue.prototype.scheduleCheckPendingRequests = function scheduleWhenPending(this: RequestQueue) {
    if (this.pending.length > 0) perform.call(this)
  }
}
