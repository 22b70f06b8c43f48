import { equalBytes, indexOfBytes } from '../columnar/bytes.ts'
import { Column } from '../columnar/column.ts'
import { ColumnBuilder } from '../columnar/column-builder.ts'
import { concatColumns } from '../columnar/concat.ts'
import type { Memory } from '../columnar/memory.ts'
import { copyBytes, int32View, takeColumn } from '../columnar/take.ts'
import { BIGINT, BOOLEAN, type DataType, INT, STRING } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import type { ColumnKernel } from './column-kernel.ts'
import type { Signature } from './function.ts'

// Arrays and maps as columns: what reads them needs their offsets and one value of a child, what makes them copies children. No row becomes a
// JavaScript array. A kernel's arguments are those of the call that are no constants.

/** The column of an argument, and the place in it of a row's value: always the first of a constant. */
interface Given {
  readonly column: Column
  readonly isConstant: boolean
}
function givenArguments(signature: Signature, args: readonly Column[]): readonly Given[] {
  let next = 0
  return signature.arguments.map((type, i) => {
    const constant = signature.constants[i]
    return constant === undefined
      ? { column: args[next++]!, isConstant: false }
      : { column: constantColumn(type, constant), isConstant: true }
  })
}
function constantColumn(type: DataType, value: Value): Column {
  const builder = new ColumnBuilder(type, 1)
  builder.append(value)
  return builder.finish()
}

/** NULL where an argument is; `mark` makes more rows NULL. */
class Validity {
  bits: Uint8Array | null = null
  readonly #count: number
  readonly #memory: Memory

  constructor(columns: readonly Column[], count: number, memory: Memory) {
    this.#count = count
    this.#memory = memory
    for (const { validity } of columns) {
      if (validity === null) continue
      const bits = this.#own()
      for (let i = 0; i < (count + 7) >> 3; i++) bits[i]! &= validity[i]!
    }
  }
  mark(row: number): void {
    this.#own()[row >> 3]! &= ~(1 << (row & 7))
  }
  #own(): Uint8Array {
    this.bits ??= this.#memory.bytes((this.#count + 7) >> 3).fill(255)
    return this.bits
  }
}

/** The number of elements or entries. */
export function sizeKernel(): ColumnKernel {
  return ([list], count, memory) => {
    const sizes = memory.int32(count)
    const offsets = list!.offsets!
    for (let row = 0; row < count; row++) sizes[row] = offsets[row + 1]! - offsets[row]!
    return new Column(INT, count, list!.validity, sizes)
  }
}

/**
 * The element of an array at an index that counts from `first`; with first = 1 negative ones count from the end. Outside the array the element is
 * NULL, or where that is an error it is asked of `exact`.
 */
export function elementKernel(signature: Signature, first: 0 | 1, outside: 'null' | 'error'): ColumnKernel | undefined {
  const [type, indexType] = signature.arguments
  const isNumber = indexType?.kind === 'int' || indexType?.kind === 'smallint' || indexType?.kind === 'tinyint'
  if (type?.kind !== 'array' || !isNumber || signature.constants[0] !== undefined || signature.constants[1] === null)
    return undefined
  // An error that a row would not have asked for costs the batch its kernels: simple elements are read in the loop over rows instead.
  if (outside === 'error' && !NESTED.has(type.element.kind)) return undefined
  return (args, count, memory, exact) => {
    const [list, index] = givenArguments(signature, args) as [Given, Given]
    const { validity, offsets, children } = list.column
    const indexes = index.column.values!
    const places = memory.int32(count)
    for (let row = 0; row < count; row++) {
      places[row] = -1
      if (isNull(validity, row)) continue
      if (!index.isConstant && isNull(index.column.validity, row)) continue
      const start = offsets![row]!
      const size = offsets![row + 1]! - start
      const at = indexes[index.isConstant ? 0 : row] as number
      const place = first === 0 ? at : at > 0 ? at - 1 : at < 0 ? size + at : -1
      if (place >= 0 && place < size) places[row] = start + place
      else if (outside === 'error' || (first === 1 && at === 0)) exact(row)
    }
    return takeColumn(children[0]!, places, count, memory)
  }
}
const NESTED: ReadonlySet<string> = new Set(['array', 'map', 'struct', 'interval'])

