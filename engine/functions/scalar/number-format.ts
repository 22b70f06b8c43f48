import { AnalysisError } from '../../errors/engine-error.ts'
import { type DecimalType, decimalType, MAX_PRECISION } from '../../types/data-type.ts'
import { powerOfTen } from '../../types/decimal.ts'

/**
 * Number formats of to_number and to_char: digits 0 and 9, `.` or D, `,` or G, `$`, S and MI for the sign, PR for angle brackets.
 *
 * A run of digits that starts with 0 has exactly that many digits; one that starts with 9 up to that many.
 * Source: Spark's ToNumberParser.
 */
export interface NumberFormat {
  readonly text: string
  /** Digits allowed, in order, of the integral part, with separators between as in the format. */
  readonly integral: readonly FormatToken[]
  readonly integralDigits: number
  readonly fractionDigits: number
  readonly hasPoint: boolean
  readonly currency: boolean
  readonly sign: 'none' | 'S first' | 'S last' | 'MI first' | 'MI last' | 'PR'
  readonly type: DecimalType
}
type FormatToken = '0' | '9' | ','

/** Throws AnalysisError INVALID_FORMAT.… for a format that means nothing. */
export function parseNumberFormat(given: string): NumberFormat {
  const text = given.toUpperCase()
  const refuse = (reason: string, message: string, parameters: Readonly<Record<string, string>> = {}) =>
    new AnalysisError(`INVALID_FORMAT.${reason}`, {
      message: `the number format '${given}' ${message}`,
      parameters: { format: `'${text}'`, ...parameters },
    })
  if (text === '') throw refuse('EMPTY', 'is empty')
  const tokens = tokensOf(text)
  if (tokens === undefined) {
    if (!/[09]/.test(text)) throw refuse('WRONG_NUM_DIGIT', 'has no digits 0 or 9')
    const bad = text.replace(/MI|PR|[09.D,G$S]/g, '')[0] ?? ''
    throw refuse('UNEXPECTED_TOKEN', `has "${bad}", which means nothing there`, { token: `'${bad}'` })
  }
  const count = (token: string) => tokens.filter((t) => t === token).length
  if (count('0') + count('9') === 0) throw refuse('WRONG_NUM_DIGIT', 'has no digits 0 or 9')
  for (const [token, name] of REPEATABLE_ONCE) {
    if (count(token) > 1) throw refuse('WRONG_NUM_TOKEN', `has more than one ${name}`, { token: name })
  }
  const firstDigit = tokens.findIndex((t) => t === '0' || t === '9')
  const point = tokens.indexOf('.')
  if (count('$') > 0 && tokens.indexOf('$') > firstDigit)
    throw refuse('CUR_MUST_BEFORE_DIGIT', 'has the currency sign after a digit')
  if (count('$') > 0 && point >= 0 && tokens.indexOf('$') > point) {
    throw refuse('CUR_MUST_BEFORE_DEC', 'has the currency sign after the point')
  }
  if (point >= 0 && tokens.lastIndexOf(',') > point) {
    throw refuse('THOUSANDS_SEPS_MUST_BEFORE_DEC', 'has a thousands separator after the point')
  }
  const shape = /^(MI|S)?\$?((?:[09]|,)*)(\.[09]*)?(MI|S|PR)?$/.exec(text.replaceAll('D', '.').replaceAll('G', ','))
  if (shape === null) throw refuse('UNEXPECTED_TOKEN', 'has its parts in the wrong order', { token: `'${text}'` })
  const [, before, integral = '', fraction, after] = shape
  if (integral.split(',').length > 1 && integral.split(',').some((group) => group === '')) {
    throw refuse('CONT_THOUSANDS_SEPS', 'has a thousands separator without digits on both sides')
  }
  if (before !== undefined && after !== undefined)
    throw refuse('UNEXPECTED_TOKEN', 'has more than one sign', { token: `'${after}'` })
  const integralDigits = integral.replaceAll(',', '').length
  const fractionDigits = fraction === undefined ? 0 : fraction.length - 1
  const precision = Math.max(integralDigits + fractionDigits, 1)
  if (precision > MAX_PRECISION) throw refuse('WRONG_NUM_DIGIT', 'has more than 38 digits')
  const sign = after === 'PR' ? 'PR' : before !== undefined ? `${before} first` : after !== undefined ? `${after} last` : 'none'
  return {
    text: given,
    integral: [...integral] as FormatToken[],
    integralDigits,
    fractionDigits,
    hasPoint: fraction !== undefined,
    currency: count('$') > 0,
    sign: sign as NumberFormat['sign'],
    type: decimalType(precision, fractionDigits),
  }
}

const REPEATABLE_ONCE = [
  ['.', '. or D'],
  ['$', '$'],
  ['S', 'S'],
  ['MI', 'MI'],
  ['PR', 'PR'],
] as const

function tokensOf(text: string): string[] | undefined {
  const tokens = text.match(/MI|PR|[09.D,G$S]/g) ?? []
  if (tokens.join('') !== text) return undefined
  return tokens.map((token) => (token === 'D' ? '.' : token === 'G' ? ',' : token))
}

