import { nextColumnId } from '../expr/expression.ts'
import type { LocalRelation } from '../plan/logical-plan.ts'
import type { Schema } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'

/** Rows held in the plan. */
export function localRelation(schema: Schema, rows: readonly Row[]): LocalRelation {
  return {
    kind: 'local',
    output: schema.map((f) => ({
      kind: 'column',
      id: nextColumnId(),
      name: f.name,
      type: f.type,
      nullable: f.nullable,
      qualifier: [],
    })),
    rows,
  }
}
