import type { FunctionRecord } from './function.ts'

/** Finds function records by lower-case name or alias. Built once from the families' lists. */
export class FunctionRegistry {
  readonly #byName = new Map<string, FunctionRecord>()

  constructor(records: Iterable<FunctionRecord>) {
    for (const record of records) for (const name of [record.name, ...(record.aliases ?? [])]) this.#byName.set(name, record)
  }

  find(name: string): FunctionRecord | undefined {
    return this.#byName.get(name.toLowerCase())
  }
  /** Every name and alias. */
  names(): string[] {
    return [...this.#byName.keys()].sort()
  }
  records(): FunctionRecord[] {
    return [...new Set(this.#byName.values())]
  }
}
