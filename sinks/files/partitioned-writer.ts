import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Batch } from '../../engine/columnar/batch.ts'
import { readValue } from '../../engine/columnar/column.ts'
import { type SinkLogEntry, sinkLogEntry } from '../../engine/connect/file-sink-log.ts'
import { AnalysisError } from '../../engine/errors/engine-error.ts'
import { ByteWriter } from '../../engine/formats/byte-writer.ts'
import type { Encoder } from '../../engine/formats/encoder.ts'
import { makeDirectories } from '../../engine/storage/local-file-system.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import { textPrinter } from '../../engine/types/text.ts'
import { zoneOf } from '../../engine/types/zone.ts'

const FLUSH_BYTES = 1 << 20

export interface WriterPlan {
  readonly directory: string
  readonly extension: string
  readonly gzip: boolean
  /** What sets this writer's files apart from others in the directory. */
  readonly fileName: string
  /** Writes over files of these names: what an attempt at the same rows left. */
  readonly replaces: boolean
  readonly schema: Schema
  readonly partitionBy: readonly string[]
  readonly timeZone: string
  readonly openEncoder: (schema: Schema) => Encoder
}

/**
 * Writes rows to new files, one in each key=value directory that `partitionBy` makes (one file when there is none). Partition columns are in the directories only.
 */
export class PartitionedWriter {
  readonly #plan: WriterPlan
  readonly #encoder: Encoder
  readonly #partitionColumns: readonly number[]
  readonly #dataColumns: readonly number[]
  readonly #dataSchema: Schema
  readonly #printers: readonly ((value: never) => string)[]
  readonly #files = new Map<string, OpenFile>()
  /** Directories that got new ones in them. */
  readonly #grownDirectories = new Set<string>()

  constructor(plan: WriterPlan) {
    this.#plan = plan
    this.#partitionColumns = plan.partitionBy.map((name) => columnOf(plan.schema, name))
    this.#dataColumns = plan.schema.map((_, i) => i).filter((i) => !this.#partitionColumns.includes(i))
    if (this.#dataColumns.length === 0 && plan.partitionBy.length > 0) {
      throw new AnalysisError('ALL_PARTITION_COLUMNS_NOT_ALLOWED', {
        message: 'cannot use all columns for partition columns',
        hint: 'Leave at least one column for the files.',
      })
    }
    this.#dataSchema = this.#dataColumns.map((i) => plan.schema[i]!)
    this.#encoder = plan.openEncoder(this.#dataSchema)
    const zone = zoneOf(plan.timeZone)
    this.#printers = this.#partitionColumns.map((i) => textPrinter(plan.schema[i]!.type, zone))
  }

  /** Paths of the files begun so far. */
  get paths(): ReadonlySet<string> {
    return new Set([...this.#files.values()].map((file) => file.path))
  }

  append(batch: Batch): void {
    if (this.#partitionColumns.length === 0) {
      if (batch.rowCount === 0) return
      const file = this.#file('')
      for (let row = 0; row < batch.rowCount; row++) this.#encodeRow(batch, row, file)
      return
    }
    const data = new Batch(
      this.#dataSchema,
      batch.rowCount,
      this.#dataColumns.map((i) => batch.columns[i]!),
      batch.partition,
      batch.weights,
    )
    for (let row = 0; row < batch.rowCount; row++) this.#encodeRow(data, row, this.#file(this.#directoryOf(batch, row)))
  }

  /** Closes the files, durably, and says what they are. */
  finish(): SinkLogEntry[] {
    const directories = new Set(this.#grownDirectories)
    const entries = [...this.#files.values()].map((file) => {
      this.#flush(file, true)
      fsyncSync(file.handle)
      closeSync(file.handle)
      directories.add(dirname(file.path))
      const stat = statSync(file.path)
      return sinkLogEntry(file.path, stat.size, Math.floor(stat.mtimeMs))
    })
    // The names must be on the disk before a log says they are.
    for (const directory of directories) syncDirectory(directory)
    return entries
  }

  /** Closes and removes the files. */
  discard(): void {
    for (const file of this.#files.values()) {
      try {
        closeSync(file.handle)
      } catch {
        // Closed by finish() already: only its removal is left.
      }
      rmSync(file.path, { force: true })
    }
    this.#files.clear()
  }

  #encodeRow(batch: Batch, row: number, file: OpenFile): void {
    this.#encoder.row(batch, row, file.out)
    if (file.out.length >= FLUSH_BYTES) this.#flush(file, false)
  }

  #directoryOf(batch: Batch, row: number): string {
    return this.#partitionColumns
      .map((c, i) => {
        const value = readValue(batch.columns[c]!, row)
        const text = value === null ? '' : this.#printers[i]!(value as never)
        return `${escapePathName(this.#plan.schema[c]!.name)}=${text === '' ? '__HIVE_DEFAULT_PARTITION__' : escapePathName(text)}`
      })
      .join('/')
  }

  #file(directory: string): OpenFile {
    let file = this.#files.get(directory)
    if (file === undefined) {
      const parent = join(this.#plan.directory, directory)
      for (const made of makeDirectories(parent)) this.#grownDirectories.add(dirname(made))
      const path = join(parent, `part-00000-${this.#plan.fileName}${directory === '' ? '-' : '.'}c000.${this.#plan.extension}`)
      file = { path, handle: openSync(path, this.#plan.replaces ? 'w' : 'wx'), out: new ByteWriter() }
      this.#files.set(directory, file)
      this.#encoder.begin(file.out)
    }
    return file
  }

  /** A packed file is packed in one piece, at its end. */
  #flush(file: OpenFile, last: boolean): void {
    if (this.#plan.gzip && !last) return
    const bytes = file.out.take()
    const packed = this.#plan.gzip ? gzipSync(bytes) : bytes
    for (let at = 0; at < packed.length; ) at += writeSync(file.handle, packed, at)
  }
}

interface OpenFile {
  readonly path: string
  readonly handle: number
  readonly out: ByteWriter
}

function columnOf(schema: Schema, name: string): number {
  const found = schema.findIndex((f) => f.name.toLowerCase() === name.toLowerCase())
  if (found >= 0) return found
  throw new AnalysisError('COLUMN_NOT_FOUND', {
    message: `partition column "${name}" does not exist`,
    detail: `Columns in scope: ${schema.map((f) => f.name).join(', ')}.`,
    parameters: { colName: name },
  })
}

/** Characters that Hive cannot have in a directory's name, as %XX. */
function escapePathName(text: string): string {
  return text.replace(
    /[\u0001-\u001f\u007f"#%'*/:=?\\{[\]^]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
