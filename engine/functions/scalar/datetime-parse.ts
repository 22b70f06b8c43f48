import { castFunction } from '../../types/cast.ts'
import { BIGINT, DATE, type DataType, isNumeric, STRING, TIMESTAMP, TIMESTAMP_NTZ } from '../../types/data-type.ts'
import { daysOfMicros, MICROS_PER_SECOND, secondsOfMicros } from '../../types/micros.ts'
import { compileDateFormat, compileDateParser, compileLocalDateParser, compileTimeFormat } from '../../types/pattern.ts'
import { parseTime, truncateTime } from '../../types/time.ts'
import type { Value } from '../../types/value.ts'
import { UTC, zoneOf } from '../../types/zone.ts'
import { unexpectedInputType } from '../call-errors.ts'
import { currentDate } from '../current-date.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type EvaluationContext,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { type Accepted, checkCount, exactly, ONLY_TEXT, TEXT, takes } from '../signature.ts'
import {
  cannotParse,
  cannotParseTime,
  clockOf,
  remember,
  sessionTimestamp,
  TIME_TYPE,
  withTimeType,
} from './datetime-signature.ts'

/** From text to dates and timestamps and back: to_date, to_timestamp and the try_ forms, unix_timestamp, date_format, from_unixtime. */
const DEFAULT_PATTERN = 'yyyy-MM-dd HH:mm:ss'
const DEFAULT_TIME_PATTERN = 'HH:mm:ss.SSSSSS'
const isMoment = (type: DataType) => type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamp_ntz'

interface Conversion {
  readonly name: string
  readonly summary: string
  /** Undefined: what TIMESTAMP means in the session. */
  readonly returns: DataType | undefined
  readonly tolerant: boolean
  /** The function named when text does not match. */
  readonly instead: string
  readonly examples: readonly (readonly [string, string])[]
}

/** text [, pattern] → a date or timestamp. Values that already are moments are cast, and the pattern is not looked at. */
function conversion({ name, summary, returns: fixed, tolerant, instead, examples }: Conversion): FunctionRecord {
  return defineScalar({
    name,
    family: 'datetime',
    summary,
    examples,
    nulls: 'propagate',
    resolve: (args, site): Resolution => {
      checkCount(args, site, 1, 2)
      const first = args[0]!
      const returns = fixed ?? sessionTimestamp(site.settings)
      const asIs = isMoment(first.type) || (returns.kind === 'timestamp' && isNumeric(first.type))
      const type = asIs ? first.type : TEXT.convert(first.type)
      if (type === undefined) throw unexpectedInputType(site, 0, first, ACCEPTED)
      refusePattern(args, site, TEXT)
      return {
        arguments: args.map((_, i) => (i === 0 ? type : STRING)),
        returns,
        ...((tolerant || !site.settings.ansi) && { nullable: true }),
      }
    },
    bind: (signature, context) => {
      const from = signature.arguments[0]!
      const { returns } = signature
      const ansi = context.settings.ansi
      if (from.kind !== 'string' || signature.arguments.length === 1) {
        return castFunction(from, returns, { timeZone: context.timeZone, ansi, tolerant, today: () => currentDate(context) })
      }
      const parserOf = remember(patternParser(returns, context))
      return (text: string, pattern: string) => {
        const value = parserOf(pattern)(text)
        if (value !== undefined) return value
        if (tolerant || !ansi) return null
        throw cannotParse(text, pattern, instead)
      }
    },
  })
}

function refusePattern(args: readonly Argument[], site: CallSite, accepted: Accepted): void {
  const pattern = args[1]
  if (pattern !== undefined && accepted.convert(pattern.type) === undefined)
    throw unexpectedInputType(site, 1, pattern, accepted.text)
}

const ACCEPTED = '("STRING" or "DATE" or "TIMESTAMP" or "TIMESTAMP WITHOUT TIME ZONE")'

function patternParser(returns: DataType, context: EvaluationContext): (pattern: string) => (text: string) => Value | undefined {
  const zone = zoneOf(context.timeZone)
  switch (returns.kind) {
    case 'timestamp':
      return (pattern) => compileDateParser(pattern, zone)
    case 'timestamp_ntz':
      return compileLocalDateParser
    default:
      return (pattern) => {
        const parse = compileDateParser(pattern, zone)
        return (text) => {
          const micros = parse(text)
          return micros === undefined ? undefined : daysOfMicros(zone.toLocalMicros(micros))
        }
      }
  }
}

