import { indexOfBytes } from '../columnar/bytes.ts'
import { copyBytes } from '../columnar/take.ts'

// What generated code calls for ranges of UTF-8 bytes. Each function sees one kind of array, so one compiled version serves all plans.

const encoder = new TextEncoder()
const SHORT_TEXT = 40

/** Bytes made while one row is evaluated: results of concat, upper, casts to text. Taken back at the start of each row. */
export class Scratch {
  bytes = new Uint8Array(1024)
  used = 0

  /** Room for `length` bytes; ranges handed out before stay readable through the array they were given with. */
  reserve(length: number): number {
    const start = this.used
    if (start + length + 8 > this.bytes.length) {
      const grown = new Uint8Array(2 * (start + length + 8))
      grown.set(this.bytes.subarray(0, start))
      this.bytes = grown
    }
    this.used = start + length
    return start
  }
  text(text: string): number {
    const start = this.reserve(text.length * 3)
    const { length } = text
    if (length <= SHORT_TEXT) {
      // A call of the encoder costs more than a short loop.
      const { bytes } = this
      let i = 0
      for (; i < length; i++) {
        const code = text.charCodeAt(i)
        if (code > 127) break
        bytes[start + i] = code
      }
      if (i === length) {
        this.used = start + length
        return start
      }
    }
    this.used = start + encoder.encodeInto(text, this.bytes.subarray(start)).written
    return start
  }
  binary(bytes: Uint8Array): number {
    const start = this.reserve(bytes.length)
    this.bytes.set(bytes, start)
    return start
  }
  append(bytes: Uint8Array, start: number, end: number): void {
    const at = this.reserve(end - start)
    copyBytes(bytes, start, end, this.bytes, at)
  }
  integer(value: number): number {
    const text = String(value)
    const start = this.reserve(text.length)
    for (let i = 0; i < text.length; i++) this.bytes[start + i] = text.charCodeAt(i)
    return start
  }
  /**
   * The range in another case (`from` 97 for upper, 65 for lower), for characters of one byte, and of two whose other case has two bytes as well
   * and depends on nothing around it: Latin, Greek, Cyrillic. −1 where another character is met.
   */
  changeCase(bytes: Uint8Array, start: number, end: number, from: number): number {
    const at = this.reserve(end - start)
    const out = this.bytes
    for (let i = start, o = at; i < end; i++, o++) {
      const byte = bytes[i]!
      if (byte < 128) out[o] = byte >= from && byte < from + 26 ? byte ^ 32 : byte
      else {
        const other = byte < 0xe0 && i + 1 < end ? (from === 97 ? UPPER : LOWER)[((byte & 31) << 6) | (bytes[i + 1]! & 63)]! : 0
        if (other === 0) return -1
        out[o] = 0xc0 | (other >> 6)
        out[o + 1] = 0x80 | (other & 63)
        i++
        o++
      }
    }
    return at
  }
}

/** The other case of each character of two bytes; 0 where it is another number of bytes or characters, or depends on its place (Σ). */
function caseTable(change: (char: string) => string): Uint16Array {
  return Uint16Array.from({ length: 0x800 }, (_, code) => {
    const other = change(String.fromCharCode(code))
    const otherCode = other.charCodeAt(0)
    return code < 0x80 || code === 0x3a3 || other.length !== 1 || otherCode < 0x80 || otherCode > 0x7ff ? 0 : otherCode
  })
}
const UPPER = caseTable((char) => char.toUpperCase())
const LOWER = caseTable((char) => char.toLowerCase())

/** Does the range hold ASCII alone? Sixteen bytes a step. */
export function onlyAscii(bytes: Uint8Array, start: number, end: number): boolean {
  const words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2)
  let at = start
  let seen = 0
  for (; at < end && ((bytes.byteOffset + at) & 3) !== 0; at++) seen |= bytes[at]!
  let word = (bytes.byteOffset + at) >> 2
  let seenWords = 0
  for (; at + 16 <= end; at += 16, word += 4) seenWords |= words[word]! | words[word + 1]! | words[word + 2]! | words[word + 3]!
  for (; at < end; at++) seen |= bytes[at]!
  return ((seen & 0x80) | (seenWords & 0x80808080)) === 0
}

export function codePoints(bytes: Uint8Array, start: number, end: number): number {
  let continuing = 0
  // 1 for a continuation byte (10xxxxxx), without a branch.
  for (let i = start; i < end; i++) continuing += (bytes[i]! >> 7) & ~(bytes[i]! >> 6) & 1
  return end - start - continuing
}

/** The position `count` code points after `start`, `end` at most. */
export function advance(bytes: Uint8Array, start: number, end: number, count: number): number {
  let at = start
  const ascii = count < end - start ? start + count : end
  while (at < ascii && bytes[at]! < 128) at++
  for (let left = count - (at - start); left > 0 && at < end; left--) {
    at++
    while (at < end && (bytes[at]! & 0xc0) === 0x80) at++
  }
  return at
}

