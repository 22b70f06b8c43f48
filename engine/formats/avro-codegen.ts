import type { DataType, StructType } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import {
  readBytes,
  readDecimal,
  readFixed,
  readLong,
  readLongAsNumber,
  readLongTimes,
  readText,
  skipText,
  writeNumber,
  writeText,
} from './avro-bytes.ts'
import type { AvroReading, AvroScalarReading } from './avro-reading.ts'
import type { AvroSchema } from './avro-schema.ts'
import { type ColumnWriter, isRepeated } from './column-writer.ts'

/** Where a run of the generated decoder stopped. */
export interface AvroDecodeState {
  /** The first record that was not read. */
  index: number
  /** The first row that was not written. */
  row: number
}

/**
 * Decodes records at[i] … at[i] + length[i] of the bytes, for i in [from, to), into rows from `row` on; `sources[row]` becomes i. Records without a
 * value (length < 0) give no row. Stops before a record that it refuses, or that is framed with another id.
 *
 * @param view       over the same bytes
 * @param framedId   −1: records are bare; else each begins with a zero byte and this number, big-endian (the framing of schema registries)
 */
export type AvroRecordsDecoder = (
  bytes: Uint8Array,
  view: DataView,
  at: Int32Array,
  length: Int32Array,
  from: number,
  to: number,
  row: number,
  rowsMax: number,
  framedId: number,
  sources: Int32Array,
  state: AvroDecodeState,
) => void

/** Generated code for a reading, not yet bound to the columns it fills. */
export type AvroProgram = (writers: readonly (ColumnWriter | undefined)[]) => AvroRecordsDecoder

/**
 * Generates the decoder of records: a loop over them in which each field goes from its bytes into its column.
 *
 * law: what it writes is what avro-value.ts reads (tested against each other); anything it does not find to be well-formed it refuses
 *
 * @param reading  of a record or, for any other value, of what becomes the one column
 * @param columns  the columns' types; field `target` i of the record goes into columns[i], where there is one
 */
export function compileAvro(reading: AvroReading, columns: readonly (DataType | undefined)[]): AvroProgram {
  const code = new Code()
  const source = code.decoder(reading, columns)
  let factory = factories.get(source)
  if (factory === undefined) {
    factory = new Function('L', 'W', 'K', source) as Factory
    if (factories.size >= FACTORIES_MAX) factories.delete(factories.keys().next().value!)
    factories.set(source, factory)
  }
  const { constants } = code
  return (writers) => factory(library, writers, constants)
}

type Factory = (
  library: object,
  writers: readonly (ColumnWriter | undefined)[],
  constants: readonly unknown[],
) => AvroRecordsDecoder

/** Generated code by its text: queries over the same schema share it, and with it what the compiler has learned. */
const factories = new Map<string, Factory>()
const FACTORIES_MAX = 200

const library = {
  isRepeated,
  readBytes,
  readDecimal,
  readFixed,
  readLong,
  readLongAsNumber,
  readLongTimes,
  readText,
  skipText,
  writeNumber,
  writeText,
}

/** Keys of a map are compared with each other: with more of them the record is read another way. */
const MAP_KEYS_MAX = 32
/** Records so deep inside themselves are read another way, that knows when the stack is used up. */
const DEPTH_MAX = 500
/** A branch number in one byte. */
const BRANCHES_MAX = 64

/** Names of the arrays that a value goes into, as the code has them. */
interface Target {
  readonly type: DataType
  readonly writer: string
  readonly row: string
  readonly values: string
  readonly halves: string
  readonly offsets: string
  readonly bytes: string
  readonly view: string
}

class Code {
  readonly constants: unknown[] = []
  readonly #functions: string[] = []
  readonly #skippers = new Map<AvroSchema, string>()
  #names = 0

  decoder(reading: AvroReading, columns: readonly (DataType | undefined)[]): string {
    const hoisted: string[] = []
    const targets = columns.map((type, i) => {
      if (type === undefined) return undefined
      hoisted.push(`const w${i} = W[${i}]${arraysOf(type, i)}`)
      return topTarget(type, i)
    })
    const body = this.#top(reading, targets, 'break records')
    return `
let q = 0
${NUMBER_READER}
${this.#functions.join('\n')}
return function decode(b, v, at, length, from, to, row, rowsMax, framedId, sources, state) {
${hoisted.join('\n')}
let i = from, n = 0
records: for (; i < to && row < rowsMax; i++) {
  if (length[i] < 0) continue
  let p = at[i]
  const end = p + length[i]
  if (framedId >= 0) {
    if (end - p < 5 || b[p] !== 0 || v.getInt32(p + 1) !== framedId) break
    p += 5
  }
  ${body}
  if (p > end) break
  sources[row++] = i
}
state.index = i
state.row = row
}`
  }

