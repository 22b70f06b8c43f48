import { ConnectorError, type ErrorText } from '../../engine/errors/engine-error.ts'
import { type AvroSchema, parseAvroSchema } from '../../engine/formats/avro-schema.ts'
import { fetchJsonSync } from './schema-registry-sync.ts'

/** Where schemas are looked up, and as whom. */
export interface RegistrySettings {
  /** Without user and password; the first that answers is asked. */
  readonly urls: readonly string[]
  /** `Basic …`; undefined: nobody. Never shown. */
  readonly authorization: string | undefined
  readonly timeoutMs: number
}

/** A request of the registry's REST API. Answers are JSON. */
export interface RegistryRequest {
  readonly method: 'GET' | 'POST'
  /** Behind the URL: `/schemas/ids/7`. */
  readonly path: string
  readonly body?: unknown
}
export interface RegistryAnswer {
  readonly status: number
  readonly body: unknown
}
/** A schema as the registry gives it. */
interface RegisteredSchema {
  readonly schema: string
  /** Not there: AVRO. */
  readonly schemaType?: string
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

/** There is no such schema, subject or version, or it is of another kind: asking again gives the same. */
export class NoSuchSchema extends Error {}

const NOT_FOUND = 404
const UNAUTHORIZED = 401
const FORBIDDEN = 403
const SERVER_ERROR = 500
const HEADERS = { accept: 'application/vnd.schemaregistry.v1+json, application/json' }
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'

/**
 * A schema registry with Confluent's REST API (Confluent's own, Apicurio's ccompat, Karapace, Redpanda's).
 *
 * @throws ConnectorError SCHEMA_REGISTRY_UNAVAILABLE, to be tried again, when no URL answers in time; SCHEMA_REGISTRY_REFUSED for what it does not allow
 */
export class SchemaRegistry {
  readonly #settings: RegistrySettings

  constructor(settings: RegistrySettings) {
    this.#settings = settings
  }

  /** @throws NoSuchSchema */
  schemaById(id: number): Promise<AvroSchema> {
    return this.#wait(this.#schemaById(id))
  }

  /** @param version  a number, or `latest`. @throws NoSuchSchema */
  schemaOfSubject(subject: string, version: string): Promise<AvroSchema> {
    return this.#wait(this.#schemaOfSubject(subject, version))
  }

  /** The same, the caller standing still meanwhile: see schema-registry-sync.ts. */
  schemaOfSubjectSync(subject: string, version: string): AvroSchema {
    const asking = this.#schemaOfSubject(subject, version)
    for (let step = asking.next(); ; ) {
      if (step.done === true) return step.value
      const { url, request } = step.value
      let reply: RegistryAnswer | Error
      try {
        reply = fetchJsonSync(url, request, this.#settings)
      } catch (error) {
        reply = error as Error
      }
      step = asking.next(reply)
    }
  }

  /** The number of a schema under a subject; it is registered when it is not there. */
  async register(subject: string, schema: string): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const answer = await this.#wait(
      this.#ask<{ readonly id: number }>({ method: 'POST', path, body: { schema } }, `subject "${subject}"`),
    )
    return answer.id
  }

  async #wait<T>(asking: Asking<T>): Promise<T> {
    for (let step = asking.next(); ; ) {
      if (step.done === true) return step.value
      const { url, request } = step.value
      step = asking.next(await fetchJson(url, request, this.#settings).catch((error: unknown) => error as Error))
    }
  }

  *#schemaById(id: number): Asking<AvroSchema> {
    const found = yield* this.#ask<RegisteredSchema>({ method: 'GET', path: `/schemas/ids/${id}` }, `schema ${id}`)
    return yield* this.#parse(found, `schema ${id}`)
  }

  *#schemaOfSubject(subject: string, version: string): Asking<AvroSchema> {
    const what = `version ${version} of subject "${subject}"`
    return yield* this.#parse(yield* this.#version(subject, version, what), what)
  }

  #version(subject: string, version: string, what: string): Asking<RegisteredSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${encodeURIComponent(version)}`
    return this.#ask({ method: 'GET', path }, what)
  }

  /** `known`: types that the schema's text names and others declare. */
  *#parse(found: RegisteredSchema, what: string, known = new Map<string, AvroSchema>()): Asking<AvroSchema> {
    if (found.schemaType !== undefined && found.schemaType !== 'AVRO') {
      throw new NoSuchSchema(`${what} of the schema registry is ${found.schemaType}, not Avro`)
    }
    for (const { name, subject, version } of found.references ?? []) {
      if (!known.has(name)) yield* this.#parse(yield* this.#version(subject, String(version), `"${name}"`), `"${name}"`, known)
    }
    return parseAvroSchema(found.schema, known)
  }

  *#ask<T>(request: RegistryRequest, what: string): Asking<T> {
    const failures: string[] = []
    for (const url of this.#settings.urls) {
      const answer = yield { url, request }
      if (answer instanceof Error) {
        failures.push(`${url}: ${reasonOf(answer)}`)
        continue
      }
      const { status, body } = answer
      if (status < 300) return body as T
      const said = messageOf(body) ?? `status ${status}`
      if (status === NOT_FOUND) throw new NoSuchSchema(`the schema registry has no ${what} (${said})`)
      if (status === UNAUTHORIZED || status === FORBIDDEN) throw notAllowed(url, status, what)
      if (status < SERVER_ERROR) throw refused(url, what, said)
      failures.push(`${url}: ${said}`)
    }
    throw unavailable(failures, what)
  }
}

/** What to ask whom, one after the other; how the answers are waited for is the driver's. An Error: there was no answer. */
type Asking<T> = Generator<{ readonly url: string; readonly request: RegistryRequest }, T, RegistryAnswer | Error>

/** With what Node has for it. */
async function fetchJson(url: string, request: RegistryRequest, settings: RegistrySettings): Promise<RegistryAnswer> {
  const response = await fetch(`${url}${request.path}`, {
    method: request.method,
    headers: {
      ...HEADERS,
      ...(settings.authorization === undefined ? {} : { authorization: settings.authorization }),
      ...(request.body === undefined ? {} : { 'content-type': CONTENT_TYPE }),
    },
    signal: AbortSignal.timeout(settings.timeoutMs),
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  })
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) }
  } catch {
    if (response.ok) throw new Error(`it does not answer as a schema registry does: ${text.slice(0, 100)}`)
    return { status: response.status, body: undefined }
  }
}

function messageOf(body: unknown): string | undefined {
  const message = (body as { readonly message?: unknown } | undefined)?.message
  return typeof message === 'string' ? message : undefined
}
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : message
}

function unavailable(failures: readonly string[], what: string): ConnectorError {
  return failure('SCHEMA_REGISTRY_UNAVAILABLE', {
    message: `the schema registry does not answer when asked for ${what}`,
    detail: `${failures.join('; ')}.`,
    hint: 'See that it runs and that the option "schemaRegistry" has its URL; without it, name the columns and give "avroSchema".',
    retry: 'backoff',
  })
}
function notAllowed(url: string, status: number, what: string): ConnectorError {
  return failure('SCHEMA_REGISTRY_REFUSED', {
    message: `the schema registry ${url} does not let ${what} be read or written (status ${status})`,
    hint: 'Give "schemaRegistry.username" and "schemaRegistry.password" of somebody who may.',
  })
}
function refused(url: string, what: string, said: string): ConnectorError {
  return failure('SCHEMA_REGISTRY_REFUSED', { message: `the schema registry ${url} refuses ${what}: ${said}` })
}
function failure(condition: string, text: ErrorText): ConnectorError {
  return new ConnectorError(condition, text)
}
