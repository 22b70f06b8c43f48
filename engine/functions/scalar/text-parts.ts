import { ExecutionError } from '../../errors/engine-error.ts'
import { arrayType, BINARY, type DataType, INT, STRING } from '../../types/data-type.ts'
import { unexpectedInputType } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type Evaluate, type FunctionRecord, type Resolution } from '../function.ts'
import { literalPattern, splitKernel } from '../list-kernels.ts'
import { cachedPattern } from '../operators/pattern-match.ts'
import type { JavaPattern } from '../regexp/java-pattern.ts'
import { javaPattern } from '../regexp/pattern-argument.ts'
import { checkCount, convertArguments, TEXT, TEXT_OR_BYTES, takes, WHOLE } from '../signature.ts'
import { characterCount, characterSlice, characters, utf8 } from './code-points.ts'

/** Functions that take parts out of text (or bytes), and that pad and trim it. */
const MAX_INT = 2147483647

/** Positions count from 1, negative ones from the end; 0 is the start. Where a negative position lies before the start, the length does too. */
function substringOfText(text: string, position: number, length: number): string {
  const start = position > 0 ? position - 1 : position < 0 ? characterCount(text) + position : 0
  return characterSlice(text, start, Math.min(start + length, MAX_INT))
}
function substringOfBytes(bytes: Uint8Array, position: number, length: number): Uint8Array {
  const start = position > 0 ? position - 1 : position < 0 ? bytes.length + position : 0
  const end = Math.min(start + length, bytes.length)
  return bytes.subarray(Math.max(start, 0), Math.max(end, Math.max(start, 0)))
}
const sameAsFirst = (types: readonly DataType[]): DataType => types[0]!

function repeated(pad: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  for (let i = 0; i < length; i++) out[i] = pad[i % pad.length]!
  return out
}
function padText(side: 'left' | 'right', text: string, length: number, pad: string): string {
  const missing = length - characterCount(text)
  if (missing <= 0 || pad === '') return characterSlice(text, 0, length)
  const padding = characterSlice(pad.repeat(Math.ceil(missing / characterCount(pad))), 0, missing)
  return side === 'left' ? padding + text : text + padding
}
function padBytes(side: 'left' | 'right', bytes: Uint8Array, length: number, pad: Uint8Array): Uint8Array {
  const missing = length - bytes.length
  if (missing <= 0 || pad.length === 0) return bytes.subarray(0, Math.max(length, 0))
  const padding = repeated(pad, missing)
  return side === 'left' ? Buffer.concat([padding, bytes]) : Buffer.concat([bytes, padding])
}
/** Bytes are padded with bytes only; anything else is text. The default padding is a blank, of bytes a zero. */
function resolvePad(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const bytes = args[0]!.type.kind === 'binary' && (args[2]?.type ?? BINARY).kind === 'binary'
  const type = bytes ? BINARY : STRING
  const accepted = bytes ? [TEXT_OR_BYTES, WHOLE, TEXT_OR_BYTES] : [TEXT, WHOLE, TEXT]
  convertArguments(accepted, args, site)
  return { arguments: [type, INT, type].slice(0, args.length), returns: type }
}
function pad(name: string, side: 'left' | 'right', summary: string, example: readonly [string, string]): FunctionRecord {
  return defineScalar({
    name,
    family: 'string',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: resolvePad,
    bind: (signature): Evaluate =>
      signature.returns.kind === 'binary'
        ? (bytes: Uint8Array, length: number, padding = ZERO_BYTE) => padBytes(side, bytes, length, padding)
        : (text: string, length: number, padding = ' ') => padText(side, text, length, padding),
  })
}
const ZERO_BYTE = new Uint8Array(1)

type Sides = 'both' | 'left' | 'right'
function trimmed(text: string, drop: ReadonlySet<string>, sides: Sides): string {
  const chars = characters(text)
  let start = 0
  let end = chars.length
  if (sides !== 'right') while (start < end && drop.has(chars[start]!)) start++
  if (sides !== 'left') while (end > start && drop.has(chars[end - 1]!)) end--
  return start === 0 && end === chars.length ? text : chars.slice(start, end).join('')
}
const BLANK: ReadonlySet<string> = new Set([' '])
/** `charactersFirst`: trim(characters, text), the form TRIM(characters FROM text) is made into. */
function trim(
  name: string,
  sides: Sides,
  charactersFirst: boolean,
  summary: string,
  example: readonly [string, string],
): FunctionRecord {
  return defineScalar({
    name,
    family: 'string',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT], STRING, { required: 1 }),
    bind: () => {
      const dropped = cachedPattern((chars) => new Set(characters(chars)))
      return (first: string, second?: string) => {
        if (second === undefined) return trimmed(first, BLANK, sides)
        return charactersFirst ? trimmed(second, dropped(first), sides) : trimmed(first, dropped(second), sides)
      }
    },
  })
}

