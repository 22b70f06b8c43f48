import { type Call, type Cast, type Expression, typeOf } from '../../expr/expression.ts'
import { type DataType, TIMESTAMP } from '../../types/data-type.ts'
import { parsePattern } from '../../types/pattern-elements.ts'
import { attempt } from '../foldable.ts'
import type { Lane, TextLane } from '../lane.ts'
import {
  DateReader,
  dateWriter,
  type MomentReader,
  type MomentWriter,
  patternReader,
  patternWriter,
  TimestampReader,
  timestampWriter,
} from '../moment-text.ts'
import type { RowCode } from '../row-code.ts'
import { longToDouble, wholeToLong } from './numbers.ts'
import type { Template } from './table.ts'
import { isText, rangeOf } from './text-edit.ts'
import { clockOf, isTimestamp, localSeconds, wholeSeconds, zoneFor } from './time.ts'

/** Text from and to dates and timestamps, for constant patterns that the readers and writers of moment-text.ts know. */
export const momentTextTemplates: Readonly<Record<string, Template>> = {
  date_format: (code, call) => {
    const [moment, pattern] = call.args as [Expression, Expression]
    const writer = writerOf(code, pattern)
    if (writer === undefined || !isTimestamp(typeOf(moment))) return undefined
    const { localSeconds, fraction, isNull } = clockOf(code, moment)
    return written(code, writer, localSeconds, fraction, isNull)
  },
  from_unixtime: (code, call) => {
    const [seconds, pattern] = call.args as [Expression, Expression | undefined]
    const writer = pattern === undefined ? patternWriter(parsePattern(DEFAULT_PATTERN, 'format')) : writerOf(code, pattern)
    if (writer === undefined) return undefined
    const x = code.scalar(seconds)
    const { value: utc } = longToDouble(code, x)
    // Far beyond the years that are written as they are, and far below where seconds times a million would wrap.
    code.guard(`!(${utc} > -1e12 && ${utc} < 1e12)`, x.isNull)
    const local = localSeconds(code, utc, zoneFor(code, TIMESTAMP))
    return written(code, writer, local, '0', x.isNull)
  },
  dayname: (code, call) => named(code, call, 'EEE'),
  monthname: (code, call) => named(code, call, 'MMM'),
  to_timestamp: (code, call) => readMoment(code, call),
  try_to_timestamp: (code, call) => readMoment(code, call),
  to_timestamp_ltz: (code, call) => readMoment(code, call),
  to_timestamp_ntz: (code, call) => readMoment(code, call),
  to_date: (code, call) => readMoment(code, call),
  try_to_date: (code, call) => readMoment(code, call),
  unix_timestamp: (code, call) => wholeSeconds(code, call) ?? readMoment(code, call),
  to_unix_timestamp: (code, call) => wholeSeconds(code, call) ?? readMoment(code, call),
}
const DEFAULT_PATTERN = 'yyyy-MM-dd HH:mm:ss'

function named(code: RowCode, call: Call, pattern: string): Lane | undefined {
  const days = code.lane(call.args[0]!)
  if (days.kind !== 'int') return undefined
  const writer = patternWriter(parsePattern(pattern, 'format'))!
  return written(code, writer, code.out.constant(`${days.value} * 86400`), '0', days.isNull)
}

/** A pattern may be one that cannot be used: that is an error of the row that meets it. */
function writerOf(code: RowCode, pattern: Expression): MomentWriter | undefined {
  const text = code.constant(pattern)
  if (typeof text !== 'string') return undefined
  let writer: MomentWriter | undefined
  attempt(() => {
    writer = patternWriter(parsePattern(text, 'format'))
    return null
  })
  return writer
}

function written(code: RowCode, writer: MomentWriter, localSeconds: string, fraction: string, isNull: string): TextLane {
  const write = `${code.out.capture(writer, 'writer')}.write(${code.scratch}, ${localSeconds}, ${fraction})`
  const start = code.out.constant(isNull === '0' ? write : `${isNull} ? ${code.scratch}.used : ${write}`, 's')
  code.guard(`${start} < 0`)
  return code.scratchText(start, isNull)
}

