import { connect, type Socket } from 'node:net'
import type { Clock } from '../engine/clock.ts'
import { Batch } from '../engine/columnar/batch.ts'
import { Column } from '../engine/columnar/column.ts'
import type { Offset } from '../engine/connect/offset.ts'
import { type OptionDefinition, readOptions } from '../engine/connect/options.ts'
import type { ScanRequest, Source, SourceDefinition } from '../engine/connect/source.ts'
import { ConnectorError } from '../engine/errors/engine-error.ts'
import { DECODE_PADDING } from '../engine/formats/decoder.ts'
import { TEXT_SCHEMA, textDecoder } from '../engine/formats/text.ts'
import type { Logger } from '../engine/log.ts'
import { field, type Schema, TIMESTAMP } from '../engine/types/data-type.ts'
import { refuseSchema } from './rate.ts'

const OPTIONS: readonly OptionDefinition[] = [
  { name: 'host', type: 'string', required: true, description: 'Host to connect to.' },
  { name: 'port', type: 'int', required: true, description: 'Port to connect to.' },
  {
    name: 'includeTimestamp',
    type: 'boolean',
    default: 'false',
    description: 'Add the column `timestamp`: when the line arrived.',
  },
]
const CONNECT_TIMEOUT_MS = 10_000

/** Lines from a TCP connection. For trying things out: what a failed epoch had read is lost. */
export const socketSource: SourceDefinition = {
  name: 'socket',
  options: OPTIONS,
  description:
    'Lines of UTF-8 text from a TCP server, a row each. Lines are kept only while the process lives: a restarted query goes on with what comes then, so nothing that must not be lost should come this way.',
  schema(options, given) {
    refuseSchema('socket', given)
    return readOptions(OPTIONS, options, 'source "socket"').flag('includeTimestamp') ? WITH_TIMESTAMP : TEXT_SCHEMA
  },
  async openStream(environment) {
    const options = readOptions(OPTIONS, environment.options, 'source "socket"')
    const host = options.requiredText('host')
    const port = options.number('port')!
    const source = new SocketSource(host, port, options.flag('includeTimestamp'), environment.clock, environment.logger)
    await source.connect()
    return source
  },
}

const WITH_TIMESTAMP: Schema = [...TEXT_SCHEMA, field('timestamp', TIMESTAMP)]

/** Whole lines that arrived together. */
interface Arrival {
  readonly bytes: Uint8Array
  readonly length: number
  /** Offset of the last line. */
  readonly lastLine: number
  readonly arrivedMs: number
}

/**
 * offsets  the number of the last line, from 0; −1 before the first
 * law      lines stay until they are committed, so an epoch can be read again while the process lives
 * source   Spark's TextSocketMicroBatchStream
 */
class SocketSource implements Source {
  readonly schema: Schema
  readonly description: string
  readonly #host: string
  readonly #port: number
  readonly #clock: Clock
  readonly #logger: Logger
  #socket: Socket | undefined
  #arrivals: Arrival[] = []
  /** Bytes of a line whose end has not come. */
  #rest: Buffer = Buffer.alloc(0)
  #lastLine = -1
  #failure: ConnectorError | undefined
  readonly #waiting = new Set<() => void>()

