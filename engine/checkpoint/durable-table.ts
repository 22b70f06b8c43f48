import type { OperatorDescription } from './records.ts'

/** What the checkpoint asks of a state table (engine/state/state-table.ts has the law of each member); it knows tables as bytes only. */
export interface DurableTable {
  readonly name: string
  readonly schema: { readonly version: number; readonly key: string; readonly value: string }
  readonly bytes: number
  delta(): Uint8Array[]
  committed(): void
  snapshot(): Iterable<Uint8Array>
  restore(block: Uint8Array): void
}

export interface OperatorTable {
  readonly operatorId: string
  readonly operatorName: string
  readonly table: DurableTable
}

/** Operators and their tables as `query` records list them. */
export function describeOperators(
  operators: readonly { readonly id: string; readonly name: string }[],
  tables: readonly OperatorTable[],
): OperatorDescription[] {
  return operators.map(({ id, name }) => ({
    id,
    name,
    tables: tables
      .filter((entry) => entry.operatorId === id)
      .map(({ table }) => ({
        name: table.name,
        version: table.schema.version,
        key: table.schema.key,
        value: table.schema.value,
      })),
  }))
}