/** Reads a text by a format; the unscaled value at the format's scale, or undefined. */
export function parseFormatted(text: string, format: NumberFormat): bigint | undefined {
  let rest = text.trim()
  let negative = false
  const takeSign = (atStart: boolean, plus: boolean): boolean => {
    const character = atStart ? rest[0] : rest.at(-1)
    if (character !== '-' && !(plus && character === '+')) return false
    negative = character === '-'
    rest = atStart ? rest.slice(1) : rest.slice(0, -1)
    return true
  }
  switch (format.sign) {
    case 'S first':
      takeSign(true, true)
      break
    case 'S last':
      takeSign(false, true)
      break
    case 'MI first':
      takeSign(true, false)
      break
    case 'MI last':
      takeSign(false, false)
      break
    case 'PR':
      if (rest.startsWith('<') && rest.endsWith('>')) {
        negative = true
        rest = rest.slice(1, -1)
      }
  }
  if (format.currency) {
    if (!rest.startsWith('$')) return undefined
    rest = rest.slice(1)
  }
  const match = /^([\d,]*)(?:\.(\d*))?$/.exec(rest)
  if (match === null || (match[2] !== undefined && !format.hasPoint)) return undefined
  const fraction = match[2] ?? ''
  if (fraction.length > format.fractionDigits) return undefined
  const integral = match[1]!
  if (!fitsGroups(integral, format)) return undefined
  const digits = integral.replaceAll(',', '')
  if (digits === '' && fraction === '') return undefined
  const unscaled = BigInt(digits + fraction.padEnd(format.fractionDigits, '0') || '0')
  return negative ? -unscaled : unscaled
}

/**
 * Groups between separators are compared from the right. Groups that are missing on the left must start with 9, the leftmost one
 * present may be shorter if it does, and all others are as long as in the format.
 */
function fitsGroups(integral: string, format: NumberFormat): boolean {
  const wanted = format.integral.join('').split(',')
  const given = integral.split(',')
  const missing = wanted.length - given.length
  if (missing < 0 || wanted.slice(0, missing).some((group) => group.startsWith('0'))) return false
  return given.every((group, i) => {
    const expected = wanted[missing + i]!
    if (group === '' && given.length > 1) return false
    return i === 0 && !expected.startsWith('0') ? group.length <= expected.length : group.length === expected.length
  })
}

/** Writes a decimal by a format: as wide as the format, blanks for missing leading digits, `#` where digits do not fit. */
export function formatNumber(unscaled: bigint, scale: number, format: NumberFormat): string {
  const negative = unscaled < 0n
  const magnitude = negative ? -unscaled : unscaled
  const unit = powerOfTen(scale)
  let fraction = scale === 0 ? '' : (magnitude % unit).toString().padStart(scale, '0')
  if (fraction.length > format.fractionDigits) fraction = fraction.replace(/0+$/, '')
  const whole = (magnitude / unit).toString()
  const digits = whole === '0' ? '' : whole
  if (digits.length > format.integralDigits || fraction.length > format.fractionDigits) return overflowText(format)

  let body = ''
  let position = 0
  let started = false
  // A group that starts with 0 is filled with noughts, one that starts with 9 with blanks.
  let filler = ' '
  let atGroupStart = true
  const missing = format.integralDigits - digits.length
  for (const token of format.integral) {
    if (token === ',') {
      body += started ? ',' : ' '
      atGroupStart = true
      continue
    }
    if (atGroupStart) filler = token === '0' ? '0' : ' '
    atGroupStart = false
    const given = position >= missing
    body += given ? digits[position - missing]! : filler
    started ||= given || filler === '0'
    position++
  }
  if (format.hasPoint && format.fractionDigits > 0) {
    // A nought stands before the point rather than a blank.
    if (body.endsWith(' ')) body = `${body.slice(0, -1)}0`
    body += `.${fraction.padEnd(format.fractionDigits, '0')}`
  }
  if (format.currency) body = `$${body}`
  return withSign(body, negative, format.sign)
}

function overflowText(format: NumberFormat): string {
  const integral = format.integral.map((token) => (token === ',' ? ',' : '#')).join('')
  return format.hasPoint && format.fractionDigits > 0 ? `${integral}.${'#'.repeat(format.fractionDigits)}` : integral
}

function withSign(body: string, negative: boolean, sign: NumberFormat['sign']): string {
  const blanks = body.length - body.trimStart().length
  const [pad, digits] = [body.slice(0, blanks), body.slice(blanks)]
  switch (sign) {
    case 'none':
      return body
    case 'S first':
      return `${pad}${negative ? '-' : '+'}${digits}`
    case 'S last':
      return body + (negative ? '-' : '+')
    case 'MI first':
      return `${pad}${negative ? '-' : ' '}${digits}`
    case 'MI last':
      return body + (negative ? '-' : ' ')
    case 'PR':
      return negative ? `${pad}<${digits}>` : `${body}  `
  }
}