/** Seconds since 1970 of a timestamp, a date or a text read by a pattern. */
function resolveUnixTimestamp(least: number) {
  return (args: readonly Argument[], site: CallSite): Resolution => {
    checkCount(args, site, least, 2)
    if (args.length === 0) return { arguments: [], returns: BIGINT, nullable: false }
    const first = args[0]!
    const type = first.type.kind === 'void' ? STRING : first.type
    if (type.kind !== 'string' && !isMoment(type)) throw unexpectedInputType(site, 0, first, ACCEPTED)
    refusePattern(args, site, ONLY_TEXT)
    return {
      arguments: args.map((_, i) => (i === 0 ? type : STRING)),
      returns: BIGINT,
      ...(!site.settings.ansi && { nullable: true }),
    }
  }
}
function bindUnixTimestamp(signature: Signature, context: EvaluationContext): Evaluate {
  const from = signature.arguments[0]
  if (from === undefined) return () => BigInt(Math.floor(context.epoch.timestampMs / 1000))
  const zone = zoneOf(context.timeZone)
  if (from.kind !== 'string') {
    const toTimestamp = castFunction(from, TIMESTAMP, { timeZone: context.timeZone, ansi: true, tolerant: false })
    // A local timestamp counts as if its clock showed UTC.
    if (from.kind === 'timestamp_ntz') return (micros: bigint) => BigInt(secondsOfMicros(micros))
    return (value: Value) => BigInt(secondsOfMicros(toTimestamp(value) as bigint))
  }
  const parserOf = remember((pattern) => compileDateParser(pattern, zone))
  return (text: string, pattern: string = DEFAULT_PATTERN) => {
    const micros = parserOf(pattern)(text)
    if (micros !== undefined) return BigInt(secondsOfMicros(micros))
    if (!context.settings.ansi) return null
    throw cannotParse(text, pattern, 'try_to_timestamp')
  }
}

/** Text of a moment by a pattern. */
export function momentFormatter(type: DataType, context: EvaluationContext): Evaluate {
  if (type.kind === 'time') {
    const formatOf = remember((pattern) => compileTimeFormat(pattern, UTC))
    return (nanos: bigint, pattern: string) => formatOf(pattern)(nanos)
  }
  const zone = clockOf(type, context)
  const formatOf = remember((pattern) => compileDateFormat(pattern, zone))
  return (micros: bigint, pattern: string) => formatOf(pattern)(micros)
}

