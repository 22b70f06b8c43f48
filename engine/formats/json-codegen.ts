import type { DataType } from '../types/data-type.ts'
import type { Zone } from '../types/zone.ts'
import { type ColumnWriter, isRepeated } from './column-writer.ts'
import type { TextEquals } from './decoder.ts'
import { isNullWord, readBoolean, readText, skipBlank, skipSpace, skipValue } from './json-bytes.ts'
import { readAnyText, readExactText } from './json-copy.ts'
import { readDecimal, readDouble, readInteger, readLong, readSeconds } from './json-numbers.ts'
import { readDate, readTimestamp } from './time-bytes.ts'

/** Where a run of the generated decoder stopped. */
export interface DecodeState {
  row: number
  /** In bytes; of records at given places: the number of the record. */
  position: number
  /** Rows that did not have the layout the code was generated for. */
  misses: number
}

/**
 * Decodes lines of bytes[p, end), which ends behind a line feed, into rows from `row` on; stops at `rowsMax` rows, at `end`, or before a line it
 * refuses (`position` < end then, with room for rows): that line is for the exact path.
 */
export type JsonLineDecoder = (
  bytes: Uint8Array,
  view: DataView,
  position: number,
  end: number,
  row: number,
  rowsMax: number,
  state: DecodeState,
) => void

/**
 * Decodes the records number from … to, the i-th in bytes[starts[i], ends[i]), into rows from `row` on; a record for a bit that is 0 in
 * `validity` is refused. Stops at `rowsMax` rows, at `to`, or before a record it refuses (`position` < to then): that one is for the exact path.
 * A zero stands behind the last record, at ends[to − 1], and 15 bytes more can be read.
 */
export type JsonRecordDecoder = (
  bytes: Uint8Array,
  view: DataView,
  starts: Int32Array,
  ends: Int32Array,
  validity: Uint8Array | null,
  from: number,
  to: number,
  row: number,
  rowsMax: number,
  state: DecodeState,
) => void

/** The keys of one line in order, with the exact bytes before each value, as found in a line of the file. */
export interface JsonLayout {
  readonly entries: readonly { readonly literal: Uint8Array; readonly column: number }[]
  /** From behind the last value to behind the line feed, or to behind the closing brace of a record at a given place. */
  readonly tail: Uint8Array
}

export interface JsonDecoderPlan {
  /** Columns to write, by position; the corrupt-record column has type undefined and is always NULL here. */
  readonly fields: readonly { readonly name: string; readonly type: DataType | undefined }[]
  readonly equals: readonly TextEquals[]
  readonly zone: Zone
  /** Timestamps and dates have their default forms; else the generated code leaves them to `readValue`. */
  readonly standardTimes: boolean
  /** What is no string goes into STRING as it is written; else it is printed anew. */
  readonly exactText: boolean
}

/** Reads a value the generated code has no code for: bytes [start, end) are one JSON value. False: refused. */
export type ValueReader = (bytes: Uint8Array, start: number, end: number, row: number) => boolean

/**
 * Generates the decoder of lines for a schema and, when given, a layout. Each line is first tried against the layout, literal by literal;
 * where it differs the rest of the line is read key by key in any order. Lines that need more than that are refused.
 */
export function generateJsonDecoder(
  plan: JsonDecoderPlan,
  layout: JsonLayout | undefined,
  writers: readonly ColumnWriter[],
  readers: readonly ValueReader[],
): JsonLineDecoder {
  const code = new Code(plan, false)
  return factoryOf<JsonLineDecoder>(code.lines(layout))(library, writers, readers, code.keys, plan.zone, plan.equals)
}

/**
 * The same for records at given places, in which line breaks are blanks like others, and of which only the first value counts. What stands
 * between the records is not looked at: a record in which the walk went beyond its end is refused.
 */
export function generateJsonRecordDecoder(
  plan: JsonDecoderPlan,
  layout: JsonLayout | undefined,
  writers: readonly ColumnWriter[],
  readers: readonly ValueReader[],
): JsonRecordDecoder {
  const code = new Code(plan, true)
  return factoryOf<JsonRecordDecoder>(code.records(layout))(library, writers, readers, code.keys, plan.zone, plan.equals)
}

