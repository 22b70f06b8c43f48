import {
  BIGINT,
  BOOLEAN,
  DATE,
  type DataType,
  DOUBLE,
  decimalType,
  field,
  INT,
  type Schema,
  STRING,
  TIMESTAMP,
  VOID,
} from '../types/data-type.ts'
import { digitCount, parseDecimal } from '../types/decimal.ts'
import { compileDatePattern } from '../types/pattern.ts'
import { UTC } from '../types/zone.ts'
import type { CsvOptions } from './csv-options.ts'
import { csvRecords } from './csv-records.ts'
import { javaDouble } from './csv-value.ts'
import { merge, repeatedColumn } from './json-infer.ts'
import { recordSample } from './record-sample.ts'
import { textTimes } from './text-times.ts'

/**
 * The columns of CSV files, as Spark's CSVInferSchema finds them: as many as the first record has, named by the header or `_c0`, `_c1`, …;
 * STRING, or with `inferSchema` the narrowest type that all values have, or those of a sample of the records (`samplingRatio`).
 */
export function inferCsvSchema(files: Iterable<Uint8Array>, options: CsvOptions): Schema {
  let names: readonly string[] | undefined
  let headerText: string | undefined
  let types: DataType[] = []
  const inference = new TypeInference(options)
  const sample = recordSample(options.samplingRatio, options.multiLine)
  for (const content of files) {
    for (const { values, text, sampled } of csvRecords(content, 0, content.length, options, sample)) {
      if (names === undefined) {
        names = columnNames(values, options)
        types = names.map(() => VOID)
        headerText = options.header ? text : undefined
        if (!options.inferSchema) return columns(names, types)
        if (options.header) continue
      }
      // Every file has the header.
      if (!sampled || (headerText !== undefined && text === headerText)) continue
      for (let i = 0; i < Math.min(types.length, values.length); i++) types[i] = inference.next(types[i]!, values[i])
    }
  }
  return columns(names ?? [], types)
}

function columns(names: readonly string[], types: readonly DataType[]): Schema {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name.toLowerCase())) throw repeatedColumn(name)
    seen.add(name.toLowerCase())
  }
  return names.map((name, i) => field(name, types[i]!.kind === 'void' ? STRING : types[i]!))
}

/** Names that come twice get their position behind them; a missing one is named after it. */
function columnNames(values: readonly (string | undefined)[], options: CsvOptions): string[] {
  if (!options.header) return values.map((_, i) => `_c${i}`)
  const counts = new Map<string, number>()
  for (const value of values) {
    if (value !== undefined) counts.set(value.toLowerCase(), (counts.get(value.toLowerCase()) ?? 0) + 1)
  }
  return values.map((value, i) => {
    if (value === undefined || value === '' || value === options.nullValue) return `_c${i}`
    return counts.get(value.toLowerCase())! > 1 ? `${value}${i}` : value
  })
}

/** The types tried, from narrow to wide; a column never goes back to an earlier one. */
const ORDER = ['int', 'bigint', 'decimal', 'double', 'date', 'timestamp', 'boolean', 'string'] as const

class TypeInference {
  readonly #options: CsvOptions
  readonly #parseDate: (text: string) => unknown
  readonly #parseTimestamp: (text: string) => unknown

  constructor(options: CsvOptions) {
    this.#options = options
    const times = textTimes(options)
    // Reading takes whatever CAST takes, but a column of timestamps must not be taken for dates: the form is the plain one.
    const date = compileDatePattern(options.dateFormat ?? 'yyyy-MM-dd', UTC)
    this.#parseDate = (text) => date.parse(text)
    this.#parseTimestamp = times.parseTimestamp
  }

  next(soFar: DataType, text: string | undefined): DataType {
    if (text === undefined || text === '' || text === this.#options.nullValue) return soFar
    const found = this.#typeFrom(Math.max(0, ORDER.indexOf(soFar.kind as (typeof ORDER)[number])), text)
    if (soFar.kind === 'void' || soFar.kind === found.kind) return soFar.kind === 'decimal' ? merge(soFar, found) : found
    if (soFar.kind === 'int' && found.kind === 'bigint') return BIGINT
    const left = soFar.kind === 'int' ? decimalType(10, 0) : soFar
    if (left.kind === 'date' && found.kind === 'timestamp') return TIMESTAMP
    return merge(left, found)
  }

  #typeFrom(first: number, text: string): DataType {
    for (let i = first; i < ORDER.length; i++) {
      const type = this.#tryType(ORDER[i]!, text)
      if (type !== undefined) return type
    }
    return STRING
  }

  #tryType(kind: (typeof ORDER)[number], text: string): DataType | undefined {
    const { nanValue, positiveInf, negativeInf, preferDate } = this.#options
    switch (kind) {
      case 'int':
        return /^[+-]?\d{1,11}$/.test(text) && Number(text) >= -2147483648 && Number(text) <= 2147483647 ? INT : undefined
      case 'bigint':
        return /^[+-]?\d{1,20}$/.test(text) && BigInt.asIntN(64, BigInt(text.replace('+', ''))) === BigInt(text.replace('+', ''))
          ? BIGINT
          : undefined
      case 'decimal': {
        const parsed = parseDecimal(text.replaceAll(',', ''))
        if (parsed === undefined || parsed.scale > 0) return undefined
        const precision = digitCount(parsed.unscaled) - Math.min(0, parsed.scale)
        return parsed.scale === 0 && precision <= 38 ? decimalType(precision, 0) : undefined
      }
      case 'double':
        return text === nanValue || text === positiveInf || text === negativeInf || javaDouble(text) !== undefined
          ? DOUBLE
          : undefined
      case 'date':
        return preferDate && this.#parseDate(text) !== undefined ? DATE : undefined
      case 'timestamp':
        return this.#parseTimestamp(text) !== undefined ? TIMESTAMP : undefined
      case 'boolean':
        return /^(true|false)$/i.test(text) ? BOOLEAN : undefined
      case 'string':
        return STRING
    }
  }
}
