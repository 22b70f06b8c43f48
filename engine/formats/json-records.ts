import type { ColumnWriter } from './column-writer.ts'
import type { DecodeState, JsonLayout, JsonRecordDecoder } from './json-codegen.ts'
import { JsonLayoutLearner, learnRecordLayout } from './json-layout.ts'

/** Bytes of text that are decoded at a time: columns reserve room for as much. */
const SLICE_BYTES = 1 << 18
/** What walks may read behind the last record, the zero there included. */
const LOOKAHEAD = 16

/**
 * JSON texts at given places of some bytes, through generated code that learns how they are laid out: values of a column, records of a log.
 * What stands between them is not looked at; only behind the last one a byte is set to zero for the while.
 */
export class JsonRecords {
  readonly #keys: readonly (Uint8Array | undefined)[]
  readonly #generate: (layout: JsonLayout | undefined) => JsonRecordDecoder
  readonly #layout = new JsonLayoutLearner()
  readonly #state: DecodeState = { row: 0, position: 0, misses: 0 }
  #decode: JsonRecordDecoder
  #given: Uint8Array | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  /** Takes the place of bytes that end too soon behind the last record, or that others may be reading. */
  #copy: Buffer = Buffer.alloc(0)
  /** The row behind the last one that `decode` wrote. */
  row = 0

  constructor(keys: readonly (Uint8Array | undefined)[], generate: (layout: JsonLayout | undefined) => JsonRecordDecoder) {
    this.#keys = keys
    this.#generate = generate
    this.#decode = generate(undefined)
  }

  /**
   * Decodes the records number from … to into rows from `row` on and gives the number of the first it did not decode: `to`, or one that the
   * batch has no row for, or one for the exact path. The i-th lies in given[starts[i], ends[i]), places ascend; a bit 0 in `validity` says
   * that there is none. `columns` are what the generated code writes.
   */
  decode(
    given: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    validity: Uint8Array | null,
    from: number,
    to: number,
    row: number,
    rowsMax: number,
    columns: readonly ColumnWriter[],
  ): number {
    let at = from
    this.row = row
    while (at < to && this.row < rowsMax) {
      const sliceTo = sliceOf(starts[at]!, ends, at, to)
      const next = this.#decodeSlice(given, starts, ends, validity, at, sliceTo, rowsMax, columns)
      at = next
      if (next < sliceTo) break
    }
    return at
  }

  #decodeSlice(
    given: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    validity: Uint8Array | null,
    from: number,
    to: number,
    rowsMax: number,
    columns: readonly ColumnWriter[],
  ): number {
    const start = starts[from]!
    const end = ends[to - 1]!
    this.#look(given, start, end)
    const bytes = this.#bytes
    const state = this.#state
    for (const column of columns) column.reserve(this.row, end - start + LOOKAHEAD)
    const behind = bytes[end]!
    bytes[end] = 0
    try {
      if (this.#layout.due) {
        this.#layout.learned(learnRecordLayout(bytes, this.#view, start, ends[from]!, this.#keys))
        this.#decode = this.#generate(this.#layout.layout)
      }
      this.#decode(bytes, this.#view, starts, ends, validity, from, to, this.row, rowsMax, state)
    } finally {
      bytes[end] = behind
    }
    this.#layout.count(state.misses, state.row - this.row)
    this.row = state.row
    return state.position
  }

  /** Makes `bytes` and `view` show given[start, end) at the same places, with room to read on behind it. */
  #look(given: Uint8Array, start: number, end: number): void {
    const { buffer, byteOffset } = given
    const length = end + LOOKAHEAD
    if (buffer instanceof SharedArrayBuffer || byteOffset + length > buffer.byteLength) {
      if (this.#copy.length < length) this.#copy = Buffer.alloc(length * 2)
      this.#copy.set(given.subarray(start, end), start)
      this.#show(this.#copy, this.#copy)
    } else if (this.#given !== given || this.#bytes.length < length) {
      this.#show(given, Buffer.from(buffer, byteOffset, Math.min(buffer.byteLength - byteOffset, given.length + LOOKAHEAD)))
    }
  }

  #show(given: Uint8Array, bytes: Buffer): void {
    this.#given = given
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
}

/** How many of the records up to `to` lie within SLICE_BYTES of `start`; one at least. */
function sliceOf(start: number, ends: Int32Array, from: number, to: number): number {
  if (ends[to - 1]! - start <= SLICE_BYTES) return to
  let low = from + 1
  let high = to
  while (low < high) {
    const middle = (low + high) >> 1
    if (ends[middle]! - start <= SLICE_BYTES) low = middle + 1
    else high = middle
  }
  return low
}