export function isNull(validity: Uint8Array | null, row: number): boolean {
  return validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0
}

/** Is the element at a place of one column the value at a row of the other? Both are there. */
type Matches = (element: number, row: number) => boolean

/** Equality of two columns of a type as Spark has it: NaN is NaN, −0.0 is 0.0. */
function matcherOf(elements: Column, wanted: Given): Matches {
  const { column, isConstant } = wanted
  const at = isConstant ? 0 : 1
  switch (elements.type.kind) {
    case 'string':
    case 'binary': {
      const [bytes, offsets] = [elements.bytes!, elements.offsets!]
      const [other, otherOffsets] = [column.bytes!, column.offsets!]
      return (element, row) =>
        equalBytes(bytes, offsets[element]!, offsets[element + 1]!, other, otherOffsets[at * row]!, otherOffsets[at * row + 1]!)
    }
    case 'float':
    case 'double': {
      const [values, others] = [elements.values as Float64Array, column.values as Float64Array]
      return (element, row) => {
        const [x, y] = [values[element]!, others[at * row]!]
        return x === y || (Number.isNaN(x) && Number.isNaN(y))
      }
    }
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'time':
    case 'interval_day_time':
    case 'decimal': {
      const [values, others] = [int32View(elements.values!), int32View(column.values!)]
      return (element, row) =>
        values[2 * element] === others[2 * at * row] && values[2 * element + 1] === others[2 * at * row + 1]
    }
    default: {
      const [values, others] = [elements.values as Int32Array, column.values as Int32Array]
      return (element, row) => values[element] === others[at * row]
    }
  }
}
function canMatch(element: DataType, wanted: DataType): boolean {
  if (element.kind !== wanted.kind) return false
  switch (element.kind) {
    case 'decimal':
      return element.precision <= 18 && wanted.kind === 'decimal' && wanted.precision <= 18 && element.scale === wanted.scale
    case 'array':
    case 'map':
    case 'struct':
    case 'interval':
    case 'void':
      return false
    default:
      return true
  }
}

/** The place of the first element that is the value; −1 when there is none, −2 when there is none and a NULL was met. */
function search(list: Column, row: number, elements: Column, matches: Matches): number {
  let missing = -1
  for (let place = list.offsets![row]!; place < list.offsets![row + 1]!; place++) {
    if (isNull(elements.validity, place)) missing = -2
    else if (matches(place, row)) return place
  }
  return missing
}

/** Equality of an array's elements with the value beside it; undefined where types or constants do not allow it. */
export function containsMatcher(signature: Signature): ((args: readonly Column[]) => Matches) | undefined {
  const [type] = signature.arguments
  if (type?.kind !== 'array' || !searchable(signature, type.element)) return undefined
  return (args) => {
    const [list, wanted] = givenArguments(signature, args) as [Given, Given]
    return matcherOf(list.column.children[0]!, wanted)
  }
}

/** The list is no constant and the value no NULL: those calls are rare. */
function searchable(signature: Signature, element: DataType): boolean {
  return signature.constants[0] === undefined && signature.constants[1] !== null && canMatch(element, signature.arguments[1]!)
}

export function containsKernel(signature: Signature): ColumnKernel | undefined {
  const [type] = signature.arguments
  const element = type?.kind === 'array' ? type.element : type?.kind === 'map' ? type.key : undefined
  if (element === undefined || !searchable(signature, element)) return undefined
  return (args, count, memory) => {
    const [list, wanted] = givenArguments(signature, args) as [Given, Given]
    const elements = list.column.children[0]!
    const matches = matcherOf(elements, wanted)
    const found = memory.bytes(count)
    const validity = new Validity(args, count, memory)
    for (let row = 0; row < count; row++) {
      found[row] = 0
      if (isNull(validity.bits, row)) continue
      const place = search(list.column, row, elements, matches)
      if (place >= 0) found[row] = 1
      else if (place === -2) validity.mark(row)
    }
    return new Column(BOOLEAN, count, validity.bits, found)
  }
}

