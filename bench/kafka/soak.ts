/**
 * A long run with faults: `npx tsx bench/kafka/soak.ts [minutes] [rows a second] [seed]` (20, 1000, 1). Numbers go through two chained queries in this
 * process (Kafka → Kafka in transactions → files), behind a fault proxy, and from between them through a third one in a process of its own. Every 10
 * to 30 seconds one of the faults below comes. Prints a line a minute: rows, memory, handles of this process. At the end everything is let through
 * and counted; the exit code is 0 when each number came out once and in order on both ways, and memory and handles did not grow.
 */
import { existsSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { silentLogger } from '../../engine/log.ts'
import { createSession, type StreamingQuery } from '../../index.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { KafkaClient } from '../../sources/kafka/client/kafka-client.ts'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'
import { END_TXN, FETCH, PRODUCE, TXN_OFFSET_COMMIT } from '../../sources/kafka/client/transport.ts'
import { KafkaBroker, kafkaMissing } from '../../tests/harness/kafka-broker.ts'
import {
  BETWEEN,
  ChainProcess,
  type ChainStep,
  chainDirectory,
  countNumbers,
  endOf,
  inputEnvironment,
  makeTopics,
  numberBatch,
  runChainStep,
  startChainStep,
  untilSettled,
} from '../../tests/harness/kafka-chain.ts'
import { KafkaFaultProxy } from '../../tests/harness/kafka-fault-proxy.ts'
import { Draw } from '../data/random.ts'

const [minutes = 20, rowsASecond = 1000, seed = 1] = process.argv.slice(2).map(Number)
const FEEDS_A_SECOND = 2
const SECONDS_BETWEEN_FAULTS = [10, 30] as const

const missing = kafkaMissing()
if (missing !== undefined) {
  console.error(`skipped: ${missing}`)
  process.exit(75)
}
const draw = new Draw(seed)
const proxy = await KafkaFaultProxy.open()
const broker = await KafkaBroker.start({ proxyPort: proxy.port })
proxy.target = broker.proxiedPort
const client = new KafkaClient(new KafkaJsTransport({ brokers: [broker.servers] }), broker.servers, silentLogger)
const directory = chainDirectory()
const directoryOfChild = chainDirectory()
const step = (name: ChainStep['step'], more: Partial<ChainStep> = {}): ChainStep => ({
  step: name,
  servers: proxy.servers,
  directory,
  offsetsAnEpoch: 20_000,
  ends: false,
  ...more,
})

let fed = 0
let failures = 0
let ending = false

/** Writes numbers at the rate; a write that failed is written again, and is there once. */
async function feed(): Promise<void> {
  const sink = await kafkaSink.openStream(inputEnvironment(broker.servers, { transactional: 'true' }))
  const rows = Math.ceil(rowsASecond / FEEDS_A_SECOND)
  for (let epoch = 0; !ending; ) {
    const started = performance.now()
    try {
      const writer = await sink.begin(epoch)
      if (writer !== 'skip') {
        try {
          await writer.append(numberBatch(fed, fed + rows))
          await writer.commit()
        } catch (error) {
          await writer.abort().catch(() => {})
          throw error
        }
      }
      fed += rows
      epoch++
    } catch {
      // The broker was away for longer than the sink waits.
    }
    await pause(Math.max(0, 1000 / FEEDS_A_SECOND - (performance.now() - started)))
  }
  await sink.close()
}

/** A query of this process, started again if it ends. */
async function keepRunning(name: ChainStep['step']): Promise<void> {
  const session = createSession()
  while (!ending) {
    const query = await startChainStep(session, step(name))
    running.set(name, query)
    await query.awaitTermination().catch((error: Error) => {
      failures++
      console.log(`the query ${name} failed: ${error.message}`)
    })
  }
  await session.stop()
}
const running = new Map<ChainStep['step'], StreamingQuery>()

const seconds = (from: number, to: number) => 1000 * (from + draw.integer(to - from))
const faults: Readonly<Record<string, () => Promise<unknown>>> = {
  'kill the broker': async () => {
    await broker.kill()
    await broker.restart()
  },
  'restart the broker': async () => {
    await broker.stop()
    await broker.restart()
  },
  'pause the broker': async () => {
    broker.pause()
    await pause(seconds(1, 8))
    broker.resume()
  },
  'kill a query': async () => child.restart(),
  'cut all connections': async () => proxy.cut(),
  'stall all connections': async () => proxy.stall(),
  'refuse connections': async () => {
    proxy.refuse()
    await pause(seconds(1, 5))
    proxy.calm()
  },
  'cut and stall at random': () => proxy.disturb(draw.integer(1 << 30), 3, 50_000),
  'lose the answer to EndTxn': () => proxy.loseAnswer(END_TXN),
  'lose the answer to Produce': () => proxy.loseAnswer(PRODUCE),
  'lose the answer to TxnOffsetCommit': () => proxy.loseAnswer(TXN_OFFSET_COMMIT),
  'lose the answer to Fetch': () => proxy.loseAnswer(FETCH),
}
const happened = new Map<string, number>()

function handles(): { readonly files: number; readonly sockets: number } {
  // Where the system shows them (Linux); elsewhere what Node knows of.
  if (!existsSync('/proc/self/fd')) {
    const active = process.getActiveResourcesInfo()
    return { files: active.length, sockets: active.filter((name) => name.startsWith('TCP')).length }
  }
  const open = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`)
    } catch {
      // Closed since it was listed.
      return ''
    }
  })
  return { files: open.length, sockets: open.filter((name) => name.startsWith('socket:')).length }
}

interface Sample {
  readonly rssMb: number
  readonly heapMb: number
  readonly files: number
  readonly sockets: number
}
/** Once a second. */
let looks: Sample[] = []
function look(): void {
  const { rss, heapUsed } = process.memoryUsage()
  looks.push({ rssMb: rss / 2 ** 20, heapMb: heapUsed / 2 ** 20, ...handles() })
}
const least = (of: readonly Sample[], key: keyof Sample) => Math.min(...of.map((sample) => sample[key]))
const median = (of: readonly Sample[], key: keyof Sample) =>
  of.map((sample) => sample[key]).sort((a, b) => a - b)[of.length >> 1] ?? 0
/** Of each minute: the memory that stays when garbage is gone; the handles that there are while the broker is. */
const samples: Sample[] = []
function report(minute: number): void {
  look()
  const sample = {
    rssMb: median(looks, 'rssMb'),
    heapMb: least(looks, 'heapMb'),
    files: median(looks, 'files'),
    sockets: median(looks, 'sockets'),
  }
  looks = []
  samples.push(sample)
  const count = [...happened.values()].reduce((sum, times) => sum + times, 0)
  const processor = process.cpuUsage()
  const columns = [
    minute,
    fed,
    count,
    failures,
    sample.rssMb,
    sample.heapMb,
    sample.files,
    sample.sockets,
    (processor.user + processor.system) / 1e6,
  ]
  console.log(columns.map((value) => value.toFixed(0).padStart(11)).join(''))
}

await makeTopics(broker.servers)
const child = new ChainProcess(step('to files', { directory: directoryOfChild }))
const feeding = feed()
const queries = [keepRunning('to kafka'), keepRunning('to files')]
console.log(
  ['minute', 'rows', 'faults', 'failures', 'RSS MB', 'heap MB', 'files', 'sockets', 'CPU s']
    .map((name) => name.padStart(11))
    .join(''),
)
const looking = setInterval(look, 1000)
const startedMs = performance.now()
let minute = 0
const reporting = setInterval(() => report(++minute), 60_000)
while (performance.now() - startedMs < minutes * 60_000) {
  await pause(Math.min(seconds(...SECONDS_BETWEEN_FAULTS), minutes * 60_000 - (performance.now() - startedMs)))
  const name = draw.one(Object.keys(faults))
  happened.set(name, (happened.get(name) ?? 0) + 1)
  // Faults of the proxy happen when something comes by: the next one does not wait for ever.
  await Promise.race([faults[name]!(), pause(60_000)])
}
clearInterval(looking)
clearInterval(reporting)
ending = true
proxy.calm()
await feeding
await Promise.all([...running.values()].map((query) => query.stop()))
await Promise.all(queries)
await child.kill()
report(++minute)

await runChainStep(step('to kafka', { ends: true }))
await untilSettled(client, BETWEEN)
const ways = [directory, directoryOfChild]
for (const way of ways) await runChainStep(step('to files', { directory: way, ends: true }))
console.log(
  `\n${[...happened]
    .map(([name, times]) => `${times} × ${name}`)
    .sort()
    .join('\n')}\n`,
)
let right = true
for (const way of ways) {
  const { rows, missing: lost, repeated, outOfOrder } = await countNumbers(way, fed)
  console.log(`${fed} rows in, ${rows} rows out: ${lost} missing, ${repeated} repeated, ${outOfOrder} out of order`)
  right &&= rows === fed && lost + repeated + outOfOrder === 0
}
const between = await endOf(client, BETWEEN)
console.log(
  `${between} offsets between, ${between - fed} of them markers of transactions; ${failures} failures of a query here, ${child.failures} there (seed ${seed})`,
)
await client.close()
await broker.close()
await proxy.close()
for (const way of ways) rmSync(way, { recursive: true, force: true, maxRetries: 5 })

/** The later half against the earlier, by their medians and without the first tenth: nothing may grow. */
const settled = samples.slice(Math.ceil(samples.length / 10), -1)
if (settled.length < 4) console.log('too short to say whether memory and handles are flat')
else
  for (const key of ['rssMb', 'heapMb', 'files', 'sockets'] as const) {
    const [early, late] = [settled.slice(0, settled.length >> 1), settled.slice(settled.length >> 1)].map((half) =>
      median(half, key),
    )
    const flat = late! <= early! * 1.25 + 8
    console.log(
      `${key}: ${early!.toFixed(0)} in the earlier half, ${late!.toFixed(0)} in the later: ${flat ? 'flat' : 'it grows'}`,
    )
    right &&= flat
  }
process.exitCode = right ? 0 : 1