/** CAST of a date or timestamp as text. */
export function momentAsText(code: RowCode, e: Cast): Lane | undefined {
  const from = typeOf(e.child)
  if (isTimestamp(from)) {
    const { localSeconds, fraction, isNull } = clockOf(code, e.child)
    return written(code, timestampWriter(), localSeconds, fraction, isNull)
  }
  if (from.kind !== 'date') return undefined
  const days = code.scalar(e.child)
  return written(code, dateWriter(), code.out.constant(`${days.value} * 86400`), '0', days.isNull)
}

/** CAST of text as a date or timestamp. */
export function textAsMoment(code: RowCode, e: Cast): Lane | undefined {
  if (!isTimestamp(e.type) && e.type.kind !== 'date') return undefined
  return read(code, code.text(e.child), e.type.kind === 'date' ? new DateReader() : new TimestampReader(), e.type)
}

function readMoment(code: RowCode, call: Call): Lane | undefined {
  const [text, pattern] = call.args
  if (text === undefined || !isText(text)) return undefined
  const type = typeOf(call)
  let reader: MomentReader | undefined
  if (pattern === undefined && type.kind !== 'bigint') reader = type.kind === 'date' ? new DateReader() : new TimestampReader()
  else {
    const given = pattern === undefined ? DEFAULT_PATTERN : code.constant(pattern)
    if (typeof given !== 'string') return undefined
    attempt(() => {
      reader = patternReader(parsePattern(given, 'parse'))
      return null
    })
  }
  return reader && read(code, code.text(text), reader, type)
}

/** Reads text by a reader; what it does not know is the interpreter's. */
function read(code: RowCode, text: TextLane, reader: MomentReader, type: DataType): Lane {
  const { out } = code
  const name = out.capture(reader, 'reader')
  code.guard(`!${name}.read(${rangeOf(text)})`, text.isNull)
  const seconds = out.fresh('v')
  // Under a NULL the reader holds what it read last, or nothing: numbers all the same.
  out.line(`let ${seconds} = ${text.isNull === '0' ? '' : `${text.isNull} ? 0 : `}${name}.seconds`)
  const isLocal = type.kind === 'timestamp_ntz'
  const zone = isLocal ? undefined : zoneFor(code, TIMESTAMP)
  if (type.kind === 'date') {
    if (!(reader instanceof DateReader) && zone !== undefined && zone.fixedOffsetSeconds === undefined) {
      // By way of the instant: a local time that the zone skips may move to the next day.
      const region = out.capture(zone, 'zone')
      out.line(`${seconds} -= ${region}.offsetSecondsOfLocal(${seconds}); ${seconds} += ${region}.offsetSecondsAt(${seconds})`)
    }
    return { kind: 'int', value: out.constant(`Math.floor(${seconds} / 86400)`), isNull: text.isNull }
  }
  if (zone !== undefined && zone.fixedOffsetSeconds !== 0) {
    const offset = zone.fixedOffsetSeconds ?? `${out.capture(zone, 'zone')}.offsetSecondsOfLocal(${seconds})`
    out.line(`${seconds} -= ${name}.offset === ${name}.offset ? ${name}.offset : ${offset}`)
  } else if (zone !== undefined) out.line(`if (${name}.offset === ${name}.offset) ${seconds} -= ${name}.offset`)
  if (type.kind === 'bigint') return { kind: 'long', value: wholeToLong(code, seconds), isNull: text.isNull }
  const [whole, fraction] = [wholeToLong(code, seconds), wholeToLong(code, out.constant(`${name}.fraction`))]
  return { kind: 'long', value: out.constant(`BigInt.asIntN(64, ${whole} * 1000000n + ${fraction})`), isNull: text.isNull }
}
