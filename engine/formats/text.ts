import { BATCH_ROWS_MAX, type Batch } from '../columnar/batch.ts'
import { isUtf8 } from '../columnar/bytes.ts'
import { field, STRING } from '../types/data-type.ts'
import { BatchFiller, type DecodeRequest, type Decoder } from './decoder.ts'
import { decodeLenient, isUtf8Name, transcode } from './text-encoding.ts'

export interface TextOptions {
  /** A file is one row. */
  readonly wholeText: boolean
  /** undefined: `\n`, `\r\n` and `\r`. */
  readonly lineSep: string | undefined
  readonly encoding: string | undefined
}

export const TEXT_SCHEMA = [field('value', STRING)]

/** A row a line, or a row a file, in the one STRING column `value`. Bytes that are not UTF-8 become U+FFFD. */
export function textDecoder(request: DecodeRequest, options: TextOptions): Decoder {
  return new TextDecoderOfLines(request, options)
}

const SLICE_BYTES = 1 << 18

class TextDecoderOfLines implements Decoder {
  readonly wholeFile: boolean
  readonly badRecords = 0
  readonly #options: TextOptions
  readonly #filler: BatchFiller
  readonly #separator: Uint8Array | undefined
  #atFileStart = true
  /** What is left of a file in another encoding, in UTF-8. */
  #rest: { readonly bytes: Uint8Array; position: number } | undefined

  constructor(request: DecodeRequest, options: TextOptions) {
    this.#options = options
    this.#filler = new BatchFiller(request, 'permissive', '')
    this.#separator = options.lineSep === undefined ? undefined : new TextEncoder().encode(options.lineSep)
    this.wholeFile = options.wholeText || !isUtf8Name(options.encoding)
  }

  get full(): boolean {
    return this.#filler.full || this.#rest !== undefined
  }
  startFile(): void {
    this.#atFileStart = true
  }

  take(): Batch | undefined {
    const batch = this.#filler.take()
    const rest = this.#rest
    if (batch !== undefined || rest === undefined) return batch
    rest.position = this.#decodeLines(rest.bytes, rest.position, rest.bytes.length, true)
    if (rest.position >= rest.bytes.length) this.#rest = undefined
    return this.#filler.take()
  }

  decode(bytes: Uint8Array, start: number, end: number, last: boolean): number {
    if (this.#options.wholeText) {
      if (isUtf8Name(this.#options.encoding)) this.#addLine(bytes, start, end)
      else {
        const text = transcode(bytes, start, end, this.#options.encoding!)
        this.#addLine(text, 0, text.length)
      }
      return end
    }
    if (this.wholeFile) {
      this.#rest = { bytes: transcode(bytes, start, end, this.#options.encoding!), position: 0 }
      return end
    }
    if (this.#atFileStart && (end - start >= 3 || last)) {
      this.#atFileStart = false
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3
    }
    return this.#decodeLines(bytes, start, end, last)
  }

  #decodeLines(bytes: Uint8Array, start: number, end: number, last: boolean): number {
    let position = start
    if (this.#separator !== undefined) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end)
      while (position < end && !this.#filler.full) {
        const found = buffer.indexOf(this.#separator, position)
        if (found < 0 && !last) return position
        this.#addLine(bytes, position, found < 0 ? end : found)
        position = found < 0 ? end : found + this.#separator.length
      }
      return position
    }
    while (position < end && !this.#filler.full) {
      const sliceEnd = Math.min(end, position + SLICE_BYTES)
      const next = this.#decodeSlice(bytes, position, sliceEnd, end, last)
      if (next === position) return position
      position = next
    }
    return position
  }

  /** Lines that begin before `sliceEnd`; they may end later. Copies while it looks for their ends. */
  #decodeSlice(bytes: Uint8Array, start: number, sliceEnd: number, end: number, last: boolean): number {
    const filler = this.#filler
    filler.begin()
    const column = filler.columns[0]
    column?.reserve(filler.rows, end - start + 16)
    let position = start
    while (position < sliceEnd && filler.rows < BATCH_ROWS_MAX) {
      const row = filler.rows
      const offsets = column?.offsets
      let out = offsets?.[row] ?? 0
      const target = column?.bytes
      let p = position
      let all = 0
      for (; p < end; p++) {
        const c = bytes[p]!
        if (c === 0x0a || c === 0x0d) break
        all |= c
        if (target != null) target[out++] = c
      }
      // A carriage return at the very end may be half of what ends the line.
      if (!last && (p === end || (bytes[p] === 0x0d && p + 1 === end))) break
      if (all > 127 && !isUtf8(bytes, position, p)) {
        this.#addLine(bytes, position, p)
        column?.reserve(filler.rows, end - p + 16)
      } else {
        if (offsets != null) offsets[row + 1] = out
        filler.rows++
      }
      position = p + (bytes[p] === 0x0d && p + 1 < end && bytes[p + 1] === 0x0a ? 2 : 1)
    }
    return Math.min(position, end)
  }

  #addLine(bytes: Uint8Array, start: number, end: number): void {
    this.#filler.add([[decodeLenient(bytes, start, end)]], undefined, bytes, start, end)
  }
}
