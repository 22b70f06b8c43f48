import type { Expression } from '../expr/expression.ts'
import type { LogicalPlan, RelationDefinition } from '../plan/logical-plan.ts'

/** What a name can stand for. */
export type CatalogEntry =
  | {
      /** A declared stream or table: rows of a connector. */
      readonly kind: 'relation'
      readonly relation: RelationDefinition
      readonly watermark: { readonly eventTime: Expression; readonly delay: Expression } | undefined
    }
  | {
      /** A view: an analysed or unresolved plan, inlined where it is named. */
      readonly kind: 'view'
      readonly plan: LogicalPlan
      /** In no schema, before what the current schema has under the name. */
      readonly temporary?: boolean | undefined
    }

/** The one catalog there is, by Spark's name for it. */
export const CATALOG_NAME = 'spark_catalog'
export const DEFAULT_SCHEMA = 'default'

interface Named {
  /** Undefined: temporary. */
  readonly schema: string | undefined
  readonly name: string
  readonly entry: CatalogEntry
}

/**
 * Names to entries; names compare without case. One per session. Entries lie in schemas, `default` at first; `name` alone means the temporary view of
 * that name, else what the current schema has. `schema.name` and `spark_catalog.schema.name` say where.
 */
export class Catalog {
  readonly #entries = new Map<string, Named>()
  readonly #schemas = new Map<string, string>([[DEFAULT_SCHEMA, DEFAULT_SCHEMA]])
  #current = DEFAULT_SCHEMA

  /** `among`: only temporary views, or only what lies in schemas. */
  lookup(name: readonly string[], among?: 'temporary' | 'permanent'): CatalogEntry | undefined {
    return this.#find(name, among)?.entry
  }
  /** The entry's own full name: one part for a temporary view, else catalog, schema and name. */
  fullName(name: readonly string[]): readonly string[] {
    const found = this.#find(name)
    const schema = found === undefined ? this.schemaOf(name) : found.schema
    return schema === undefined ? name.slice(-1) : [CATALOG_NAME, schema, name.at(-1)!]
  }
  set(name: readonly string[], entry: CatalogEntry): void {
    const temporary = entry.kind === 'view' && entry.temporary === true
    const schema = temporary ? undefined : this.schemaOf(name)
    this.#entries.set(keyOf(schema, name.at(-1)!), { schema, name: name.at(-1)!, entry })
  }
  remove(name: readonly string[]): boolean {
    const found = this.#find(name)
    return found !== undefined && this.#entries.delete(keyOf(found.schema, found.name))
  }
  /** Names for suggestions and SHOW, those of other schemas with the schema before them. */
  names(): { readonly name: string; readonly schema: string | undefined; readonly entry: CatalogEntry }[] {
    return [...this.#entries.values()].map(({ schema, name, entry }) => ({
      name: schema === undefined || schema === this.#current ? name : `${schema}.${name}`,
      schema,
      entry,
    }))
  }

  /** Every name with the schema it lies in; undefined: temporary. */
  all(): readonly { readonly name: string; readonly schema: string | undefined; readonly entry: CatalogEntry }[] {
    return [...this.#entries.values()]
  }

  // ---- schemas

  get currentSchema(): string {
    return this.#current
  }
  schemas(): string[] {
    return [...this.#schemas.values()]
  }
  hasSchema(schema: string): boolean {
    return this.#schemas.has(schema.toLowerCase())
  }
  addSchema(schema: string): void {
    this.#schemas.set(schema.toLowerCase(), schema)
  }
  /** With what is in it. The current schema may go; names are then looked for in vain. */
  removeSchema(schema: string): CatalogEntry[] {
    const gone = this.entriesIn(schema)
    for (const { name } of gone) this.#entries.delete(keyOf(schema, name))
    this.#schemas.delete(schema.toLowerCase())
    return gone.map(({ entry }) => entry)
  }
  use(schema: string): void {
    this.#current = this.#schemas.get(schema.toLowerCase()) ?? schema
  }
  entriesIn(schema: string): { readonly name: string; readonly entry: CatalogEntry }[] {
    return [...this.#entries.values()].filter((named) => named.schema?.toLowerCase() === schema.toLowerCase())
  }
  /** The schema that a name says, or the current one. */
  schemaOf(name: readonly string[]): string {
    const written = name.at(-2)
    return written === undefined ? this.#current : (this.#schemas.get(written.toLowerCase()) ?? written)
  }

  #find(name: readonly string[], among?: 'temporary' | 'permanent'): Named | undefined {
    const last = name.at(-1)!
    const temporary = name.length === 1 && among !== 'permanent' ? this.#entries.get(keyOf(undefined, last)) : undefined
    if (temporary !== undefined || among === 'temporary') return temporary
    if (name.length === 1) return this.#entries.get(keyOf(this.#current, last))
    if (name.length > 3 || (name.length === 3 && name[0]!.toLowerCase() !== CATALOG_NAME)) return undefined
    return this.#entries.get(keyOf(this.schemaOf(name), last))
  }
}

function keyOf(schema: string | undefined, name: string): string {
  return schema === undefined ? name.toLowerCase() : `${schema.toLowerCase()}.${name.toLowerCase()}`
}
