import {
  arrayType,
  BIGINT,
  BINARY,
  BOOLEAN,
  CALENDAR_INTERVAL,
  charType,
  DATE,
  type DataType,
  type DayTimeUnit,
  DOUBLE,
  dayTimeType,
  decimalType,
  type Field,
  FLOAT,
  field,
  INT,
  MAX_PRECISION,
  mapType,
  SMALLINT,
  STRING,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
  timeType,
  VOID,
  varcharType,
  type YearMonthUnit,
  yearMonthType,
} from '../../engine/types/data-type.ts'
import { DEFAULT_TIME_PRECISION } from '../../engine/types/time.ts'
import type { Cursor } from './cursor.ts'

const SIMPLE_TYPES: Readonly<Record<string, DataType>> = {
  BOOLEAN,
  TINYINT,
  BYTE: TINYINT,
  SMALLINT,
  SHORT: SMALLINT,
  INT,
  INTEGER: INT,
  BIGINT,
  LONG: BIGINT,
  FLOAT,
  REAL: FLOAT,
  DOUBLE,
  DATE,
  TIMESTAMP_LTZ: TIMESTAMP,
  TIMESTAMP_NTZ,
  BINARY,
  VOID,
}
const INTERVAL_UNITS = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND']
const TIME_PRECISION_MAX = 6

/**
 * type: name | name '(' n [, n] ')' | ARRAY '<' type '>' | MAP '<' type ',' type '>' | STRUCT '<' field [, …] '>'
 *     | INTERVAL [unit [TO unit]] | TIMESTAMP [WITHOUT TIME ZONE] | STRING [COLLATE name]
 */
export function readType(cursor: Cursor): DataType {
  return cursor.nested(() => {
    const first = cursor.at
    const name = cursor.name().toUpperCase()
    switch (name) {
      case 'ARRAY': {
        if (!cursor.accept('<')) throw incomplete(cursor, name, first, 'ARRAY<INT>')
        const element = readType(cursor)
        cursor.expect('>')
        return arrayType(element)
      }
      case 'MAP': {
        if (!cursor.accept('<')) throw incomplete(cursor, name, first, 'MAP<STRING, INT>')
        const key = readType(cursor)
        cursor.expect(',')
        const value = readType(cursor)
        cursor.expect('>')
        return mapType(key, value)
      }
      case 'STRUCT': {
        if (cursor.accept('<>')) return structType([])
        if (!cursor.accept('<')) throw incomplete(cursor, name, first, 'STRUCT<name: STRING>')
        const fields = cursor.sees('>') ? [] : cursor.list(() => readField(cursor, true))
        cursor.expect('>')
        return structType(fields)
      }
      case 'STRING':
        if (cursor.accept('COLLATE')) {
          const collation = cursor.qualifiedName().join('.')
          if (collation.toUpperCase() !== 'UTF8_BINARY') cursor.notSupported(`collation ${collation}`, first)
        }
        return STRING
      case 'CHAR':
      case 'CHARACTER':
      case 'VARCHAR': {
        const [length] = readNumbers(cursor, 1)
        if (length === undefined) {
          throw cursor.refuse('DATATYPE_MISSING_SIZE', `type ${name} needs a length`, cursor.spanFrom(first), {
            hint: `Write ${name}(10).`,
          })
        }
        return name === 'VARCHAR' ? varcharType(length) : charType(length)
      }
      case 'DECIMAL':
      case 'DEC':
      case 'NUMERIC': {
        const [precision = 10, scale = 0] = readNumbers(cursor, 2)
        if (precision > MAX_PRECISION) {
          throw cursor.refuse(
            'DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION',
            `decimal precision ${precision} exceeds ${MAX_PRECISION}`,
            cursor.spanFrom(first),
          )
        }
        if (scale > precision) {
          throw cursor.refuse(
            'DECIMAL_SCALE_EXCEEDS_PRECISION',
            `decimal scale ${scale} exceeds precision ${precision}`,
            cursor.spanFrom(first),
          )
        }
        return decimalType(precision, scale)
      }
      case 'TIMESTAMP':
        if (cursor.accept('WITHOUT', 'TIME', 'ZONE')) return TIMESTAMP_NTZ
        return cursor.settings.get('spark.sql.timestampType') === 'TIMESTAMP_NTZ' ? TIMESTAMP_NTZ : TIMESTAMP
      case 'TIME': {
        const [precision = DEFAULT_TIME_PRECISION] = readNumbers(cursor, 1)
        if (precision > TIME_PRECISION_MAX) {
          throw cursor.refuse(
            'UNSUPPORTED_TIME_PRECISION',
            `time precision ${precision} exceeds ${TIME_PRECISION_MAX}`,
            cursor.spanFrom(first),
          )
        }
        cursor.accept('WITHOUT', 'TIME', 'ZONE')
        return timeType(precision)
      }
      case 'INTERVAL':
        return readIntervalType(cursor, first)
      case 'VARIANT':
        cursor.notSupported('type VARIANT', first)
        return VOID
      case 'GEOGRAPHY':
      case 'GEOMETRY':
        cursor.expect('(')
        cursor.next()
        cursor.expect(')')
        cursor.notSupported(`type ${name}`, first)
        return VOID
      default: {
        const simple = SIMPLE_TYPES[name]
        if (simple) return simple
        readNumbers(cursor, Number.POSITIVE_INFINITY)
        throw cursor.refuse('UNSUPPORTED_DATATYPE', `type "${name}" does not exist`, cursor.spanFrom(first))
      }
    }
  })
}

