import { Batch } from '../columnar/batch.ts'
import type { SourceDefinition } from '../connect/source.ts'
import { AnalysisError, InternalError } from '../errors/engine-error.ts'
import type { RelationDefinition } from '../plan/logical-plan.ts'
import type { Schema } from '../types/data-type.ts'

/**
 * Tables whose columns the session itself holds: results of memory sinks, the batch a foreachBatch callback was given. Read by queries like
 * any static relation, without a copy.
 */
export class HeldTables {
  readonly #tables = new Map<string, () => readonly Batch[]>()
  #made = 0

  /** `batches` is asked at each reading, so that a table that changes is read as it is then. */
  hold(name: string, schema: Schema, batches: () => readonly Batch[]): RelationDefinition {
    const key = `held:${++this.#made}`
    this.#tables.set(key, batches)
    return { key, name, provider: HELD_PROVIDER, options: { key }, schema, streaming: false }
  }
  release(relation: RelationDefinition): void {
    this.#tables.delete(relation.key)
  }

  readonly definition: SourceDefinition = {
    name: HELD_PROVIDER,
    internal: true,
    options: [{ name: 'key', type: 'string', required: true, description: 'Which table.' }],
    description: 'Tables held by the session.',
    schema: (_options, given) => {
      if (given === undefined) throw new InternalError('a held table has its schema')
      return given
    },
    readTable: (environment, scan) => {
      const batches = this.#tables.get(environment.options['key']!)
      if (batches === undefined)
        throw new AnalysisError('TABLE_OR_VIEW_NOT_FOUND', {
          message: 'a table that the view or DataFrame reads was dropped',
          hint: 'Make the table and the view anew.',
        })
      return batches().map(
        (batch) =>
          new Batch(
            scan.schema,
            batch.rowCount,
            scan.columns.map((c) => batch.columns[c]!),
            batch.partition,
          ),
      )
    },
  }
}

const HELD_PROVIDER = 'held'
