import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { silentLogger } from '../../engine/log.ts'
import { KafkaClient } from '../../sources/kafka/client/kafka-client.ts'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'

/**
 * A real Apache Kafka broker (KRaft, one process) on free ports of the loopback interface, made of the artifacts of Maven's central repository. They
 * are kept in the user's cache folder. A broker does not outlive the process that started it, however that ends.
 */
export const KAFKA_VERSION = '4.4.0'
const LOG4J_VERSION = '2.25.5'
const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const READY_MS = 60_000
const STOP_MS = 20_000

export interface BrokerOptions {
  readonly version?: string
  /** 0 or nothing: a free one. */
  readonly port?: number
  /** Where the data is; a temporary folder that is removed, when nothing is given. */
  readonly directory?: string
  /** A further listener with TLS, SCRAM and PLAIN, for the user `alice` with the password `alice-secret`. */
  readonly secure?: boolean
  /** A further listener for clients that go through a fault proxy: the proxy's port, which the broker tells such clients instead of its own. */
  readonly proxyPort?: number
  /** One of several brokers. */
  readonly member?: ClusterMember
  /** More lines of server.properties. */
  readonly properties?: readonly string[]
}

interface ClusterMember {
  readonly id: number
  /** Ports of the controllers, by id − 1. */
  readonly controllerPorts: readonly number[]
}

/** Why there can be no broker on this machine; undefined when there can. Downloads what is missing in the cache. */
export function kafkaMissing(version = KAFKA_VERSION): string | undefined {
  const java = javaVersion()
  if (java === undefined) return 'there is no Java: install a Java runtime, version 17 or later'
  if (java < 17) return `Java ${java} is too old: Kafka needs 17 or later`
  if (existsSync(librariesOf(version))) return undefined
  try {
    execFileSync('mvn', ['--version'], { stdio: 'ignore' })
  } catch {
    return 'there is no Maven, which fetches the broker: install it'
  }
  try {
    download(version)
    return undefined
  } catch (error) {
    return `Maven cannot fetch Kafka ${version}: ${(error as Error).message.split('\n')[0]}`
  }
}

export class KafkaBroker {
  readonly port: number
  readonly securePort: number
  /** Where the proxy has to connect to. */
  readonly proxiedPort: number
  readonly directory: string
  readonly #version: string
  readonly #temporary: boolean
  #process: ChildProcess | undefined
  #pid: number | undefined

  private constructor(version: string, ports: readonly [number, number, number], directory: string, temporary: boolean) {
    this.#version = version
    this.port = ports[0]
    this.securePort = ports[1]
    this.proxiedPort = ports[2]
    this.directory = directory
    this.#temporary = temporary
  }

  static async start(options: BrokerOptions = {}): Promise<KafkaBroker> {
    const broker = await KafkaBroker.#make(options)
    await broker.#archiveClasses()
    await broker.restart()
    return broker
  }

  /** Brokers of one cluster, each a controller too, ready when each knows of all. Their topics about themselves have a replica on each. */
  static async startCluster(count: number, options: BrokerOptions = {}): Promise<KafkaBroker[]> {
    const controllerPorts = await freePorts(count)
    const brokers: KafkaBroker[] = []
    for (let id = 1; id <= count; id++) brokers.push(await KafkaBroker.#make({ ...options, member: { id, controllerPorts } }))
    for (const broker of brokers) await broker.#launch()
    for (const broker of brokers) await broker.#ready(count)
    return brokers
  }

  static async #make(options: BrokerOptions): Promise<KafkaBroker> {
    const version = options.version ?? KAFKA_VERSION
    const missing = kafkaMissing(version)
    if (missing !== undefined) throw new Error(missing)
    const [free, controller, secure, proxied] = await freePorts(4)
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
    const ports = [options.port || free!, secure!, proxied!] as const
    const broker = new KafkaBroker(version, ports, directory, options.directory === undefined)
    if (!existsSync(join(directory, 'data'))) broker.#format(options.member ?? { id: 1, controllerPorts: [controller!] }, options)
    return broker
  }