/** Text before the count-th delimiter; after it, counted from the end, when count is negative. */
function substringIndex(text: string, delimiter: string, count: number): string {
  if (delimiter === '' || count === 0) return ''
  if (count > 0) {
    let at = -1
    for (let i = 0; i < count; i++) {
      at = text.indexOf(delimiter, at + 1)
      if (at < 0) return text
    }
    return text.slice(0, at)
  }
  let at = text.length - delimiter.length + 1
  for (let i = 0; i > count; i--) {
    if (at <= 0) return text
    at = text.lastIndexOf(delimiter, at - 1)
    if (at < 0) return text
  }
  return text.slice(at + delimiter.length)
}

function splitPart(text: string, delimiter: string, part: number): string {
  if (part === 0)
    throw new ExecutionError('INVALID_INDEX_OF_ZERO', {
      message: 'the part number 0 is not valid',
      hint: 'Parts count from 1, from the end with -1.',
    })
  const parts = delimiter === '' ? [text] : text.split(delimiter)
  return parts[part > 0 ? part - 1 : parts.length + part] ?? ''
}

const everyMatches = new WeakMap<JavaPattern, RegExp>()
/** The pattern with the flag `g`, made once. */
function everyMatch(pattern: JavaPattern): RegExp {
  let all = everyMatches.get(pattern)
  if (all === undefined) everyMatches.set(pattern, (all = new RegExp(pattern.regexp.source, 'gv')))
  return all
}

/** Splits where the pattern matches; a limit above 0 leaves the rest in the last part, an empty pattern splits into characters. */
export function splitText(text: string, pattern: JavaPattern | undefined, limit: number): string[] {
  if (pattern === undefined) {
    if (text === '') return ['']
    const chars = characters(text)
    if (limit <= 0 || limit >= chars.length) return chars
    return [...chars.slice(0, limit - 1), chars.slice(limit - 1).join('')]
  }
  const parts: string[] = []
  let start = 0
  const all = everyMatch(pattern)
  all.lastIndex = 0
  for (let match = all.exec(text); match !== null; match = all.exec(text)) {
    if (limit > 0 && parts.length === limit - 1) break
    if (match[0] === '') all.lastIndex += (text.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1
    // A match of nothing at the start makes no empty first part.
    if (match[0] === '' && match.index === 0) continue
    if (match[0] === '' && match.index === text.length) {
      parts.push(text.slice(start))
      start = text.length
      continue
    }
    parts.push(text.slice(start, match.index))
    start = match.index + match[0].length
  }
  parts.push(text.slice(start))
  return parts
}

function overlayText(text: string, replacement: string, position: number, length: number): string {
  const span = length >= 0 ? length : characterCount(replacement)
  return substringOfText(text, 1, position - 1) + replacement + substringOfText(text, position + span, MAX_INT)
}
function overlayBytes(bytes: Uint8Array, replacement: Uint8Array, position: number, length: number): Uint8Array {
  const span = length >= 0 ? length : replacement.length
  return Buffer.concat([substringOfBytes(bytes, 1, position - 1), replacement, substringOfBytes(bytes, position + span, MAX_INT)])
}
function resolveOverlay(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 3, 4)
  const bytes = args[0]!.type.kind === 'binary' && args[1]!.type.kind === 'binary'
  const type = bytes ? BINARY : STRING
  for (const [i, argument] of args.entries()) {
    const parameter = i < 2 ? (bytes ? TEXT_OR_BYTES : TEXT) : WHOLE
    if (parameter.convert(argument.type) === undefined) throw unexpectedInputType(site, i, argument, parameter.text)
  }
  return { arguments: [type, type, INT, INT].slice(0, args.length), returns: type }
}

