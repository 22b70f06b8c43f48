import { Batch } from '../columnar/batch.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import type { Schema } from '../types/data-type.ts'
import { readOptions } from './options.ts'
import type { SourceDefinition } from './source.ts'

/** Rows that the memory sink keeps for the session, in owned batches. Queries see what was committed when they start to read. */
export class MemoryTable {
  readonly name: string
  readonly schema: Schema
  #batches: readonly Batch[] = []
  readonly #readers = new Set<(batches: readonly Batch[]) => void>()
  /** The last epoch applied; -1 before the first. */
  lastEpoch = -1

  constructor(name: string, schema: Schema) {
    this.name = name
    this.schema = schema
  }

  get batches(): readonly Batch[] {
    return this.#batches
  }
  get rowCount(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.rowCount, 0)
  }
  append(batches: readonly Batch[]): void {
    this.#batches = [...this.#batches, ...batches]
    for (const reader of this.#readers) reader(batches)
  }
  replace(batches: readonly Batch[]): void {
    this.#batches = batches
    for (const reader of this.#readers) reader(batches)
  }
  /** Calls back with the batches of each epoch from now on; the function it gives ends that. */
  subscribe(reader: (batches: readonly Batch[]) => void): () => void {
    this.#readers.add(reader)
    return () => this.#readers.delete(reader)
  }
}

/** The memory tables of a session by query name, without case. */
export class MemoryTables {
  readonly #tables = new Map<string, MemoryTable>()

  find(name: string): MemoryTable | undefined {
    return this.#tables.get(name.toLowerCase())
  }
  set(table: MemoryTable): void {
    this.#tables.set(table.name.toLowerCase(), table)
  }
  names(): string[] {
    return [...this.#tables.values()].map((table) => table.name)
  }
}

/** The connector through which a session's queries read its memory tables: option `table` names one of `tables`. */
export function memoryTableDefinition(tables: MemoryTables): SourceDefinition {
  const find = (options: Readonly<Record<string, string>>): MemoryTable => {
    const name = readOptions(OPTIONS, options, 'source "memory_table"').requiredText('table')
    const table = tables.find(name)
    if (table !== undefined) return table
    throw new AnalysisError('TABLE_OR_VIEW_NOT_FOUND', {
      message: `there is no memory table "${name}"`,
      detail: `Memory tables of this session: ${tables.names().join(', ') || 'none'}.`,
    })
  }
  return {
    name: 'memory_table',
    internal: true,
    options: OPTIONS,
    description: 'What a memory sink of the session has collected, read as a table.',
    schema: (options) => find(options).schema,
    *readTable(environment, scan) {
      for (const batch of find(environment.options).batches) {
        yield new Batch(
          scan.schema,
          batch.rowCount,
          scan.columns.map((c) => batch.columns[c]!),
        )
      }
    },
  }
}

const OPTIONS = [
  { name: 'table', type: 'string', required: true, description: 'Name of the memory table (the query that fills it).' },
] as const
