import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom } from '../../bench/data/random.ts'
import { systemClock } from '../../engine/clock.ts'
import { BATCH_ROWS_MAX, batchFromRows } from '../../engine/columnar/batch.ts'
import type { SinkEnvironment } from '../../engine/connect/sink.ts'
import { silentLogger } from '../../engine/log.ts'
import { field, INT, type Schema, STRING } from '../../engine/types/data-type.ts'
import { Settings } from '../../engine/types/settings.ts'
import { createSession, type Session, type StreamingQuery, Trigger } from '../../index.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { KafkaClient } from '../../sources/kafka/client/kafka-client.ts'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'
import { LATEST } from '../../sources/kafka/client/list-offsets.ts'
import type { KafkaBroker } from './kafka-broker.ts'

/**
 * Two queries in a chain, each a process of its own: numbers in a topic → a topic, in transactions → files. Number i is in partition i % PARTITIONS, and
 * stays there.
 */
export const PARTITIONS = 4
const INPUT = 'numbers'
export const BETWEEN = 'copied'
const NUMBERS: Schema = [field('value', STRING), field('partition', INT)]

export interface ChainStep {
  readonly step: 'to kafka' | 'to files'
  readonly servers: string
  /** Where checkpoints and files are. */
  readonly directory: string
  readonly offsetsAnEpoch: number
  /** Ends when all that there was at its start is through, instead of going on. */
  readonly ends: boolean
}

export async function runChainStep(options: ChainStep): Promise<void> {
  const session = createSession()
  const query = await startChainStep(session, options)
  await query.awaitTermination()
  await session.stop()
}

export function startChainStep(
  session: Session,
  { step, servers, directory, offsetsAnEpoch, ends }: ChainStep,
): Promise<StreamingQuery> {
  const source = session.readStream
    .format('kafka')
    .option('kafka.bootstrap.servers', servers)
    .option('startingOffsets', 'earliest')
    .option('maxOffsetsPerTrigger', offsetsAnEpoch)
  const rows =
    step === 'to kafka'
      ? source.option('subscribe', INPUT).load().select('value', 'partition')
      : source
          .option('subscribe', BETWEEN)
          .option('kafka.isolation.level', 'read_committed')
          .load()
          .selectExpr('CAST(CAST(value AS STRING) AS INT) AS number', 'partition', 'offset')
  const writer =
    step === 'to kafka'
      ? rows.writeStream
          .format('kafka')
          .option('kafka.bootstrap.servers', servers)
          .option('topic', BETWEEN)
          .option('transactional', true)
      : rows.writeStream.format('json').option('path', filesOf(directory))
  return writer
    .option('checkpointLocation', join(directory, `checkpoint ${step}`))
    .trigger(ends ? Trigger.availableNow() : Trigger.processingTime(0))
    .start()
}

function filesOf(directory: string): string {
  return join(directory, 'files')
}

/** Where the checkpoints and files of a chain go: a temporary folder. */
export function chainDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-chain-'))
  mkdirSync(filesOf(directory))
  return directory
}

export interface ChainOptions {
  readonly rows: number
  /** Kills of one of the two queries by SIGKILL. */
  readonly kills: number
  /** Restarts of the broker, every other one after a SIGKILL. */
  readonly restarts: number
  readonly seed: number
  readonly offsetsAnEpoch: number
  readonly say: (line: string) => void
}

export interface ChainResult {
  readonly rows: number
  readonly missing: number
  readonly repeated: number
  /** Rows that came before one that is earlier in their partition. */
  readonly outOfOrder: number
  readonly kills: number
  readonly restarts: number
  /** Times a query ended by itself, with an error: it is started again, as after a kill. */
  readonly failures: number
  readonly seconds: number
}

