import { isUtf8 } from '../columnar/bytes.ts'
import type { ColumnWriter } from './column-writer.ts'
import { REFUSED, readText, skipBlank, skipValue } from './json-bytes.ts'

// JSON values into a column of texts as get_json_object and the like print them, straight from bytes: what printing anew would change beyond
// leaving out blanks is refused, for the exact path. Room for as much text as the input still has must be there.

/** Where the last copy ended in the column's bytes. */
let copied = 0

/** A value as text: a string as what it means, everything else printed anew. Gives the position behind it. */
export function readAnyText(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number): number {
  if (b[p] === 0x22) return readText(b, v, p + 1, column, row)
  const end = copyValue(b, v, p, column.bytes!, column.offsets![row]!, 0)
  if (end !== REFUSED) column.offsets![row + 1] = copied
  return end
}

/** A value as text: a string as what it means, everything else exactly as it is written. `breaks` as of skipValue. */
export function readExactText(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number, breaks: boolean): number {
  if (b[p] === 0x22) return readText(b, v, p + 1, column, row)
  const end = skipValue(b, v, p, breaks)
  if (end === REFUSED || !isUtf8(b, p, end)) return REFUSED
  column.offsets![row + 1] = copyRange(b, p, end, column.bytes!, column.offsets![row]!)
  return end
}

/** A value as JSON without blanks, from `o` on in `target`; gives the position behind the value, and `printedEnd` where the print ends. */
export function printValue(b: Uint8Array, v: DataView, p: number, target: Uint8Array, o: number): number {
  return copyValue(b, v, p, target, o, 0)
}
export function printedEnd(): number {
  return copied
}

const COPY_DEPTH_MAX = 64

function copyValue(b: Uint8Array, v: DataView, p: number, target: Uint8Array, o: number, depth: number): number {
  switch (b[p]!) {
    case 0x22:
      return copyText(b, p, target, o)
    case 0x7b:
    case 0x5b:
      return depth > COPY_DEPTH_MAX ? REFUSED : copyContainer(b, v, p, target, o, depth)
    case 0x74:
    case 0x66:
    case 0x6e: {
      const end = skipValue(b, v, p)
      if (end !== REFUSED) copied = copyRange(b, p, end, target, o)
      return end
    }
    default:
      return copyNumber(b, v, p, target, o)
  }
}

function copyContainer(b: Uint8Array, v: DataView, p: number, target: Uint8Array, o: number, depth: number): number {
  const object = b[p] === 0x7b
  const close = object ? 0x7d : 0x5d
  target[o++] = b[p]!
  p = skipBlank(b, p + 1)
  if (b[p] === close) {
    target[o++] = close
    copied = o
    return p + 1
  }
  for (;;) {
    if (object) {
      if (b[p] !== 0x22) return REFUSED
      p = copyText(b, p, target, o)
      if (p === REFUSED) return REFUSED
      p = skipBlank(b, p)
      if (b[p] !== 0x3a) return REFUSED
      o = copied
      target[o++] = 0x3a
      p = skipBlank(b, p + 1)
    }
    p = copyValue(b, v, p, target, o, depth + 1)
    if (p === REFUSED) return REFUSED
    o = copied
    p = skipBlank(b, p)
    if (b[p] === close) {
      target[o++] = close
      copied = o
      return p + 1
    }
    if (b[p] !== 0x2c) return REFUSED
    target[o++] = 0x2c
    p = skipBlank(b, p + 1)
  }
}

/** With its quotes. Of the escapes only those that printing writes the same way. */
function copyText(b: Uint8Array, p: number, target: Uint8Array, o: number): number {
  const start = p
  let all = 0
  target[o++] = 0x22
  let c = b[++p]!
  while (c !== 0x22) {
    if (c < 0x20) return REFUSED
    all |= c
    target[o++] = c
    if (c === 0x5c) {
      c = b[++p]!
      if (c !== 0x22 && c !== 0x5c && c !== 0x6e && c !== 0x74 && c !== 0x72 && c !== 0x62 && c !== 0x66) return REFUSED
      target[o++] = c
    }
    c = b[++p]!
  }
  if (all > 127 && !isUtf8(b, start + 1, p)) return REFUSED
  target[o++] = 0x22
  copied = o
  return p + 1
}

/** Doubles of more digits than this need not print as they are written. */
const EXACT_DIGITS = 15

/** An integer as it is; a fraction from 0.001 up to ten millions, of which printing leaves zeros at the end out. */
function copyNumber(b: Uint8Array, v: DataView, p: number, target: Uint8Array, o: number): number {
  let end = skipValue(b, v, p)
  if (end === REFUSED) return REFUSED
  const behind = end
  let point = p
  while (point < end && b[point] !== 0x2e) {
    if ((b[point]! | 0x20) === 0x65) return REFUSED
    point++
  }
  const first = b[p] === 0x2d ? p + 1 : p
  if (point === end) {
    if (b[first] === 0x30 && first > p) return REFUSED
  } else {
    if (point - first > 7) return REFUSED
    for (let i = point + 1; i < end; i++) if ((b[i]! | 0x20) === 0x65) return REFUSED
    while (end > point + 2 && b[end - 1] === 0x30) end--
    const isSmall = b[first] === 0x30 && b[point + 1] === 0x30 && b[point + 2] === 0x30 && b[point + 3] === 0x30
    if (isSmall && end > point + 2) return REFUSED
    if (end - first - 1 > EXACT_DIGITS) return REFUSED
  }
  copied = copyRange(b, p, end, target, o)
  return behind
}

function copyRange(b: Uint8Array, start: number, end: number, target: Uint8Array, o: number): number {
  for (let p = start; p < end; p++) target[o++] = b[p]!
  return o
}
