import { indexOfBytes } from '../columnar/bytes.ts'
import { advance, codePoints, type Scratch, startsWith } from './text-kernels.ts'

// Functions that make text of the bytes of text. Each writes into the scratch and gives the start of what it wrote, which ends at
// `scratch.used`; −1 where it refuses, which sends the row to the interpreter.

/** More than this is left to the interpreter, which knows what to say about it. */
const BYTES_MAX = 1 << 24

export function replaced(
  scratch: Scratch,
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
  by: Uint8Array,
  byStart: number,
  byEnd: number,
): number {
  const out = scratch.used
  let from = start
  if (partStart < partEnd) {
    for (;;) {
      const at = indexOfBytes(bytes, from, end, part, partStart, partEnd)
      if (at < 0) break
      scratch.append(bytes, from, at)
      scratch.append(by, byStart, byEnd)
      from = at + partEnd - partStart
    }
  }
  scratch.append(bytes, from, end)
  return out
}

/** lpad and rpad: to `length` characters, cut or filled up with the padding over and over. */
export function padded(
  scratch: Scratch,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  pad: Uint8Array,
  padStart: number,
  padEnd: number,
  atStart: boolean,
): number {
  const out = scratch.used
  const missing = length - codePoints(bytes, start, end)
  if (missing <= 0 || padStart === padEnd) {
    if (length > 0) scratch.append(bytes, start, advance(bytes, start, end, length))
    return out
  }
  if (missing > BYTES_MAX) return -1
  if (!atStart) scratch.append(bytes, start, end)
  if (padEnd - padStart === 1) {
    const at = scratch.reserve(missing)
    scratch.bytes.fill(pad[padStart]!, at, at + missing)
  } else {
    const width = codePoints(pad, padStart, padEnd)
    let left = missing
    for (; left >= width; left -= width) scratch.append(pad, padStart, padEnd)
    if (left > 0) scratch.append(pad, padStart, advance(pad, padStart, padEnd, left))
  }
  if (atStart) scratch.append(bytes, start, end)
  return out
}

export function repeated(scratch: Scratch, bytes: Uint8Array, start: number, end: number, count: number): number {
  const out = scratch.used
  if (count > 0 && (end - start) * count > BYTES_MAX) return -1
  if (end > start) for (let i = 0; i < count; i++) scratch.append(bytes, start, end)
  return out
}

/** Character by character from the end; the bytes of a character keep their order. */
export function reversed(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  const out = scratch.reserve(end - start)
  const target = scratch.bytes
  let to = out
  for (let until = end; until > start; ) {
    let first = until - 1
    while (first > start && (bytes[first]! & 0xc0) === 0x80) first--
    for (let i = first; i < until; i++) target[to++] = bytes[i]!
    until = first
  }
  return out
}

/** A letter behind a blank, or at the start, in upper case, others in lower case. ASCII only. */
export function capitalized(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  const out = scratch.reserve(end - start)
  const target = scratch.bytes
  let seen = 0
  let previous = 32
  for (let i = start, o = out; i < end; i++, o++) {
    let byte = bytes[i]!
    seen |= byte
    if (previous === 32) {
      if (byte >= 97 && byte <= 122) byte -= 32
    } else if (byte >= 65 && byte <= 90) byte += 32
    target[o] = byte
    previous = byte
  }
  return seen > 127 ? -1 : out
}

/** By a table of ASCII characters, −1 for those that are dropped. Other characters stay. */
export function translated(scratch: Scratch, bytes: Uint8Array, start: number, end: number, table: Int16Array): number {
  const out = scratch.reserve(end - start)
  const target = scratch.bytes
  let to = out
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    const by = byte < 128 ? table[byte]! : byte
    if (by >= 0) target[to++] = by
  }
  scratch.used = to
  return out
}

/** What `translate` puts in the place of each character, in UTF-8; nothing drops it. */
export class Translation {
  readonly #characters: Int32Array
  readonly #bytes: readonly Uint8Array[]

