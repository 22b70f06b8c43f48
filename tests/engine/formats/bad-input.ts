import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../engine/clock.ts'
import { Arena } from '../../../engine/columnar/arena.ts'
import { type Batch, rowsOf } from '../../../engine/columnar/batch.ts'
import type { ScanRequest } from '../../../engine/connect/source.ts'
import { EngineError } from '../../../engine/errors/engine-error.ts'
import { silentLogger } from '../../../engine/log.ts'
import {
  BIGINT,
  BOOLEAN,
  DATE,
  type DataType,
  DOUBLE,
  decimalType,
  FLOAT,
  field,
  INT,
  type Schema,
  STRING,
  TIMESTAMP,
} from '../../../engine/types/data-type.ts'
import { Settings } from '../../../engine/types/settings.ts'
import { hiveText } from '../../../engine/types/text.ts'
import { BUILTIN_SOURCES } from '../../../sources/index.ts'

/** One case of the collection of bad input: a file, how it is read, and what Spark makes of it. */
export interface BadInputCase {
  readonly file: string
  readonly case: string
  readonly format: string
  readonly options: Readonly<Record<string, string>>
  readonly readSchema?: string
  readonly schema?: string
  readonly rows?: readonly (readonly (string | null)[])[]
  readonly rowCount?: number
  readonly error?: string
  readonly cause?: string
}

export const BAD_INPUT = join(import.meta.dirname, '../../../../shared/conformance/bad-input')
export const TIME_ZONE = 'America/Los_Angeles'

export function readCases(format: string): BadInputCase[] | undefined {
  const path = join(BAD_INPUT, `${format}.jsonl`)
  if (!existsSync(path)) return undefined
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BadInputCase)
}

const TYPES: Readonly<Record<string, DataType>> = {
  STRING,
  INT,
  INTEGER: INT,
  BIGINT,
  LONG: BIGINT,
  DOUBLE,
  FLOAT,
  BOOLEAN,
  DATE,
  TIMESTAMP,
}

/** `a INT, b DECIMAL(10,2)`: as much DDL as the cases use. */
export function parseColumns(ddl: string): Schema {
  return ddl.split(/,(?![^(]*\))/).map((column) => {
    const [name, type] = column.trim().split(/\s+/, 2)
    const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/i.exec(type!)
    const found = decimal === null ? TYPES[type!.toUpperCase()] : decimalType(Number(decimal[1]), Number(decimal[2]))
    if (found === undefined) throw new Error(`type ${type}`)
    return field(name!.replaceAll('`', ''), found)
  })
}

let directory: string | undefined
/** What the case reads: its file, or for `line` a file with the bytes as the middle one of three lines. */
function pathOf(c: BadInputCase): string {
  const path = join(BAD_INPUT, c.file)
  if (c.case !== 'line') return path
  directory ??= mkdtempSync(join(tmpdir(), 'bad-input-'))
  const content = readFileSync(path).map((byte) => (byte === 10 || byte === 13 ? 32 : byte))
  const target = join(directory, 'line.json')
  writeFileSync(target, Buffer.concat([Buffer.from('{"a":"first"}\n'), content, Buffer.from('\n{"a":"last"}\n')]))
  return target
}

export interface Outcome {
  readonly schema?: string
  readonly rows?: (string | null)[][]
  readonly error?: string
  readonly cause?: string | undefined
}

export function runCase(c: BadInputCase): Outcome {
  const source = BUILTIN_SOURCES.find((s) => s.name === c.format)!
  const options = { path: pathOf(c), ...c.options }
  const settings = new Settings([['spark.sql.session.timeZone', TIME_ZONE]])
  try {
    const given = c.readSchema === undefined ? undefined : parseColumns(c.readSchema)
    const schema = source.schema(options, given, settings, false)
    const request: ScanRequest = {
      columns: schema.map((_, i) => i),
      schema,
      filters: [],
      arena: new Arena(),
      onBadRecord: undefined,
    }
    const rows: (string | null)[][] = []
    const batches = source.readTable!({ options, schema, settings, clock: systemClock, logger: silentLogger }, request)
    for (const batch of batches as Iterable<Batch>) {
      for (const row of rowsOf(batch))
        rows.push(row.map((value, i) => (value === null ? null : hiveText(value, schema[i]!.type, TIME_ZONE))))
    }
    return { schema: `struct<${schema.map((f) => `${f.name}:${String(f.type)}`).join(',')}>`, rows }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return { error: error.condition, cause: (error.cause as EngineError | undefined)?.condition }
  }
}

/** Undefined when the outcome is Spark's; else what differs. */
export function difference(c: BadInputCase, outcome: Outcome): string | undefined {
  if (c.error !== undefined) {
    if (outcome.error === undefined) return `expected error ${c.error}, got ${JSON.stringify(outcome.rows).slice(0, 300)}`
    if (c.error.startsWith('_LEGACY_ERROR_')) return undefined
    return outcome.error === c.error && (c.cause === undefined || c.cause.startsWith('_LEGACY') || outcome.cause === c.cause)
      ? undefined
      : `expected error ${c.error}/${c.cause}, got ${outcome.error}/${outcome.cause}`
  }
  if (outcome.error !== undefined) return `expected rows, got error ${outcome.error}/${outcome.cause}`
  if (c.schema !== outcome.schema) return `expected schema ${c.schema}, got ${outcome.schema}`
  if (c.rows === undefined)
    return c.rowCount === outcome.rows!.length ? undefined : `expected ${c.rowCount} rows, got ${outcome.rows!.length}`
  const expected = JSON.stringify(c.rows)
  const found = JSON.stringify(outcome.rows)
  return expected === found ? undefined : `expected ${expected.slice(0, 300)}, got ${found.slice(0, 300)}`
}
