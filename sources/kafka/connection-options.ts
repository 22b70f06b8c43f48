import { existsSync, readFileSync } from 'node:fs'
import type { SASLOptions } from 'kafkajs'
import type { OptionDefinition, TypedOptions } from '../../engine/connect/options.ts'
import { UsageError } from '../../engine/errors/engine-error.ts'
import type { ClientConfig } from './client/kafka-js-transport.ts'

const protocolOf = (options: TypedOptions) => (options.text('kafka.security.protocol') ?? 'PLAINTEXT').toUpperCase()
const noSasl = (options: TypedOptions) =>
  protocolOf(options).startsWith('SASL_')
    ? undefined
    : `kafka.security.protocol is ${protocolOf(options)}; who one is is shown with SASL_PLAINTEXT and SASL_SSL`
const noTls = (options: TypedOptions) =>
  protocolOf(options).endsWith('SSL')
    ? undefined
    : `kafka.security.protocol is ${protocolOf(options)}; connections are encrypted with SSL and SASL_SSL`

const behind =
  (...others: readonly string[]) =>
  (options: TypedOptions) =>
    others.every((other) => options.has(other)) ? `${others.join(' and ')} come before it` : undefined

/** `kafka.*` keys for connections, by Kafka's names without the prefix, as source and sink share them. */
const CONNECTION_KEYS: readonly OptionDefinition[] = [
  {
    name: 'bootstrap.servers',
    type: 'string',
    description: 'Required: brokers to begin with, `host:port`, separated by commas.',
  },
  { name: 'client.id', type: 'string', default: 'millrace', description: 'Name that brokers log and set quotas by.' },
  {
    name: 'security.protocol',
    type: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    default: 'PLAINTEXT',
    description: 'Whether connections are encrypted (SSL) and who one is has to be shown (SASL).',
  },
  {
    name: 'sasl.mechanism',
    type: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    default: 'PLAIN',
    description: 'How user and password are shown; with security.protocol SASL_PLAINTEXT or SASL_SSL.',
    idle: noSasl,
  },
  { name: 'sasl.username', type: 'string', description: 'User for SASL.', idle: noSasl },
  { name: 'sasl.password', type: 'string', secret: true, description: 'Password for SASL.', idle: noSasl },
  {
    name: 'sasl.jaas.config',
    type: 'string',
    secret: true,
    description: 'User and password in the form of Java clients: `… LoginModule required username="…" password="…";`.',
    idle: (options) => noSasl(options) ?? behind('kafka.sasl.username', 'kafka.sasl.password')(options),
  },
  {
    name: 'ssl.truststore.location',
    type: 'string',
    description: 'File of PEM certificates that brokers are trusted by.',
    idle: (options) => noTls(options) ?? behind('kafka.ssl.truststore.certificates')(options),
  },
  { name: 'ssl.truststore.certificates', type: 'string', description: 'The same as text.', idle: noTls },
  { name: 'ssl.truststore.type', type: ['PEM'], default: 'PEM', description: 'Form of the trust store; only PEM.', idle: noTls },
  {
    name: 'ssl.keystore.location',
    type: 'string',
    description: "File of this client's PEM key and certificate.",
    idle: (options) => noTls(options) ?? behind('kafka.ssl.keystore.key', 'kafka.ssl.keystore.certificate.chain')(options),
  },
  { name: 'ssl.keystore.certificate.chain', type: 'string', description: "This client's PEM certificates as text.", idle: noTls },
  { name: 'ssl.keystore.key', type: 'string', secret: true, description: "This client's PEM key as text.", idle: noTls },
  { name: 'ssl.keystore.type', type: ['PEM'], default: 'PEM', description: 'Form of the key store; only PEM.', idle: noTls },
  { name: 'ssl.key.password', type: 'string', secret: true, description: "Password of this client's key.", idle: noTls },
  {
    name: 'ssl.endpoint.identification.algorithm',
    type: ['https', ''],
    default: 'https',
    description: 'Empty: the name of a broker need not be the one in its certificate.',
    idle: noTls,
  },
  { name: 'ssl.server.name', type: 'string', description: 'Name to expect in certificates instead of the host.', idle: noTls },
  { name: 'request.timeout.ms', type: 'int', default: '30000', description: 'Milliseconds to wait for an answer.' },
  {
    name: 'default.api.timeout.ms',
    type: 'int',
    default: '15000',
    description:
      'Milliseconds for which a request that has failed is tried again, before the epoch fails and is tried again as a whole.',
  },
  {
    name: 'socket.connection.setup.timeout.ms',
    type: 'int',
    default: '10000',
    description: 'Milliseconds to wait for a connection.',
  },
]