/** Positions count from 1; 0 says there is none. */
export function positionKernel(signature: Signature): ColumnKernel | undefined {
  const [type] = signature.arguments
  if (type?.kind !== 'array' || !searchable(signature, type.element)) return undefined
  return (args, count, memory) => {
    const [list, wanted] = givenArguments(signature, args) as [Given, Given]
    const elements = list.column.children[0]!
    const matches = matcherOf(elements, wanted)
    const positions = memory.int64(count)
    const halves = int32View(positions)
    const validity = new Validity(args, count, memory)
    for (let row = 0; row < count; row++) {
      const place = isNull(validity.bits, row) ? -1 : search(list.column, row, elements, matches)
      halves[2 * row] = place < 0 ? 0 : place - list.column.offsets![row]! + 1
      halves[2 * row + 1] = 0
    }
    return new Column(BIGINT, count, validity.bits, positions)
  }
}

/** The value of a map for a key; NULL where there is none. */
export function mapValueKernel(signature: Signature): ColumnKernel | undefined {
  const [type] = signature.arguments
  if (type?.kind !== 'map' || !searchable(signature, type.key)) return undefined
  return (args, count, memory) => {
    const [map, wanted] = givenArguments(signature, args) as [Given, Given]
    const [keys, values] = map.column.children
    const matches = matcherOf(keys!, wanted)
    const validity = new Validity(args, count, memory).bits
    const places = memory.int32(count)
    for (let row = 0; row < count; row++)
      places[row] = isNull(validity, row) ? -1 : Math.max(-1, search(map.column, row, keys!, matches))
    return takeColumn(values!, places, count, memory)
  }
}

/** The keys (0) or values (1) of a map: its offsets over one of its children. */
export function mapPartKernel(signature: Signature, part: 0 | 1): ColumnKernel {
  return ([map], count) => new Column(signature.returns, count, map!.validity, null, map!.offsets, null, [map!.children[part]!])
}

/** An array of the arguments of each row. */
export function arrayKernel(signature: Signature): ColumnKernel | undefined {
  const type = signature.returns
  const width = signature.arguments.length
  if (type.kind !== 'array' || width === 0 || type.element.kind === 'void') return undefined
  return (args, count, memory) => {
    const given = givenArguments(signature, args)
    const all = concatColumns(
      type.element,
      given.map(({ column, isConstant }) => (isConstant || column.length === count ? column : takeAll(column, count, memory))),
      memory,
    )
    const places = memory.int32(count * width)
    const offsets = memory.int32(count + 1)
    let base = 0
    for (let i = 0; i < width; i++) {
      const step = given[i]!.isConstant ? 0 : 1
      for (let row = 0; row < count; row++) places[row * width + i] = base + step * row
      base += given[i]!.isConstant ? 1 : count
    }
    for (let row = 0; row <= count; row++) offsets[row] = row * width
    return new Column(type, count, null, null, offsets, null, [takeColumn(all, places, count * width, memory)])
  }
}
function takeAll(column: Column, count: number, memory: Memory): Column {
  const rows = memory.int32(count)
  for (let row = 0; row < count; row++) rows[row] = row
  return takeColumn(column, rows, count, memory)
}

/** The parts of text between delimiters, at most `limit` of them where that is above 0. */
export function splitKernel(signature: Signature, delimiter: Uint8Array, limit: number): ColumnKernel {
  const size = delimiter.length
  return ([text], count, memory) => {
    const source = text!.bytes!
    const from = text!.offsets!
    const offsets = memory.int32(count + 1)
    offsets[0] = 0
    let parts = 0
    for (let row = 0; row < count; row++) {
      if (!isNull(text!.validity, row)) {
        const first = parts++
        for (let at = from[row]!; limit <= 0 || parts - first < limit; parts++) {
          at = indexOfBytes(source, at, from[row + 1]!, delimiter, 0, size)
          if (at < 0) break
          at += size
        }
      }
      offsets[row + 1] = parts
    }
    const partOffsets = memory.int32(parts + 1)
    partOffsets[0] = 0
    const bytes = memory.bytes(from[count]! - from[0]! + 8)
    let part = 0
    let to = 0
    for (let row = 0; row < count; row++) {
      let at = from[row]!
      for (const last = offsets[row + 1]!; part < last; part++) {
        const end = part === last - 1 ? from[row + 1]! : indexOfBytes(source, at, from[row + 1]!, delimiter, 0, size)
        for (; at < end; at++, to++) bytes[to] = source[at]!
        partOffsets[part + 1] = to
        at += size
      }
    }
    const child = new Column(STRING, parts, null, null, partOffsets, bytes)
    return new Column(signature.returns, count, text!.validity, null, offsets, null, [child])
  }
}

