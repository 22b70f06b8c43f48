import { decimalOfNumber, formatDecimal, powerOfTen, rescale } from '../../types/decimal.ts'

/** Digits of numbers laid out as Java's Formatter and DecimalFormat do. Numbers are not negative unless said. */
export function formatGrouped(digits: string, size = 3): string {
  let out = ''
  for (let end = digits.length; end > 0; end -= size) out = digits.slice(Math.max(end - size, 0), end) + (out && `,${out}`)
  return out
}
/** A fixed number of digits after the point, rounding the shortest text half up. */
export function formatDoubleFixed(value: number, digits: number): string {
  const { unscaled, scale } = decimalOfNumber(value)
  return formatDecimal(rescale(unscaled, scale, digits), digits)
}
/** `1.234568e+04`. */
export function formatDoubleScientific(value: number, digits: number): string {
  if (value === 0) return `${formatDecimal(0n, digits)}e+00`
  const { unscaled, scale } = decimalOfNumber(value)
  const length = unscaled.toString().length
  let exponent = length - 1 - scale
  let mantissa = rescale(unscaled, length - 1, digits)
  if (mantissa >= powerOfTen(digits + 1)) {
    mantissa /= 10n
    exponent++
  }
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${formatDecimal(mantissa, digits)}e${exponent < 0 ? '-' : '+'}${size}`
}

interface Layout {
  readonly prefix: string
  readonly suffix: string
  readonly leastWhole: number
  readonly mostWhole: number
  readonly leastFraction: number
  readonly mostFraction: number
  readonly group: number
  /** Digits of the exponent; 0: none. */
  readonly exponent: number
  /** Powers of ten to multiply by: 2 for %, 3 for ‰. */
  readonly shift: number
}
/** The positive part of a DecimalFormat pattern: `#,##0.00`, `0.0%`, `'x'0.##E0`. */
function parsePattern(pattern: string): Layout {
  let prefix = ''
  let suffix = ''
  let digits = ''
  let shift = 0
  for (let i = 0; i < pattern.length; i++) {
    let char = pattern[i]!
    if (char === ';') break
    if (char === "'") {
      const end = pattern.indexOf("'", i + 1)
      const quoted = end === i + 1 ? "'" : pattern.slice(i + 1, end < 0 ? undefined : end)
      if (digits === '') prefix += quoted
      else suffix += quoted
      i = end < 0 ? pattern.length : end
      continue
    }
    const inside = suffix === '' && (/[#0,.]/.test(char) || (char === 'E' && digits !== '' && /^E0+/.test(pattern.slice(i))))
    if (inside) {
      digits += char
      continue
    }
    if (char === '%') shift = 2
    if (char === '\u2030') shift = 3
    if (char === '\u00a4') char = '$'
    if (digits === '') prefix += char
    else suffix += char
  }
  const [mantissa, exponent] = digits.split('E') as [string, string | undefined]
  const [whole, fraction = ''] = mantissa.split('.') as [string, string | undefined]
  const comma = whole.lastIndexOf(',')
  const count = (text: string, char: string): number => text.split(char).length - 1
  // Without any zero, the digit before the point counts as one (after it, where there is none before).
  const noZero = mantissa.includes('.') && count(mantissa, '0') === 0
  return {
    prefix,
    suffix,
    leastWhole: noZero && whole !== '' ? 1 : count(whole, '0'),
    mostWhole: whole.replaceAll(',', '').length,
    leastFraction: noZero && whole === '' ? 1 : count(fraction, '0'),
    mostFraction: fraction.length,
    group: comma < 0 ? 0 : whole.length - comma - 1,
    exponent: exponent?.length ?? 0,
    shift,
  }
}
/** Formats by a DecimalFormat pattern; halves go to the even digit. The number may be negative. */
export function formatPattern({ unscaled, scale }: { unscaled: bigint; scale: number }, pattern: string): string {
  const layout = parsePattern(pattern)
  const negative = unscaled < 0n
  const size = (negative ? -unscaled : unscaled) * powerOfTen(layout.shift)
  const text = layout.exponent > 0 ? scientific(size, scale, layout) : plain(size, scale, layout)
  const isZero = /^[0.,]*$/.test(text)
  return `${negative && !isZero ? '-' : negative && unscaled !== 0n ? '-' : ''}${layout.prefix}${text}${layout.suffix}`
}
function plain(size: bigint, scale: number, layout: Layout): string {
  const rounded = halfEven(size, scale, layout.mostFraction)
  const [whole, fraction = ''] = formatDecimal(rounded, layout.mostFraction).split('.') as [string, string | undefined]
  const digits = (whole === '0' ? '' : whole).padStart(layout.leastWhole, '0')
  const kept = fraction.replace(/0+$/, '').padEnd(layout.leastFraction, '0')
  const grouped = layout.group > 0 ? formatGrouped(digits, layout.group) : digits
  return (grouped === '' && kept === '' ? '0' : grouped) + (kept === '' ? '' : `.${kept}`)
}
function scientific(size: bigint, scale: number, layout: Layout): string {
  const length = size.toString().length
  const whole = Math.max(layout.leastWhole, 1)
  const repeat = layout.mostWhole > layout.leastWhole && layout.mostWhole > 1 ? layout.mostWhole : 0
  let exponent = size === 0n ? 0 : length - whole - scale
  if (repeat > 0) exponent = Math.floor((length - 1 - scale) / repeat) * repeat
  const digits = layout.leastWhole + layout.mostFraction
  const fractionDigits = repeat > 0 ? Math.max(digits - (length - scale - exponent), 0) : layout.mostFraction
  const mantissa = halfEven(size, scale + exponent, fractionDigits)
  const [front, fraction = ''] = formatDecimal(mantissa, fractionDigits).split('.') as [string, string | undefined]
  const kept = fraction.replace(/0+$/, '').padEnd(Math.min(layout.leastFraction, fractionDigits), '0')
  const power = String(Math.abs(exponent)).padStart(layout.exponent, '0')
  return `${front}${kept === '' ? '' : `.${kept}`}E${exponent < 0 ? '-' : ''}${power}`
}
function halfEven(value: bigint, from: number, to: number): bigint {
  if (to >= from) return value * powerOfTen(to - from)
  const divisor = powerOfTen(from - to)
  const quotient = value / divisor
  const twice = (value % divisor) * 2n
  return twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient
}
