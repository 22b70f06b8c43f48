import { AnalysisError } from '../errors/engine-error.ts'

/**
 * Avro schemas as data. Named types are one object wherever they are named, so that a recursive type is a cycle: walk with care.
 * Source: the Avro 1.12 specification, "Schema Declaration"; what is refused is what Java's parser refuses.
 */
export type AvroSchema = AvroPrimitive | AvroFixed | AvroEnum | AvroRecord | AvroArray | AvroMap | AvroUnion

export type AvroPrimitiveKind = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'

/** Logical types that are known and fit what they annotate; others are as if they were not there, as the specification wants. */
export type AvroLogical =
  | { readonly kind: 'date' | 'time-millis' | 'time-micros' | 'uuid' }
  | { readonly kind: 'timestamp-millis' | 'timestamp-micros' | 'local-timestamp-millis' | 'local-timestamp-micros' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }

export interface AvroPrimitive {
  readonly kind: AvroPrimitiveKind
  readonly logical?: AvroLogical | undefined
  /** `spark.sql.catalyst.type`: the SQL type that Spark has written here, when it is not the usual one. */
  readonly sqlType?: string | undefined
}
export interface AvroFixed {
  readonly kind: 'fixed'
  /** With its namespace. */
  readonly name: string
  readonly aliases: readonly string[]
  readonly size: number
  readonly logical?: AvroLogical | undefined
}
export interface AvroEnum {
  readonly kind: 'enum'
  readonly name: string
  readonly aliases: readonly string[]
  readonly symbols: readonly string[]
  /** The symbol that stands for those a reader does not know. */
  readonly byDefault: string | undefined
}
export interface AvroRecord {
  readonly kind: 'record'
  readonly name: string
  readonly aliases: readonly string[]
  readonly fields: readonly AvroField[]
}
export interface AvroField {
  readonly name: string
  readonly schema: AvroSchema
  readonly aliases: readonly string[]
  /** JSON, as the schema's text has it; undefined: none. Looked at when it is needed only, as in Java. */
  readonly byDefault: unknown
}
export interface AvroArray {
  readonly kind: 'array'
  readonly items: AvroSchema
}
export interface AvroMap {
  readonly kind: 'map'
  readonly values: AvroSchema
}
export interface AvroUnion {
  readonly kind: 'union'
  readonly branches: readonly AvroSchema[]
}

const PRIMITIVES: ReadonlySet<string> = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'])

/**
 * Reads the JSON text of a schema.
 *
 * @param known  named types that the text may refer to (references of a schema registry), by full name; those it declares are added
 * @throws AnalysisError INVALID_AVRO_SCHEMA that says what is wrong and where
 */
export function parseAvroSchema(text: string, known: Map<string, AvroSchema> = new Map()): AvroSchema {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw invalid(`it is no JSON: ${(cause as Error).message}`, text, cause)
  }
  return new SchemaReader(known, text).read(json, '', '')
}

class SchemaReader {
  readonly #named: Map<string, AvroSchema>
  readonly #text: string

  constructor(named: Map<string, AvroSchema>, text: string) {
    this.#named = named
    this.#text = text
  }

