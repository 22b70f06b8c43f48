import { ColumnWriter } from '../../formats/column-writer.ts'
import { isNullWord, REFUSED, readText, skipBlank, skipValue } from '../../formats/json-bytes.ts'
import type { JsonRecordDecoder } from '../../formats/json-codegen.ts'
import { readRows } from '../../formats/json-column.ts'
import { printedEnd, printValue, readAnyText, readExactText } from '../../formats/json-copy.ts'
import { JsonRecords } from '../../formats/json-records.ts'
import { arrayType, type DataType, INT, STRING } from '../../types/data-type.ts'
import type { ColumnKernel, GeneratorKernel } from '../column-kernel.ts'
import { type Path, parsePath } from './json-path.ts'

// Functions that look into JSON text, over the bytes of a column. What they refuse (single quotes, control characters, what is no JSON) the
// interpreter reads.

/** Reads the value at p for a row; gives the position behind it, or REFUSED. */
type Look = (b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number) => number

function kernelOf(type: DataType, look: Look): ColumnKernel {
  const writer = new ColumnWriter(type)
  const records = new JsonRecords([], () => decoderOf(look, writer))
  return ([texts], count, memory, exact) => {
    writer.begin(memory, count)
    readRows(records, texts!, count, [writer], (row) => writer.set(row, texts!.isNull(row) ? null : exact(row)))
    return writer.finish(count)
  }
}

function decoderOf(look: Look, writer: ColumnWriter): JsonRecordDecoder {
  return (b, v, starts, ends, validity, from, to, row, rowsMax, state) => {
    let i = from
    for (; i < to && row < rowsMax; i++, row++) {
      if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) break
      const p = look(b, v, skipBlank(b, starts[i]!), writer, row)
      if (p === REFUSED || p > ends[i]!) break
    }
    state.row = row
    state.position = i
    state.misses = 0
  }
}

/** get_json_object with a constant path of names, indexes and at most one wildcard; others are left to the interpreter. */
export function jsonPathKernel(path: string): ColumnKernel | undefined {
  const steps = parsePath(path)
  if (steps === undefined || !steps.every(isPlainStep) || steps.filter((step) => step.kind === 'elements').length > 1)
    return undefined
  const finder = new PathFinder(steps)
  return kernelOf(STRING, (b, v, p, column, row) => finder.look(b, v, p, column, row))
}
function isPlainStep(step: Path[number]): boolean {
  // A name with U+FFFD could be meant by bytes that are no UTF-8.
  return step.kind !== 'fields' && (step.kind !== 'name' || !step.name.includes('\ufffd'))
}

const ELEMENTS = -1

class PathFinder {
  /** By step: the name's bytes, the index, or ELEMENTS. */
  readonly #steps: readonly (Uint8Array | number)[]
  readonly #hasWildcard: boolean
  #found = false
  /** With a wildcard: where in the column's bytes the next thing found goes. */
  #out = 0