  get servers(): string {
    return `127.0.0.1:${this.port}`
  }
  /** PEM of the certificate that the secure listener shows. */
  get certificate(): string {
    return readFileSync(join(this.directory, 'cert.pem'), 'utf8')
  }

  /** Starts a broker that was stopped or killed, with its data, and waits until it answers. */
  async restart(): Promise<void> {
    await this.#launch()
    await this.#ready(1)
  }

  /** Most of what a start takes is loading classes: a first broker leaves them in a file, with which each further one starts in 1.7 s of processor time instead of 2.8. */
  async #archiveClasses(): Promise<void> {
    const archive = archiveOf(this.#version)
    if (existsSync(archive)) return
    const made = `${archive}-${randomBytes(6).toString('hex')}`
    await this.#launch(`-XX:ArchiveClassesAtExit=${made}`)
    await this.#ready(1)
    await this.stop()
    // A Java that cannot do it has written nothing.
    if (existsSync(made)) renameSync(made, archive)
  }

  async #launch(classes = `-XX:SharedArchiveFile=${archiveOf(this.#version)}`): Promise<void> {
    // The shell kills the broker when its standard input ends, that is when this process ends, in whatever way.
    const watch = 'exec 3<&0; "$@" </dev/null & broker=$!; echo $broker; cat <&3 >/dev/null; kill -9 $broker 2>/dev/null'
    const log = join(this.directory, 'log')
    const child = spawn(
      'sh',
      [
        '-c',
        watch,
        'sh',
        'sh',
        '-c',
        'exec "$0" "$@" >>"$KAFKA_LOG" 2>&1',
        'java',
        classes,
        ...this.#javaArguments(),
        'kafka.Kafka',
        this.#properties,
      ],
      {
        stdio: ['pipe', 'pipe', 'ignore'],
        env: { ...process.env, KAFKA_LOG: log },
      },
    )
    this.#process = child
    child.stdin!.on('error', () => {})
    this.#pid = Number(
      await new Promise<string>((resolve) => child.stdout!.once('data', (text: Buffer) => resolve(text.toString()))),
    )
    child.unref()
  }

  /** Ends the broker as one should: it hands over and writes what it holds. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }
  /** As a power cut of the process. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }
  /** Stands still, as a machine that hangs: connections stay, nothing is answered. */
  pause(): void {
    process.kill(this.#pid!, 'SIGSTOP')
  }
  resume(): void {
    process.kill(this.#pid!, 'SIGCONT')
  }
  /** Ends the broker and removes its data, if it is in a temporary folder. */
  async close(): Promise<void> {
    await this.#end('SIGKILL')
    if (this.#temporary) rmSync(this.directory, { recursive: true, force: true })
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const pid = this.#pid
    if (pid === undefined) return
    this.#pid = undefined
    if (isAlive(pid)) process.kill(pid, signal)
    const endMs = performance.now() + STOP_MS
    while (isAlive(pid) && performance.now() < endMs) await pause(20)
    const child = this.#process!
    child.ref()
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.stdin!.end()
    await ended
  }

  /** Waits until the broker answers, and knows itself and `count` brokers in all. */
  async #ready(count: number): Promise<void> {
    const endMs = performance.now() + READY_MS
    for (;;) {
      const transport = new KafkaJsTransport({ brokers: [this.servers], connectionTimeout: 1000, requestTimeout: 2000 })
      const client = new KafkaClient(transport, this.servers, silentLogger)
      try {
        const { controllerId, brokers } = await client.refreshMetadata([])
        if (controllerId >= 0 && brokers.length >= count && brokers.some(({ port }) => port === this.port)) return
      } catch (error) {
        if (performance.now() > endMs) throw error
      } finally {
        await client.close()
      }
      if (!isAlive(this.#pid!))
        throw new Error(`the broker has ended: ${readFileSync(join(this.directory, 'log'), 'utf8').slice(-2000)}`)
      await pause(50)
    }
  }

  get #properties(): string {
    return join(this.directory, 'server.properties')
  }
  #javaArguments(): string[] {
    return [
      '-Xms128m',
      '-Xmx384m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      '-Djava.awt.headless=true',
      `-Dlog4j2.configurationFile=${join(cacheFolder(), 'log4j2.xml')}`,
      '-cp',
      `${librariesOf(this.#version)}/*`,
    ]
  }

  #format(member: ClusterMember, options: BrokerOptions): void {
    mkdirSync(this.directory, { recursive: true })
    writeFileSync(join(cacheFolder(), 'log4j2.xml'), LOG4J)
    if (options.secure) this.#makeCertificate()
    writeFileSync(this.#properties, this.#serverProperties(member, options).join('\n'))
    const data = join(this.directory, 'data')
    const formatted = join(cacheFolder(), `formatted-${this.#version}${options.secure ? '-with-users' : ''}`)
    if (!existsSync(formatted)) {
      this.#formatAnew(options)
      const copy = mkdtempSync(`${formatted}-`)
      cpSync(data, copy, { recursive: true })
      keep(copy, formatted)
      rmSync(copy, { recursive: true, force: true })
    }
    cpSync(formatted, data, { recursive: true })
    const identity = join(data, 'meta.properties')
    const directoryId = randomBytes(16).toString('base64url').replace(/^-/, 'A')
    writeFileSync(
      identity,
      readFileSync(identity, 'utf8')
        .replace(/^node\.id=.*$/m, `node.id=${member.id}`)
        .replace(/^directory\.id=.*$/m, `directory.id=${directoryId}`),
    )
  }

  /** A second of Java: done once for each version, and copied. */
  #formatAnew(options: BrokerOptions): void {
    const users = options.secure
      ? ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
          '--add-scram',
          `${mechanism}=[name=alice,password=alice-secret]`,
        ])
      : []
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', this.#properties, '--ignore-formatted', ...users]
    execFileSync('java', [...this.#javaArguments(), ...format], { stdio: 'ignore' })
  }

  #makeCertificate(): void {
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const files = ['-keyout', join(this.directory, 'key.pem'), '-out', join(this.directory, 'cert.pem')]
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', ...names, ...files], {
      stdio: 'ignore',
    })
    const pem = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(this.directory, name), 'utf8')).join('')
    writeFileSync(join(this.directory, 'server.pem'), pem)
  }

  #serverProperties({ id, controllerPorts }: ClusterMember, { secure, proxyPort, properties, version }: BrokerOptions): string[] {
    const plain = `PLAINTEXT://127.0.0.1:${this.port}`
    const secured = secure ? `,SASLTLS://127.0.0.1:${this.securePort}` : ''
    const proxied = (port: number | undefined) => (proxyPort === undefined ? '' : `,PROXY://127.0.0.1:${port}`)
    const replicas = controllerPorts.length
    const voters = controllerPorts.map((port, i) => `${i + 1}@127.0.0.1:${port}`).join(',')
    const shared = version?.startsWith('3.')
      ? []
      : [`share.coordinator.state.topic.replication.factor=${replicas}`, 'share.coordinator.state.topic.min.isr=1']
    return [
      'process.roles=broker,controller',
      `node.id=${id}`,
      `controller.quorum.voters=${voters}`,
      `listeners=${plain}${secured}${proxied(this.proxiedPort)},CONTROLLER://127.0.0.1:${controllerPorts[id - 1]}`,
      `advertised.listeners=${plain}${secured}${proxied(proxyPort)}`,
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXY:PLAINTEXT,SASLTLS:SASL_SSL,CONTROLLER:PLAINTEXT',
      'controller.listener.names=CONTROLLER',
      'inter.broker.listener.name=PLAINTEXT',
      `log.dirs=${join(this.directory, 'data')}`,
      'auto.create.topics.enable=false',
      'group.initial.rebalance.delay.ms=0',
      `offsets.topic.replication.factor=${replicas}`,
      'offsets.topic.num.partitions=1',
      `transaction.state.log.replication.factor=${replicas}`,
      'transaction.state.log.min.isr=1',
      'transaction.state.log.num.partitions=1',
      'transaction.abort.timed.out.transaction.cleanup.interval.ms=1000',
      // Records with old times would be gone at once: retention goes by the time of records.
      'log.retention.ms=-1',
      'log.retention.check.interval.ms=500',
      'log.initial.task.delay.ms=500',
      'log.segment.delete.delay.ms=100',
      'controller.quorum.election.timeout.ms=300',
      'controller.quorum.fetch.timeout.ms=1000',
      'broker.heartbeat.interval.ms=500',
      'broker.session.timeout.ms=2000',
      'num.network.threads=2',
      'num.io.threads=2',
      'num.recovery.threads.per.data.dir=1',
      'log.cleaner.dedupe.buffer.size=8388608',
      'log.cleaner.threads=1',
      ...shared,
      ...(secure
        ? [
            'listener.name.sasltls.sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN',
            'listener.name.sasltls.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret";',
            ...['256', '512'].map(
              (bits) =>
                `listener.name.sasltls.scram-sha-${bits}.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`,
            ),
            'listener.name.sasltls.ssl.keystore.type=PEM',
            `listener.name.sasltls.ssl.keystore.location=${join(this.directory, 'server.pem')}`,
            'listener.name.sasltls.ssl.truststore.type=PEM',
            `listener.name.sasltls.ssl.truststore.location=${join(this.directory, 'cert.pem')}`,
          ]
        : []),
      ...(properties ?? []),
    ]
  }
}

