import { ExecutionError } from '../../errors/engine-error.ts'
import { castFunction } from '../../types/cast.ts'
import { castRefusal } from '../../types/coercion.ts'
import {
  BIGINT,
  BINARY,
  BOOLEAN,
  DATE,
  type DataType,
  DEFAULT_DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  isNumeric,
  SMALLINT,
  STRING,
  sqlTypeName,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
} from '../../types/data-type.ts'
import { decimalFor } from '../../types/decimal.ts'
import type { Value } from '../../types/value.ts'
import { mustBeConstant, mustBeConstantOf, typeMismatch, unexpectedInputType } from '../call-errors.ts'
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
import { checkCount, constantAs, TEXT } from '../signature.ts'
import { momentFormatter } from './datetime-parse.ts'
import { TIME_TYPE } from './datetime-signature.ts'
import { formatNumber, parseFormatted, parseNumberFormat } from './number-format.ts'

/** Functions named after types, which cast, and conversions by a format: to_number, to_char, to_binary. */
function castTo(name: string, returns: DataType, example: readonly [string, string]): FunctionRecord {
  return defineScalar({
    name,
    family: 'conversion',
    summary: `Casts a value to ${sqlTypeName(returns)}.`,
    examples: [example],
    nulls: 'propagate',
    resolve: (args, site): Resolution => {
      checkCount(args, site, 1)
      const from = args[0]!.type
      const refusal = castRefusal(from, returns, site.settings.ansi)
      if (refusal !== undefined) {
        throw typeMismatch(
          site,
          refusal.condition,
          `a value of type ${sqlTypeName(from)} cannot be cast to ${sqlTypeName(returns)}`,
          {
            srcType: `"${sqlTypeName(from)}"`,
            targetType: `"${sqlTypeName(returns)}"`,
            ...(refusal.functions !== undefined && { functionNames: `\`${refusal.functions}\`` }),
          },
        )
      }
      return { arguments: [from], returns, ...(!site.settings.ansi && { nullable: true }) }
    },
    bind: (signature, context) =>
      castFunction(signature.arguments[0]!, returns, {
        timeZone: context.timeZone,
        ansi: context.settings.ansi,
        tolerant: false,
        today: () => currentDate(context),
      }),
  })
}

/** The constant format of a call; undefined for NULL. */
function constantFormat(args: readonly Argument[], site: CallSite): string | undefined {
  const format = args[1]!
  if (format.constant === undefined) throw mustBeConstant(site, format, 'format', 'STRING')
  if (TEXT.convert(format.type) === undefined) throw unexpectedInputType(site, 1, format, TEXT.text)
  return (constantAs(format, STRING, site) ?? undefined) as string | undefined
}

function numberReader(name: string, tolerant: boolean): FunctionRecord {
  return defineScalar({
    name,
    family: 'conversion',
    summary: `Reads a number by a format${tolerant ? '; NULL for text that does not match it' : ''}.`,
    examples: tolerant
      ? [["SELECT try_to_number('abc', '999')", 'NULL']]
      : [["SELECT to_number('12,454.8-', '99,999.9MI')", '-12454.8']],
    nulls: 'propagate',
    resolve: (args, site): Resolution => {
      checkCount(args, site, 2)
      if (TEXT.convert(args[0]!.type) === undefined) throw unexpectedInputType(site, 0, args[0]!, TEXT.text)
      const format = constantFormat(args, site)
      const returns = format === undefined ? DEFAULT_DECIMAL : parseNumberFormat(format).type
      return { arguments: [STRING, STRING], returns, ...(tolerant && { nullable: true }) }
    },
    bind: (signature) => {
      const constant = signature.constants[1]
      if (constant === null || constant === undefined) return () => null
      const format = parseNumberFormat(String(constant))
      return (text: string) => {
        const value = parseFormatted(text, format)
        if (value !== undefined) return value
        if (tolerant) return null
        throw new ExecutionError('INVALID_FORMAT.MISMATCH_INPUT', {
          message: `the text '${text}' does not match the number format '${format.text}'`,
          hint: 'try_to_number gives NULL for text that does not match.',
          parameters: { inputType: '"STRING"', input: text, format: format.text },
        })
      }
    },
  })
}

