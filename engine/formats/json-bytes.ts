import { isUtf8 } from '../columnar/bytes.ts'
import type { ColumnWriter } from './column-writer.ts'

/**
 * The parts of the generated JSON decoder that do not depend on the schema: they walk bytes, make no objects, and refuse (give −1) whatever
 * is not plainly right. The exact path then says what it is.
 *
 * All take the bytes `b`, a DataView `v` over the same memory where words are read, and a position `p`; they give the position behind what they read.
 * The bytes end in a line feed or a zero, which no value can hold, so that no walk needs to look for the end.
 */
export const REFUSED = -1

export function skipSpace(b: Uint8Array, p: number): number {
  let c = b[p]!
  while (c === 0x20 || c === 0x09) c = b[++p]!
  return p
}

/** The same over line breaks too: for records that are not lines. */
export function skipBlank(b: Uint8Array, p: number): number {
  let c = b[p]!
  while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = b[++p]!
  return p
}

/**
 * What ends a plain walk through a text, looked for in four bytes at once: quote, backslash, control characters. The high bit of a byte is set
 * where one is. Bytes above 0x7f may set it too, and then nothing above the first of them counts.
 *
 * Swapping bit 1 puts the quote (0x22) next to the control characters, so that both are "below 0x21", one subtraction.
 */
function stops(w: number): number {
  return (((w ^ 0x02020202) - 0x21212121) | ((w ^ 0x5c5c5c5c) - 0x01010101)) & 0x80808080
}

/** The same exactly: the lowest bit that is set belongs to a quote, a backslash or a control character. */
function exactStops(w: number): number {
  const x = w ^ 0x02020202
  const y = w ^ 0x5c5c5c5c
  return (((x - 0x21212121) & ~x) | ((y - 0x01010101) & ~y)) & 0x80808080
}

/** From behind the opening quote to the closing quote. A text with escapes is checked, not decoded. */
export function skipText(b: Uint8Array, v: DataView, p: number): number {
  for (;;) {
    if (stops(v.getInt32(p, true)) === 0) {
      p += 4
      if (stops(v.getInt32(p, true)) === 0) {
        p += 4
        continue
      }
    }
    const m = exactStops(v.getInt32(p, true))
    if (m === 0) {
      p += 4
      continue
    }
    p += (31 - Math.clz32(m & -m)) >> 3
    const c = b[p]!
    if (c === 0x22) return p
    if (c !== 0x5c) return REFUSED
    p = skipEscape(b, p + 1)
    if (p < 0) return REFUSED
  }
}

/** From the character behind the backslash to behind the escape. */
function skipEscape(b: Uint8Array, p: number): number {
  const c = b[p]!
  if (c === 0x75) {
    for (let i = 1; i <= 4; i++) if (hexDigit(b[p + i]!) < 0) return REFUSED
    return p + 5
  }
  return simpleEscape(c) < 0 ? REFUSED : p + 1
}

