import { ExecutionError } from '../../errors/engine-error.ts'
import { BIGINT, BINARY, BOOLEAN, INT, STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { defineScalar, type Evaluate, type FunctionRecord } from '../function.ts'
import { BYTES, exactly, oneOf, TEXT, TEXT_OR_BYTES, takes } from '../signature.ts'
import { codingOf, encodeText } from './charset.ts'
import { characterCount, utf8, utf8Length } from './code-points.ts'
import { decodeFunction } from './decode.ts'

/** Lengths, encodings and the bytes behind text. */

function length(
  [name, ...aliases]: readonly [string, ...string[]],
  summary: string,
  example: readonly [string, string],
  ofText: (text: string) => number,
  ofBytes: (bytes: Uint8Array) => number,
): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'string',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: takes([TEXT_OR_BYTES], INT),
    bind: (signature): Evaluate => (signature.arguments[0]!.kind === 'binary' ? ofBytes : ofText),
  })
}

/** MIME base64: lines of 76 characters. */
function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/(.{76})(?=.)/g, '$1\r\n')
}
/** MIME base64: characters outside of the alphabet are skipped. */
function fromBase64(text: string): Uint8Array {
  const digits = text.replace(/[^A-Za-z0-9+/=]/g, '')
  const end = digits.indexOf('=')
  const units = end < 0 ? digits : digits.slice(0, end)
  if (units.length % 4 === 1)
    throw new ExecutionError('CONVERSION_INVALID_INPUT', {
      message: 'the text is not base64: its last unit has not enough bits',
      parameters: { str: `'${text}'`, fmt: "'BASE64'", targetType: '"BINARY"', suggestion: '`try_to_binary`' },
    })
  return Buffer.from(units, 'base64')
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
function toBase32(bytes: Uint8Array): string {
  let out = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += BASE32[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  if (bits > 0) out += BASE32[(held << (5 - bits)) & 31]
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=')
}
/** What is no digit is skipped, as Spark does. */
function fromBase32(text: string): Uint8Array {
  const out: number[] = []
  let bits = 0
  let held = 0
  for (const char of text.toUpperCase()) {
    const digit = BASE32.indexOf(char)
    if (digit < 0) continue
    held = (held << 5) | digit
    bits += 5
    if (bits < 8) continue
    bits -= 8
    out.push((held >> bits) & 255)
    held &= (1 << bits) - 1
  }
  return Uint8Array.from(out)
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}
/** NULL where a character is no hexadecimal digit; an odd number of digits gets a zero in front. */
function unhex(text: string): Value {
  if (!/^[0-9a-fA-F]*$/.test(text)) return null
  return Buffer.from(text.length % 2 === 0 ? text : `0${text}`, 'hex')
}

const LONE_SURROGATE = /\p{Cs}/u
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** The text of bytes, undefined where they are not UTF-8. Text is valid but for lone surrogates. */
function validText(value: string | Uint8Array): string | undefined {
  if (typeof value === 'string') return LONE_SURROGATE.test(value) ? undefined : value
  try {
    return strictUtf8.decode(value)
  } catch {
    return undefined // fatal decoding is how TextDecoder says no
  }
}
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })
function utf8Function(
  name: string,
  summary: string,
  example: readonly [string, string],
  returns: typeof STRING | typeof BOOLEAN,
  onInvalid: (value: string | Uint8Array) => Value,
): FunctionRecord {
  return defineScalar({
    name,
    family: 'string',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: takes([TEXT_OR_BYTES], returns, name === 'try_validate_utf8' ? { nullable: true } : {}),
    bind: () => (value: string | Uint8Array) => {
      const text = validText(value)
      if (text === undefined) return onInvalid(value)
      return returns.kind === 'boolean' ? true : text
    },
  })
}
function invalidUtf8(value: string | Uint8Array): never {
  const bytes = typeof value === 'string' ? utf8(value) : value
  throw new ExecutionError('INVALID_UTF8_STRING', {
    message: 'the text is not valid UTF-8',
    hint: 'Use "try_validate_utf8" to get NULL or "make_valid_utf8" to mend it.',
    parameters: { str: `\\x${hexOf(bytes)}` },
  })
}

