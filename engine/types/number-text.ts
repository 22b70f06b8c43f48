/** Texts of floating-point numbers as Java writes and reads them. */

/** Double.toString: shortest digits that read back the same; an exponent below 1e-3 and from 1e7 on (`1.0E10`). */
export function formatDouble(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return Object.is(value, -0) ? '-0.0' : `${value}.0`
  if (!Number.isFinite(value)) return String(value)
  const abs = Math.abs(value)
  if (abs >= 1e-3 && abs < 1e7) return String(value)
  // Java always shows two digits, and for the smallest number the second one is not zero.
  if (abs === Number.MIN_VALUE) return value < 0 ? '-4.9E-324' : '4.9E-324'
  return javaExponent(value.toExponential())
}

/** Float.toString of a number that is a float (rounded with Math.fround). */
export function formatFloat(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return Object.is(value, -0) ? '-0.0' : `${value}.0`
  if (!Number.isFinite(value)) return String(value)
  const text = shortestFloat(value)
  const abs = Math.abs(value)
  return abs >= 1e-3 && abs < 1e7 ? String(Number(text)) : javaExponent(text)
}

const MIN_NORMAL_FLOAT = 2 ** -126

function shortestFloat(value: number): string {
  // Up to six digits always survive the way through a normal float; subnormals have fewer.
  for (let digits = Math.abs(value) < MIN_NORMAL_FLOAT ? 1 : 5; digits < 9; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value) return Number(text).toExponential()
  }
  return value.toExponential(8)
}

function javaExponent(text: string): string {
  const at = text.indexOf('e')
  const digits = text.slice(0, at)
  const exponent = text.slice(text.charAt(at + 1) === '+' ? at + 2 : at + 1)
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent}`
}

const DECIMAL_FORM = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/
const HEX_FORM = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[dDfF]?$/

/**
 * Reads a number as CAST(text AS DOUBLE) does: Java's Double.parseDouble (blanks around it, suffix d or f, hexadecimal form),
 * then `inf`, `infinity` and `nan` in any case. Undefined where that refuses.
 */
export function parseDouble(text: string): number | undefined {
  const trimmed = trimControls(text)
  if (DECIMAL_FORM.test(trimmed)) return Number(/[dDfF]$/.test(trimmed) ? trimmed.slice(0, -1) : trimmed)
  switch (trimmed.toLowerCase()) {
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Number.POSITIVE_INFINITY
    case '-inf':
    case '-infinity':
      return Number.NEGATIVE_INFINITY
    case 'nan':
      return Number.NaN
  }
  // Java's own spelling takes a sign before NaN.
  if (trimmed === '+NaN' || trimmed === '-NaN') return Number.NaN
  const hex = HEX_FORM.exec(trimmed)
  if (hex === null || hex[2]! + hex[3]! === '') return undefined
  const value = Number.parseInt(`${hex[2]}${hex[3]}`, 16) * 2 ** (Number(hex[4]) - 4 * hex[3]!.length)
  return hex[1] === '-' ? -value : value
}

/** Java's String.trim: everything up to the blank. */
function trimControls(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 0x20) start++
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}
