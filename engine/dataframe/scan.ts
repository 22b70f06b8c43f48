import { nextColumnId } from '../expr/expression.ts'
import type { RelationDefinition, Scan } from '../plan/logical-plan.ts'

/** A scan of all columns of a relation, each with a fresh id. */
export function scanOf(relation: RelationDefinition): Scan {
  return {
    kind: 'scan',
    relation,
    output: relation.schema.map((f) => ({
      kind: 'column',
      id: nextColumnId(),
      name: f.name,
      type: f.type,
      nullable: f.nullable,
      qualifier: [],
      ...(f.metadata && { metadata: f.metadata }),
    })),
  }
}
