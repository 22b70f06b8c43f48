import { createRequire } from 'node:module'
import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Kafka, KafkaConfig } from 'kafkajs'
import { InternalError } from '../../../engine/errors/engine-error.ts'
import { BrokerConnection } from './broker-connection.ts'
import { FrameReceiver } from './frame-receiver.ts'
import { BytePool, type LentBytes } from './lent-bytes.ts'
import { type KafkaApi, type KafkaNode, type KafkaTransport, type LentAnswer, TransportError, throttleMs } from './transport.ts'

/**
 * The parts of kafkajs 2.2.4 that are used, which its types do not show. That version is pinned and frozen; a test of each part fails if another one
 * comes in.
 */
interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  findBroker(node: { readonly nodeId: string }): Promise<Broker>
  readonly brokerPool: {
    findConnectedBroker(): Promise<Broker>
    readonly metadata: { readonly brokers: readonly { readonly host: string; readonly port: number }[] } | null
  }
}
interface Broker {
  readonly connectionPool: {
    send(exchange: Exchange): Promise<Answer>
    /** 1: the connection that kafkajs keeps for fetches. Connected, and not yet authenticated. */
    getConnection(index: 0 | 1): Promise<Connection>
  }
}
interface Connection {
  socket: Socket | undefined
  connectionStatus: string
  authenticatedAt: unknown
  /** Milliseconds after which the broker wants to be shown again who one is; 0: never. */
  readonly sessionLifetime: { toNumber(): number }
  readonly requestQueue: { destroy(): void }
  authenticate(): Promise<void>
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

export interface ClientConfig extends Omit<KafkaConfig, 'brokers' | 'logCreator' | 'logLevel' | 'socketFactory' | 'retry'> {
  /** `host:port` of brokers to begin with. */
  readonly brokers: readonly string[]
}

const KEEP_ALIVE_MS = 60_000
/** Part of a session's life after which the next one is begun. */
const SESSION_SHARE = 0.8
/** Without kafka.request.timeout.ms: kafkajs' own. */
const REQUEST_TIMEOUT_MS = 30_000
const FATAL = new Set(['KafkaJSSASLAuthenticationError', 'KafkaJSNonRetriableError', 'KafkaJSNotImplemented'])

/** Connections, TLS and SASL of kafkajs. Its consumer, producer, decoder and retries are not used. */
export class KafkaJsTransport implements KafkaTransport {
  readonly #config: ClientConfig
  readonly #sockets = new Map<Socket, OwnSocket>()
  /** By broker: the connections that answers are borrowed on. */
  readonly #borrowing = new Map<number, Promise<Borrowing>>()
  readonly #pool = new BytePool()
  /** Where the cluster's brokers were when it was last asked. */
  #known: readonly string[] = []
  #connects = 0
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