/** '(' n [, n] ')' or nothing. */
function readNumbers(cursor: Cursor, most: number): number[] {
  if (!cursor.accept('(')) return []
  const numbers = [cursor.wholeNumber()]
  while (numbers.length < most && cursor.accept(',')) numbers.push(cursor.wholeNumber())
  cursor.expect(')')
  return numbers
}

function incomplete(cursor: Cursor, name: string, first: number, example: string): Error {
  return cursor.refuse(`INCOMPLETE_TYPE_DEFINITION.${name}`, `type ${name} needs what is in it`, cursor.spanFrom(first), {
    hint: `For example ${example}.`,
  })
}

function readIntervalType(cursor: Cursor, first: number): DataType {
  if (!cursor.seesAny(INTERVAL_UNITS)) return CALENDAR_INTERVAL
  const start = cursor.next().upper
  const end = cursor.sees('TO') && cursor.seesAny(INTERVAL_UNITS, 1) && cursor.accept('TO') ? cursor.next().upper : start
  const yearMonth = (unit: string): boolean => unit === 'YEAR' || unit === 'MONTH'
  if (yearMonth(start) !== yearMonth(end) || INTERVAL_UNITS.indexOf(end) < INTERVAL_UNITS.indexOf(start)) {
    throw cursor.refuse(
      'INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION',
      `an interval from ${start} to ${end} does not exist`,
      cursor.spanFrom(first),
    )
  }
  return yearMonth(start)
    ? yearMonthType(start.toLowerCase() as YearMonthUnit, end.toLowerCase() as YearMonthUnit)
    : dayTimeType(start.toLowerCase() as DayTimeUnit, end.toLowerCase() as DayTimeUnit)
}

/** name [':'] type [NOT NULL] [COMMENT 'text']; the colon only inside STRUCT. */
export function readField(cursor: Cursor, insideStruct: boolean): Field {
  const name = cursor.strictName()
  if (insideStruct) cursor.accept(':')
  const type = readType(cursor)
  const nullable = !readNotNull(cursor)
  if (cursor.accept('COMMENT')) cursor.string()
  return field(name, type, nullable)
}

export function readNotNull(cursor: Cursor): boolean {
  if (cursor.sees('!', 'NULL')) throw cursor.bangIsNotNot()
  return cursor.accept('NOT', 'NULL')
}