/** Records that are one value of a type, an array or a map, into the first writer. */
export function generateJsonValueDecoder(
  type: DataType,
  plan: Pick<JsonDecoderPlan, 'zone' | 'standardTimes' | 'exactText'>,
  writer: ColumnWriter,
): JsonRecordDecoder {
  const code = new Code({ ...plan, fields: [], equals: [] }, true)
  return factoryOf<JsonRecordDecoder>(code.values(type))(library, [writer], [], code.keys, plan.zone, [])
}

type Factory<Decode> = (
  library: object,
  writers: readonly ColumnWriter[],
  readers: readonly ValueReader[],
  keys: readonly (readonly (Uint8Array | null)[])[],
  zone: Zone,
  equals: readonly TextEquals[],
) => Decode

/** Generated code by its text: queries over the same columns share it, and with it what the compiler has learned. */
const factories = new Map<string, Factory<unknown>>()
const FACTORIES_MAX = 200

function factoryOf<Decode>(source: string): Factory<Decode> {
  let factory = factories.get(source)
  if (factory === undefined) {
    factory = new Function('L', 'W', 'R', 'K', 'zone', 'equals', source) as Factory<unknown>
    if (factories.size >= FACTORIES_MAX) factories.delete(factories.keys().next().value!)
    factories.set(source, factory)
  }
  return factory as Factory<Decode>
}

const textEncoder = new TextEncoder()

/** What generated code calls: one function for every decoder, all on bytes, so that their types never mix. */
const library = {
  isNullWord,
  readAnyText,
  readBoolean,
  readDate,
  readDecimal,
  readDouble,
  readExactText,
  readInteger,
  readLong,
  readSeconds,
  readText,
  readTimestamp,
  skipBlank,
  skipSpace,
  skipValue,
  /** Position of the key in bytes[start, start + length) among `keys`, looked for from `from` on; −1 when it is none of them. */
  findKey(bytes: Uint8Array, start: number, length: number, keys: readonly (Uint8Array | null)[], from: number): number {
    for (let n = 0, i = from; n < keys.length; n++, i++) {
      if (i >= keys.length) i = 0
      const key = keys[i]
      if (key == null || key.length !== length) continue
      let k = 0
      while (k < length && bytes[start + k] === key[k]) k++
      if (k === length) return i
    }
    return -1
  },
  /** Behind the line feed that ends the line of `from`. */
  nextLine(bytes: Uint8Array, from: number, end: number): number {
    const at = bytes.indexOf(10, from)
    return at < 0 || at >= end ? end : at + 1
  },
  isRepeated,
  textEquals(column: ColumnWriter, row: number, wanted: Uint8Array): boolean {
    const start = column.offsets![row]!
    if (column.offsets![row + 1]! - start !== wanted.length) return false
    const bytes = column.bytes!
    for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false
    return true
  },
}

/** A bigger map is left to the exact path, which finds repeated keys faster than by comparing all pairs. */
const MAP_KEYS_MAX = 64
const MASK_BITS = 31

class Code {
  readonly keys: (readonly (Uint8Array | null)[])[] = []
  readonly #plan: JsonDecoderPlan
  readonly #functions: string[] = []

  /** The call that walks over what may stand between tokens, and whether that may be line breaks. */
  readonly #skip: string
  readonly #breaks: boolean

  constructor(plan: JsonDecoderPlan, breaks: boolean) {
    this.#plan = plan
    this.#breaks = breaks
    this.#skip = breaks ? 'L.skipBlank' : 'L.skipSpace'
  }

