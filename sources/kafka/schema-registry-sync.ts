import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { RegistryAnswer, RegistryRequest, RegistrySettings } from './schema-registry.ts'

/** How long past its time limit a request is waited for. */
const GRACE_MS = 2000

/**
 * One request to the registry, waited for: the columns of a table are asked for while a statement is analysed, which is synchronous. A thread of its
 * own sends it, this one sleeps meanwhile. Costs about 50 ms; asked once for a table, never while a query runs.
 */
export function fetchJsonSync(url: string, request: RegistryRequest, settings: RegistrySettings): RegistryAnswer {
  const done = new Int32Array(new SharedArrayBuffer(4))
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(SENDER, {
    eval: true,
    workerData: { url, request, settings, done, port: port2 },
    transferList: [port2],
    execArgv: [],
  })
  worker.unref()
  Atomics.wait(done, 0, 0, settings.timeoutMs + GRACE_MS)
  const received = receiveMessageOnPort(port1)?.message as { answer?: RegistryAnswer; error?: string } | undefined
  port1.close()
  void worker.terminate()
  if (received?.answer !== undefined) return received.answer
  throw new Error(received?.error ?? `no answer in ${settings.timeoutMs} ms`)
}

/** What runs in the thread; text, as the thread has no TypeScript loader. Says what fetchJson of schema-registry.ts says. */
const SENDER = `
const { workerData } = require('node:worker_threads')
const { url, request, settings, done, port } = workerData
async function send() {
  const response = await fetch(url + request.path, {
    method: request.method,
    headers: {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      ...(settings.authorization === undefined ? {} : { authorization: settings.authorization }),
    },
    signal: AbortSignal.timeout(settings.timeoutMs),
  })
  const text = await response.text()
  let body
  try {
    body = JSON.parse(text)
  } catch {
    if (response.ok) throw new Error('it does not answer as a schema registry does: ' + text.slice(0, 100))
  }
  return { status: response.status, body }
}
send()
  .then(
    (answer) => port.postMessage({ answer }),
    (error) => port.postMessage({ error: (error.cause && (error.cause.message || error.cause.code)) || error.message }),
  )
  .finally(() => {
    Atomics.store(done, 0, 1)
    Atomics.notify(done, 0)
  })
`