  /** A record's fields go into the columns; another value into the first. */
  #top(reading: AvroReading, targets: readonly (Target | undefined)[], fail: string): string {
    if (reading.kind === 'record') return this.#fields(reading, targets, fail)
    if (reading.kind === 'impossible') return fail
    if (reading.kind === 'union') {
      return this.#branches(
        reading.branches.map((branch) => (branch.kind === 'constant' ? `{ ${fail} }` : this.#top(branch, targets, fail))),
        fail,
      )
    }
    const target = targets[0]
    return target === undefined ? fail : this.#value(reading, target, fail)
  }

  #fields(reading: Extract<AvroReading, { kind: 'record' }>, targets: readonly (Target | undefined)[], fail: string): string {
    const lines = reading.fields.map((f) => {
      const target = targets[f.target]
      if ('reading' in f && target !== undefined) return this.#value(f.reading, target, fail)
      return 'skipped' in f ? this.#skip(f.skipped, fail) : fail
    })
    for (const { target: index, value } of reading.missing) {
      const target = targets[index]
      if (target !== undefined) lines.push(this.#constant(value, target))
    }
    return lines.join('\n')
  }

  /** Statements that read a value at p into the target. */
  #value(reading: AvroReading, t: Target, fail: string): string {
    switch (reading.kind) {
      case 'constant':
        return this.#constant(reading.value, t)
      case 'impossible':
        return fail
      case 'scalar':
        return this.#scalar(reading, t, fail)
      case 'enum': {
        const symbols = this.#add(reading.symbols.map((symbol) => (symbol === undefined ? undefined : Buffer.from(symbol))))
        return `${int(fail)}
{ const symbol = ${symbols}[n]; if (symbol === undefined) ${fail}; L.writeText(${t.writer}, ${t.row}, symbol) }`
      }
      case 'union': {
        if (reading.branches.length > BRANCHES_MAX) return fail
        return this.#branches(
          reading.branches.map((branch) => this.#value(branch, t, fail)),
          fail,
        )
      }
      case 'member':
        return (t.type as StructType).fields
          .map((_, i) => {
            const member = childTarget(t, i)
            return i === reading.index ? this.#value(reading.of, member, fail) : `${member.writer}.setNull(${t.row})`
          })
          .join('\n')
      case 'record': {
        const children = (t.type as StructType).fields.map((_, i) => childTarget(t, i))
        return this.#fields(reading, children, fail)
      }
      case 'array': {
        const read = this.#reader(reading.items, (t.type as Extract<DataType, { kind: 'array' }>).element)
        return this.#blocks(
          t,
          fail,
          `const c = ${t.writer}.children[0]`,
          'c.ensureRows(at + n)',
          `p = ${read}(b, v, p, end, at, c); if (p < 0) ${fail}`,
        )
      }
      case 'map': {
        const read = this.#reader(reading.values, (t.type as Extract<DataType, { kind: 'map' }>).value)
        return this.#blocks(
          t,
          fail,
          `const k = ${t.writer}.children[0], c = ${t.writer}.children[1], first = at`,
          `if (at - first + n > ${MAP_KEYS_MAX}) ${fail}\nk.ensureRows(at + n); c.ensureRows(at + n)`,
          `p = L.readText(b, v, p, end, k.offsets, k.bytes, k.view, at)
if (p < 0 || L.isRepeated(k, first, at)) ${fail}
p = ${read}(b, v, p, end, at, c); if (p < 0) ${fail}`,
        )
      }
    }
  }

  /** The blocks of an array or map. Items take a byte at least here: those that take none are read another way. */
  #blocks(t: Target, fail: string, declare: string, room: string, item: string): string {
    return `{
let at = ${t.offsets}[${t.row}]
${declare}
for (;;) {
  ${int(fail)}
  if (n === 0) break
  if (n < 0) { n = -n; p = skipNumber(b, p) }
  if (n > end - p) ${fail}
  ${room}
  for (let left = n; left > 0; left--) {
    ${item}
    at++
  }
}
${t.offsets}[${t.row} + 1] = at
}`
  }

  #branches(codes: readonly string[], fail: string): string {
    const cases = codes.map((code, i) => `case ${2 * i}: { ${code}\nbreak }`)
    return `switch (b[p++]) {\n${cases.join('\n')}\ndefault: ${fail}\n}`
  }

  #constant(value: Value, t: Target): string {
    return value === null ? `${t.writer}.setNull(${t.row})` : `${t.writer}.set(${t.row}, ${this.#add(value)})`
  }

  #scalar({ wire, size, to }: AvroScalarReading, t: Target, fail: string): string {
    const { values, halves, row, writer } = t
    const refuse = `if (p < 0) ${fail}`
    switch (wire) {
      case 'null':
        return `${writer}.setNull(${row})`
      case 'boolean':
        return `${values}[${row}] = b[p++] === 1 ? 1 : 0`
      case 'float':
        return `if (p + 4 > end) ${fail}\n${values}[${row}] = v.getFloat32(p, true); p += 4`
      case 'double':
        return `if (p + 8 > end) ${fail}\n${values}[${row}] = v.getFloat64(p, true); p += 8`
      case 'string':
      case 'bytes':
      case 'fixed': {
        const room = `${t.offsets}, ${t.bytes}, ${t.view}, ${row}`
        if (to.kind === 'decimal') {
          return `p = L.readDecimal(b, p, end, ${wire === 'fixed' ? size : -1}, ${writer}, ${row}, ${to.precision}, ${to.shift}); ${refuse}`
        }
        if (wire === 'fixed') return `p = L.readFixed(b, v, p, end, ${size}, ${room}); ${refuse}`
        return `p = L.${t.type.kind === 'string' ? 'readText' : 'readBytes'}(b, v, p, end, ${room}); ${refuse}`
      }
      case 'int':
        switch (to.kind) {
          case 'narrow':
            return `${int(fail)}\nif (n < ${to.minimum} || n > ${to.maximum}) ${fail}\n${values}[${row}] = n`
          case 'times':
            return `${int(fail)}
if (${to.through === undefined ? 'false' : `n < 0 || n * ${to.factor} >= ${to.through}`}) ${fail}
L.writeNumber(${halves}, ${row}, n * ${to.factor})`
          default:
            return isLongColumn(t.type)
              ? `${int(fail)}\n${halves}[2 * ${row}] = n; ${halves}[2 * ${row} + 1] = n >> 31`
              : `${int(fail)}\n${values}[${row}] = n`
        }
      case 'long':
        if (to.kind === 'times' && (to.factor !== 1 || to.through !== undefined)) {
          return `p = L.readLongTimes(b, p, ${halves}, ${row}, ${to.factor}, ${to.through ?? 0}); ${refuse}`
        }
        if (!isLongColumn(t.type)) return `p = L.readLongAsNumber(b, p, ${values}, ${row}); ${refuse}`
        return `n = b[p]
if (n < 128) { p++; n = (n >>> 1) ^ -(n & 1); ${halves}[2 * ${row}] = n; ${halves}[2 * ${row} + 1] = n >> 31 }
else { p = L.readLong(b, p, ${halves}, ${row}); ${refuse} }`
    }
  }

  /** A function (b, v, p, end, row, w) that gives the position behind the value, or −1; returns its name. */
  #reader(reading: AvroReading, type: DataType): string {
    const name = `read${this.#names++}`
    const body = this.#value(reading, nestedTarget(type, 'w', 'row'), 'return -1')
    this.#functions.push(`function ${name}(b, v, p, end, row, w) {\nlet n = 0\n${body}\nreturn p > end ? -1 : p\n}`)
    return name
  }

  /** `depth`: how many functions of skipped records are on the stack, as code. */
  #skip(schema: AvroSchema, fail: string, depth = '0'): string {
    switch (schema.kind) {
      case 'null':
        return ''
      case 'boolean':
        return 'p++'
      case 'int':
      case 'long':
      case 'enum':
        return 'p = skipNumber(b, p)'
      case 'float':
        return 'p += 4'
      case 'double':
        return 'p += 8'
      case 'fixed':
        return `p += ${schema.size}`
      case 'bytes':
      case 'string':
        return `p = L.skipText(b, p, end); if (p < 0) ${fail}`
      default:
        return `p = ${this.#skipper(schema)}(b, p, end, ${depth}); if (p < 0) ${fail}`
    }
  }

  /** A function (b, p, end, depth); of a schema that holds itself, one that calls itself. */
  #skipper(schema: AvroSchema): string {
    const known = this.#skippers.get(schema)
    if (known !== undefined) return known
    const name = `skip${this.#names++}`
    this.#skippers.set(schema, name)
    this.#functions.push(
      `function ${name}(b, p, end, depth) {\nif (depth++ > ${DEPTH_MAX}) return -1\nlet n = 0\n${this.#skipBody(schema)}\nreturn p > end ? -1 : p\n}`,
    )
    return name
  }

  #skipBody(schema: AvroSchema): string {
    const fail = 'return -1'
    switch (schema.kind) {
      case 'record':
        return schema.fields.map((f) => this.#skip(f.schema, fail, 'depth')).join('\n')
      case 'union':
        if (schema.branches.length > BRANCHES_MAX) return fail
        return this.#branches(
          schema.branches.map((branch) => this.#skip(branch, fail, 'depth')),
          fail,
        )
      case 'array':
      case 'map': {
        const key = schema.kind === 'map' ? `p = L.skipText(b, p, end); if (p < 0) ${fail}` : ''
        return `for (;;) {
  ${int(fail)}
  if (n === 0) return p
  if (n < 0) {
    // The size of the block in bytes stands before it.
    p = L.skipText(b, p, end)
    if (p < 0) return -1
    continue
  }
  if (n > end - p) return -1
  for (let left = n; left > 0; left--) {
    ${key}
    ${this.#skip(schema.kind === 'map' ? schema.values : schema.items, fail, 'depth')}
    if (p > end) return -1
  }
}`
      }
      default:
        return this.#skip(schema, fail, 'depth')
    }
  }

  #add(constant: unknown): string {
    return `K[${this.constants.push(constant) - 1}]`
  }
}

