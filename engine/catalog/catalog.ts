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
    }

/** Names to entries; names compare without case. One per session. */
export class Catalog {
  readonly #entries = new Map<string, { readonly name: string; readonly entry: CatalogEntry }>()

  lookup(name: readonly string[]): CatalogEntry | undefined {
    return this.#entries.get(keyOf(name))?.entry
  }
  set(name: readonly string[], entry: CatalogEntry): void {
    this.#entries.set(keyOf(name), { name: name.join('.'), entry })
  }
  remove(name: readonly string[]): boolean {
    return this.#entries.delete(keyOf(name))
  }
  /** Names as declared, for suggestions and SHOW. */
  names(): { readonly name: string; readonly entry: CatalogEntry }[] {
    return [...this.#entries.values()]
  }
}

function keyOf(name: readonly string[]): string {
  return name.map((part) => part.toLowerCase()).join('.')
}
