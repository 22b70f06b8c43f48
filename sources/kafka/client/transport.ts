import type { LentBytes } from './lent-bytes.ts'

/**
 * The seam between Millrace and whatever moves bytes to brokers: everything above it is our own protocol code, everything below it a Kafka client's
 * connections (KafkaJsTransport).
 */
export interface KafkaTransport {
  /**
   * Sends a request and gives the body of the answer, both without the common header. Requests to one broker are answered in order.
   * `mayWaitMs`: how long the broker may keep the request before it answers, beyond the time that every answer has (kafka.request.timeout.ms).
   *
   * @throws TransportError when no answer came; whether the broker did what was asked is then unknown
   */
  request(node: KafkaNode, api: KafkaApi, body: Buffer, mayWaitMs?: number): Promise<Buffer>
  /**
   * The same on a second connection to the broker, for requests that may wait there, and for bodies that are large: that of the request may be in
   * parts, which are not copied, and the answer's bytes are lent, and used again for other answers when they have been released.
   */
  borrow(node: number, api: KafkaApi, body: Buffer | readonly Buffer[], mayWaitMs?: number): Promise<LentAnswer>
  /** Drops all connections; the next request opens new ones. For after a TransportError. */
  reset(): Promise<void>
  close(): Promise<void>
}

/** The body of an answer, without the common header, in bytes that are lent. */
export interface LentAnswer {
  readonly body: Buffer
  readonly lent: LentBytes
}

/** A broker by its id, or whichever answers first. */
export type KafkaNode = number | 'any'

/** The requests that Millrace speaks, each in the one version that brokers from 3.0 to 4.x all have. */
export interface KafkaApi {
  readonly name: string
  readonly key: number
  readonly version: number
  /** The header of request and answer ends in tagged fields (KIP-482). */
  readonly flexible: boolean
}

const api = (name: string, key: number, version: number, flexible = false): KafkaApi => ({ name, key, version, flexible })
export const PRODUCE = api('Produce', 0, 7)
export const FETCH = api('Fetch', 1, 11)
export const LIST_OFFSETS = api('ListOffsets', 2, 5)
export const METADATA = api('Metadata', 3, 12, true)
export const OFFSET_COMMIT = api('OffsetCommit', 8, 5)
export const OFFSET_FETCH = api('OffsetFetch', 9, 4)
export const FIND_COORDINATOR = api('FindCoordinator', 10, 2)
export const INIT_PRODUCER_ID = api('InitProducerId', 22, 1)
export const ADD_PARTITIONS_TO_TXN = api('AddPartitionsToTxn', 24, 1)
export const ADD_OFFSETS_TO_TXN = api('AddOffsetsToTxn', 25, 1)
export const END_TXN = api('EndTxn', 26, 1)
export const TXN_OFFSET_COMMIT = api('TxnOffsetCommit', 28, 2)

/** Milliseconds for which a broker asks in an answer to be left alone (KIP-219): the first field of all answers but that to Produce, where it is the last. */
export function throttleMs(api: KafkaApi, body: Buffer): number {
  if (body.length < 4) return 0
  return body.readInt32BE(api.key === PRODUCE.key ? body.length - 4 : 0)
}

/** No answer came: the connection broke, timed out or could not be made. */
export class TransportError extends Error {
  /** Trying again cannot help: credentials or certificates were refused. */
  readonly fatal: boolean

  constructor(message: string, fatal: boolean, cause?: unknown) {
    super(message, { cause })
    this.name = 'TransportError'
    this.fatal = fatal
  }
}
