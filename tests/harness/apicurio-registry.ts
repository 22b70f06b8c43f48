import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { kafkaMissing } from './kafka-broker.ts'

/**
 * A real schema registry, Apicurio's, with Confluent's REST API: one process on a free port of the loopback interface that keeps schemas in memory. It
 * comes from Maven's central repository (142 MB) into the user's cache folder, and does not outlive the process that started it.
 */
const VERSION = '2.6.13.Final'
const READY_MS = 60_000
const cached = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'millrace')
const home = join(cached, `apicurio-${VERSION}`)

/** Why there can be none on this machine; undefined when there can. Downloads what is missing in the cache. */
export function registryMissing(): string | undefined {
  const missing = kafkaMissing()
  if (missing !== undefined || existsSync(home)) return missing
  try {
    download()
    return undefined
  } catch (error) {
    return `Maven cannot fetch Apicurio Registry ${VERSION}: ${(error as Error).message.split('\n')[0]}`
  }
}

function download(): void {
  mkdirSync(cached, { recursive: true })
  const folder = mkdtempSync(`${home}-`)
  try {
    const artifact = `-Dartifact=io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`
    execFileSync('mvn', ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`], { stdio: 'pipe' })
    const packed = join(folder, readdirSync(folder)[0]!)
    execFileSync('tar', ['-xzf', packed, '-C', folder])
    rmSync(packed)
    if (!existsSync(home)) renameSync(folder, home)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export class ApicurioRegistry {
  readonly url: string
  readonly #process: ChildProcess

  private constructor(port: number, child: ChildProcess) {
    this.url = `http://127.0.0.1:${port}/apis/ccompat/v7`
    this.#process = child
  }

  static async start(): Promise<ApicurioRegistry> {
    const port = await freePort()
    const jar = join(home, `apicurio-registry-app-${VERSION}-runner.jar`)
    const java = [
      '-Xmx256m',
      '-XX:TieredStopAtLevel=1',
      `-Dquarkus.http.port=${port}`,
      '-Dquarkus.http.host=127.0.0.1',
      '-jar',
      jar,
    ]
    // The shell kills the registry when its standard input ends, that is when this process ends, in whatever way.
    const watch =
      'exec 3<&0; java "$@" </dev/null >/dev/null 2>&1 & registry=$!; cat <&3 >/dev/null; kill -9 $registry 2>/dev/null'
    const child = spawn('sh', ['-c', watch, 'sh', ...java], { stdio: ['pipe', 'ignore', 'ignore'] })
    const registry = new ApicurioRegistry(port, child)
    for (const endMs = performance.now() + READY_MS; ; await pause(100)) {
      const answer = await fetch(`${registry.url}/subjects`).catch(() => undefined)
      if (answer?.ok === true) return registry
      if (performance.now() > endMs) throw new Error('the registry does not answer')
    }
  }

  /** The number of the schema under the subject. */
  async register(subject: string, schema: unknown): Promise<number> {
    const answer = await fetch(`${this.url}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
    })
    return ((await answer.json()) as { readonly id: number }).id
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.stdin!.end()
    await ended
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number }
      server.close(() => resolve(port))
    })
  })
}
