import { copyBytes } from '../../columnar/take.ts'
import { type Call, type Expression, typeOf } from '../../expr/expression.ts'
import type { Lane, ScalarLane, TextLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import {
  advance,
  codePoints,
  endsWith,
  indexOf,
  likeParts,
  startsWith,
  substringRange,
  trimEnd,
  trimStart,
} from '../text-kernels.ts'
import { nullsOf } from './numbers.ts'
import type { Template } from './table.ts'

/** Text stays bytes: parts of a text are ranges of it, only what is made new (concat, another case) is written, into the scratch. */
export const textTemplates: Readonly<Record<string, Template>> = {
  length: characters,
  char_length: characters,
  character_length: characters,
  len: characters,
  octet_length: (code, call) => {
    const text = textArgument(code, call)
    return text && { kind: 'int', value: code.out.constant(`${text.end} - ${text.start}`), isNull: text.isNull }
  },
  substring,
  substr: substring,
  trim: (code, call) => trimmed(code, call, true, true),
  ltrim: (code, call) => trimmed(code, call, true, false),
  rtrim: (code, call) => trimmed(code, call, false, true),
  upper: (code, call) => otherCase(code, call, 97),
  ucase: (code, call) => otherCase(code, call, 97),
  lower: (code, call) => otherCase(code, call, 65),
  lcase: (code, call) => otherCase(code, call, 65),
  concat: concatenated,
  '||': concatenated,
  startswith: (code, call) => found(code, call, startsWith, ''),
  endswith: (code, call) => found(code, call, endsWith, ''),
  contains: (code, call) => found(code, call, indexOf, ' >= 0'),
  like,
}

function isText(e: Expression): boolean {
  return typeOf(e).kind === 'string'
}
function textArgument(code: RowCode, call: Call): TextLane | undefined {
  return isText(call.args[0]!) ? code.text(call.args[0]!) : undefined
}
function rangeOf(text: TextLane): string {
  return `${text.bytes}, ${text.start}, ${text.end}`
}
function characters(code: RowCode, call: Call): Lane | undefined {
  const text = textArgument(code, call)
  if (text === undefined || call.args.length !== 1) return undefined
  const counted = `${code.out.capture(codePoints, 'codePoints')}(${rangeOf(text)})`
  const value = text.isAscii === undefined ? counted : `${text.isAscii()} ? ${text.end} - ${text.start} : ${counted}`
  return { kind: 'int', value: code.out.constant(value), isNull: text.isNull }
}

/** The position a known number of characters further on. */
function further(code: RowCode, text: TextLane, from: string, characters: number): string {
  const walked = `${code.out.capture(advance, 'advance')}(${text.bytes}, ${from}, ${text.end}, ${characters})`
  if (text.isAscii === undefined) return code.out.constant(walked, 's')
  return code.out.constant(`${text.isAscii()} ? Math.min(${from} + ${Math.max(0, characters)}, ${text.end}) : ${walked}`, 's')
}

function substring(code: RowCode, call: Call): Lane | undefined {
  const [text, position, length] = call.args
  if (!isText(text!) || [position, length].some((e) => e !== undefined && typeOf(e).kind !== 'int')) return undefined
  const source = code.text(text!)
  const from = code.scalar(position!)
  const count: ScalarLane =
    length === undefined ? { kind: 'int', value: '2147483647', isNull: '0', constant: 2147483647 } : code.scalar(length)
  const isNull = nullsOf(code, source, from, count)
  if (typeof from.constant === 'number' && from.constant > 0 && typeof count.constant === 'number') {
    const start = further(code, source, source.start, from.constant - 1)
    const end = further(code, source, start, count.constant)
    return { kind: 'text', bytes: source.bytes, start, end, isNull, isAscii: source.isAscii }
  }
  code.out.line(
    `${code.out.capture(substringRange, 'substringRange')}(${rangeOf(source)}, ${from.value}, ${count.value}, ${code.range})`,
  )
  return {
    kind: 'text',
    bytes: source.bytes,
    start: code.out.constant(`${code.range}[0]`, 's'),
    end: code.out.constant(`${code.range}[1]`, 'e'),
    isNull,
  }
}

function trimmed(code: RowCode, call: Call, atStart: boolean, atEnd: boolean): Lane | undefined {
  if (call.args.length !== 1) return undefined
  const text = textArgument(code, call)
  if (text === undefined) return undefined
  const start = atStart ? code.out.constant(`${code.out.capture(trimStart, 'trimStart')}(${rangeOf(text)})`, 's') : text.start
  const end = atEnd
    ? code.out.constant(`${code.out.capture(trimEnd, 'trimEnd')}(${text.bytes}, ${start}, ${text.end})`, 'e')
    : text.end
  return { kind: 'text', bytes: text.bytes, start, end, isNull: text.isNull, isAscii: text.isAscii }
}

/** ASCII only: letters of other scripts are the interpreter's. */
function otherCase(code: RowCode, call: Call, from: number): Lane | undefined {
  const text = textArgument(code, call)
  if (text === undefined) return undefined
  const start = code.out.constant(`${code.scratch}.changeCase(${rangeOf(text)}, ${from})`, 's')
  code.guard(`${start} < 0`, text.isNull)
  return code.scratchText(start, text.isNull)
}

/** The texts that a concatenation joins, nested ones unfolded; undefined when it is none of texts. */
export function concatenatedParts(e: Expression): readonly Expression[] | undefined {
  if (e.kind === 'alias') return concatenatedParts(e.child)
  if (e.kind !== 'call' || (e.name !== 'concat' && e.name !== '||') || e.args.length === 0 || !e.args.every(isText))
    return undefined
  return e.args.flatMap((arg) => concatenatedParts(arg) ?? [arg])
}

function concatenated(code: RowCode, call: Call): Lane | undefined {
  const parts = concatenatedParts(call)?.map((part) => code.text(part))
  if (parts === undefined) return undefined
  const isNull = nullsOf(code, ...parts)
  const total = parts.map((part) => `${part.end} - ${part.start}`).join(' + ')
  const start = code.out.constant(`${code.scratch}.reserve(${total})`, 's')
  const lane = code.scratchText(start, isNull)
  let at = lane.start
  for (const part of parts) {
    code.out.line(`${code.out.capture(copyBytes, 'copyBytes')}(${rangeOf(part)}, ${lane.bytes}, ${at})`)
    at = code.out.constant(`${at} + ${part.end} - ${part.start}`)
  }
  return lane
}

type Search = (
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
) => boolean | number

function found(code: RowCode, call: Call, search: Search, verdict: string): Lane | undefined {
  if (call.args.length !== 2 || !call.args.every(isText)) return undefined
  const [text, part] = [code.text(call.args[0]!), code.text(call.args[1]!)]
  const isNull = nullsOf(code, text, part)
  return bit(code, `${code.out.capture(search, search.name)}(${rangeOf(text)}, ${rangeOf(part)})${verdict}`, isNull)
}

function bit(code: RowCode, condition: string, isNull: string): Lane {
  return { kind: 'bit', value: code.out.constant(isNull === '0' ? condition : `(${condition}) & (${isNull} ^ 1)`), isNull }
}

/** Patterns of letters and `%`. A `_` counts characters and an escape can be wrong: those are the interpreter's. */
function like(code: RowCode, call: Call): Lane | undefined {
  const [text, patternExpression, escapeExpression] = call.args
  const pattern = code.constant(patternExpression!)
  const escapeCharacter = escapeExpression === undefined ? '\\' : code.constant(escapeExpression)
  if (!isText(text!) || typeof pattern !== 'string' || typeof escapeCharacter !== 'string') return undefined
  if (pattern.includes('_') || escapeCharacter === '%' || pattern.includes(escapeCharacter)) return undefined
  const parts = pattern.split('%').map((part) => new TextEncoder().encode(part))
  const lane = code.text(text!)
  const at = (part: Uint8Array): string => `${code.out.capture(part, 'part')}, 0, ${part.length}`
  const [first, last] = [parts[0]!, parts.at(-1)!]
  let condition: string
  if (parts.length === 1) {
    const starts = code.out.capture(startsWith, 'startsWith')
    condition = `${lane.end} - ${lane.start} === ${first.length} && ${starts}(${rangeOf(lane)}, ${at(first)})`
  } else if (parts.length === 2 && last.length === 0) {
    const starts = code.out.capture(startsWith, 'startsWith')
    condition = first.length > 16 ? `${starts}(${rangeOf(lane)}, ${at(first)})` : startsWithLiteral(lane, first)
  } else if (parts.length === 3 && first.length === 0 && last.length === 0) {
    condition = `${code.out.capture(indexOf, 'indexOf')}(${rangeOf(lane)}, ${at(parts[1]!)}) >= 0`
  } else condition = `${code.out.capture(likeParts, 'likeParts')}(${rangeOf(lane)}, ${code.out.capture(parts, 'parts')})`
  return bit(code, condition, lane.isNull)
}

function startsWithLiteral(text: TextLane, prefix: Uint8Array): string {
  const each = [...prefix].map((byte, i) => `${text.bytes}[${text.start} + ${i}] === ${byte}`)
  return [`${text.end} - ${text.start} >= ${prefix.length}`, ...each].join(' && ')
}
