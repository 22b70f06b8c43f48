import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/**
 * A schema registry that tests talk to by HTTP, as to a real one. It is the harness's own: no registry can be had from the package registries that the
 * tests are limited to (Apicurio's artifacts there are no program that starts; Karapace is not published).
 */
export class TestRegistry {
  readonly url: string
  readonly #process: ChildProcess
  readonly #authorization: string | undefined

  private constructor(url: string, process: ChildProcess, credentials: string | undefined) {
    this.url = url
    this.#process = process
    this.#authorization = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
  }

  /** @param credentials  `user:password` that it asks for */
  static async start(credentials?: string): Promise<TestRegistry> {
    const server = join(import.meta.dirname, 'schema-registry-server.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', server, ...(credentials === undefined ? [] : [credentials])], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return new TestRegistry(`http://127.0.0.1:${line.toString().trim()}`, child, credentials)
  }

  /** The number of the schema under the subject. */
  async register(subject: string, schema: unknown, more: object = {}): Promise<number> {
    const body = JSON.stringify({ schema: JSON.stringify(schema), ...more })
    const answer = await this.#ask(`/subjects/${subject}/versions`, { method: 'POST', body })
    return (answer as { readonly id: number }).id
  }
  async requests(): Promise<readonly string[]> {
    return (await this.#ask('/test/requests')) as readonly string[]
  }
  /** The next requests are answered with an error. */
  async fail(times: number): Promise<void> {
    await this.#ask(`/test/fail/${times}`)
  }
  async close(): Promise<void> {
    const exited = once(this.#process, 'exit')
    this.#process.stdin!.end()
    await exited
  }

  async #ask(path: string, init: RequestInit = {}): Promise<unknown> {
    const headers = this.#authorization === undefined ? {} : { authorization: this.#authorization }
    return (await fetch(`${this.url}${path}`, { ...init, headers })).json()
  }
}

/** A value as producers with a registry write it. */
export function framed(id: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, value])
}