export const textPartFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'substring',
    aliases: ['substr'],
    family: 'string',
    summary: 'Returns the part of text or bytes that starts at a position and has a length.',
    examples: [
      ["SELECT substring('Spark SQL', 5, 1)", 'k'],
      ["SELECT substr('Spark SQL', -3)", 'SQL'],
    ],
    nulls: 'propagate',
    resolve: takes([TEXT_OR_BYTES, WHOLE, WHOLE], sameAsFirst, { required: 2 }),
    bind: (signature): Evaluate =>
      signature.returns.kind === 'binary'
        ? (bytes: Uint8Array, position: number, length = MAX_INT) => substringOfBytes(bytes, position, length)
        : (text: string, position: number, length = MAX_INT) => substringOfText(text, position, length),
  }),
  defineScalar({
    name: 'left',
    family: 'string',
    summary: 'Returns the first characters of text or the first bytes.',
    examples: [["SELECT left('Spark SQL', 3)", 'Spa']],
    nulls: 'propagate',
    resolve: takes([TEXT_OR_BYTES, WHOLE], sameAsFirst),
    bind: (signature): Evaluate =>
      signature.returns.kind === 'binary'
        ? (bytes: Uint8Array, length: number) => bytes.subarray(0, Math.max(length, 0))
        : (text: string, length: number) => characterSlice(text, 0, length),
  }),
  defineScalar({
    name: 'right',
    family: 'string',
    summary: 'Returns the last characters of text.',
    examples: [["SELECT right('Spark SQL', 3)", 'SQL']],
    nulls: 'propagate',
    resolve: takes([TEXT, WHOLE], STRING),
    bind: () => (text: string, length: number) => (length <= 0 ? '' : substringOfText(text, -length, MAX_INT)),
  }),
  defineScalar({
    name: 'substring_index',
    family: 'string',
    summary: 'Returns the text before the n-th delimiter, or after it from the end when n is negative.',
    examples: [["SELECT substring_index('www.apache.org', '.', 2)", 'www.apache']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, WHOLE], STRING),
    bind: () => substringIndex,
  }),
  defineScalar({
    name: 'split_part',
    family: 'string',
    summary: 'Splits text by a delimiter and returns one part, counted from 1 or from the end with -1.',
    examples: [["SELECT split_part('11.12.13', '.', 3)", '13']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, WHOLE], STRING),
    bind: () => splitPart,
  }),
  defineScalar({
    name: 'split',
    family: 'string',
    summary: 'Splits text where a regular expression matches.',
    examples: [["SELECT split('oneAtwoBthreeC', '[ABC]')", '[one, two, three, ]']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, WHOLE], arrayType(STRING, false), { required: 2 }),
    bind: () => {
      const compile = cachedPattern((source) => (source === '' ? undefined : javaPattern(source, 'split')))
      return (text: string, source: string, limit = -1) => splitText(text, compile(source), limit)
    },
    bindColumns: (signature) => {
      const [text, source, limit] = signature.constants
      const literal = typeof source === 'string' ? literalPattern(source) : undefined
      // A limit that is no constant, or is NULL, is rare.
      const isKnown = signature.arguments.length === 2 || typeof limit === 'number'
      if (text !== undefined || literal === undefined || !isKnown) return undefined
      return splitKernel(signature, utf8(literal), typeof limit === 'number' ? limit : -1)
    },
  }),
  defineScalar({
    name: 'overlay',
    family: 'string',
    summary: 'Replaces a part of text or bytes that starts at a position.',
    examples: [["SELECT overlay('Spark SQL' PLACING '_' FROM 6)", 'Spark_SQL']],
    nulls: 'propagate',
    resolve: resolveOverlay,
    bind: (signature): Evaluate =>
      signature.returns.kind === 'binary'
        ? (bytes: Uint8Array, by: Uint8Array, position: number, length = -1) => overlayBytes(bytes, by, position, length)
        : (text: string, by: string, position: number, length = -1) => overlayText(text, by, position, length),
  }),
  pad('lpad', 'left', 'Pads text or bytes on the left to a length, or cuts it to that length.', [
    "SELECT lpad('hi', 5, '??')",
    '???hi',
  ]),
  pad('rpad', 'right', 'Pads text or bytes on the right to a length, or cuts it to that length.', [
    "SELECT rpad('hi', 5, '??')",
    'hi???',
  ]),
  trim('trim', 'both', true, 'Removes blanks, or the given characters, from both ends.', ["SELECT trim('  SQL ')", 'SQL']),
  trim('ltrim', 'left', true, 'Removes blanks, or the given characters, from the start.', ["SELECT ltrim('  SQL')", 'SQL']),
  trim('rtrim', 'right', true, 'Removes blanks, or the given characters, from the end.', ["SELECT rtrim('SQL  ')", 'SQL']),
  trim('btrim', 'both', false, 'Removes blanks, or the characters of the second argument, from both ends.', [
    "SELECT btrim('SSparkSQLS', 'SL')",
    'parkSQ',
  ]),
]