  constructor(steps: Path) {
    this.#steps = steps.map((step) =>
      step.kind === 'name' ? new TextEncoder().encode(step.name) : step.kind === 'index' ? step.index : ELEMENTS,
    )
    this.#hasWildcard = this.#steps.includes(ELEMENTS)
  }

  look(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number): number {
    this.#found = false
    // What may follow a number at the top is another matter than what may follow it inside a container.
    if (b[p] !== 0x7b && b[p] !== 0x5b && b[p] !== 0x22) return REFUSED
    this.#out = column.offsets![row]!
    const end = this.#find(b, v, p, 0, column, row)
    if (end === REFUSED) return REFUSED
    if (!this.#found) column.setNull(row)
    else if (this.#hasWildcard) column.offsets![row + 1] = this.#out
    return end
  }

  /** Walks the value at p, and writes what the steps from `at` find in it. */
  #find(b: Uint8Array, v: DataView, p: number, at: number, column: ColumnWriter, row: number): number {
    if (at === this.#steps.length) {
      this.#found = true
      if (!this.#hasWildcard) return readAnyText(b, v, p, column, row)
      p = printValue(b, v, p, column.bytes!, this.#out)
      this.#out = printedEnd()
      return p
    }
    const step = this.#steps[at]!
    if (typeof step !== 'number')
      return b[p] === 0x7b ? this.#findField(b, v, p, at, step, column, row) : skipValue(b, v, p, true)
    if (b[p] !== 0x5b) return skipValue(b, v, p, true)
    return step === ELEMENTS ? this.#findElements(b, v, p, at, column, row) : this.#findElement(b, v, p, at, step, column, row)
  }

  /** What is found in all elements, as an array; a single find stands alone, unless an index before it promised an array. */
  #findElements(b: Uint8Array, v: DataView, p: number, at: number, column: ColumnWriter, row: number): number {
    const target = column.bytes!
    const start = this.#out
    const isPromised = at > 0 && typeof this.#steps[at - 1] === 'number'
    let finds = 0
    // A bracket goes before the first find, commas before the others.
    let o = start
    p = skipBlank(b, p + 1)
    while (b[p] !== 0x5d) {
      this.#found = false
      this.#out = o + 1
      p = this.#find(b, v, p, at + 1, column, row)
      if (p === REFUSED) return REFUSED
      if (this.#found) {
        target[o] = finds === 0 ? 0x5b : 0x2c
        o = this.#out
        finds++
      }
      p = nextItem(b, p, 0x5d)
      if (p === REFUSED) return REFUSED
    }
    this.#found = finds > 0
    if (finds === 0 && isPromised) return REFUSED
    if (finds === 1 && !isPromised) {
      target.copyWithin(start, start + 1, o)
      o--
    } else if (finds > 0) target[o++] = 0x5d
    this.#out = o
    return p + 1
  }

  /** The first field of the name that has what is looked for, and is not null. */
  #findField(b: Uint8Array, v: DataView, p: number, at: number, name: Uint8Array, column: ColumnWriter, row: number): number {
    p = skipBlank(b, p + 1)
    if (b[p] === 0x7d) return p + 1
    for (;;) {
      if (b[p] !== 0x22) return REFUSED
      const key = p + 1
      p = skipName(b, key)
      if (p === REFUSED) return REFUSED
      const isWanted = !this.#found && p - key === name.length && isAt(b, key, name)
      p = skipBlank(b, p + 1)
      if (b[p] !== 0x3a) return REFUSED
      p = skipBlank(b, p + 1)
      p = isWanted && b[p] !== 0x6e ? this.#find(b, v, p, at + 1, column, row) : skipValue(b, v, p, true)
      if (p === REFUSED) return REFUSED
      p = skipBlank(b, p)
      if (b[p] === 0x7d) return p + 1
      if (b[p] !== 0x2c) return REFUSED
      p = skipBlank(b, p + 1)
    }
  }

  #findElement(b: Uint8Array, v: DataView, p: number, at: number, index: number, column: ColumnWriter, row: number): number {
    p = skipBlank(b, p + 1)
    if (b[p] === 0x5d) return p + 1
    for (let i = 0; ; i++) {
      p = i === index ? this.#find(b, v, p, at + 1, column, row) : skipValue(b, v, p, true)
      if (p === REFUSED) return REFUSED
      p = skipBlank(b, p)
      if (b[p] === 0x5d) return p + 1
      if (b[p] !== 0x2c) return REFUSED
      p = skipBlank(b, p + 1)
    }
  }
}

/** From behind a name's opening quote to its closing one; names with escapes are refused. */
function skipName(b: Uint8Array, p: number): number {
  let c = b[p]!
  while (c !== 0x22) {
    if (c < 0x20 || c === 0x5c) return REFUSED
    c = b[++p]!
  }
  return p
}
function isAt(b: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (b[start + i] !== name[i]) return false
  return true
}

/** json_tuple with constant names: the texts of those fields of an object, each its own column. */
export function jsonTupleKernel(names: readonly string[]): GeneratorKernel {
  const writers = names.map(() => new ColumnWriter(STRING))
  const wanted = names.map((name) => new TextEncoder().encode(name))
  const records = new JsonRecords([], () =>
    decoderOf((b, v, p, _column, row) => readFields(b, v, p, wanted, writers, row), writers[0]!),
  )
  return ([texts], count, memory, exact) => {
    for (const writer of writers) writer.begin(memory, count)
    readRows(records, texts!, count, writers, (row) => {
      const values = exact(row)
      for (let i = 0; i < writers.length; i++) writers[i]!.set(row, values[i]!)
    })
    return writers.map((writer) => writer.finish(count))
  }
}

