import { AnalysisError } from '../errors/engine-error.ts'

/**
 * Date-time patterns of java.time.format.DateTimeFormatter in the part Spark allows ("Datetime Patterns for Formatting and Parsing"),
 * taken apart into elements that know how to print and read one piece each. Names are English, as in Spark's locale en-US.
 */
export type NumberField =
  | 'year'
  | 'yearOfEra'
  | 'quarter'
  | 'month'
  | 'day'
  | 'dayOfYear'
  | 'alignedDayOfWeek'
  | 'hour'
  | 'clockHour'
  | 'hourOfHalf'
  | 'clockHourOfHalf'
  | 'minute'
  | 'second'
export type TextField = 'era' | 'quarter' | 'month' | 'dayOfWeek' | 'half'

export interface NumberElement {
  readonly kind: 'number'
  readonly field: NumberField
  readonly minimum: number
  readonly maximum: number
  /** normal: a minus sign only; exceeds: also a plus sign, needed past `minimum` digits; never: digits alone. */
  readonly sign: 'normal' | 'exceeds' | 'never'
  /** Two digits that mean a year from 2000 to 2099. */
  readonly reduced: boolean
  /** Digits of the fixed-width numbers that follow without a separator; they are left for them. */
  subsequent: number
}
export type PatternElement =
  | NumberElement
  | { readonly kind: 'fraction'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'text'; readonly field: TextField; readonly texts: readonly string[] }
  | { readonly kind: 'literal'; readonly text: string }
  /** `form` as in java.time: HH always, mm only if not zero, MM always, with or without colons. */
  | { readonly kind: 'offset'; readonly form: OffsetForm; readonly zero: string }
  | { readonly kind: 'gmtOffset'; readonly full: boolean }
  | { readonly kind: 'zoneId' }
  | { readonly kind: 'zoneName'; readonly style: ZoneNameStyle }
  | { readonly kind: 'optional'; readonly elements: readonly PatternElement[] }
export type OffsetForm = '+HHmm' | '+HHMM' | '+HH:MM' | '+HHMMss' | '+HH:MM:ss'
export type ZoneNameStyle = 'short' | 'long' | 'shortGeneric' | 'longGeneric'

/**
 * Takes a pattern apart. Parsing forbids more letters than formatting, and reads a fraction of any length up to the S given.
 * `recognizeOld` is false for timestamps without time zone, which Spark 2 did not have.
 * Throws AnalysisError INVALID_DATETIME_PATTERN.…, or INCONSISTENT_BEHAVIOR_CROSS_VERSION.… where Spark 2's patterns were legal.
 */