  /** `place`: the way down to this schema, for messages. */
  read(json: unknown, namespace: string, place: string): AvroSchema {
    if (typeof json === 'string') return this.#byName(json, namespace, place)
    if (Array.isArray(json)) return this.#union(json, namespace, place)
    if (typeof json !== 'object' || json === null) throw this.#fail(`"${JSON.stringify(json)}" is no schema`, place)
    const object = json as Readonly<Record<string, unknown>>
    const { type } = object
    if (typeof type !== 'string') throw this.#fail(`no type in ${JSON.stringify(json)}`, place)
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(object, namespace, place)
      case 'enum':
        return this.#enum(object, namespace, place)
      case 'fixed':
        return this.#fixed(object, namespace, place)
      case 'array':
        if (object.items === undefined) throw this.#fail('an array has no "items"', place)
        return { kind: 'array', items: this.read(object.items, namespace, `${place}[]`) }
      case 'map':
        if (object.values === undefined) throw this.#fail('a map has no "values"', place)
        return { kind: 'map', values: this.read(object.values, namespace, `${place}{}`) }
      default: {
        if (!PRIMITIVES.has(type)) return this.#byName(type, namespace, place)
        const kind = type as AvroPrimitiveKind
        const sqlType = object['spark.sql.catalyst.type']
        return { kind, logical: logicalOf(object, kind, 0), sqlType: typeof sqlType === 'string' ? sqlType : undefined }
      }
    }
  }

  #byName(name: string, namespace: string, place: string): AvroSchema {
    if (PRIMITIVES.has(name)) return { kind: name as AvroPrimitiveKind }
    const found = this.#named.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`) ?? this.#named.get(name)
    if (found === undefined) throw this.#fail(`type "${name}" is not declared before it is used`, place)
    return found
  }

  #union(json: readonly unknown[], namespace: string, place: string): AvroUnion {
    const branches = json.map((branch, i) => this.read(branch, namespace, `${place}|${i}`))
    const seen = new Set<string>()
    for (const branch of branches) {
      if (branch.kind === 'union') throw this.#fail('a union stands in a union', place)
      const name = branchName(branch)
      if (seen.has(name)) throw this.#fail(`a union has "${name}" twice`, place)
      seen.add(name)
    }
    return { kind: 'union', branches }
  }

  #record(object: Readonly<Record<string, unknown>>, namespace: string, place: string): AvroRecord {
    const { name, aliases } = this.#nameOf(object, namespace, place)
    const fields: AvroField[] = []
    const record: AvroRecord = { kind: 'record', name, aliases, fields }
    // Known before its fields are read: they may name it.
    this.#declare(name, record, place)
    if (!Array.isArray(object.fields)) throw this.#fail(`record "${name}" has no "fields"`, place)
    const own = namespaceOf(name)
    for (const json of object.fields as readonly Readonly<Record<string, unknown>>[]) {
      const fieldName = json?.name
      if (typeof fieldName !== 'string') throw this.#fail(`a field of record "${name}" has no name`, place)
      this.#checkName(fieldName, place)
      if (fields.some((f) => f.name === fieldName)) throw this.#fail(`record "${name}" has the field "${fieldName}" twice`, place)
      if (json.type === undefined) throw this.#fail(`field "${fieldName}" of record "${name}" has no type`, place)
      fields.push({
        name: fieldName,
        schema: this.read(json.type, own, place === '' ? fieldName : `${place}.${fieldName}`),
        aliases: texts(json.aliases),
        byDefault: json.default,
      })
    }
    return record
  }

  #enum(object: Readonly<Record<string, unknown>>, namespace: string, place: string): AvroEnum {
    const { name, aliases } = this.#nameOf(object, namespace, place)
    if (!Array.isArray(object.symbols)) throw this.#fail(`enum "${name}" has no "symbols"`, place)
    const symbols = object.symbols as readonly string[]
    for (const symbol of symbols) this.#checkName(symbol, place)
    if (new Set(symbols).size < symbols.length) throw this.#fail(`enum "${name}" has a symbol twice`, place)
    const byDefault = typeof object.default === 'string' ? object.default : undefined
    if (byDefault !== undefined && !symbols.includes(byDefault)) {
      throw this.#fail(`the default "${byDefault}" of enum "${name}" is none of its symbols`, place)
    }
    const schema: AvroEnum = { kind: 'enum', name, aliases, symbols, byDefault }
    this.#declare(name, schema, place)
    return schema
  }

  #fixed(object: Readonly<Record<string, unknown>>, namespace: string, place: string): AvroFixed {
    const { name, aliases } = this.#nameOf(object, namespace, place)
    const { size } = object
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) throw this.#fail(`fixed "${name}" has no size`, place)
    const schema: AvroFixed = { kind: 'fixed', name, aliases, size, logical: logicalOf(object, 'fixed', size) }
    this.#declare(name, schema, place)
    return schema
  }

  #declare(name: string, schema: AvroSchema, place: string): void {
    if (this.#named.has(name)) throw this.#fail(`type "${name}" is declared twice`, place)
    this.#named.set(name, schema)
  }

  #nameOf(
    object: Readonly<Record<string, unknown>>,
    enclosing: string,
    place: string,
  ): { readonly name: string; readonly aliases: readonly string[] } {
    const { name } = object
    if (typeof name !== 'string') throw this.#fail(`no name in ${JSON.stringify(object).slice(0, 100)}`, place)
    const namespace = typeof object.namespace === 'string' ? object.namespace : enclosing
    for (const part of name.split('.')) this.#checkName(part, place)
    const full = fullName(name, namespace)
    return { name: full, aliases: texts(object.aliases).map((alias) => fullName(alias, namespaceOf(full))) }
  }

  #checkName(name: unknown, place: string): void {
    if (typeof name === 'string' && /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) return
    throw this.#fail(`"${String(name)}" cannot be a name: letters, digits and _, no digit first`, place)
  }

  #fail(what: string, place: string): AnalysisError {
    return invalid(place === '' ? what : `at "${place}", ${what}`, this.#text)
  }
}