function readFields(
  b: Uint8Array,
  v: DataView,
  p: number,
  wanted: readonly Uint8Array[],
  writers: readonly ColumnWriter[],
  row: number,
): number {
  if (b[p] !== 0x7b) return REFUSED
  // By name: found. A field that comes twice is the interpreter's.
  let seen = 0
  p = skipBlank(b, p + 1)
  while (b[p] !== 0x7d) {
    if (b[p] !== 0x22) return REFUSED
    const key = p + 1
    p = skipName(b, key)
    if (p === REFUSED) return REFUSED
    const length = p - key
    p = skipBlank(b, p + 1)
    if (b[p] !== 0x3a) return REFUSED
    const value = skipBlank(b, p + 1)
    p = REFUSED
    for (let i = 0; i < wanted.length; i++) {
      if (wanted[i]!.length !== length || !isAt(b, key, wanted[i]!)) continue
      if ((seen & (1 << i)) !== 0) return REFUSED
      seen |= 1 << i
      p = readTupleField(b, v, value, writers[i]!, row)
      if (p === REFUSED) return REFUSED
    }
    if (p === REFUSED) p = skipValue(b, v, value, true)
    if (p === REFUSED) return REFUSED
    p = nextItem(b, p, 0x7d)
    if (p === REFUSED) return REFUSED
  }
  for (let i = 0; i < wanted.length; i++) if ((seen & (1 << i)) === 0) writers[i]!.setNull(row)
  return p + 1
}

/** Strings as what they mean, structures printed anew, numbers and words as they are written. */
function readTupleField(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number): number {
  if (b[p] === 0x6e && isNullWord(v, p)) {
    column.setNull(row)
    return p + 4
  }
  if (column.hasNulls) column.validity![row >> 3]! |= 1 << (row & 7)
  return b[p] === 0x7b || b[p] === 0x5b ? readAnyText(b, v, p, column, row) : readExactText(b, v, p, column, row, true)
}

/** Behind an item of a list that ends in `close`: where the next one begins, or the end; REFUSED where neither stands. */
function nextItem(b: Uint8Array, p: number, close: number): number {
  p = skipBlank(b, p)
  if (b[p] === close) return p
  if (b[p] !== 0x2c) return REFUSED
  p = skipBlank(b, p + 1)
  return b[p] === close ? REFUSED : p
}

export function arrayLengthKernel(): ColumnKernel {
  return kernelOf(INT, (b, v, p, column, row) => {
    if (b[p] !== 0x5b) return REFUSED
    p = skipBlank(b, p + 1)
    let length = 0
    while (b[p] !== 0x5d) {
      p = skipValue(b, v, p, true)
      if (p === REFUSED) return REFUSED
      length++
      p = nextItem(b, p, 0x5d)
      if (p === REFUSED) return REFUSED
    }
    column.values![row] = length
    return p + 1
  })
}

export function objectKeysKernel(): ColumnKernel {
  return kernelOf(arrayType(STRING), (b, v, p, column, row) => {
    if (b[p] !== 0x7b) return REFUSED
    const keys = column.children[0]!
    let at = column.offsets![row]!
    p = skipBlank(b, p + 1)
    while (b[p] !== 0x7d) {
      if (b[p] !== 0x22) return REFUSED
      keys.ensureRows(at + 1)
      p = readText(b, v, p + 1, keys, at++)
      if (p === REFUSED) return REFUSED
      p = skipBlank(b, p)
      if (b[p] !== 0x3a) return REFUSED
      p = skipValue(b, v, skipBlank(b, p + 1), true)
      if (p === REFUSED) return REFUSED
      p = nextItem(b, p, 0x7d)
      if (p === REFUSED) return REFUSED
    }
    column.offsets![row + 1] = at
    return p + 1
  })
}