/** Definitions of `kafka.*` options: those of connections, then `more`. */
export function kafkaKeys(more: readonly OptionDefinition[]): OptionDefinition[] {
  return [...CONNECTION_KEYS, ...more].map((definition) => ({ ...definition, name: `kafka.${definition.name}` }))
}

/** What the given options say, by name without the prefix; `byDefault` is what the definitions have. */
export type KafkaText = (name: string) => string | undefined

/** @throws UsageError for contradictions */
export function clientConfig(text: KafkaText): ClientConfig {
  const protocol = (text('security.protocol') ?? 'PLAINTEXT').toUpperCase()
  const sasl = protocol.startsWith('SASL_') ? saslOptions(text) : undefined
  return {
    brokers: bootstrapServers(text),
    clientId: text('client.id') ?? 'millrace',
    requestTimeout: Number(text('request.timeout.ms')),
    connectionTimeout: Number(text('socket.connection.setup.timeout.ms')),
    authenticationTimeout: Number(text('request.timeout.ms')),
    ...(protocol.endsWith('SSL') ? { ssl: tlsOptions(text) } : {}),
    ...(sasl === undefined ? {} : { sasl }),
  }
}

export function bootstrapServers(text: KafkaText): string[] {
  return (text('bootstrap.servers') ?? '')
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '')
}

function saslOptions(text: KafkaText): SASLOptions {
  const mechanism = (text('sasl.mechanism') ?? 'PLAIN').toUpperCase()
  const jaas = text('sasl.jaas.config') ?? ''
  const username = text('sasl.username') ?? jaasValue(jaas, 'username')
  const password = text('sasl.password') ?? jaasValue(jaas, 'password')
  if (username === undefined || password === undefined) {
    throw new UsageError('MISSING_OPTION', {
      message: 'kafka.security.protocol asks for SASL, and there is no user or password',
      hint: 'Give kafka.sasl.username and kafka.sasl.password, or kafka.sasl.jaas.config.',
    })
  }
  switch (mechanism) {
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username, password }
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username, password }
    default:
      return { mechanism: 'plain', username, password }
  }
}

function jaasValue(jaas: string, key: string): string | undefined {
  const match = new RegExp(`\\b${key}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|'([^']*)'|([^\\s;]+))`).exec(jaas)
  return match === null ? undefined : (match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? match[3])
}

function tlsOptions(text: KafkaText): NonNullable<ClientConfig['ssl']> {
  const authorities = text('ssl.truststore.certificates') ?? fileOf(text, 'ssl.truststore.location')
  const keystore = fileOf(text, 'ssl.keystore.location')
  const key = text('ssl.keystore.key') ?? keystore
  const certificate = text('ssl.keystore.certificate.chain') ?? keystore
  const serverName = text('ssl.server.name')
  const password = text('ssl.key.password')
  return {
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(key === undefined ? {} : { key }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(password === undefined ? {} : { passphrase: password }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(text('ssl.endpoint.identification.algorithm') === '' ? { checkServerIdentity: () => undefined } : {}),
  }
}

function fileOf(text: KafkaText, name: string): string | undefined {
  const path = text(name)
  if (path === undefined) return undefined
  if (existsSync(path)) return readFileSync(path, 'utf8')
  throw new UsageError('INVALID_OPTION', {
    message: `option "kafka.${name}" names "${path}", which does not exist`,
    parameters: { option: `kafka.${name}`, value: path },
  })
}