export const datetimeParseFunctions: readonly FunctionRecord[] = [
  conversion({
    name: 'to_date',
    summary: 'Turns text into a date, by a pattern if one is given.',
    returns: DATE,
    tolerant: false,
    instead: 'try_to_date',
    examples: [
      ["SELECT to_date('2009-07-30 04:17:52')", '2009-07-30'],
      ["SELECT to_date('31.12.2016', 'dd.MM.yyyy')", '2016-12-31'],
    ],
  }),
  conversion({
    name: 'try_to_date',
    summary: 'Turns text into a date; NULL for text that is none.',
    returns: DATE,
    tolerant: true,
    instead: 'try_to_date',
    examples: [["SELECT try_to_date('foo', 'yyyy-MM-dd')", 'NULL']],
  }),
  conversion({
    name: 'to_timestamp',
    summary: 'Turns text into a timestamp, by a pattern if one is given.',
    returns: undefined,
    tolerant: false,
    instead: 'try_to_timestamp',
    examples: [
      ["SELECT to_timestamp('2016-12-31 00:12:00')", '2016-12-31 00:12:00'],
      ["SELECT to_timestamp('2016-12-31', 'yyyy-MM-dd')", '2016-12-31 00:00:00'],
    ],
  }),
  conversion({
    name: 'try_to_timestamp',
    summary: 'Turns text into a timestamp; NULL for text that is none.',
    returns: undefined,
    tolerant: true,
    instead: 'try_to_timestamp',
    examples: [["SELECT try_to_timestamp('foo', 'yyyy-MM-dd')", 'NULL']],
  }),
  conversion({
    name: 'to_timestamp_ltz',
    summary: 'Turns text into a timestamp of the session time zone.',
    returns: TIMESTAMP,
    tolerant: false,
    instead: 'try_to_timestamp',
    examples: [["SELECT to_timestamp_ltz('2016-12-31', 'yyyy-MM-dd')", '2016-12-31 00:00:00']],
  }),
  conversion({
    name: 'to_timestamp_ntz',
    summary: 'Turns text into a timestamp without time zone.',
    returns: TIMESTAMP_NTZ,
    tolerant: false,
    instead: 'try_to_timestamp',
    examples: [["SELECT to_timestamp_ntz('2016-12-31', 'yyyy-MM-dd')", '2016-12-31 00:00:00']],
  }),
  ...[false, true].map((tolerant) =>
    defineScalar({
      name: tolerant ? 'try_to_time' : 'to_time',
      family: 'datetime',
      summary: tolerant ? 'Turns text into a time of day; NULL for text that is none.' : 'Turns text into a time of day.',
      examples: tolerant ? [["SELECT try_to_time('foo')", 'NULL']] : [["SELECT to_time('12.10.05', 'HH.mm.ss')", '12:10:05']],
      nulls: 'propagate',
      resolve: withTimeType(takes([ONLY_TEXT, ONLY_TEXT], TIME_TYPE, { required: 1, ...(tolerant && { nullable: true }) })),
      bind: (signature) => {
        if (signature.arguments.length === 1) {
          return (text: string) => {
            const nanos = parseTime(text)
            if (nanos !== undefined) return truncateTime(nanos, TIME_TYPE.precision)
            if (tolerant) return null
            throw cannotParseTime(text, DEFAULT_TIME_PATTERN)
          }
        }
        const parserOf = remember(compileLocalDateParser)
        return (text: string, pattern: string) => {
          const micros = parserOf(pattern)(text)
          if (micros !== undefined) return truncateTime((micros % 86_400_000_000n) * 1000n, TIME_TYPE.precision)
          if (tolerant) return null
          throw cannotParseTime(text, pattern)
        }
      },
    }),
  ),
  defineScalar({
    name: 'unix_timestamp',
    family: 'datetime',
    summary: 'Returns the seconds since 1970-01-01 UTC of a moment or of text; of the current time without arguments.',
    examples: [['SELECT unix_timestamp(\'2016-04-08 12:00:00Z\', "yyyy-MM-dd HH:mm:ssX")', '1460116800']],
    nulls: 'propagate',
    deterministic: 'epoch',
    resolve: resolveUnixTimestamp(0),
    bind: bindUnixTimestamp,
  }),
  defineScalar({
    name: 'to_unix_timestamp',
    family: 'datetime',
    summary: 'Returns the seconds since 1970-01-01 UTC of a moment or of text.',
    examples: [['SELECT to_unix_timestamp(\'2016-04-08 12:00:00Z\', "yyyy-MM-dd HH:mm:ssX")', '1460116800']],
    nulls: 'propagate',
    resolve: resolveUnixTimestamp(1),
    bind: bindUnixTimestamp,
  }),
  defineScalar({
    name: 'from_unixtime',
    family: 'datetime',
    summary: 'Formats seconds since 1970-01-01 UTC as text in the session time zone.',
    examples: [["SELECT from_unixtime(0, 'yyyy')", '1970']],
    nulls: 'propagate',
    resolve: takes([exactly(BIGINT), TEXT], STRING, { required: 1 }),
    bind: (_signature, context) => {
      const format = momentFormatter(TIMESTAMP, context)
      return (seconds: bigint, pattern: string = DEFAULT_PATTERN) =>
        format(BigInt.asIntN(64, seconds * MICROS_PER_SECOND), pattern)
    },
  }),
  defineScalar({
    name: 'date_format',
    family: 'datetime',
    summary: 'Formats a date, timestamp or time by a pattern.',
    examples: [
      ["SELECT date_format('2016-04-08', 'y')", '2016'],
      ["SELECT date_format(TIMESTAMP '2016-04-08 13:05:00', 'EEE d MMM, h:mm a')", 'Fri 8 Apr, 1:05 PM'],
    ],
    nulls: 'propagate',
    resolve: (args, site) => {
      checkCount(args, site, 2)
      const type = args[0]!.type
      const to =
        type.kind === 'time' || type.kind === 'timestamp_ntz'
          ? type
          : isMoment(type) || type.kind === 'string' || type.kind === 'void'
            ? TIMESTAMP
            : undefined
      if (to === undefined) throw unexpectedInputType(site, 0, args[0]!, '"TIMESTAMP"')
      return { arguments: [to, STRING], returns: STRING }
    },
    bind: (signature, context) => momentFormatter(signature.arguments[0]!, context),
  }),
]
