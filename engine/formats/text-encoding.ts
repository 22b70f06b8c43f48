import { UsageError } from '../errors/engine-error.ts'

/** An `encoding` option that means UTF-8 (the default). */
export function isUtf8Name(encoding: string | undefined): boolean {
  return encoding === undefined || /^utf-?8$/i.test(encoding)
}

/** Bytes of another encoding as UTF-8, without a byte order mark. */
export function transcode(bytes: Uint8Array, start: number, end: number, encoding: string): Uint8Array {
  const text = textDecoderOf(encoding, bytes, start).decode(bytes.subarray(start, end))
  return new TextEncoder().encode(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
}

/** Text in an encoding. `valid` is false when the bytes are not of it; the text then has U+FFFD. */
export function decodeDocument(
  bytes: Uint8Array,
  start: number,
  end: number,
  encoding: string | undefined,
): { readonly text: string; readonly valid: boolean } {
  const decoder = textDecoderOf(encoding ?? detectEncoding(bytes, start, end), bytes, start)
  const document = bytes.subarray(start, end)
  try {
    return { text: new TextDecoder(decoder.encoding, { fatal: true, ignoreBOM: true }).decode(document), valid: true }
  } catch {
    return { text: decoder.decode(document), valid: false }
  }
}

/** What the first bytes of a JSON document say, as RFC 4627 has it and Jackson does it. */
function detectEncoding(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < 2) return 'UTF-8'
  const first = bytes[start]!
  const second = bytes[start + 1]!
  if (first === 0xfe && second === 0xff) return 'UTF-16BE'
  if (first === 0xff && second === 0xfe) return 'UTF-16LE'
  if (first === 0 && second !== 0) return 'UTF-16BE'
  if (first !== 0 && second === 0) return 'UTF-16LE'
  return 'UTF-8'
}

function textDecoderOf(encoding: string, bytes: Uint8Array, start: number): InstanceType<typeof TextDecoder> {
  let label = encoding.toLowerCase()
  // Java's UTF-16 takes the order from the mark, and without one the first byte is the high one.
  if (label === 'utf-16') label = bytes[start] === 0xff && bytes[start + 1] === 0xfe ? 'utf-16le' : 'utf-16be'
  try {
    return new TextDecoder(label, { ignoreBOM: true })
  } catch (cause) {
    throw new UsageError('INVALID_PARAMETER_VALUE.CHARSET', {
      message: `there is no encoding "${encoding}"`,
      hint: 'Use the name of a character set such as UTF-8, UTF-16, ISO-8859-1 or windows-1252.',
      parameters: { charset: encoding },
      cause,
    })
  }
}

/** Where the line at `position` ends: at a line feed, a carriage return, or `end`. */
export function lineEnd(bytes: Uint8Array, position: number, end: number): number {
  while (position < end && bytes[position] !== 0x0a && bytes[position] !== 0x0d) position++
  return position
}