function invalid(what: string, text: string, cause?: unknown): AnalysisError {
  return new AnalysisError('INVALID_AVRO_SCHEMA', {
    message: `the Avro schema cannot be read: ${what}`,
    detail: `The schema is ${text.length > 300 ? `${text.slice(0, 300)}…` : text || 'empty'}.`,
    cause,
  })
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}
function namespaceOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')))
}
/** Without the namespace. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
/** What a branch of a union is known by: the full name of a named type, else its kind. */
export function branchName(schema: AvroSchema): string {
  return schema.kind === 'record' || schema.kind === 'enum' || schema.kind === 'fixed' ? schema.name : schema.kind
}
function texts(json: unknown): readonly string[] {
  return Array.isArray(json) ? json.filter((value) => typeof value === 'string') : []
}

const LOGICAL_OF: Readonly<Record<string, readonly string[]>> = {
  int: ['date', 'time-millis'],
  long: ['time-micros', 'timestamp-millis', 'timestamp-micros', 'local-timestamp-millis', 'local-timestamp-micros'],
  string: ['uuid'],
}

function logicalOf(
  object: Readonly<Record<string, unknown>>,
  kind: AvroPrimitiveKind | 'fixed',
  size: number,
): AvroLogical | undefined {
  const { logicalType, precision, scale = 0 } = object
  if (logicalType === 'decimal' && (kind === 'bytes' || kind === 'fixed')) {
    if (typeof precision !== 'number' || typeof scale !== 'number' || precision <= 0 || scale < 0 || scale > precision)
      return undefined
    // More digits than the bytes can hold: as if it were not there.
    if (kind === 'fixed' && precision > Math.floor(Math.log10(2) * (8 * size - 1))) return undefined
    return { kind: 'decimal', precision, scale }
  }
  const known = typeof logicalType === 'string' && (LOGICAL_OF[kind]?.includes(logicalType) ?? false)
  return known ? ({ kind: logicalType } as AvroLogical) : undefined
}

/** The schema as JSON: a named type in full where it is first met, by name after that. */
export function avroSchemaText(schema: AvroSchema): string {
  return JSON.stringify(toJson(schema, new Set(), ''))
}

function toJson(schema: AvroSchema, declared: Set<string>, enclosing: string): unknown {
  switch (schema.kind) {
    case 'union':
      return schema.branches.map((branch) => toJson(branch, declared, enclosing))
    case 'array':
      return { type: 'array', items: toJson(schema.items, declared, enclosing) }
    case 'map':
      return { type: 'map', values: toJson(schema.values, declared, enclosing) }
    case 'record':
    case 'enum':
    case 'fixed':
      return namedJson(schema, declared, enclosing)
    default: {
      const more = {
        ...logicalJson(schema.logical),
        ...(schema.sqlType === undefined ? {} : { 'spark.sql.catalyst.type': schema.sqlType }),
      }
      return Object.keys(more).length === 0 ? schema.kind : { type: schema.kind, ...more }
    }
  }
}

function namedJson(schema: AvroRecord | AvroEnum | AvroFixed, declared: Set<string>, enclosing: string): unknown {
  if (declared.has(schema.name)) return schema.name
  declared.add(schema.name)
  const namespace = namespaceOf(schema.name)
  const head = { type: schema.kind, name: shortName(schema.name), ...(namespace === enclosing ? {} : { namespace }) }
  switch (schema.kind) {
    case 'fixed':
      return { ...head, size: schema.size, ...logicalJson(schema.logical) }
    case 'enum':
      return { ...head, symbols: schema.symbols, ...(schema.byDefault === undefined ? {} : { default: schema.byDefault }) }
    case 'record':
      return {
        ...head,
        fields: schema.fields.map((f) => ({
          name: f.name,
          type: toJson(f.schema, declared, namespace),
          ...(f.byDefault === undefined ? {} : { default: f.byDefault }),
        })),
      }
  }
}

function logicalJson(logical: AvroLogical | undefined): object {
  if (logical === undefined) return {}
  if (logical.kind !== 'decimal') return { logicalType: logical.kind }
  return { logicalType: 'decimal', precision: logical.precision, scale: logical.scale }
}