  /** The first place of a character in `from` counts; one without a counterpart in `to` is dropped. */
  constructor(from: string, to: string) {
    const [source, target] = [[...from], [...to]]
    const firsts = source.flatMap((char, i) => (source.indexOf(char) === i ? [i] : []))
    this.#characters = Int32Array.from(firsts, (i) => source[i]!.codePointAt(0)!)
    this.#bytes = firsts.map((i) => new TextEncoder().encode(target[i] ?? ''))
  }

  write(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
    const out = scratch.reserve(4 * (end - start))
    const target = scratch.bytes
    let to = out
    for (let at = start; at < end; ) {
      const next = nextCharacter(bytes, at, end)
      const place = this.#placeOf(firstCodePoint(bytes, at, next))
      if (place < 0) for (; at < next; at++) target[to++] = bytes[at]!
      else {
        const by = this.#bytes[place]!
        for (let i = 0; i < by.length; i++) target[to++] = by[i]!
        at = next
      }
    }
    scratch.used = to
    return out
  }

  #placeOf(character: number): number {
    const characters = this.#characters
    for (let i = 0; i < characters.length; i++) if (characters[i] === character) return i
    return -1
  }
}

// Parts of text: ranges of it, given in `range`.

/** Text before the count-th delimiter, or behind it counted from the end. Occurrences may overlap, as Spark's do. */
export function substringIndexRange(
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
  count: number,
  range: Int32Array,
): void {
  range[0] = start
  range[1] = end
  const size = partEnd - partStart
  if (size === 0 || count === 0) range[1] = start
  else if (count > 0) {
    let at = start - 1
    for (let i = 0; i < count; i++) {
      at = indexOfBytes(bytes, at + 1, end, part, partStart, partEnd)
      if (at < 0) return
    }
    range[1] = at
  } else {
    let at = end - size + 1
    for (let i = 0; i > count; i--) {
      do at--
      while (at >= start && !startsWith(bytes, at, end, part, partStart, partEnd))
      if (at < start) return
    }
    range[0] = at + size
  }
}

/** The count-th part between delimiters, from the end where it is negative; empty where there is none. */
export function splitPartRange(
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
  count: number,
  range: Int32Array,
): void {
  range[0] = range[1] = start
  let wanted = count
  if (partStart === partEnd) {
    if (count === 1 || count === -1) range[1] = end
    return
  }
  if (count < 0) {
    let parts = 1
    for (let at = indexOfBytes(bytes, start, end, part, partStart, partEnd); at >= 0; parts++)
      at = indexOfBytes(bytes, at + partEnd - partStart, end, part, partStart, partEnd)
    wanted = parts + count + 1
    if (wanted < 1) return
  }
  let from = start
  for (let i = 1; ; i++) {
    const at = indexOfBytes(bytes, from, end, part, partStart, partEnd)
    if (i === wanted) {
      range[0] = from
      range[1] = at < 0 ? end : at
      return
    }
    if (at < 0) return
    from = at + partEnd - partStart
  }
}

/** The start of the last `count` characters. */
export function retreat(bytes: Uint8Array, start: number, end: number, count: number): number {
  let at = end
  for (let left = count; left > 0 && at > start; left--) {
    at--
    while (at > start && (bytes[at]! & 0xc0) === 0x80) at--
  }
  return at
}

/** Without the ASCII characters that `drop` has a 1 for. */
export function trimStartOf(bytes: Uint8Array, start: number, end: number, drop: Uint8Array): number {
  let at = start
  while (at < end && drop[bytes[at]!] === 1) at++
  return at
}
export function trimEndOf(bytes: Uint8Array, start: number, end: number, drop: Uint8Array): number {
  let at = end
  while (at > start && drop[bytes[at - 1]!] === 1) at--
  return at
}

// Numbers that text gives.