function simpleEscape(c: number): number {
  switch (c) {
    case 0x22:
    case 0x2f:
    case 0x5c:
      return c
    case 0x62:
      return 8
    case 0x66:
      return 12
    case 0x6e:
      return 10
    case 0x72:
      return 13
    case 0x74:
      return 9
    default:
      return -1
  }
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  const lower = c | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
function hexCode(b: Uint8Array, p: number): number {
  let code = 0
  for (let i = 0; i < 4; i++) {
    const digit = hexDigit(b[p + i]!)
    if (digit < 0) return -1
    code = code * 16 + digit
  }
  return code
}

/**
 * A text from behind its opening quote into the column; gives the position behind the closing quote. There is room for it: the decoder
 * reserves as many bytes as the input still has, and no escape is shorter than what it stands for.
 */
export function readText(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number): number {
  const offsets = column.offsets!
  const target = column.view!
  let o = offsets[row]!
  const start = p
  let isAscii = true
  for (;;) {
    const w = v.getInt32(p, true)
    target.setInt32(o, w, true)
    if (stops(w) === 0) {
      p += 4
      o += 4
      continue
    }
    if ((w & 0x80808080) !== 0) isAscii = false
    const m = exactStops(w)
    if (m === 0) {
      p += 4
      o += 4
      continue
    }
    const k = (31 - Math.clz32(m & -m)) >> 3
    p += k
    o += k
    if (b[p] !== 0x22) return b[p] === 0x5c ? readEscapedText(b, start, column, row) : REFUSED
    if (!isAscii && !isUtf8(b, start, p)) return REFUSED
    offsets[row + 1] = o
    return p + 1
  }
}

/** The same, byte by byte, with escapes decoded. Half a surrogate pair is refused. */
function readEscapedText(b: Uint8Array, p: number, column: ColumnWriter, row: number): number {
  const target = column.bytes!
  let o = column.offsets![row]!
  let start = p
  for (;;) {
    const c = b[p]!
    if (c === 0x22 || c === 0x5c) {
      if (!isUtf8(b, start, p)) return REFUSED
      if (c === 0x22) break
      let code = simpleEscape(b[p + 1]!)
      if (code >= 0) {
        target[o++] = code
        p += 2
      } else {
        if (b[p + 1] !== 0x75) return REFUSED
        code = hexCode(b, p + 2)
        p += 6
        if (code >= 0xd800 && code <= 0xdfff) {
          const low = b[p] === 0x5c && b[p + 1] === 0x75 ? hexCode(b, p + 2) : -1
          if (code > 0xdbff || low < 0xdc00 || low > 0xdfff) return REFUSED
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
          p += 6
        }
        if (code < 0) return REFUSED
        if (code < 0x80) target[o++] = code
        else {
          if (code < 0x800) target[o++] = 0xc0 | (code >> 6)
          else {
            if (code < 0x10000) target[o++] = 0xe0 | (code >> 12)
            else {
              target[o++] = 0xf0 | (code >> 18)
              target[o++] = 0x80 | ((code >> 12) & 63)
            }
            target[o++] = 0x80 | ((code >> 6) & 63)
          }
          target[o++] = 0x80 | (code & 63)
        }
      }
      start = p
      continue
    }
    if (c < 0x20) return REFUSED
    target[o++] = c
    p++
  }
  column.offsets![row + 1] = o
  return p + 1
}

/** As Jackson's limit: what is longer is for the exact path, which refuses it. */
const NUMBER_LENGTH_MAX = 1000

/** A number, checked against JSON's grammar and not read. */
export function skipNumber(b: Uint8Array, p: number): number {
  const first = p
  if (b[p] === 0x2d) p++
  let start = p
  while (isDigit(b[p]!)) p++
  if (p === start || (b[start] === 0x30 && p - start > 1)) return REFUSED
  if (b[p] === 0x2e) {
    start = ++p
    while (isDigit(b[p]!)) p++
    if (p === start) return REFUSED
  }
  if ((b[p]! | 0x20) === 0x65) {
    p++
    if (b[p] === 0x2b || b[p] === 0x2d) p++
    start = p
    while (isDigit(b[p]!)) p++
    if (p === start) return REFUSED
  }
  return isNumberEnd(b[p]!) && p - first <= NUMBER_LENGTH_MAX ? p : REFUSED
}

const WORD_TRUE = 0x65757274
const WORD_ALSE = 0x65736c61
const WORD_NULL = 0x6c6c756e

export function isNullWord(v: DataView, p: number): boolean {
  return v.getInt32(p, true) === WORD_NULL
}

const SKIP_DEPTH_MAX = 64

/** Any value, checked and not read. `breaks`: line breaks may stand between its tokens. */
export function skipValue(b: Uint8Array, v: DataView, p: number, breaks = false, depth = 0): number {
  switch (b[p]!) {
    case 0x22:
      p = skipText(b, v, p + 1)
      return p < 0 ? REFUSED : p + 1
    case 0x7b:
    case 0x5b:
      return depth > SKIP_DEPTH_MAX ? REFUSED : skipContainer(b, v, p, breaks, depth)
    case 0x74:
      return v.getInt32(p, true) === WORD_TRUE && isNumberEnd(b[p + 4]!) ? p + 4 : REFUSED
    case 0x66:
      return v.getInt32(p + 1, true) === WORD_ALSE && isNumberEnd(b[p + 5]!) ? p + 5 : REFUSED
    case 0x6e:
      return v.getInt32(p, true) === WORD_NULL && isNumberEnd(b[p + 4]!) ? p + 4 : REFUSED
    default:
      return skipNumber(b, p)
  }
}

function skipContainer(b: Uint8Array, v: DataView, p: number, breaks: boolean, depth: number): number {
  const object = b[p] === 0x7b
  const close = object ? 0x7d : 0x5d
  p = breaks ? skipBlank(b, p + 1) : skipSpace(b, p + 1)
  if (b[p] === close) return p + 1
  for (;;) {
    if (object) {
      if (b[p] !== 0x22) return REFUSED
      p = skipText(b, v, p + 1)
      if (p < 0) return REFUSED
      p = breaks ? skipBlank(b, p + 1) : skipSpace(b, p + 1)
      if (b[p] !== 0x3a) return REFUSED
      p = breaks ? skipBlank(b, p + 1) : skipSpace(b, p + 1)
    }
    p = skipValue(b, v, p, breaks, depth + 1)
    if (p < 0) return REFUSED
    p = breaks ? skipBlank(b, p) : skipSpace(b, p)
    if (b[p] === close) return p + 1
    if (b[p] !== 0x2c) return REFUSED
    p = breaks ? skipBlank(b, p + 1) : skipSpace(b, p + 1)
  }
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39
}
/** What may stand behind a number or word. */
export function isNumberEnd(c: number): boolean {
  return c === 0x2c || c === 0x7d || c === 0x5d || c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09
}

export function readBoolean(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number): number {
  const c = b[p]!
  if (c === 0x74 && v.getInt32(p, true) === WORD_TRUE && isNumberEnd(b[p + 4]!)) {
    column.values![row] = 1
    return p + 4
  }
  if (c === 0x66 && v.getInt32(p + 1, true) === WORD_ALSE && isNumberEnd(b[p + 5]!)) {
    column.values![row] = 0
    return p + 5
  }
  return REFUSED
}