/** Spark's substring: from character `position` (1 is the first, −1 the last), `length` characters. Gives start and end in `range`. */
export function substringRange(
  bytes: Uint8Array,
  start: number,
  end: number,
  position: number,
  length: number,
  range: Int32Array,
): void {
  const first = position > 0 ? position - 1 : position < 0 ? codePoints(bytes, start, end) + position : 0
  const until = Math.max(-2147483648, Math.min(2147483647, first + length))
  if (until <= first) {
    range[0] = range[1] = start
    return
  }
  const from = advance(bytes, start, end, first)
  range[0] = from
  range[1] = advance(bytes, from, end, until - Math.max(0, first))
}

export function startsWith(
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
): boolean {
  if (end - start < partEnd - partStart) return false
  for (let i = start, j = partStart; j < partEnd; i++, j++) if (bytes[i] !== part[j]) return false
  return true
}
export function endsWith(
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
): boolean {
  const at = end - (partEnd - partStart)
  return at >= start && startsWith(bytes, at, end, part, partStart, partEnd)
}
/** LIKE with `%` alone: `parts` in order, the first at the start, the last at the end. At least two parts. */
export function likeParts(bytes: Uint8Array, start: number, end: number, parts: readonly Uint8Array[]): boolean {
  const first = parts[0]!
  const last = parts[parts.length - 1]!
  if (!startsWith(bytes, start, end, first, 0, first.length)) return false
  let at = start + first.length
  for (let p = 1; p < parts.length - 1; p++) {
    const part = parts[p]!
    at = indexOfBytes(bytes, at, end, part, 0, part.length)
    if (at < 0) return false
    at += part.length
  }
  return endsWith(bytes, at, end, last, 0, last.length)
}

/** `[+-]?digits` of at most 15 digits as a number; NaN for every other text, which is not to say it is not a number. */
export function parseDigits(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const sign = at < end ? bytes[at]! : 0
  if (sign === 45 || sign === 43) at++
  if (at === end || end - at > 15) return Number.NaN
  let value = 0
  for (; at < end; at++) {
    const digit = bytes[at]! - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return sign === 45 ? -value : value
}

const POWERS = Array.from({ length: 16 }, (_, i) => 10 ** i)
/** As parseDigits with at most one point: both parts are exact doubles, so one division rounds correctly. */
export function parseDecimals(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const sign = at < end ? bytes[at]! : 0
  if (sign === 45 || sign === 43) at++
  if (end - at > 16) return Number.NaN
  let value = 0
  let digits = 0
  let pointAt = -1
  for (; at < end; at++) {
    const digit = bytes[at]! - 48
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digits++
    } else if (digit === -2 && pointAt < 0) pointAt = digits
    else return Number.NaN
  }
  if (digits === 0 || digits > 15) return Number.NaN
  const magnitude = pointAt < 0 ? value : value / POWERS[digits - pointAt]!
  return sign === 45 ? -magnitude : magnitude
}

/** A fixed set of texts, for IN with a long list. */
export class TextSet {
  readonly #slots: (Uint8Array | undefined)[]
  readonly #mask: number

  constructor(texts: readonly Uint8Array[]) {
    let size = 16
    while (size < texts.length * 3) size *= 2
    this.#slots = new Array(size).fill(undefined)
    this.#mask = size - 1
    for (const text of texts) {
      let slot = hashText(text, 0, text.length) & this.#mask
      while (this.#slots[slot] !== undefined) slot = (slot + 1) & this.#mask
      this.#slots[slot] = text
    }
  }
  has(bytes: Uint8Array, start: number, end: number): boolean {
    for (let slot = hashText(bytes, start, end) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const text = this.#slots[slot]
      if (text === undefined) return false
      if (text.length === end - start && startsWith(bytes, start, end, text, 0, text.length)) return true
    }
  }
}
function hashText(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash ^ (hash >>> 15)
}

/** `[+-]?digits[.digits]` of at most 15 digits as a number of units of 10^−scale; NaN for every other text, and for more digits after the point. */
export function parseScaled(bytes: Uint8Array, start: number, end: number, scale: number): number {
  let at = start
  const sign = at < end ? bytes[at]! : 0
  if (sign === 45 || sign === 43) at++
  let value = 0
  let digits = 0
  let pointAt = -1
  for (; at < end; at++) {
    const digit = bytes[at]! - 48
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digits++
    } else if (digit === -2 && pointAt < 0) pointAt = digits
    else return Number.NaN
  }
  const missing = scale - (pointAt < 0 ? 0 : digits - pointAt)
  if (digits === 0 || missing < 0 || digits + missing > 15) return Number.NaN
  return (sign === 45 ? -value : value) * POWERS[missing]! + 0
}
