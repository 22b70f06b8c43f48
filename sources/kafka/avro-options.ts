import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { OptionDefinition, OptionUse, TypedOptions } from '../../engine/connect/options.ts'
import { UsageError } from '../../engine/errors/engine-error.ts'
import { type AvroSchema, parseAvroSchema } from '../../engine/formats/avro-schema.ts'
import type { AvroTypeOptions } from '../../engine/formats/avro-sql-types.ts'
import { avroTypeOptions } from '../../engine/formats/avro-type-options.ts'
import type { MalformedMode } from '../../engine/formats/json-options.ts'
import { MODE_OPTION } from '../files/record-options.ts'
import type { RegistrySettings } from './schema-registry.ts'

const withoutRegistry = (options: TypedOptions) => (options.has('schemaRegistry') ? undefined : 'there is no schemaRegistry')
/** The subject is asked for columns only where they are neither declared nor in a schema that is given. */
const unasked = (options: TypedOptions, use: OptionUse) => {
  if (options.has('avroSchema') || options.has('avroSchemaUrl')) return 'the schema is given'
  return use.declared ? 'the columns are declared' : withoutRegistry(options)
}

/** Of both ends: where schemas come from. */
export const REGISTRY_OPTIONS: readonly OptionDefinition[] = [
  { name: 'avroSchema', type: 'string', description: 'Format avro: the schema of values, as JSON.' },
  { name: 'avroSchemaUrl', type: 'string', description: 'Format avro: the file with that schema: a path or a file: URL.' },
  {
    name: 'schemaRegistry',
    type: 'string',
    description:
      'Format avro: URL of a schema registry, or several with commas between. Values then begin with the number of their schema there.',
  },
  { name: 'schemaRegistry.username', type: 'string', description: 'User for the registry.' },
  { name: 'schemaRegistry.password', type: 'string', secret: true, description: 'Password for the registry.' },
  {
    name: 'schemaRegistry.subject',
    type: 'string',
    description: 'Subject in the registry; the topic and -value by default.',
    idle: unasked,
  },
  {
    name: 'schemaRegistry.timeout',
    type: 'duration',
    default: '10s',
    description: 'How long the registry may take to answer.',
    idle: withoutRegistry,
  },
]

export const AVRO_SOURCE_OPTIONS: readonly OptionDefinition[] = [
  ...REGISTRY_OPTIONS,
  {
    name: 'schemaRegistry.version',
    type: 'string',
    default: 'latest',
    description: 'Version of the subject that gives the columns when none are named: a number, or latest.',
    idle: unasked,
  },
  MODE_OPTION,
  {
    name: 'columnNameOfCorruptRecord',
    type: 'string',
    default: '_corrupt_record',
    description:
      'The column, when the schema has it, that gets malformed records: their text, or with avro, BINARY, their bytes.',
  },
  {
    name: 'enableStableIdentifiersForUnionType',
    type: 'boolean',
    default: 'false',
    description: 'Avro unions: fields of the struct are named by their types instead of member0, member1, ….',
  },
  {
    name: 'stableIdentifierPrefixForUnionType',
    type: 'string',
    default: 'member_',
    description: 'Avro unions: what those names begin with.',
    idle: (options) =>
      options.flag('enableStableIdentifiersForUnionType') ? undefined : 'enableStableIdentifiersForUnionType is not true',
  },
  {
    name: 'recursiveFieldMaxDepth',
    type: 'int',
    default: '-1',
    description: 'Avro records that hold themselves: how many levels are read, 1 to 15; −1: such schemas are refused.',
  },
]

export interface AvroOptions {
  /** Of all values (without a registry), or what values of the registry's schemas are resolved to. */
  readonly schema: AvroSchema | undefined
  readonly registry: RegistryOptions | undefined
  readonly mode: MalformedMode
  readonly corruptColumn: string
  readonly types: AvroTypeOptions
}
export interface RegistryOptions {
  readonly settings: RegistrySettings
  /** undefined: by the topic. */
  readonly subject: string | undefined
  readonly version: string
}

/** @throws UsageError MISSING_OPTION, INVALID_OPTION; AnalysisError INVALID_AVRO_SCHEMA */
export function avroOptions(options: TypedOptions, what: string): AvroOptions {
  const schema = givenSchema(options, what)
  const registry = registryOptions(options, what)
  if (schema === undefined && registry === undefined) {
    throw new UsageError('MISSING_OPTION', {
      message: `format "avro" of ${what} needs a schema`,
      hint: 'Give it as "avroSchema", as a file with "avroSchemaUrl", or name a "schemaRegistry".',
      parameters: { option: 'avroSchema' },
    })
  }
  return {
    schema,
    registry,
    mode: (options.text('mode')?.toLowerCase() ?? 'permissive') as MalformedMode,
    corruptColumn: options.text('columnNameOfCorruptRecord') ?? '_corrupt_record',
    types: avroTypeOptions((name) => options.text(name)),
  }
}

/** The schema that is given as text or as a file. */
export function givenSchema(options: TypedOptions, what: string): AvroSchema | undefined {
  const text = options.text('avroSchema')
  const url = options.text('avroSchemaUrl')
  if (text !== undefined && url !== undefined) {
    throw new UsageError('INVALID_OPTION', {
      message: `${what} is given two schemas: "avroSchema" and "avroSchemaUrl"`,
      parameters: { option: 'avroSchemaUrl' },
    })
  }
  if (text !== undefined) return parseAvroSchema(text)
  if (url === undefined) return undefined
  try {
    return parseAvroSchema(readFileSync(url.startsWith('file:') ? fileURLToPath(url) : url, 'utf8'))
  } catch (cause) {
    if ((cause as { readonly code?: string }).code === undefined) throw cause
    throw new UsageError('INVALID_OPTION', {
      message: `the file of option "avroSchemaUrl" cannot be read: ${(cause as Error).message}`,
      parameters: { option: 'avroSchemaUrl', value: url },
      cause,
    })
  }
}

export function registryOptions(options: TypedOptions, what: string): RegistryOptions | undefined {
  const text = options.text('schemaRegistry')
  if (text === undefined) {
    const alone = ['username', 'password', 'subject', 'version'].find((name) => options.has(`schemaRegistry.${name}`))
    if (alone === undefined) return undefined
    throw new UsageError('MISSING_OPTION', {
      message: `option "schemaRegistry.${alone}" of ${what} means nothing without the URL of a registry`,
      hint: 'Give it as "schemaRegistry".',
      parameters: { option: 'schemaRegistry' },
    })
  }
  let user = options.text('schemaRegistry.username')
  let password = options.text('schemaRegistry.password')
  const urls = text.split(',').map((part) => {
    const url = urlOf(part.trim(), what)
    // Users put them here too: from here on they are nowhere but in the header.
    if (url.username !== '') user ??= decodeURIComponent(url.username)
    if (url.password !== '') password ??= decodeURIComponent(url.password)
    url.username = ''
    url.password = ''
    return url.href.replace(/\/+$/, '')
  })
  const authorization = user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`
  return {
    settings: { urls, authorization, timeoutMs: options.durationMs('schemaRegistry.timeout') ?? 10_000 },
    subject: options.text('schemaRegistry.subject'),
    version: options.text('schemaRegistry.version') ?? 'latest',
  }
}

function urlOf(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  // Not the text itself: a password may be in it.
  throw new UsageError('INVALID_OPTION', {
    message: `option "schemaRegistry" of ${what} must be the URL of a registry, such as http://localhost:8081`,
    parameters: { option: 'schemaRegistry' },
  })
}