export function parsePattern(pattern: string, purpose: 'format' | 'parse', recognizeOld = true): readonly PatternElement[] {
  const refuse = (reason: Refusal) => (recognizeOld ? refusal(pattern, reason) : unreadable(pattern))
  // Letters that are refused come before what cannot be read, wherever they stand outside apostrophes.
  for (const [i, part] of pattern.split("'").entries()) {
    const wrong =
      i % 2 === 0 ? [...part].map((letter) => forbidden(letter, 1, purpose)).find((reason) => reason !== undefined) : undefined
    if (wrong !== undefined) throw refuse(wrong)
  }
  const root: PatternElement[] = []
  const open: PatternElement[][] = [root]
  // The number that following fixed-width numbers join on to.
  let active: NumberElement | undefined
  const era = /G/.test(pattern.replace(/'[^']*'/g, ''))

  const add = (element: PatternElement) => {
    open.at(-1)!.push(element)
    active = undefined
  }
  const addNumber = (element: NumberElement) => {
    const fixed = element.minimum === element.maximum && element.sign === 'never'
    open.at(-1)!.push(element)
    if (active !== undefined && fixed) active.subsequent += element.maximum
    else active = element
  }

  for (let at = 0; at < pattern.length; ) {
    const letter = pattern[at]!
    if (/[A-Za-z]/.test(letter)) {
      let end = at + 1
      while (pattern[end] === letter) end++
      const count = end - at
      at = end
      const reason = forbidden(letter, count, purpose)
      if (reason !== undefined) throw refuse(reason)
      const element = elementOf(letter, count, era, purpose)
      if (element === undefined) throw refuse('unknown')
      if (element.kind === 'number') addNumber(element)
      else add(element)
    } else if (letter === "'") {
      if (pattern[at + 1] === "'") {
        add({ kind: 'literal', text: "'" })
        at += 2
        continue
      }
      let text = ''
      for (at++; ; at++) {
        if (at >= pattern.length) throw refuse('unknown')
        if (pattern[at] !== "'") text += pattern[at]
        else if (pattern[at + 1] === "'") {
          text += "'"
          at++
        } else break
      }
      at++
      add({ kind: 'literal', text })
    } else {
      at++
      if (letter === '[') {
        open.push([])
        active = undefined
      } else if (letter === ']') {
        if (open.length === 1) throw refuse('unknown')
        const elements = open.pop()!
        add({ kind: 'optional', elements })
      } else if (letter === '{' || letter === '}' || letter === '#') {
        throw refuse('unknown')
      } else add({ kind: 'literal', text: letter })
    }
  }
  while (open.length > 1) {
    const elements = open.pop()!
    add({ kind: 'optional', elements })
  }
  return root
}

type Refusal = 'letter' | 'length' | 'week' | 'unknown'

function forbidden(letter: string, count: number, purpose: 'format' | 'parse'): Refusal | undefined {
  if ('YWwuec'.includes(letter)) return 'week'
  if ('ABnNp'.includes(letter)) return 'letter'
  if (purpose === 'parse' && 'EFqQ'.includes(letter)) return 'letter'
  if ('GMLEQq'.includes(letter) && count >= 5) return 'length'
  if (letter === 'y' && count >= 7) return 'length'
  return undefined
}

/** Letters of java.text.SimpleDateFormat, which Spark 2 used: a pattern legal there is refused with a hint at the change. */
function legalInSparkTwo(pattern: string): boolean {
  const bare = pattern.replace(/'[^']*'/g, '')
  if (bare.includes("'")) return false
  const letters = bare.match(/([A-Za-z])\1*/g) ?? []
  return letters.every((run) => 'GyYMLwWDdFEuaHkKhmsSzZX'.includes(run[0]!) && (run[0] !== 'X' || run.length <= 3))
}

function refusal(pattern: string, reason: Refusal): AnalysisError {
  const parameters = { pattern: `'${pattern}'`, docroot: DOCUMENTATION }
  if (legalInSparkTwo(pattern)) {
    return new AnalysisError('INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION', {
      message: `the date-time pattern '${pattern}' is not supported`,
      detail: 'It was legal before Spark 3.0, where it may have meant something else.',
      hint: 'See "Datetime Patterns for Formatting and Parsing" for the letters and their counts.',
      parameters: { ...parameters, config: '"spark.sql.legacy.timeParserPolicy"' },
    })
  }
  switch (reason) {
    case 'week':
      return new AnalysisError('INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN', {
        message: `the date-time pattern '${pattern}' has letters of week-based years and days`,
        hint: 'Use extract(week FROM …) or extract(dow FROM …) instead.',
        parameters: { c: pattern },
      })
    case 'letter':
      return new AnalysisError('INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER', {
        message: `the date-time pattern '${pattern}' has a letter that is not supported`,
        parameters: { c: pattern, pattern },
      })
    case 'length':
      return new AnalysisError('INVALID_DATETIME_PATTERN.LENGTH', {
        message: `the date-time pattern '${pattern}' repeats a letter too often`,
        parameters: { pattern },
      })
    default:
      return unreadable(pattern)
  }
}

function unreadable(pattern: string): AnalysisError {
  return new AnalysisError('INVALID_DATETIME_PATTERN.WITH_SUGGESTION', {
    message: `the date-time pattern '${pattern}' cannot be read`,
    hint: 'Quote text with apostrophes; letters outside them stand for fields.',
    parameters: { pattern: `'${pattern}'`, docroot: DOCUMENTATION },
  })
}

const DOCUMENTATION = 'https://spark.apache.org/docs/latest'

function elementOf(letter: string, count: number, era: boolean, purpose: 'format' | 'parse'): PatternElement | undefined {
  switch (letter) {
    case 'G':
      return text('era', count < 4 ? ['BC', 'AD'] : ['Before Christ', 'Anno Domini'])
    case 'y': {
      const field = era ? 'yearOfEra' : 'year'
      if (count === 2) return { ...number(field, 2, 2, 'never'), reduced: true }
      return number(field, count, 19, count < 4 ? 'normal' : 'exceeds')
    }
    case 'M':
    case 'L':
      if (count <= 2) return twoWide('month', count)
      return text('month', count === 3 ? MONTHS.map((name) => name.slice(0, 3)) : MONTHS)
    case 'Q':
    case 'q':
      if (count <= 2) return twoWide('quarter', count)
      return text('quarter', count === 3 ? ['Q1', 'Q2', 'Q3', 'Q4'] : QUARTERS)
    case 'E':
      return text('dayOfWeek', count < 4 ? DAYS.map((name) => name.slice(0, 3)) : DAYS)
    case 'D':
      if (count === 1) return number('dayOfYear', 1, 19, 'normal')
      return count <= 3 ? number('dayOfYear', count, 3, 'never') : undefined
    case 'F':
      return count === 1 ? number('alignedDayOfWeek', 1, 19, 'normal') : undefined
    case 'd':
      return twoWide('day', count)
    case 'H':
      return twoWide('hour', count)
    case 'k':
      return twoWide('clockHour', count)
    case 'K':
      return twoWide('hourOfHalf', count)
    case 'h':
      return twoWide('clockHourOfHalf', count)
    case 'm':
      return twoWide('minute', count)
    case 's':
      return twoWide('second', count)
    case 'S':
      if (count > 9) return undefined
      return { kind: 'fraction', minimum: purpose === 'parse' ? 1 : count, maximum: count }
    case 'a':
      return count === 1 ? text('half', ['AM', 'PM']) : undefined
    case 'V':
      return count === 2 ? { kind: 'zoneId' } : undefined
    case 'v':
      return count === 1 || count === 4 ? { kind: 'zoneName', style: count === 1 ? 'shortGeneric' : 'longGeneric' } : undefined
    case 'z':
      return count <= 4 ? { kind: 'zoneName', style: count < 4 ? 'short' : 'long' } : undefined
    case 'O':
      return count === 1 || count === 4 ? { kind: 'gmtOffset', full: count === 4 } : undefined
    case 'X':
      return count <= 5 ? { kind: 'offset', form: OFFSET_FORMS[count - 1]!, zero: 'Z' } : undefined
    case 'x':
      return count <= 5
        ? { kind: 'offset', form: OFFSET_FORMS[count - 1]!, zero: count === 1 ? '+00' : count % 2 === 0 ? '+0000' : '+00:00' }
        : undefined
    case 'Z':
      if (count < 4) return { kind: 'offset', form: '+HHMM', zero: '+0000' }
      if (count === 4) return { kind: 'gmtOffset', full: true }
      return count === 5 ? { kind: 'offset', form: '+HH:MM:ss', zero: 'Z' } : undefined
    default:
      return undefined
  }
}

function number(field: NumberField, minimum: number, maximum: number, sign: NumberElement['sign']): NumberElement {
  return { kind: 'number', field, minimum, maximum, sign, reduced: false, subsequent: 0 }
}
/** One letter: digits as needed; two letters: always two digits. */
function twoWide(field: NumberField, count: number): NumberElement | undefined {
  if (count > 2) return undefined
  return count === 1 ? number(field, 1, 19, 'normal') : number(field, 2, 2, 'never')
}
function text(field: TextField, texts: readonly string[]): PatternElement {
  return { kind: 'text', field, texts }
}

const OFFSET_FORMS: readonly OffsetForm[] = ['+HHmm', '+HHMM', '+HH:MM', '+HHMMss', '+HH:MM:ss']
export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const DAYS: readonly string[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const QUARTERS: readonly string[] = ['1st quarter', '2nd quarter', '3rd quarter', '4th quarter']