  lines(layout: JsonLayout | undefined): string {
    const { fields } = this.#plan
    const object = this.#object(fields, (i) => `W[${i}]`, 'break lines')
    const filters = this.#filters('p = L.nextLine(b, p, end); continue rows')
    return `'use strict'
const REFUSED = -1
${this.#functions.join('\n')}
return function decode(b, v, p, end, row, rowsMax, state) {
  let rowStart = p
  let misses = 0
  lines: {
    rows: while (row < rowsMax && p < end) {
      rowStart = p
      ${object.declare}
      let first = true
      line: {
        predicted: { ${layout === undefined ? '' : this.#predicted(layout, object, filters, 'break lines')} }
        misses++
        p = L.skipSpace(b, p)
        if (first) {
          if (b[p] === 10) { p++; continue rows }
          if (b[p] !== 0x7b) break lines
          p = L.skipSpace(b, p + 1)
        }
        ${object.loop(filters)}
        p = L.skipSpace(b, p)
        if (b[p] === 13 && b[p + 1] === 10) p++
        if (b[p] !== 10) break lines
        p++
      }
      ${object.fillMissing}
      row++
    }
    rowStart = p
  }
  state.row = row
  state.position = rowStart
  state.misses = misses
}`
  }

  records(layout: JsonLayout | undefined): string {
    const { fields } = this.#plan
    const object = this.#object(fields, (i) => `W[${i}]`, 'break all')
    const filters = this.#filters('continue records')
    return this.#recordLoop(`
      ${object.declare}
      let first = true
      line: {
        predicted: { ${layout === undefined ? '' : this.#predicted(layout, object, filters, 'break all')} }
        misses++
        p = L.skipBlank(b, p)
        if (first) {
          if (b[p] !== 0x7b) break all
          p = L.skipBlank(b, p + 1)
        }
        ${object.loop(filters)}
      }
      if (p > end) break all
      ${object.fillMissing}`)
  }

  values(type: DataType): string {
    const read = this.#reader(type, undefined)
    return this.#recordLoop(`
      p = ${read}(b, v, L.skipBlank(b, p), row, W[0])
      if (p < 0 || p > end) break all`)
  }

  #recordLoop(body: string): string {
    return `'use strict'
const REFUSED = -1
${this.#functions.join('\n')}
return function decode(b, v, starts, ends, validity, from, to, row, rowsMax, state) {
  let misses = 0
  let i = from
  all: {
    records: for (; i < to && row < rowsMax; i++) {
      if (validity !== null && ((validity[i >> 3] >> (i & 7)) & 1) === 0) break all
      let p = starts[i]
      const end = ends[i]
      ${body}
      row++
    }
  }
  state.row = row
  state.position = i
  state.misses = misses
}`
  }

  /** By column: what leaves a row whose text is not the wanted one. */
  #filters(leave: string): string[] {
    return this.#plan.fields.map((_, i) =>
      this.#plan.equals
        .map((e, n) => (e.column === i ? `\nif (!L.textEquals(W[${i}], row, equals[${n}].bytes)) { ${leave} }` : ''))
        .join(''),
    )
  }

  /** Literal, value, literal, value, tail; at the first difference `break predicted`, with what was read kept. */
  #predicted(layout: JsonLayout, object: ObjectCode, filters: readonly string[], fail: string): string {
    let text = ''
    layout.entries.forEach(({ literal, column }, i) => {
      // A key that comes twice means its last value: the exact path's.
      if (column >= 0 && layout.entries.slice(0, i).some((e) => e.column === column)) {
        text += `${fail}\n`
        return
      }
      text += `if (!(${matchCode(literal)})) break predicted\np += ${literal.length}\nfirst = false\n`
      text +=
        column < 0
          ? `p = L.skipValue(b, v, p, ${this.#breaks})\nif (p < 0) ${fail}\n`
          : `${object.read(column)}${filters[column]}\n`
    })
    return `${text}if (!(${matchCode(layout.tail)})) break predicted\np += ${layout.tail.length}\nbreak line`
  }

  /** Reading of an object's fields into writers; `fail` leaves the code around it. */
  #object(fields: JsonDecoderPlan['fields'], writer: (i: number) => string, fail: string): ObjectCode {
    const keySet = this.keys.push(fields.map((f) => (f.type === undefined ? null : textEncoder.encode(f.name)))) - 1
    const maskCount = Math.max(1, Math.ceil(fields.length / MASK_BITS))
    const masks = Array.from({ length: maskCount }, (_, m) => `seen${m}`)
    const full = masks.map((_, m) =>
      fields.reduce(
        (all, f, i) => (Math.floor(i / MASK_BITS) === m && f.type !== undefined ? all | (1 << (i % MASK_BITS)) : all),
        0,
      ),
    )
    const mask = (i: number): string => masks[Math.floor(i / MASK_BITS)]!
    const bit = (i: number): number => 1 << (i % MASK_BITS)
    const readers = fields.map((f, i) =>
      f.type === undefined ? '' : this.#reader(f.type, writer(i).startsWith('W[') ? i : undefined),
    )
    const read = (i: number): string =>
      `p = ${readers[i]}(b, v, p, row, ${writer(i)})\nif (p < 0) ${fail}\n${mask(i)} |= ${bit(i)}`
    const missing = fields
      .map((f, i) =>
        f.type === undefined ? `${writer(i)}.setNull(row)` : `if ((${mask(i)} & ${bit(i)}) === 0) ${writer(i)}.setNull(row)`,
      )
      .join('\n')
    const someMissing = fields.some((f) => f.type === undefined)
      ? 'true'
      : masks.map((m, i) => `${m} !== ${full[i]}`).join(' || ')
    return {
      declare: masks.map((m) => `let ${m} = 0`).join('; '),
      read,
      fillMissing: `if (${someMissing}) { ${missing} }`,
      loop: (after) => `
        let next = 0
        for (;;) {
          if (b[p] === 0x7d) {
            p++
            break
          }
          if (!first) {
            if (b[p] !== 0x2c) ${fail}
            p = ${this.#skip}(b, p + 1)
          }
          first = false
          if (b[p] !== 0x22) ${fail}
          const key = ++p
          while (b[p] !== 0x22) { if (b[p] === 0x5c || b[p] < 0x20) ${fail}; p++ }
          const column = L.findKey(b, key, p - key, K[${keySet}], next)
          p = ${this.#skip}(b, p + 1)
          if (b[p] !== 0x3a) ${fail}
          p = ${this.#skip}(b, p + 1)
          switch (column) {
            ${fields
              .map((f, i) =>
                f.type === undefined
                  ? ''
                  : `case ${i}: { if ((${mask(i)} & ${bit(i)}) !== 0) ${fail}\n${read(i)}${after[i] ?? ''}\nbreak }`,
              )
              .join('\n')}
            default: p = L.skipValue(b, v, p, ${this.#breaks}); if (p < 0) ${fail}
          }
          if (column >= 0) next = column + 1
          p = ${this.#skip}(b, p)
        }`,
    }
  }

  /** A function (b, v, p, row, w) that gives the position behind the value or REFUSED; returns its name. `top`: the column's position. */
  #reader(type: DataType, top: number | undefined): string {
    const body = this.#read(type, top)
    const name = `read${this.#functions.length}`
    // A row begun again after a path gave up may have had NULL here, so the bit is set, not assumed.
    this.#functions.push(`function ${name}(b, v, p, row, w) {
if (b[p] === 0x6e && L.isNullWord(v, p)) { w.setNull(row); return p + 4 }
if (w.hasNulls) w.validity[row >> 3] |= 1 << (row & 7)
${body}
}`)
    return name
  }

  #read(type: DataType, top: number | undefined): string {
    const quoted = (read: string): string => `return b[p] === 0x22 ? ${read} : REFUSED`
    const { standardTimes } = this.#plan
    switch (type.kind) {
      case 'void':
        return `return L.skipValue(b, v, p, ${this.#breaks})`
      case 'bigint':
        return 'return L.readLong(b, p, w, row)'
      case 'int':
        return 'return L.readInteger(b, p, w, row, -2147483648, 2147483647)'
      case 'smallint':
        return 'return L.readInteger(b, p, w, row, -32768, 32767)'
      case 'tinyint':
        return 'return L.readInteger(b, p, w, row, -128, 127)'
      case 'double':
      case 'float':
        return 'return L.readDouble(b, p, w, row)'
      case 'boolean':
        return 'return L.readBoolean(b, v, p, w, row)'
      case 'string':
        if (this.#plan.exactText) return `return L.readExactText(b, v, p, w, row, ${this.#breaks})`
        return this.#breaks ? 'return L.readAnyText(b, v, p, w, row)' : quoted('L.readText(b, v, p + 1, w, row)')
      case 'decimal':
        if (type.precision <= 18) return `return L.readDecimal(b, p, w, row, ${type.precision}, ${type.scale})`
        break
      case 'date':
        if (standardTimes) return quoted('L.readDate(b, v, p + 1, w, row, 0x22)')
        break
      case 'timestamp':
        if (standardTimes)
          return 'return b[p] === 0x22 ? L.readTimestamp(b, v, p + 1, w, row, 0x22, zone) : L.readSeconds(b, p, w, row)'
        break
      case 'timestamp_ntz':
        if (standardTimes) return quoted('L.readTimestamp(b, v, p + 1, w, row, 0x22, undefined)')
        break
      case 'struct': {
        const object = this.#object(type.fields, (i) => `w.children[${i}]`, 'return REFUSED')
        return `if (b[p] !== 0x7b) return REFUSED
p = ${this.#skip}(b, p + 1)
${object.declare}
let first = true
${object.loop([])}
${object.fillMissing}
return p`
      }
      case 'array': {
        const element = this.#reader(type.element, undefined)
        return `if (b[p] !== 0x5b) return REFUSED
const c = w.children[0]
let at = w.offsets[row]
p = ${this.#skip}(b, p + 1)
if (b[p] === 0x5d) { w.offsets[row + 1] = at; return p + 1 }
for (;;) {
  c.ensureRows(at + 1)
  p = ${element}(b, v, p, at++, c)
  if (p < 0) return REFUSED
  p = ${this.#skip}(b, p)
  if (b[p] === 0x5d) { w.offsets[row + 1] = at; return p + 1 }
  if (b[p] !== 0x2c) return REFUSED
  p = ${this.#skip}(b, p + 1)
}`
      }
      case 'map': {
        if (type.key.kind !== 'string') break
        const value = this.#reader(type.value, undefined)
        return `if (b[p] !== 0x7b) return REFUSED
const k = w.children[0], c = w.children[1]
const start = w.offsets[row]
let at = start
p = ${this.#skip}(b, p + 1)
if (b[p] === 0x7d) { w.offsets[row + 1] = at; return p + 1 }
for (;;) {
  if (b[p] !== 0x22 || at - start >= ${MAP_KEYS_MAX}) return REFUSED
  k.ensureRows(at + 1)
  c.ensureRows(at + 1)
  p = L.readText(b, v, p + 1, k, at)
  if (p < 0 || L.isRepeated(k, start, at)) return REFUSED
  p = ${this.#skip}(b, p)
  if (b[p] !== 0x3a) return REFUSED
  p = ${value}(b, v, ${this.#skip}(b, p + 1), at++, c)
  if (p < 0) return REFUSED
  p = ${this.#skip}(b, p)
  if (b[p] === 0x7d) { w.offsets[row + 1] = at; return p + 1 }
  if (b[p] !== 0x2c) return REFUSED
  p = ${this.#skip}(b, p + 1)
}`
      }
    }
    // The rest is read from its text, at the top; deeper the whole row takes the exact path.
    return top === undefined
      ? 'return REFUSED'
      : `const end = L.skipValue(b, v, p, ${this.#breaks})\nreturn end >= 0 && R[${top}](b, p, end, row) ? end : REFUSED`
  }
}

interface ObjectCode {
  readonly declare: string
  readonly read: (field: number) => string
  readonly fillMissing: string
  readonly loop: (after: readonly string[]) => string
}

/** Word by word; the last word may overlap the one before it. */
function matchCode(literal: Uint8Array): string {
  const view = new DataView(literal.buffer, literal.byteOffset, literal.length)
  if (literal.length < 4) return Array.from(literal, (byte, i) => `b[p + ${i}] === ${byte}`).join(' && ')
  const parts: string[] = []
  for (let i = 0; i < literal.length; i += 4) {
    const at = Math.min(i, literal.length - 4)
    parts.push(`v.getInt32(p + ${at}, true) === ${view.getInt32(at, true)}`)
  }
  return parts.join(' && ')
}
