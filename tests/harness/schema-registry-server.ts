import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/**
 * A schema registry for tests: the part of Confluent's REST API that schemas are written and read with. A process of its own, as who reads a table's
 * columns stands still meanwhile. Argument: `user:password` that it asks for, if any. Prints its port.
 */
interface Registered {
  readonly schema: string
  readonly schemaType?: string
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

const [, , credentials] = process.argv
const expected = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`
const schemas: Registered[] = []
const subjects = new Map<string, number[]>()
/** Requests since the start, as `GET /schemas/ids/1`. */
const requests: string[] = []
let failing = 0

const server = createServer((request, response) => {
  void answer(request, response)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : ''}
`)
})
process.stdin.on('end', () => process.exit(0)).resume()

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent(request.url ?? '')
  const reply = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const error = (status: number, code: number, message: string) => reply(status, { error_code: code, message })
  let text = ''
  for await (const chunk of request) text += String(chunk)
  if (path === '/test/requests') {
    reply(200, requests)
    return
  }
  const failures = /^\/test\/fail\/(\d+)$/.exec(path)
  if (failures !== null) {
    failing = Number(failures[1])
    reply(200, {})
    return
  }
  requests.push(`${request.method} ${path}`)
  if (failing > 0) {
    failing--
    error(500, 50001, 'Error in the backend datastore')
    return
  }
  if (expected !== undefined && request.headers.authorization !== expected) {
    error(401, 40101, 'Unauthorized')
    return
  }
  const [, subject, version] = /^\/subjects\/([^/]+)\/versions(?:\/(\w+))?$/.exec(path) ?? []
  const [, id] = /^\/schemas\/ids\/(\d+)$/.exec(path) ?? []
  if (id !== undefined) {
    const found = schemas[Number(id) - 1]
    if (found === undefined) error(404, 40403, `Schema ${id} not found`)
    else reply(200, found)
  } else if (subject !== undefined && request.method === 'POST')
    reply(200, { id: register(subject, JSON.parse(text) as Registered) })
  else if (subject !== undefined) {
    const versions = subjects.get(subject)
    const at = version === 'latest' ? versions?.length : Number(version)
    const number = versions?.[(at ?? 0) - 1]
    if (versions === undefined) error(404, 40401, `Subject '${subject}' not found.`)
    else if (number === undefined) error(404, 40402, `Version ${version} not found.`)
    else reply(200, { subject, version: at, id: number, ...schemas[number - 1] })
  } else error(404, 404, 'HTTP 404 Not Found')
}

function register(subject: string, given: Registered): number {
  const text = JSON.stringify(given)
  let id = schemas.findIndex((known) => JSON.stringify(known) === text) + 1
  if (id === 0) id = schemas.push(given)
  const versions = subjects.get(subject) ?? []
  if (!versions.includes(id)) subjects.set(subject, [...versions, id])
  return id
}
