import type { Catalog } from '../catalog/catalog.ts'
import { BATCH_ROWS_MAX, type Batch, batchFromRows, rowsOf } from '../columnar/batch.ts'
import type { BadRecord } from '../connect/source.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import { readJsonOptions } from '../formats/json-options.ts'
import { jsonPrinter } from '../formats/json-write.ts'
import { watermarkAt } from '../incremental/incremental-plan.ts'
import type { LateRows } from '../operators/build-options.ts'
import type { RelationDefinition } from '../plan/logical-plan.ts'
import type { LeftOutRows } from '../run/query-definition.ts'
import { BIGINT, BINARY, field, type Schema, STRING, structType, TIMESTAMP } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import type { HeldTables } from './held-tables.ts'

/** LATE DATA TO: one row a row that an operator left out because of its event time; `row` is the operator's input row as JSON. */
const LATE_DATA: Schema = [
  field('operator', STRING, false),
  field('watermark', TIMESTAMP, false),
  field('epoch', BIGINT, false),
  field('row', STRING, false),
  field('reason', STRING, false),
]
/** BAD ROWS TO: one row a record that could not be decoded. */
const BAD_ROWS: Schema = [
  field('source', STRING, false),
  field('origin', STRING, false),
  field('reason', STRING, false),
  field('bytes', BINARY, false),
]

/** Rows by the epoch (or the reading of a table) that left them out: when that comes again, it replaces what it gave before. */
class LeftOutTable {
  readonly relation: RelationDefinition
  readonly #schema: Schema
  readonly #parts = new Map<string, readonly Batch[]>()