  constructor(host: string, port: number, includeTimestamp: boolean, clock: Clock, logger: Logger) {
    this.#host = host
    this.#port = port
    this.#clock = clock
    this.#logger = logger
    this.schema = includeTimestamp ? WITH_TIMESTAMP : TEXT_SCHEMA
    this.description = `TextSocketV2[host: ${host}, port: ${port}]`
  }

  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.#host, port: this.#port, timeout: CONNECT_TIMEOUT_MS })
      this.#socket = socket
      socket.once('connect', () => {
        socket.setTimeout(0)
        resolve()
      })
      socket.once('timeout', () => socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)))
      socket.on('error', (cause) => {
        this.#failure = new ConnectorError('SOCKET_CONNECTION_FAILED', {
          message: `the connection to ${this.#host}:${this.#port} failed`,
          detail: `The system says: ${cause.message}.`,
          hint: 'Start the server that sends the lines first, for example with "nc -lk PORT".',
          cause,
        })
        reject(this.#failure)
        this.#wake()
      })
      socket.on('data', (chunk) => this.#receive(chunk))
      socket.on('end', () => {
        this.#logger.warn('the socket source has no more input: the server closed the connection', {
          host: this.#host,
          port: this.#port,
        })
      })
    })
  }

  async latestOffset(after: Offset | null): Promise<Offset | null> {
    if (this.#failure !== undefined) throw this.#failure
    // After a restart the count goes on from where the checkpoint has it.
    if (after !== null && (after as number) > this.#lastLine) {
      const shift = (after as number) + 1
      this.#arrivals = this.#arrivals.map((arrival) => ({ ...arrival, lastLine: arrival.lastLine + shift }))
      this.#lastLine += shift
    }
    return this.#lastLine
  }

  *read(after: Offset | null, through: Offset, scan: ScanRequest): Iterable<Batch> {
    const start = after === null ? -1 : (after as number)
    const end = through as number
    if (end > start && end > this.#lastLine) throw this.#lost(start, end)
    for (const arrival of this.#arrivals) {
      if (arrival.lastLine > start && arrival.lastLine <= end) yield* this.#decode(arrival, scan)
    }
  }

  async commit(through: Offset): Promise<void> {
    this.#arrivals = this.#arrivals.filter((arrival) => arrival.lastLine > (through as number))
  }

  reportLatest(): Offset | null {
    return this.#lastLine
  }

  waitForData(after: Offset | null, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#failure !== undefined || this.#lastLine > ((after as number | null) ?? -1))
      return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done)
    })
  }

  async close(): Promise<void> {
    this.#socket?.destroy()
    this.#wake()
  }

  #receive(chunk: Buffer): void {
    const end = chunk.lastIndexOf(0x0a) + 1
    if (end === 0) {
      this.#rest = Buffer.concat([this.#rest, chunk])
      return
    }
    const length = this.#rest.length + end
    const bytes = new Uint8Array(length + DECODE_PADDING)
    bytes.set(this.#rest)
    bytes.set(chunk.subarray(0, end), this.#rest.length)
    this.#rest = Buffer.from(chunk.subarray(end))
    this.#lastLine += countLines(chunk, end)
    this.#arrivals.push({ bytes, length, lastLine: this.#lastLine, arrivedMs: this.#clock.nowMs() })
    this.#wake()
  }

  *#decode(arrival: Arrival, scan: ScanRequest): Iterable<Batch> {
    const decoder = textDecoder(
      {
        schema: TEXT_SCHEMA,
        columns: scan.columns.filter((c) => c === 0),
        equals: [],
        memory: scan.arena,
        onBadRecord: undefined,
      },
      { wholeText: false, lineSep: undefined, encoding: undefined },
    )
    decoder.startFile()
    for (let position = 0; position < arrival.length; ) {
      position = decoder.decode(arrival.bytes, position, arrival.length, true)
      const batch = decoder.take()
      if (batch === undefined) continue
      const columns = scan.columns.map((c) => {
        if (c === 0) return batch.columns[0]!
        return new Column(
          TIMESTAMP,
          batch.rowCount,
          null,
          scan.arena.int64(batch.rowCount).fill(BigInt(arrival.arrivedMs) * 1000n),
        )
      })
      yield new Batch(scan.schema, batch.rowCount, columns)
    }
  }

  #lost(start: number, end: number): ConnectorError {
    return new ConnectorError('SOCKET_NOT_REPLAYABLE', {
      message: `lines ${start + 1} to ${end} of ${this.#host}:${this.#port} cannot be read again`,
      detail: 'They came before the process was restarted, and a socket keeps nothing.',
      hint: 'Start the query with a new checkpoint; use files or Kafka where lines must not be lost.',
    })
  }

  #wake(): void {
    for (const done of this.#waiting) done()
  }
}

function countLines(chunk: Buffer, end: number): number {
  let lines = 0
  for (let at = chunk.indexOf(0x0a); at >= 0 && at < end; at = chunk.indexOf(0x0a, at + 1)) lines++
  return lines
}