const LOG4J = `<Configuration status="OFF">
 <Appenders><Console name="O"><PatternLayout pattern="%d{ISO8601} %p %m (%c{1})%n"/></Console></Appenders>
 <Loggers><Root level="WARN"><AppenderRef ref="O"/></Root></Loggers>
</Configuration>
`

function javaVersion(): number | undefined {
  try {
    const release = execFileSync('java', ['-XshowSettings:properties', '-version'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    })
    return Number(/(\d+)/.exec(release)?.[1])
  } catch {
    return undefined
  }
}

function cacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace', 'kafka')
  mkdirSync(folder, { recursive: true })
  return folder
}
function archiveOf(version: string): string {
  return join(cacheFolder(), `classes-${version}.jsa`)
}
function librariesOf(version: string): string {
  return join(cacheFolder(), version)
}

function download(version: string): void {
  const work = mkdtempSync(join(cacheFolder(), 'download-'))
  const dependency = (group: string, artifact: string, of: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${of}</version></dependency>`
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>millrace</groupId><artifactId>kafka-broker</artifactId><version>1</version><packaging>pom</packaging><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', version)}
${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J_VERSION)}
${dependency('org.apache.logging.log4j', 'log4j-core', LOG4J_VERSION)}
</dependencies></project>`
  writeFileSync(join(work, 'pom.xml'), pom)
  const libraries = join(work, 'libraries')
  try {
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${libraries}`]
    execFileSync('mvn', ['-q', '-B', '-f', join(work, 'pom.xml'), ...copy], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 180_000,
    })
    if (!readdirSync(libraries).some((name) => name.startsWith('kafka_2.13'))) throw new Error('it gave no broker')
    keep(libraries, librariesOf(version))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Whole or not at all, and once: another process may do the same at the same time. */
function keep(folder: string, as: string): void {
  try {
    renameSync(folder, as)
  } catch (error) {
    if (!existsSync(as)) throw error
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer()
          server.listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** `npm run kafka [port]`: a broker for trying things out, until Ctrl-C. */
async function main(): Promise<void> {
  const missing = kafkaMissing()
  if (missing !== undefined) {
    console.error(`no Kafka broker: ${missing}`)
    process.exitCode = 75
    return
  }
  const broker = await KafkaBroker.start({
    port: Number(process.argv[2] ?? 9092),
    properties: ['auto.create.topics.enable=true', 'num.partitions=2'],
  })
  console.log(
    `Kafka ${KAFKA_VERSION} listens on ${broker.servers}; topics are made when they are first written to; Ctrl-C ends it`,
  )
  const keepAlive = setInterval(() => {}, 1 << 30)
  const end = () => {
    clearInterval(keepAlive)
    void broker.close()
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
}

if (process.argv[1] === import.meta.filename) await main()
