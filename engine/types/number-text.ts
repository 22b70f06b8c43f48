import { type Digits, doubleDigits, floatDigits } from './java-digits.ts'

/** Texts of floating-point numbers as Java writes and reads them. */

/** Double.toString: an exponent below 1e-3 and from 1e7 on (`1.0E10`). */
export function formatDouble(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return Object.is(value, -0) ? '-0.0' : `${value}.0`
  if (!Number.isFinite(value)) return String(value)
  const abs = Math.abs(value)
  // The shortest digits that read back the same, where those are Java's: see java-digits.ts.
  if (abs > MAX_EXACT || abs < MIN_NORMAL || isPowerOfTwo(abs)) return scientific(value, doubleDigits(abs))
  return abs >= 1e-3 && abs < 1e7 ? String(value) : javaExponent(value.toExponential())
}

/** Float.toString of a number that is a float (rounded with Math.fround). */
export function formatFloat(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return Object.is(value, -0) ? '-0.0' : `${value}.0`
  if (!Number.isFinite(value)) return String(value)
  const abs = Math.abs(value)
  if (abs > MAX_EXACT_FLOAT || abs < MIN_NORMAL_FLOAT || isPowerOfTwo(abs)) return scientific(value, floatDigits(abs))
  const text = shortestFloat(value)
  return abs >= 1e-3 && abs < 1e7 ? String(Number(text)) : javaExponent(text)
}

const MAX_EXACT = 2 ** 53
const MIN_NORMAL = 2 ** -1022
const MAX_EXACT_FLOAT = 2 ** 24
const MIN_NORMAL_FLOAT = 2 ** -126

const words = new DataView(new ArrayBuffer(8))
/** Of a normal number. */
function isPowerOfTwo(value: number): boolean {
  words.setFloat64(0, value)
  return words.getUint32(4) === 0 && (words.getUint32(0) & 0xfffff) === 0
}

function scientific(value: number, { digits, exponent }: Digits): string {
  const sign = value < 0 ? '-' : ''
  if (exponent > -3 && exponent < 8) return `${sign}${plain(digits, exponent)}`
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent - 1}`
}
function plain(digits: string, exponent: number): string {
  if (exponent <= 0) return `0.${'0'.repeat(-exponent)}${digits}`
  return `${digits.slice(0, exponent).padEnd(exponent, '0')}.${digits.slice(exponent) || '0'}`
}

function shortestFloat(value: number): string {
  // Up to six digits always survive the way through a normal float.
  for (let digits = 5; digits < 9; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value) return Number(halfToEven(value, text, digits)).toExponential()
  }
  return value.toExponential(8)
}

function javaExponent(text: string): string {
  const at = text.indexOf('e')
  const digits = text.slice(0, at)
  const exponent = text.slice(text.charAt(at + 1) === '+' ? at + 2 : at + 1)
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent}`
}

/** Exactly between two texts JavaScript takes the greater one, Java the even one. */
function halfToEven(value: number, text: string, digits: number): string {
  const longer = value.toExponential(digits + 1)
  const at = longer.indexOf('e')
  if (longer[at - 1] !== '5' || Number(longer) !== value) return text
  return Number(longer[at - 2]) % 2 === 0 ? longer.slice(0, at - 1) + longer.slice(at) : text
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
