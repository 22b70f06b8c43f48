import { decodeText } from '../../columnar/column.ts'
import { type Call, type Expression, typeOf } from '../../expr/expression.ts'
import { isIntegral, STRING } from '../../types/data-type.ts'
import { boundFunction } from '../interpret.ts'
import type { Lane, ScalarLane, TextLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import {
  capitalized,
  groupedNumber,
  padded,
  repeated,
  replaced,
  retreat,
  reversed,
  splitPartRange,
  substringIndexRange,
  Translation,
  translated,
  trimEndOf,
  trimStartOf,
} from '../text-edits.ts'
import { base64Digits, bytesOfBase64, bytesOfHex, hexDigits, hexOfHalves, urlDecoded, urlEncoded } from '../text-encodings.ts'
import { advance } from '../text-kernels.ts'
import { halvesOf, nullsOf } from './numbers.ts'
import type { Template } from './table.ts'

/** Text that is made, or cut, of other text, byte by byte. */
export const textEditTemplates: Readonly<Record<string, Template>> = {
  left: (code, call) => {
    const [text, count] = textAndInt(code, call) ?? []
    if (text === undefined || count === undefined) return undefined
    const isNull = nullsOf(code, text, count)
    const end = code.out.constant(`${code.out.capture(advance, 'advance')}(${rangeOf(text)}, ${count.value})`, 'e')
    return { kind: 'text', bytes: text.bytes, start: text.start, end, isNull, isAscii: text.isAscii }
  },
  right: (code, call) => {
    const [text, count] = textAndInt(code, call) ?? []
    if (text === undefined || count === undefined) return undefined
    const isNull = nullsOf(code, text, count)
    const start = code.out.constant(`${code.out.capture(retreat, 'retreat')}(${rangeOf(text)}, ${count.value})`, 's')
    return { kind: 'text', bytes: text.bytes, start, end: text.end, isNull, isAscii: text.isAscii }
  },
  repeat: (code, call) => {
    const [text, count] = textAndInt(code, call) ?? []
    if (text === undefined || count === undefined) return undefined
    return made(code, repeated, [rangeOf(text), count.value], nullsOf(code, text, count))
  },
  space: (code, call) => {
    const count = code.scalar(call.args[0]!)
    return made(code, repeated, [`${code.out.capture(BLANK, 'blank')}, 0, 1`, count.value], count.isNull)
  },
  replace: (code, call) => {
    if (!call.args.every(isText)) return undefined
    const texts = call.args.map((arg) => code.text(arg))
    const by = texts[2] === undefined ? [`${code.out.capture(BLANK, 'blank')}, 0, 0`] : []
    return made(code, replaced, [...texts.map(rangeOf), ...by], nullsOf(code, ...texts))
  },
  reverse: (code, call) => ofText(code, call, reversed),
  initcap: (code, call) => {
    const text = code.text(call.args[0]!)
    const { functions, context } = code.options
    const own = code.out.capture(boundFunction(call, functions, context)!.evaluate, 'f')
    const start = code.out.fresh('s')
    code.out.line(`let ${start} = ${code.out.capture(capitalized, 'write')}(${code.scratch}, ${rangeOf(text)})`)
    const decoded = `${code.out.capture(decodeText, 'decodeText')}(${rangeOf(text)})`
    code.out.line(`if (${start} < 0) ${start} = ${code.scratch}.text(${own}(${decoded}))`)
    return code.scratchText(start, text.isNull)
  },
  lpad: (code, call) => pad(code, call, true),
  rpad: (code, call) => pad(code, call, false),
  translate,
  concat_ws: joined,
  substring_index: (code, call) => delimited(code, call, substringIndexRange),
  split_part: (code, call) => delimited(code, call, splitPartRange),
  trim: (code, call) => trimmed(code, call, 0, true, true),
  ltrim: (code, call) => trimmed(code, call, 0, true, false),
  rtrim: (code, call) => trimmed(code, call, 0, false, true),
  btrim: (code, call) => trimmed(code, call, 1, true, true),
  hex: (code, call) => {
    const lane = code.lane(call.args[0]!)
    if (lane.kind === 'text') return made(code, hexDigits, [rangeOf(lane)], lane.isNull)
    if (lane.kind !== 'long') return undefined
    const { low, high } = halvesOf(code, lane)
    return made(code, hexOfHalves, [low, high], lane.isNull)
  },
  url_encode: (code, call) => ofText(code, call, urlEncoded),
  url_decode: (code, call) => ofText(code, call, urlDecoded),
  try_url_decode: (code, call) => ofText(code, call, urlDecoded),
  unhex: (code, call) => ofText(code, call, bytesOfHex),
  unbase64: (code, call) => ofText(code, call, bytesOfBase64),
  format_number: (code, call) => {
    const digits = code.constant(call.args[1]!)
    if (typeof digits !== 'number' || digits < 0 || digits > 6) return undefined
    const lane = code.lane(call.args[0]!)
    if (lane.kind !== 'int' && lane.kind !== 'double') return undefined
    return made(code, groupedNumber, [lane.value, String(digits), String(10 ** digits)], lane.isNull)
  },
  format_string: formatted,
  printf: formatted,
  base64: (code, call) => {
    const lane = code.lane(call.args[0]!)
    return lane.kind === 'text' ? made(code, base64Digits, [rangeOf(lane)], lane.isNull) : undefined
  },
}
const BLANK = new Uint8Array(8).fill(32)

export function isText(e: Expression): boolean {
  return typeOf(e).kind === 'string'
}
export function rangeOf(text: TextLane): string {
  return `${text.bytes}, ${text.start}, ${text.end}`
}

/** What a kernel writes into the scratch; where it refuses the row is the interpreter's. */
export function made(code: RowCode, kernel: object, args: readonly string[], isNull: string): Lane {
  const written = `${code.out.capture(kernel, 'write')}(${[code.scratch, ...args].join(', ')})`
  const start = code.out.constant(isNull === '0' ? written : `${isNull} ? ${code.scratch}.used : ${written}`, 's')
  code.guard(`${start} < 0`)
  return code.scratchText(start, isNull)
}

function ofText(code: RowCode, call: Call, kernel: object): Lane | undefined {
  if (call.args.length !== 1 || !isText(call.args[0]!)) return undefined
  const text = code.text(call.args[0]!)
  return made(code, kernel, [rangeOf(text)], text.isNull)
}

function textAndInt(code: RowCode, call: Call): readonly [TextLane, ScalarLane] | undefined {
  const [text, count] = call.args
  if (!isText(text!) || typeOf(count!).kind !== 'int') return undefined
  return [code.text(text!), code.scalar(count!)]
}

function pad(code: RowCode, call: Call, atStart: boolean): Lane | undefined {
  const [text, length, padding] = call.args as [Expression, Expression, Expression | undefined]
  if (!isText(text) || typeOf(length).kind !== 'int' || (padding !== undefined && !isText(padding))) return undefined
  const [source, size] = [code.text(text), code.scalar(length)]
  const by = padding === undefined ? undefined : code.text(padding)
  const range = by === undefined ? `${code.out.capture(BLANK, 'blank')}, 0, 1` : rangeOf(by)
  const isNull = nullsOf(code, source, size, ...(by === undefined ? [] : [by]))
  return made(code, padded, [rangeOf(source), size.value, range, String(atStart)], isNull)
}

/** Constant characters, ASCII ones by a table; the first of a character's places counts, one without a counterpart is dropped. */
function translate(code: RowCode, call: Call): Lane | undefined {
  const [text, from, to] = call.args as [Expression, Expression, Expression]
  const [source, target] = [code.constant(from), code.constant(to)]
  if (typeof source !== 'string' || typeof target !== 'string') return undefined
  if (!isAscii(source + target)) {
    const lane = code.text(text)
    const translation = code.out.capture(new Translation(source, target), 'translation')
    const written = `${translation}.write(${code.scratch}, ${rangeOf(lane)})`
    return code.scratchText(code.out.constant(written, 's'), lane.isNull)
  }
  const table = Int16Array.from({ length: 128 }, (_, i) => i)
  for (let i = source.length - 1; i >= 0; i--) table[source.charCodeAt(i)] = i < target.length ? target.charCodeAt(i) : -1
  const lane = code.text(text)
  return made(code, translated, [rangeOf(lane), code.out.capture(table, 'table')], lane.isNull)
}
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

/** NULLs are left out with their separator; only a separator that is NULL makes the result NULL. */
function joined(code: RowCode, call: Call): Lane | undefined {
  if (!call.args.every(isText)) return undefined
  const [separator, ...parts] = call.args.map((arg) => code.text(arg)) as [TextLane, ...TextLane[]]
  const start = code.out.constant(`${code.scratch}.used`, 's')
  // Known to be behind a part, known to be before all of them, or a variable.
  let behind: '0' | '1' | string = '0'
  const some = code.out.fresh('v')
  code.out.line(`let ${some} = 0`)
  for (const part of parts) {
    if (part.isNull === '1') continue
    const append = (): void => {
      const between = `${code.scratch}.append(${rangeOf(separator)})`
      if (behind === '1') code.out.line(between)
      else if (behind !== '0') code.out.line(`if (${behind}) ${between}`)
      code.out.line(`${code.scratch}.append(${rangeOf(part)})`)
    }
    if (part.isNull === '0') {
      append()
      behind = '1'
    } else {
      code.block(`if (!${part.isNull})`, () => {
        append()
        code.out.line(`${some} = 1`)
      })
      if (behind !== '1') behind = some
    }
  }
  return code.scratchText(start, separator.isNull)
}

/** A constant format of nothing but %s of texts and integers, %d of integers, and %%. */
function formatted(code: RowCode, call: Call): Lane | undefined {
  const [format, ...values] = call.args as [Expression, ...Expression[]]
  const given = code.constant(format)
  if (typeof given !== 'string') return undefined
  const pieces = given.split(/(%.)/su)
  const places = pieces.filter((piece) => piece === '%s' || piece === '%d')
  const rest = pieces.filter((piece) => piece.startsWith('%') && piece !== '%s' && piece !== '%d' && piece !== '%%')
  if (rest.length > 0 || places.length > values.length) return undefined
  if (!places.every((place, i) => isIntegral(typeOf(values[i]!)) || (place === '%s' && isText(values[i]!)))) return undefined
  const texts = places.map((_, i) => code.text(isText(values[i]!) ? values[i]! : asText(values[i]!)))
  const start = code.out.constant(`${code.scratch}.used`, 's')
  const constant = (text: string): string => {
    const bytes = new TextEncoder().encode(text)
    return `${code.scratch}.append(${code.out.capture(bytes, 'piece')}, 0, ${bytes.length})`
  }
  for (const piece of pieces) {
    if (piece === '%s' || piece === '%d') {
      const text = texts.shift()!
      const append = `${code.scratch}.append(${rangeOf(text)})`
      code.out.line(text.isNull === '0' ? append : `if (${text.isNull}) ${constant('null')}; else ${append}`)
    } else if (piece !== '') code.out.line(constant(piece === '%%' ? '%' : piece))
  }
  return code.scratchText(start, '0')
}
function asText(child: Expression): Expression {
  return { kind: 'cast', child, type: STRING, tolerant: false, implicit: true, nullable: true }
}

/** Parts between delimiters, a range of the text. */
function delimited(code: RowCode, call: Call, kernel: typeof splitPartRange): Lane | undefined {
  const [text, delimiter, count] = call.args as [Expression, Expression, Expression]
  if (!isText(text) || !isText(delimiter) || typeOf(count).kind !== 'int') return undefined
  const [source, by, number] = [code.text(text), code.text(delimiter), code.scalar(count)]
  const isNull = nullsOf(code, source, by, number)
  // Part 0 is an error, which the interpreter raises.
  if (kernel === splitPartRange && (number.constant === undefined || number.constant === 0))
    code.guard(`${number.value} === 0`, isNull)
  code.out.line(
    `${code.out.capture(kernel, 'range')}(${rangeOf(source)}, ${rangeOf(by)}, ${isNull === '0' ? '' : `${isNull} ? 1 : `}${number.value}, ${code.range})`,
  )
  const start = code.out.constant(`${code.range}[0]`, 's')
  return { kind: 'text', bytes: source.bytes, start, end: code.out.constant(`${code.range}[1]`, 'e'), isNull }
}

/** Blanks, or constant ASCII characters that stand at one place of the two arguments and the text at the other. */
function trimmed(code: RowCode, call: Call, charactersAt: number, atStart: boolean, atEnd: boolean): Lane | undefined {
  if (!call.args.every(isText)) return undefined
  const given = call.args.length === 1 ? ' ' : code.constant(call.args[charactersAt]!)
  if (typeof given !== 'string' || !isAscii(given)) return undefined
  const text = code.text(call.args.length === 1 ? call.args[0]! : call.args[1 - charactersAt]!)
  const drop = new Uint8Array(256)
  for (let i = 0; i < given.length; i++) drop[given.charCodeAt(i)] = 1
  const table = code.out.capture(drop, 'table')
  const start = atStart
    ? code.out.constant(`${code.out.capture(trimStartOf, 'trimStart')}(${rangeOf(text)}, ${table})`, 's')
    : text.start
  const end = atEnd
    ? code.out.constant(`${code.out.capture(trimEndOf, 'trimEnd')}(${text.bytes}, ${start}, ${text.end}, ${table})`, 'e')
    : text.end
  return { kind: 'text', bytes: text.bytes, start, end, isNull: text.isNull, isAscii: text.isAscii }
}
