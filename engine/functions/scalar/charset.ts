import { ExecutionError } from '../../errors/engine-error.ts'
import type { Settings } from '../../types/settings.ts'

/** The character sets that encode and decode know, as Spark limits them. */
const CHARSETS = ['iso-8859-1', 'us-ascii', 'utf-16', 'utf-16be', 'utf-16le', 'utf-32', 'utf-8']
/** Other names of these, as Java has them. */
const ALIASES: Readonly<Record<string, string>> = {
  latin1: 'iso-8859-1',
  ascii: 'us-ascii',
  utf8: 'utf-8',
  utf16: 'utf-16',
  utf32: 'utf-32',
}

/** What two settings of old say: more character sets, and `?` or U+FFFD in place of an error. */
export interface Coding {
  /** `spark.sql.legacy.javaCharsets`: all that the platform has. */
  readonly anyCharset: boolean
  /** `spark.sql.legacy.codingErrorAction` */
  readonly replaces: boolean
}
export function codingOf(settings: Settings): Coding {
  return {
    anyCharset: settings.flag('spark.sql.legacy.javaCharsets'),
    replaces: settings.flag('spark.sql.legacy.codingErrorAction'),
  }
}

function checkedCharset(name: string, functionName: string, { anyCharset }: Coding): string {
  const charset = name.toLowerCase()
  if (CHARSETS.includes(charset)) return charset
  const platform = anyCharset ? (ALIASES[charset] ?? platformCharset(charset)) : undefined
  if (platform !== undefined) return platform
  throw new ExecutionError('INVALID_PARAMETER_VALUE.CHARSET', {
    message: `the character set "${name}" is not known`,
    hint: `Use one of ${CHARSETS.join(', ')}.`,
    parameters: { parameter: '`charset`', functionName: `\`${functionName}\``, charsets: CHARSETS.join(', '), charset: name },
  })
}
/** Its name for TextDecoder; Java's own names begin with cp or x-. */
function platformCharset(charset: string): string | undefined {
  for (const label of [charset, charset.replace(/^cp(?=125\d$)/, 'windows-'), charset.replace(/^x-/, '')]) {
    try {
      return new TextDecoder(label).encoding
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
  return undefined
}

function malformed(functionName: string, charset: string): ExecutionError {
  return new ExecutionError('MALFORMED_CHARACTER_CODING', {
    message: `"${functionName}" met a character that ${charset} does not have`,
    parameters: { function: `\`${functionName}\``, charset },
  })
}

function swapped(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes).swap16()
}
export function encodeText(text: string, name: string, coding: Coding): Uint8Array {
  const charset = checkedCharset(name, 'encode', coding)
  switch (charset) {
    case 'utf-8':
      return Buffer.from(text, 'utf8')
    case 'utf-16le':
      return Buffer.from(text, 'utf16le')
    case 'utf-16be':
      return swapped(Buffer.from(text, 'utf16le'))
    case 'utf-16':
      return Buffer.concat([Uint8Array.of(0xfe, 0xff), swapped(Buffer.from(text, 'utf16le'))])
    case 'utf-32': {
      const points = Array.from(text, (char) => char.codePointAt(0)!)
      const bytes = Buffer.alloc(points.length * 4)
      for (const [i, point] of points.entries()) bytes.writeUInt32BE(point, i * 4)
      return bytes
    }
    case 'us-ascii':
      return encodeEach(text, (code) => (code <= 0x7f ? [code] : undefined), name, coding)
    case 'iso-8859-1':
      return encodeEach(text, (code) => (code <= 0xff ? [code] : undefined), name, coding)
    default: {
      const bytesOf = encoderOf(charset)
      return encodeEach(text, (code) => bytesOf.get(code), name, coding)
    }
  }
}
function encodeEach(
  text: string,
  bytesOf: (code: number) => readonly number[] | undefined,
  name: string,
  { replaces }: Coding,
): Uint8Array {
  const out: number[] = []
  for (const char of text) {
    const bytes = bytesOf(char.codePointAt(0)!)
    if (bytes !== undefined) out.push(...bytes)
    else if (replaces) out.push(0x3f)
    else throw malformed('encode', name)
  }
  return Uint8Array.from(out)
}

const encoders = new Map<string, ReadonlyMap<number, readonly number[]>>()
/** The bytes of each character of a set of one or two bytes: the platform only decodes, so all of them are decoded once. */
function encoderOf(charset: string): ReadonlyMap<number, readonly number[]> {
  let bytesOf = encoders.get(charset)
  if (bytesOf !== undefined) return bytesOf
  const decoder = new TextDecoder(charset, { fatal: true })
  const found = new Map<number, readonly number[]>()
  const add = (...bytes: number[]): boolean => {
    try {
      const [char, ...others] = decodeWhole(decoder, Uint8Array.from(bytes))
      if (char === undefined || others.length > 0) return false
      const code = char.codePointAt(0)!
      if (!found.has(code)) found.set(code, bytes)
      return true
    } catch (error) {
      // Of a fatal decoder: these bytes are no character.
      if (error instanceof TypeError) return false
      throw error
    }
  }
  for (let lead = 0; lead < 256; lead++) if (!add(lead)) for (let trail = 0x40; trail < 256; trail++) add(lead, trail)
  encoders.set(charset, (bytesOf = found))
  return bytesOf
}

export function decodeBytes(bytes: Uint8Array, name: string, coding: Coding): string {
  const charset = checkedCharset(name, 'decode', coding)
  const { replaces } = coding
  switch (charset) {
    case 'utf-16':
    case 'utf-16be':
    case 'utf-16le': {
      if (bytes.length % 2 === 1 && !replaces) throw malformed('decode', name)
      const whole = bytes.subarray(0, bytes.length & ~1)
      const mark = charset === 'utf-16' && whole.length >= 2 ? (whole[0]! << 8) | whole[1]! : 0
      const body = mark === 0xfeff || mark === 0xfffe ? whole.subarray(2) : whole
      const little = charset === 'utf-16le' || mark === 0xfffe
      return decoded('utf-16le', little ? body : swapped(body), name, replaces) + (bytes.length % 2 === 1 ? '\ufffd' : '')
    }
    case 'utf-32': {
      if (bytes.length % 4 !== 0 && !replaces) throw malformed('decode', name)
      const view = Buffer.from(bytes)
      let text = ''
      for (let at = 0; at + 4 <= view.length; at += 4) {
        const point = view.readUInt32BE(at)
        if (point > 0x10ffff && !replaces) throw malformed('decode', name)
        if (!(at === 0 && point === 0xfeff)) text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point)
      }
      return bytes.length % 4 === 0 ? text : `${text}\ufffd`
    }
    case 'us-ascii':
      if (!replaces && bytes.some((byte) => byte > 0x7f)) throw malformed('decode', name)
      return Buffer.from(bytes)
        .toString('latin1')
        .replace(/[\x80-\xff]/g, '\ufffd')
    case 'iso-8859-1':
      return Buffer.from(bytes).toString('latin1')
    default:
      return decoded(charset, bytes, name, replaces)
  }
}
/** In two steps: in one, Node 20 takes windows-1252 for ISO 8859-1. */
function decodeWhole(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string {
  return decoder.decode(bytes, { stream: true }) + decoder.decode()
}
function decoded(encoding: string, bytes: Uint8Array, name: string, replaces: boolean): string {
  try {
    return decodeWhole(new TextDecoder(encoding, { fatal: !replaces, ignoreBOM: true }), bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw malformed('decode', name)
  }
}