  constructor(name: string, schema: Schema, held: HeldTables) {
    this.#schema = schema
    this.relation = held.hold(name, schema, () => [...this.#parts.values()].flat())
  }
  put(part: string, rows: readonly Row[]): void {
    const batches: Batch[] = []
    for (let from = 0; from < rows.length; from += BATCH_ROWS_MAX) {
      batches.push(batchFromRows(this.#schema, rows.slice(from, from + BATCH_ROWS_MAX)))
    }
    if (batches.length > 0) this.#parts.set(part, batches)
    else this.#parts.delete(part)
  }
}

/** Where one query's left-out rows go, as its text or its writer says. */
export interface LeftOutTargets {
  readonly lateDataTo: string | undefined
  readonly badRowsTo: string | undefined
}

/**
 * The tables that LATE DATA TO and BAD ROWS TO name: made where they are first named, kept in memory until the session ends or drops them.
 * Several streams and queries may share one. What a query says comes before what its streams say.
 */
export class LeftOutTables {
  readonly #catalog: Catalog
  readonly #held: HeldTables
  readonly #tables = new Map<RelationDefinition, { readonly clause: string; readonly table: LeftOutTable }>()

  constructor(catalog: Catalog, held: HeldTables) {
    this.#catalog = catalog
    this.#held = held
  }

  /** Makes the tables that are named and not there yet. Throws when a name stands for something else. */
  declare(targets: LeftOutTargets): void {
    if (targets.lateDataTo !== undefined) this.#open('LATE DATA TO', targets.lateDataTo)
    if (targets.badRowsTo !== undefined) this.#open('BAD ROWS TO', targets.badRowsTo)
  }
  drop(relation: RelationDefinition): void {
    if (this.#tables.delete(relation)) this.#held.release(relation)
  }

  /** Collects what one query leaves out; undefined: nobody wants it. */
  collector(relations: readonly RelationDefinition[], targets: LeftOutTargets, timeZone: string): LeftOutRows | undefined {
    const late = new Map<string, LeftOutTable>()
    const bad = new Map<string, LeftOutTable>()
    for (const { key, ...relation } of relations) {
      const lateDataTo = targets.lateDataTo ?? relation.lateDataTo
      const badRowsTo = targets.badRowsTo ?? relation.badRowsTo
      if (lateDataTo !== undefined && relation.streaming) late.set(key, this.#open('LATE DATA TO', lateDataTo))
      if (badRowsTo !== undefined) bad.set(key, this.#open('BAD ROWS TO', badRowsTo))
    }
    return late.size === 0 && bad.size === 0 ? undefined : new Collector(late, bad, timeZone)
  }

  #open(clause: string, name: string): LeftOutTable {
    const parts = name.split('.')
    const entry = this.#catalog.lookup(parts)
    const known = entry?.kind === 'relation' ? this.#tables.get(entry.relation) : undefined
    if (known?.clause === clause) return known.table
    if (entry !== undefined) {
      throw new AnalysisError('TABLE_OR_VIEW_ALREADY_EXISTS', {
        message: `${clause} cannot make the table "${name}": the name stands for something else`,
        hint: 'Use another name, or DROP what is there.',
        parameters: { relationName: name },
      })
    }
    const table = new LeftOutTable(name, clause === 'LATE DATA TO' ? LATE_DATA : BAD_ROWS, this.#held)
    this.#tables.set(table.relation, { clause, table })
    this.#catalog.set(parts, { kind: 'relation', relation: table.relation, watermark: undefined })
    return table
  }
}

/** Rows that readings of tables left out are those of the last reading, whichever epoch it was for. */
class Collector implements LeftOutRows {
  readonly #late: ReadonlyMap<string, LeftOutTable>
  readonly #bad: ReadonlyMap<string, LeftOutTable>
  readonly #timeZone: string
  readonly #printers = new Map<Schema, (row: Row) => string>()
  readonly #rows = new Map<LeftOutTable, { readonly epoch: Row[]; readonly read: Map<string, Row[]> }>()
  #epoch = 0
  #lateWatermarkMs = 0

  constructor(late: ReadonlyMap<string, LeftOutTable>, bad: ReadonlyMap<string, LeftOutTable>, timeZone: string) {
    this.#late = late
    this.#bad = bad
    this.#timeZone = timeZone
  }

  get wantsLate(): boolean {
    return this.#late.size > 0
  }
  get wantsBad(): boolean {
    return this.#bad.size > 0
  }

  begin(epoch: { readonly epoch: number; readonly lateWatermarkMs: number }): void {
    this.#epoch = epoch.epoch
    this.#lateWatermarkMs = epoch.lateWatermarkMs
    this.#rows.clear()
  }

  late({ operatorId, reason, inputWatermark, relations, batch }: LateRows): void {
    const tables = new Set([...relations].flatMap((key) => this.#late.get(key) ?? []))
    if (tables.size === 0) return
    const print = this.#printer(batch.schema)
    const globalMs = this.#lateWatermarkMs
    const watermark = BigInt(reason === 'late' ? watermarkAt(inputWatermark, globalMs) : globalMs) * 1000n
    for (const row of rowsOf(batch)) {
      for (const table of tables) {
        this.#of(table).epoch.push([operatorId, watermark, BigInt(this.#epoch), print(row), reason])
      }
    }
  }

  bad(relation: RelationDefinition, { origin, reason, bytes }: BadRecord): void {
    const table = this.#bad.get(relation.key)
    if (table === undefined) return
    const row = [relation.name, origin, reason, bytes.slice()]
    const rows = this.#of(table)
    if (relation.streaming) rows.epoch.push(row)
    else if (rows.read.get(relation.key)?.push(row) === undefined) rows.read.set(relation.key, [row])
  }

  commit(queryId: string): void {
    for (const [table, { epoch, read }] of this.#rows) {
      table.put(`${queryId}/${this.#epoch}`, epoch)
      for (const [key, rows] of read) table.put(key, rows)
    }
    this.#rows.clear()
  }

  #of(table: LeftOutTable): { readonly epoch: Row[]; readonly read: Map<string, Row[]> } {
    let rows = this.#rows.get(table)
    if (rows === undefined) {
      rows = { epoch: [], read: new Map() }
      this.#rows.set(table, rows)
    }
    return rows
  }
  #printer(schema: Schema): (row: Row) => string {
    let print = this.#printers.get(schema)
    if (print === undefined) {
      const options = readJsonOptions({}, { timeZone: this.#timeZone, ignoreNullFields: false })
      print = jsonPrinter(structType(schema), options)
      this.#printers.set(schema, print)
    }
    return print
  }
}