export const textByteFunctions: readonly FunctionRecord[] = [
  length(
    ['length', 'len', 'char_length', 'character_length'],
    'Returns the number of characters of text or of bytes.',
    ["SELECT length('Spark SQL ')", '10'],
    characterCount,
    (bytes) => bytes.length,
  ),
  length(
    ['octet_length'],
    'Returns the number of bytes.',
    ["SELECT octet_length('Spark SQL')", '9'],
    utf8Length,
    (bytes) => bytes.length,
  ),
  length(
    ['bit_length'],
    'Returns the number of bits.',
    ["SELECT bit_length('Spark SQL')", '72'],
    (text) => utf8Length(text) * 8,
    (bytes) => bytes.length * 8,
  ),
  defineScalar({
    name: 'base64',
    family: 'string',
    summary: 'Writes bytes in base 64, in lines of 76 characters.',
    examples: [["SELECT base64('Spark SQL')", 'U3BhcmsgU1FM']],
    nulls: 'propagate',
    resolve: takes([BYTES], STRING),
    bind: () => toBase64,
  }),
  defineScalar({
    name: 'unbase64',
    family: 'string',
    summary: 'Reads bytes from text in base 64.',
    examples: [["SELECT CAST(unbase64('U3BhcmsgU1FM') AS STRING)", 'Spark SQL']],
    nulls: 'propagate',
    resolve: takes([TEXT], BINARY),
    bind: () => fromBase64,
  }),
  defineScalar({
    name: 'to_base32',
    family: 'string',
    summary: 'Writes bytes in base 32.',
    examples: [["SELECT to_base32('foobar')", 'MZXW6YTBOI======']],
    nulls: 'propagate',
    resolve: takes([BYTES], STRING),
    bind: () => toBase32,
  }),
  defineScalar({
    name: 'from_base32',
    family: 'string',
    summary: 'Reads bytes from text in base 32.',
    examples: [["SELECT CAST(from_base32('MZXW6YTBOI======') AS STRING)", 'foobar']],
    nulls: 'propagate',
    resolve: takes([TEXT], BINARY),
    bind: () => fromBase32,
  }),
  defineScalar({
    name: 'hex',
    family: 'math',
    summary: 'Writes an integer, text or bytes in hexadecimal digits.',
    examples: [
      ['SELECT hex(17)', '11'],
      ["SELECT hex('Spark SQL')", '537061726B2053514C'],
    ],
    nulls: 'propagate',
    resolve: takes([oneOf(exactly(BIGINT), BYTES, TEXT)], STRING),
    bind: (signature): Evaluate => {
      switch (signature.arguments[0]!.kind) {
        case 'binary':
          return hexOf
        case 'string':
          return (text: string) => hexOf(utf8(text))
        default:
          return (value: bigint) => BigInt.asUintN(64, value).toString(16).toUpperCase()
      }
    },
  }),
  defineScalar({
    name: 'unhex',
    family: 'math',
    summary: 'Reads bytes from hexadecimal digits.',
    examples: [["SELECT decode(unhex('537061726B2053514C'), 'UTF-8')", 'Spark SQL']],
    nulls: 'propagate',
    resolve: takes([TEXT], BINARY, { nullable: true }),
    bind: () => unhex,
  }),
  defineScalar({
    name: 'encode',
    family: 'string',
    summary: 'Writes text as bytes of a character set.',
    examples: [["SELECT CAST(encode('abc', 'utf-8') AS STRING)", 'abc']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT], BINARY),
    bind: (_signature, { settings }) => {
      const coding = codingOf(settings)
      return (text: string, charset: string) => encodeText(text, charset, coding)
    },
  }),
  decodeFunction,
  utf8Function('is_valid_utf8', 'Is the text valid UTF-8?', ["SELECT is_valid_utf8(x'80')", 'false'], BOOLEAN, () => false),
  utf8Function(
    'validate_utf8',
    'Returns the text, or fails where it is not valid UTF-8.',
    ["SELECT validate_utf8('Spark')", 'Spark'],
    STRING,
    invalidUtf8,
  ),
  utf8Function(
    'try_validate_utf8',
    'Returns the text, or NULL where it is not valid UTF-8.',
    ["SELECT try_validate_utf8(x'80')", 'NULL'],
    STRING,
    () => null,
  ),
  utf8Function(
    'make_valid_utf8',
    'Returns the text with what is not valid UTF-8 replaced.',
    ["SELECT make_valid_utf8('Spark')", 'Spark'],
    STRING,
    (value) => (typeof value === 'string' ? value.replace(/\p{Cs}/gu, '\ufffd') : lenientUtf8.decode(value)),
  ),
]