const isMoment = (type: DataType) => type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamp_ntz'

function resolveToText(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const { type } = args[0]!
  if (isMoment(type)) return { arguments: [type.kind === 'date' ? TIMESTAMP : type, STRING], returns: STRING }
  if (type.kind === 'binary') {
    if (args[1]!.constant === undefined || (args[1]!.type.kind !== 'string' && args[1]!.type.kind !== 'void'))
      throw mustBeConstantOf(site, args[1]!, 'format', args[1]!.type)
    const format = constantFormat(args, site)
    if (format !== undefined && !(format.toLowerCase() in BINARY_WRITERS)) throw badBinaryFormat(site, format)
    return { arguments: [BINARY, STRING], returns: STRING }
  }
  if (!isNumeric(type) && type.kind !== 'string' && type.kind !== 'void')
    throw unexpectedInputType(site, 0, args[0]!, '"NUMERIC"')
  const format = constantFormat(args, site)
  if (format !== undefined) parseNumberFormat(format)
  return { arguments: [decimalFor(type) ?? DEFAULT_DECIMAL, STRING], returns: STRING }
}

const BINARY_WRITERS: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  hex: (bytes) => Buffer.from(bytes).toString('hex').toUpperCase(),
  base64: (bytes) => Buffer.from(bytes).toString('base64'),
  'utf-8': (bytes) => Buffer.from(bytes).toString('utf8'),
  utf8: (bytes) => Buffer.from(bytes).toString('utf8'),
}
function badBinaryFormat(site: CallSite, format: string): ExecutionError {
  return new ExecutionError('INVALID_PARAMETER_VALUE.BINARY_FORMAT', {
    message: `the format of "${site.name}" for binary values must be hex, base64 or utf-8, not '${format}'`,
    span: site.span,
    parameters: { parameter: '`format`', functionName: `\`${site.name}\``, invalidFormat: `'${format}'` },
  })
}

function bindToText(signature: Signature, context: EvaluationContext): Evaluate {
  const type = signature.arguments[0]!
  if (isMoment(type)) return momentFormatter(type, context)
  const constant = signature.constants[1]
  if (constant === null || constant === undefined) return () => null
  if (type.kind === 'binary') return BINARY_WRITERS[String(constant).toLowerCase()]!
  const format = parseNumberFormat(String(constant))
  const scale = type.kind === 'decimal' ? type.scale : 0
  return (value: bigint) => formatNumber(value, scale, format)
}

type ReadBytes = (text: string) => Uint8Array | undefined
const encoder = new TextEncoder()
const BINARY_READERS: Readonly<Record<string, ReadBytes>> = {
  hex: readHex,
  base64: readBase64,
  'utf-8': (text) => encoder.encode(text),
  utf8: (text) => encoder.encode(text),
}

/** Hexadecimal digits; an odd number of them has a nought in front. */
function readHex(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]*$/.test(text)) return undefined
  return new Uint8Array(Buffer.from(text.length % 2 === 0 ? text : `0${text}`, 'hex'))
}

/** Base64 with blanks anywhere but inside the padding, which may be left out but must be right where it is. */
function readBase64(text: string): Uint8Array | undefined {
  const match = /^([A-Za-z0-9+/\s]*)(={0,2})\s*$/.exec(text)
  if (match === null) return undefined
  const digits = match[1]!.replace(/\s+/g, '')
  const padding = match[2]!
  if (digits.length % 4 === 1) return undefined
  if (padding !== '' && (digits.length + padding.length) % 4 !== 0) return undefined
  return new Uint8Array(Buffer.from(digits, 'base64'))
}