/** A long number of an int's bytes; `q` is the position behind it, −1 when it has too many. */
const NUMBER_READER = `function more(b, p, n) {
  n &= 127
  let c = b[p++]
  n |= (c & 127) << 7
  if (c > 127) {
    c = b[p++]
    n |= (c & 127) << 14
    if (c > 127) {
      c = b[p++]
      n |= (c & 127) << 21
      if (c > 127) {
        c = b[p++]
        n |= c << 28
        if (c > 127) p = -1
      }
    }
  }
  q = p
  return n
}
function skipNumber(b, p) {
  while (b[p++] > 127) {}
  return p
}`

/** An int at p into n. */
function int(fail: string): string {
  return `n = b[p++]; if (n > 127) { n = more(b, p, n); p = q; if (p < 0) ${fail} }
n = (n >>> 1) ^ -(n & 1)`
}

function isLongColumn(type: DataType): boolean {
  return type.kind === 'bigint' || type.kind === 'interval_day_time' || type.kind === 'timestamp' || type.kind === 'timestamp_ntz'
}

/** Arrays of a top-level column are looked up once a run: they stay where they are meanwhile, as room for all its text has been reserved. */
function arraysOf(type: DataType, i: number): string {
  switch (type.kind) {
    case 'string':
    case 'binary':
      return `, o${i} = w${i}.offsets, y${i} = w${i}.bytes, z${i} = w${i}.view`
    case 'array':
    case 'map':
      return `, o${i} = w${i}.offsets`
    case 'struct':
    case 'void':
      return ''
    default:
      return `, x${i} = w${i}.values, h${i} = w${i}.halves`
  }
}
function topTarget(type: DataType, i: number): Target {
  return {
    type,
    writer: `w${i}`,
    row: 'row',
    values: `x${i}`,
    halves: `h${i}`,
    offsets: `o${i}`,
    bytes: `y${i}`,
    view: `z${i}`,
  }
}
function nestedTarget(type: DataType, writer: string, row: string): Target {
  return {
    type,
    writer,
    row,
    values: `${writer}.values`,
    halves: `${writer}.halves`,
    offsets: `${writer}.offsets`,
    bytes: `${writer}.bytes`,
    view: `${writer}.view`,
  }
}
function childTarget(t: Target, index: number): Target {
  return nestedTarget((t.type as StructType).fields[index]!.type, `${t.writer}.children[${index}]`, t.row)
}