/** Sends `rows` numbers through the chain while its parts are killed, and counts what has come out. */
export async function runChain(broker: KafkaBroker, options: ChainOptions): Promise<ChainResult> {
  const started = performance.now()
  const directory = chainDirectory()
  const { servers } = broker
  const random = seededRandom(options.seed)
  const client = new KafkaClient(new KafkaJsTransport({ brokers: [servers] }), servers, silentLogger)
  try {
    await writeNumbers(servers, options.rows)
    const children = (['to kafka', 'to files'] as const).map(
      (step) => new ChainProcess({ step, servers, directory, offsetsAnEpoch: options.offsetsAnEpoch, ends: false }),
    )
    /** What only grows as a query goes on. */
    const progressOf = async ({ step }: ChainProcess) =>
      step === 'to kafka' ? endOf(client, BETWEEN) : readdirSync(filesOf(directory)).length
    const faults = shuffled(
      [
        ...Array.from({ length: options.kills }, () => 'kill' as const),
        ...Array.from({ length: options.restarts }, (_, i) =>
          i % 2 === 0 ? ('kill broker' as const) : ('stop broker' as const),
        ),
      ],
      random,
    )
    for (const fault of faults) {
      const child = children[Math.floor(random() * children.length)]!
      const before = await progressOf(child)
      const patienceMs = performance.now() + 60_000
      // Each start gets something done; one that has nothing left to do is killed idle.
      while ((await progressOf(child)) === before && (await endOf(client, BETWEEN)) < options.rows) {
        if (performance.now() > patienceMs) throw new Error(`the query ${child.step} does not go on: ${child.errors}`)
        await pause(5)
      }
      await pause(random() * 100)
      if (fault === 'kill') await child.restart()
      else if (fault === 'kill broker') await broker.kill()
      else await broker.stop()
      if (fault !== 'kill') await broker.restart()
      options.say(
        `${fault === 'kill' ? `killed the query ${child.step}` : fault}: ${await endOf(client, BETWEEN)} offsets between, ${await progressOf(children[1]!)} files`,
      )
    }
    for (const child of children) await child.kill()
    for (const { step } of children) {
      await runChainStep({ step, servers, directory, offsetsAnEpoch: options.offsetsAnEpoch, ends: true })
      if (step === 'to kafka') await untilSettled(client, BETWEEN)
    }
    const counted = await countNumbers(directory, options.rows)
    const failures = children.reduce((sum, child) => sum + child.failures, 0)
    const { kills, restarts } = options
    return { ...counted, kills, restarts, failures, seconds: (performance.now() - started) / 1000 }
  } finally {
    await client.close()
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** One query of the chain, started again whenever it ends. */
export class ChainProcess {
  readonly step: ChainStep['step']
  failures = 0
  errors = ''
  readonly #options: ChainStep
  #process: ChildProcess
  #ended: Promise<number | null>
  #wanted = true

  constructor(options: ChainStep) {
    this.step = options.step
    this.#options = options
    ;[this.#process, this.#ended] = this.#start()
  }

  async restart(): Promise<void> {
    await this.kill()
    this.#wanted = true
    ;[this.#process, this.#ended] = this.#start()
  }
  async kill(): Promise<void> {
    this.#wanted = false
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  #start(): [ChildProcess, Promise<number | null>] {
    const child = spawn(process.execPath, ['--import', 'tsx', import.meta.filename, JSON.stringify(this.#options)], {
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    child.stderr!.on('data', (text: Buffer) => {
      this.errors = (this.errors + text.toString()).slice(-4000)
    })
    const ended = new Promise<number | null>((resolve) =>
      child.once('close', (code) => {
        if (this.#wanted && code !== 0) {
          this.failures++
          ;[this.#process, this.#ended] = this.#start()
        }
        resolve(code)
      }),
    )
    return [child, ended]
  }
}

/** Makes the two topics and writes the numbers below `rows`. */
async function writeNumbers(servers: string, rows: number): Promise<void> {
  await makeTopics(servers)
  const writer = await kafkaSink.writeTable!(inputEnvironment(servers), 'append')
  for (let at = 0; at < rows; at += BATCH_ROWS_MAX) await writer.append(numberBatch(at, Math.min(rows, at + BATCH_ROWS_MAX)))
  await writer.commit()
}

/** Of a sink that writes numbers to where the chain begins. */
export function inputEnvironment(servers: string, more: Readonly<Record<string, string>> = {}): SinkEnvironment {
  return {
    options: { 'kafka.bootstrap.servers': servers, topic: INPUT, ...more },
    schema: NUMBERS,
    mode: 'append',
    partitionBy: [],
    queryName: undefined,
    queryId: 'numbers',
    settings: new Settings([]),
    clock: systemClock,
    logger: silentLogger,
    stdout: () => {},
  }
}

export function numberBatch(from: number, to: number) {
  return batchFromRows(
    NUMBERS,
    Array.from({ length: to - from }, (_, i) => [String(from + i), (from + i) % PARTITIONS]),
  )
}

export async function makeTopics(servers: string): Promise<void> {
  const { Kafka, logLevel } = await import('kafkajs')
  const admin = new Kafka({ brokers: servers.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [INPUT, BETWEEN].map((topic) => ({ topic, numPartitions: PARTITIONS })) })
  await admin.disconnect()
}

async function endsOf(client: KafkaClient, topic: string, isolation: 0 | 1): Promise<number[]> {
  const queries = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, timestamp: LATEST }))
  return (await client.listOffsets(queries, isolation)).map(({ offset }) => offset)
}
/** Ends of the partitions together: rows, and markers of transactions. */
export async function endOf(client: KafkaClient, topic: string): Promise<number> {
  return (await endsOf(client, topic, 0)).reduce((sum, end) => sum + end, 0)
}
/** The answer to a commit comes before its records are visible. */
export async function untilSettled(client: KafkaClient, topic: string): Promise<void> {
  while (String(await endsOf(client, topic, 0)) !== String(await endsOf(client, topic, 1))) await pause(20)
}

/** What came out at the end, held against the numbers below `expected`. */
export async function countNumbers(
  directory: string,
  expected: number,
): Promise<Pick<ChainResult, 'rows' | 'missing' | 'repeated' | 'outOfOrder'>> {
  const session = createSession()
  const read = await session.read
    .format('json')
    .schema('number INT, partition INT, offset BIGINT')
    .load(filesOf(directory))
    .orderBy('partition', 'offset')
    .select('number', 'partition')
    .collect()
  await session.stop()
  const times = new Uint8Array(expected)
  const lastOf = new Int32Array(PARTITIONS).fill(-1)
  let outOfOrder = 0
  for (const row of read) {
    const number = row.number as number
    const partition = row.partition as number
    times[number]!++
    if (number <= lastOf[partition]! || number % PARTITIONS !== partition) outOfOrder++
    lastOf[partition] = number
  }
  return {
    rows: read.length,
    missing: times.reduce((sum, count) => sum + (count === 0 ? 1 : 0), 0),
    repeated: times.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
    outOfOrder,
  }
}

function shuffled<T>(items: T[], random: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items
}

if (process.argv[1] === import.meta.filename) await runChainStep(JSON.parse(process.argv[2]!) as ChainStep)