/** The text that a Java pattern matches when it matches nothing else; undefined for any other pattern. */
export function literalPattern(source: string): string | undefined {
  if (/^[^\\^$.|?*+()[\]{}]+$/.test(source)) return source
  return (/^\\([^A-Za-z0-9])$/u.exec(source) ?? /^\[([^\\\]^[])\]$/u.exec(source))?.[1]
}

/** Texts, and the texts of arrays, with a delimiter between those that are not NULL. NULL only where the delimiter is. */
export function joinKernel(
  signature: Signature,
  delimiterAt: number,
  partsAt: readonly number[],
  nullIf: 'delimiter' | 'all',
): ColumnKernel | undefined {
  const isText = (type: DataType): boolean => type.kind === 'string' || (type.kind === 'array' && type.element.kind === 'string')
  if (!partsAt.every((i) => isText(signature.arguments[i]!) && signature.constants[i] !== null)) return undefined
  if (signature.constants[delimiterAt] === null) return undefined
  return (args, count, memory) => {
    const given = givenArguments(signature, args)
    const delimiter = given[delimiterAt]!
    const parts = partsAt.map((i) => given[i]!)
    const validity = new Validity(nullIf === 'all' ? args : delimiter.isConstant ? [] : [delimiter.column], count, memory).bits
    const out = new TextJoin(count, memory)
    const at = delimiter.isConstant ? 0 : 1
    for (let row = 0; row < count; row++) {
      if (!isNull(validity, row)) {
        const { bytes, offsets } = delimiter.column
        out.begin(bytes!, offsets![at * row]!, offsets![at * row + 1]!)
        for (const { column, isConstant } of parts) {
          const place = isConstant ? 0 : row
          if (isNull(column.validity, place)) continue
          if (column.type.kind === 'string') out.add(column, place)
          else {
            const texts = column.children[0]!
            for (let i = column.offsets![place]!; i < column.offsets![place + 1]!; i++)
              if (!isNull(texts.validity, i)) out.add(texts, i)
          }
        }
      }
      out.end(row)
    }
    return new Column(STRING, count, validity, null, out.offsets, out.bytes)
  }
}

/** A column of texts under construction. */
class TextJoin {
  readonly offsets: Int32Array
  bytes: Uint8Array
  readonly #memory: Memory
  #used = 0
  #isFirst = true
  #delimiter: Uint8Array = new Uint8Array(0)
  #start = 0
  #end = 0

  constructor(count: number, memory: Memory) {
    this.#memory = memory
    this.offsets = memory.int32(count + 1)
    this.offsets[0] = 0
    this.bytes = memory.bytes(count * 16 + 64)
  }
  begin(delimiter: Uint8Array, start: number, end: number): void {
    this.#isFirst = true
    this.#delimiter = delimiter
    this.#start = start
    this.#end = end
  }
  add(texts: Column, place: number): void {
    if (this.#isFirst) this.#isFirst = false
    else this.#append(this.#delimiter, this.#start, this.#end)
    this.#append(texts.bytes!, texts.offsets![place]!, texts.offsets![place + 1]!)
  }
  end(row: number): void {
    this.offsets[row + 1] = this.#used
  }
  #append(bytes: Uint8Array, start: number, end: number): void {
    const used = this.#used
    if (used + end - start > this.bytes.length - 8) {
      const grown = this.#memory.bytes(2 * (used + end - start) + 64)
      grown.set(this.bytes.subarray(0, used))
      this.bytes = grown
    }
    copyBytes(bytes, start, end, this.bytes, used)
    this.#used = used + end - start
  }
}
