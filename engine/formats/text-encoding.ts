import { isUtf8 } from '../columnar/bytes.ts'
import { UsageError } from '../errors/engine-error.ts'

/** An `encoding` option that means UTF-8 (the default). */
export function isUtf8Name(encoding: string | undefined): boolean {
  return encoding === undefined || /^utf-?8$/i.test(encoding)
}

/** Bytes of another encoding as UTF-8, without a byte order mark. */
export function transcode(bytes: Uint8Array, start: number, end: number, encoding: string): Uint8Array {
  const text = decode(bytes, start, end, encoding)
  return new TextEncoder().encode(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
}

/** UTF-8 as Java reads it: like everybody, but a surrogate in three bytes becomes one U+FFFD, not three. */
export function decodeLenient(bytes: Uint8Array, start: number, end: number): string {
  let record = bytes.subarray(start, end)
  for (let i = record.indexOf(0xed); i >= 0 && i + 2 < record.length; i = record.indexOf(0xed, i + 1)) {
    if (record[i + 1]! < 0xa0) continue
    if (record.buffer === bytes.buffer) record = record.slice()
    record.set(REPLACEMENT, i)
  }
  return utf8.decode(record)
}
const REPLACEMENT = [0xef, 0xbf, 0xbd]
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The text of a JSON record for a reader. Without an encoding the first bytes say which of UTF-8, UTF-16 and UTF-32 it is, as in Jackson.
 * Where bytes are not of the encoding the text is cut off and ends in a character that no JSON takes, so that a reader fails there and
 * not before.
 */
export function decodeRecord(bytes: Uint8Array, start: number, end: number, encoding?: string): string {
  const found = encoding ?? detectEncoding(bytes, start, end)
  if (!isUtf8Name(found)) return decode(bytes, start, end, found)
  if (isUtf8(bytes, start, end)) return utf8.decode(bytes.subarray(start, end))
  return `${utf8.decode(bytes.subarray(start, validPrefixEnd(bytes, start, end)))}\u0000`
}

function validPrefixEnd(bytes: Uint8Array, start: number, end: number): number {
  let low = start
  for (let at = start; at < end; ) {
    const lead = bytes[at]!
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (!isUtf8(bytes, at, Math.min(end, at + length))) break
    at += length
    low = at
  }
  return low
}

/** What the first bytes of a JSON text say: a byte order mark, or where the zeros are. */
function detectEncoding(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start
  if (length < 2) return 'UTF-8'
  const b0 = bytes[start]!
  const b1 = bytes[start + 1]!
  if (length >= 4) {
    const b2 = bytes[start + 2]!
    const b3 = bytes[start + 3]!
    if (b0 === 0 && b1 === 0 && ((b2 === 0xfe && b3 === 0xff) || (b2 === 0 && b3 !== 0))) return 'UTF-32BE'
    if (b2 === 0 && b3 === 0 && ((b0 === 0xff && b1 === 0xfe) || (b0 !== 0 && b1 === 0))) return 'UTF-32LE'
  }
  if ((b0 === 0xfe && b1 === 0xff) || (b0 === 0 && b1 !== 0)) return 'UTF-16BE'
  if ((b0 === 0xff && b1 === 0xfe) || (b0 !== 0 && b1 === 0)) return 'UTF-16LE'
  return 'UTF-8'
}

function decode(bytes: Uint8Array, start: number, end: number, encoding: string): string {
  let label = encoding.toLowerCase()
  if (label.startsWith('utf-32')) return decodeUtf32(bytes, start, end, label === 'utf-32le')
  // Java's UTF-16 takes the order from the mark, and without one the first byte is the high one.
  if (label === 'utf-16') label = bytes[start] === 0xff && bytes[start + 1] === 0xfe ? 'utf-16le' : 'utf-16be'
  try {
    return new TextDecoder(label, { ignoreBOM: true }).decode(bytes.subarray(start, end))
  } catch (cause) {
    throw new UsageError('INVALID_PARAMETER_VALUE.CHARSET', {
      message: `there is no encoding "${encoding}"`,
      hint: 'Use the name of a character set such as UTF-8, UTF-16, ISO-8859-1 or windows-1252.',
      parameters: { charset: encoding },
      cause,
    })
  }
}

/** The platform has no decoder for it. */
function decodeUtf32(bytes: Uint8Array, start: number, end: number, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start)
  let text = ''
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const code = view.getUint32(at, littleEndian)
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
  }
  return text
}

/** Where the line at `position` ends: at a line feed, a carriage return, or `end`. */
export function lineEnd(bytes: Uint8Array, position: number, end: number): number {
  while (position < end && bytes[position] !== 0x0a && bytes[position] !== 0x0d) position++
  return position
}

/** Bytes that are decoded at a time: columns reserve room for as much text, and it stays in the second-level cache. */
const SLICE_BYTES = 1 << 18

/** Behind the last line feed of a slice, or of the first line when that is longer; −1 when no line ends before `end`. */
export function endOfLines(bytes: Buffer, position: number, end: number): number {
  const window = Math.min(end, position + SLICE_BYTES)
  const inside = bytes.lastIndexOf(0x0a, window - 1)
  if (inside >= position) return inside + 1
  if (window === end) return -1
  const beyond = bytes.indexOf(0x0a, window)
  return beyond < 0 || beyond >= end ? -1 : beyond + 1
}