  async borrow(node: number, api: KafkaApi, body: Buffer | readonly Buffer[], mayWaitMs = 0): Promise<LentAnswer> {
    const timeoutMs = (this.#config.requestTimeout ?? REQUEST_TIMEOUT_MS) + mayWaitMs
    try {
      return await (await this.#borrowingFrom(node)).request(api, body, timeoutMs)
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

  async #borrowingFrom(node: number): Promise<BrokerConnection> {
    const known = this.#borrowing.get(node)
    if (known !== undefined) {
      const { connection, expiresMs } = await known
      if (connection.isOpen && (performance.now() < expiresMs || !connection.isIdle)) return connection
      if (this.#borrowing.get(node) === known) {
        this.#borrowing.delete(node)
        connection.close()
      }
      return this.#borrowingFrom(node)
    }
    const opening = this.#openBorrowing(node)
    this.#borrowing.set(node, opening)
    try {
      return (await opening).connection
    } catch (error) {
      if (this.#borrowing.get(node) === opening) this.#borrowing.delete(node)
      throw error
    }
  }

  /** kafkajs connects and shows who one is; then the connection is ours alone. */
  async #openBorrowing(node: number): Promise<Borrowing> {
    const broker = await this.#broker(node)
    const given = await broker.connectionPool.getConnection(1)
    await given.authenticate()
    const socket = given.socket!
    const own = this.#sockets.get(socket)
    if (own === undefined) throw new TransportError('the connection was given up', false)
    const lifetimeMs = given.sessionLifetime.toNumber()
    given.requestQueue.destroy()
    given.socket = undefined
    given.authenticatedAt = null
    given.connectionStatus = 'disconnected'
    own.dropOtherListeners()
    const connection = new BrokerConnection(socket, this.#config.clientId ?? 'millrace')
    own.onFrame = (frame) => connection.take(frame)
    const expiresMs = lifetimeMs > 0 ? performance.now() + lifetimeMs * SESSION_SHARE : Number.POSITIVE_INFINITY
    return { connection, expiresMs }
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
        brokers: this.#brokersToTry(),
        // Millrace says what failed, with its own words and place, and decides what is tried again.
        logLevel: logLevel.NOTHING,
        logCreator: () => () => {},
        retry: { retries: 0 },
        socketFactory: ({ host, port, ssl, onConnect }) => {
          const own = new OwnSocket(this.#pool, (onread) =>
            ssl
              ? connectTls(
                  { host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl, onread } as ConnectionOptions,
                  onConnect,
                )
              : connectPlain({ host, port, onread }, onConnect),
          )
          this.#sockets.set(own.socket, own)
          own.socket.once('close', () => this.#sockets.delete(own.socket))
          return own.socket
        },
      }),
    )
    await cluster.connect()
    await cluster.refreshMetadata()
    this.#known = cluster.brokerPool.metadata?.brokers.map(({ host, port }) => `${host}:${port}`) ?? []
    return cluster
  }

  /** Another one first each time: kafkajs begins with the first, which may be the one that is gone. */
  #brokersToTry(): string[] {
    const all = [...new Set([...this.#config.brokers, ...this.#known])]
    const first = this.#connects++ % all.length
    return [...all.slice(first), ...all.slice(0, first)]
  }

  async #drop(opening: Promise<Cluster> | undefined): Promise<void> {
    // Requests that wait at a broker are not waited for.
    this.#borrowing.clear()
    for (const socket of this.#sockets.keys()) socket.destroy(new Error('the connection was given up'))
    this.#sockets.clear()
    try {
      await (await opening)?.disconnect()
    } catch {
      // What could not be opened or is broken already needs no closing.
    }
  }
}

interface Borrowing {
  readonly connection: BrokerConnection
  /** When the broker will want to be shown again who one is: by then there must be another connection. By performance.now(). */
  readonly expiresMs: number
}

/** A socket whose bytes are received without a buffer for each read, and given on in whole frames: to kafkajs, until somebody else takes them. */
class OwnSocket {
  readonly socket: Socket
  onFrame: (frame: LentBytes) => void
  readonly #own = new Set<unknown>()

  constructor(pool: BytePool, connect: (onread: OnReadOpts) => Socket) {
    this.onFrame = ({ bytes }) => {
      const length = Buffer.allocUnsafe(4)
      length.writeInt32BE(bytes.length)
      this.socket.emit('data', Buffer.concat([length, bytes]))
    }
    const receiver = new FrameReceiver(pool, (frame) => this.onFrame(frame))
    this.socket = connect(receiver.onread((error) => this.socket.destroy(error)))
    this.socket.setKeepAlive(true, KEEP_ALIVE_MS)
    this.socket.setNoDelay(true)
    for (const event of KAFKAJS_EVENTS) for (const listener of this.socket.listeners(event)) this.#own.add(listener)
  }

  /** kafkajs hears nothing of the socket any more. */
  dropOtherListeners(): void {
    for (const event of KAFKAJS_EVENTS) {
      for (const listener of this.socket.listeners(event)) {
        if (!this.#own.has(listener)) this.socket.removeListener(event, listener as () => void)
      }
    }
  }
}

const KAFKAJS_EVENTS = ['data', 'end', 'error', 'timeout']
const NO_TAGS = Buffer.from([0])

function answerOf(api: KafkaApi, payload: Buffer): Answer {
  const body = api.flexible ? payload.subarray(1) : payload
  return { clientSideThrottleTime: throttleMs(api, body), body }
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
