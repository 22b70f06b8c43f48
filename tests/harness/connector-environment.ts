import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../engine/clock.ts'
import { Arena } from '../../engine/columnar/arena.ts'
import { type Batch, rowsOf } from '../../engine/columnar/batch.ts'
import { MemoryTables } from '../../engine/connect/memory-table.ts'
import type { SinkEnvironment } from '../../engine/connect/sink.ts'
import type { ScanRequest, SourceEnvironment, SourceLog } from '../../engine/connect/source.ts'
import { silentLogger } from '../../engine/log.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import { Settings } from '../../engine/types/settings.ts'
import type { Row } from '../../engine/types/value.ts'

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'millrace-test-'))
}

export function settingsOf(timeZone = 'UTC'): Settings {
  return new Settings([['spark.sql.session.timeZone', timeZone]])
}

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
  #nowMs: number
  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs
  }
  nowMs(): number {
    return this.#nowMs
  }
  advance(ms: number): void {
    this.#nowMs += ms
  }
  sleep(_delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
  }
}

export class MemoryLog implements SourceLog {
  readonly entries: { id: number; value: unknown }[] = []
  async read() {
    return JSON.parse(JSON.stringify(this.entries)) as { id: number; value: unknown }[]
  }
  async append(id: number, value: unknown): Promise<void> {
    this.entries.push({ id, value })
  }
}

export function sourceEnvironment(
  options: Record<string, string>,
  schema: Schema,
  log: SourceLog = new MemoryLog(),
): SourceEnvironment {
  return {
    options,
    schema,
    settings: settingsOf(),
    clock: new HandClock(),
    logger: silentLogger,
    queryId: '00000000-0000-0000-0000-000000000000',
    log,
  }
}

export function scanOf(schema: Schema, columns = schema.map((_, i) => i)): ScanRequest {
  return { columns, schema: columns.map((c) => schema[c]!), filters: [], arena: new Arena(), onBadRecord: undefined }
}

export async function rowsFrom(batches: AsyncIterable<Batch> | Iterable<Batch>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of batches) rows.push(...rowsOf(batch))
  return rows
}

export function sinkEnvironment(
  schema: Schema,
  options: Record<string, string> = {},
  more: Partial<SinkEnvironment> = {},
): SinkEnvironment {
  return {
    options,
    schema,
    mode: 'append',
    partitionBy: [],
    queryName: 'q',
    queryId: '00000000-0000-0000-0000-000000000000',
    settings: settingsOf(),
    clock: new HandClock(),
    logger: silentLogger,
    stdout: () => {},
    memoryTables: new MemoryTables(),
    ...more,
  }
}
