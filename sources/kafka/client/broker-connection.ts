import type { Socket } from 'node:net'
import { RequestWriter } from './bytes.ts'
import type { LentBytes } from './lent-bytes.ts'
import { type KafkaApi, type LentAnswer, TransportError, throttleMs } from './transport.ts'

interface Waiting {
  readonly api: KafkaApi
  readonly correlationId: number
  readonly resolve: (answer: LentAnswer) => void
  readonly reject: (error: TransportError) => void
  readonly timer: NodeJS.Timeout
}

const CORRELATION_BYTES = 4
const NO_ANSWER = 'the connection was closed'

/**
 * Requests and answers on one authenticated connection. A broker answers in the order it was asked in; a connection on which that fails, on which an
 * answer is late, or which breaks is given up, and everybody who waits on it is told.
 */
export class BrokerConnection {
  readonly #socket: Socket
  readonly #clientId: string
  readonly #waiting: Waiting[] = []
  #correlationId = 0
  /** Until when the broker has asked to be left alone (KIP-219), by performance.now(). */
  #throttledUntilMs = 0
  #failure: TransportError | undefined

  /** Whoever reads from `socket` gives its frames to `take`. */
  constructor(socket: Socket, clientId: string) {
    this.#socket = socket
    this.#clientId = clientId
    socket.on('error', (error) => this.#fail(error.message, error))
    socket.on('end', () => this.#fail(NO_ANSWER))
    socket.on('close', () => this.#fail(NO_ANSWER))
    if (socket.destroyed || !socket.writable) this.#fail(NO_ANSWER)
  }

  get isOpen(): boolean {
    return this.#failure === undefined
  }
  get isIdle(): boolean {
    return this.#waiting.length === 0
  }

  /** `body` may be in parts, which are not copied: they must stay as they are until the answer is there. @throws TransportError when no answer came within `timeoutMs` or the connection broke */
  async request(api: KafkaApi, body: Buffer | readonly Buffer[], timeoutMs: number): Promise<LentAnswer> {
    for (;;) {
      const pauseMs = this.#throttledUntilMs - performance.now()
      if (pauseMs <= 0 || this.#failure !== undefined) break
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    if (this.#failure !== undefined) throw this.#failure
    const correlationId = this.#correlationId
    this.#correlationId = (correlationId + 1) & 0x7fffffff
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(`${api.name}: no answer came within ${timeoutMs} ms`), timeoutMs)
      this.#waiting.push({ api, correlationId, resolve, reject, timer })
      this.#write(api, correlationId, Buffer.isBuffer(body) ? [body] : body)
    })
  }

  /** Takes a frame that has come in. */
  take(frame: LentBytes): void {
    const waiting = this.#waiting.shift()
    const { bytes } = frame
    if (waiting === undefined || bytes.length < CORRELATION_BYTES || bytes.readInt32BE(0) !== waiting.correlationId) {
      if (waiting !== undefined) this.#waiting.unshift(waiting)
      this.#fail('an answer came to a question that was not asked')
      return
    }
    clearTimeout(waiting.timer)
    const body = bytes.subarray(CORRELATION_BYTES + (waiting.api.flexible ? 1 : 0))
    const throttled = throttleMs(waiting.api, body)
    if (throttled > 0) this.#throttledUntilMs = performance.now() + throttled
    waiting.resolve({ body, lent: frame })
  }

  close(): void {
    this.#fail(NO_ANSWER)
  }

  /** A request begins with its length and a header (version 1; 2, which ends in no tagged fields, for flexible ones). */
  #write({ key, version, flexible }: KafkaApi, correlationId: number, parts: readonly Buffer[]): void {
    const header = new RequestWriter().int32(0).int16(key).int16(version).int32(correlationId).text(this.#clientId)
    if (flexible) header.noTags()
    const head = header.finish()
    head.writeInt32BE(
      parts.reduce((sum, part) => sum + part.length, head.length - 4),
      0,
    )
    const socket = this.#socket
    socket.cork()
    socket.write(head)
    for (const part of parts) socket.write(part)
    socket.uncork()
  }

  #fail(reason: string, cause?: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = new TransportError(reason, false, cause)
    this.#socket.destroy()
    for (const { api, reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      reject(new TransportError(reason.startsWith(api.name) ? reason : `${api.name}: ${reason}`, false, cause))
    }
  }
}