/** The position in characters, from 1, of a part at or after character `from`; 0 where there is none. */
export function positionOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
  from: number,
): number {
  if (from < 1) return 0
  if (partStart === partEnd) return 1
  const first = from === 1 ? start : advance(bytes, start, end, from - 1)
  const at = indexOfBytes(bytes, first, end, part, partStart, partEnd)
  return at < 0 ? 0 : codePoints(bytes, start, at) + 1
}

/** The position of text in a list separated by commas; 0 where it is not there. */
export function positionInList(
  bytes: Uint8Array,
  start: number,
  end: number,
  list: Uint8Array,
  listStart: number,
  listEnd: number,
): number {
  for (let i = start; i < end; i++) if (bytes[i] === 44) return 0
  let from = listStart
  for (let position = 1; ; position++) {
    let until = from
    while (until < listEnd && list[until] !== 44) until++
    if (until - from === end - start && startsWith(list, from, until, bytes, start, end)) return position
    if (until === listEnd) return 0
    from = until + 1
  }
}

/** The first code point; 0 of empty text. */
export function firstCodePoint(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0
  const first = bytes[start]!
  if (first < 0x80) return first
  const second = bytes[start + 1]! & 63
  if (first < 0xe0) return ((first & 31) << 6) | second
  const third = bytes[start + 2]! & 63
  if (first < 0xf0) return ((first & 15) << 12) | (second << 6) | third
  return ((first & 7) << 18) | (second << 12) | (third << 6) | (bytes[start + 3]! & 63)
}

/** A pattern of LIKE in code: bytes as they are, and these two. */
export const ANY_CHARACTER = 256
export const ANY_TEXT = 257

/** LIKE by trying: after a mismatch the last `%` takes one character more. */
export function matchesLike(bytes: Uint8Array, start: number, end: number, pattern: Int16Array): boolean {
  let at = start
  let p = 0
  let retryPattern = -1
  let retryAt = 0
  while (at < end) {
    const wanted = p < pattern.length ? pattern[p]! : -1
    if (wanted === ANY_TEXT) {
      retryPattern = ++p
      retryAt = at
    } else if (wanted === ANY_CHARACTER) {
      at = nextCharacter(bytes, at, end)
      p++
    } else if (wanted === bytes[at]) {
      at++
      p++
    } else if (retryPattern >= 0) {
      p = retryPattern
      at = retryAt = nextCharacter(bytes, retryAt, end)
    } else return false
  }
  while (p < pattern.length && pattern[p] === ANY_TEXT) p++
  return p === pattern.length
}
function nextCharacter(bytes: Uint8Array, at: number, end: number): number {
  do at++
  while (at < end && (bytes[at]! & 0xc0) === 0x80)
  return at
}

/**
 * A number as `#,##0.00…` with so many digits after the point. Refuses what is near a half of the last digit (the digits of the exact value
 * decide there), what is large, and a zero with a sign.
 */
export function groupedNumber(scratch: Scratch, value: number, digits: number, unit: number): number {
  const size = Math.abs(value) * unit
  const floor = Math.floor(size)
  const rest = size - floor
  if (!(size < 1e12) || (rest > 0.499 && rest < 0.501)) return -1
  let left = rest > 0.5 ? floor + 1 : floor
  if (left === 0 && (value < 0 || Object.is(value, -0))) return -1
  const start = scratch.reserve(32)
  const out = scratch.bytes
  // From the last digit backwards, to the end of the room, and then to its start.
  let at = start + 32
  for (let position = -digits; left > 0 || position <= 0; position++) {
    if (position === 0 && digits > 0) out[--at] = 46
    if (position > 0 && position % 3 === 0) out[--at] = 44
    const next = Math.floor(left / 10)
    out[--at] = 48 + left - next * 10
    left = next
  }
  if (value < 0) out[--at] = 45
  const length = start + 32 - at
  out.copyWithin(start, at, start + 32)
  scratch.used = start + length
  return start
}