function binaryReader(name: string, tolerant: boolean): FunctionRecord {
  return defineScalar({
    name,
    family: 'conversion',
    summary: `Reads binary from text in hex (the default), base64 or utf-8${tolerant ? '; NULL for text that is none' : ''}.`,
    examples: tolerant
      ? [["SELECT try_to_binary('a!', 'base64')", 'NULL']]
      : [["SELECT to_binary('abc', 'utf-8')", '[61 62 63]']],
    nulls: 'propagate',
    resolve: (args, site): Resolution => {
      checkCount(args, site, 1, 2)
      if (TEXT.convert(args[0]!.type) === undefined) throw unexpectedInputType(site, 0, args[0]!, TEXT.text)
      const format = args[1]
      if (format !== undefined) {
        if (format.constant === undefined) throw mustBeConstant(site, format, 'fmt', 'STRING')
        const known = format.constant === null || String(format.constant).toLowerCase() in BINARY_READERS
        if (!known && !tolerant) {
          throw typeMismatch(site, 'INVALID_ARG_VALUE', `the format of "${site.name}" must be hex, base64 or utf-8`, {
            inputName: 'fmt',
            requireType: 'case-insensitive "STRING"',
            validValues: "'hex', 'utf-8', 'utf8', or 'base64'",
            inputValue: `'${format.constant}'`,
          })
        }
      }
      return { arguments: args.map(() => STRING), returns: BINARY, ...(tolerant && { nullable: true }) }
    },
    bind: (signature) => {
      const format = String(signature.constants[1] ?? 'hex').toLowerCase()
      const read = BINARY_READERS[format]
      if (read === undefined) return () => null
      return (text: string): Value => {
        const bytes = read(text)
        if (bytes !== undefined) return bytes
        if (tolerant) return null
        throw new ExecutionError('CONVERSION_INVALID_INPUT', {
          message: `the text '${text}' is not ${format}`,
          hint: 'try_to_binary gives NULL for text that cannot be read.',
          parameters: {
            str: `'${text}'`,
            fmt: `'${format.toUpperCase()}'`,
            targetType: '"BINARY"',
            suggestion: '`try_to_binary`',
          },
        })
      }
    },
  })
}

export const conversionFunctions: readonly FunctionRecord[] = [
  castTo('boolean', BOOLEAN, ["SELECT boolean('yes')", 'true']),
  castTo('tinyint', TINYINT, ["SELECT tinyint('5')", '5']),
  castTo('smallint', SMALLINT, ["SELECT smallint('5')", '5']),
  castTo('int', INT, ["SELECT int('5')", '5']),
  castTo('bigint', BIGINT, ["SELECT bigint('5')", '5']),
  castTo('float', FLOAT, ["SELECT float('1.5')", '1.5']),
  castTo('double', DOUBLE, ["SELECT double('1.5')", '1.5']),
  castTo('decimal', DEFAULT_DECIMAL, ["SELECT decimal('5.7')", '6']),
  castTo('string', STRING, ['SELECT string(1.50)', '1.50']),
  castTo('binary', BINARY, ["SELECT binary('ab')", '[61 62]']),
  castTo('date', DATE, ["SELECT date('2020-01-01')", '2020-01-01']),
  castTo('timestamp', TIMESTAMP, ["SELECT timestamp('2020-01-01')", '2020-01-01 00:00:00']),
  castTo('time', TIME_TYPE, ["SELECT time('10:30')", '10:30:00']),
  castTo('timestamp_ntz', TIMESTAMP_NTZ, ["SELECT timestamp_ntz('2020-01-01')", '2020-01-01 00:00:00']),
  numberReader('to_number', false),
  numberReader('try_to_number', true),
  defineScalar({
    name: 'to_char',
    aliases: ['to_varchar'],
    family: 'conversion',
    summary: 'Writes a number by a number format, a moment by a date-time pattern, or binary as hex, base64 or utf-8.',
    examples: [
      ["SELECT to_char(-12454.8, '99G999D9S')", '12,454.8-'],
      ["SELECT to_char(DATE '2016-04-08', 'y')", '2016'],
      ["SELECT to_char(X'616263', 'hex')", '616263'],
    ],
    nulls: 'propagate',
    resolve: resolveToText,
    bind: bindToText,
  }),
  binaryReader('to_binary', false),
  binaryReader('try_to_binary', true),
]
