/**
 * The decimal digits of floating-point numbers as Java up to 18 develops them (Steele and White's algorithm, with its own idea of how many digits
 * of a large integer mean something). They are the shortest digits that read back the same except for integers that are not exact, powers of two
 * and subnormal numbers; number-text.ts asks here for those alone.
 */
export interface Digits {
  /** Without zeros at the end, at least one. */
  readonly digits: string
  /** Of ten: the value is 0.digits times this power. */
  readonly exponent: number
}

interface Format {
  /** Bits of the fraction. */
  readonly fraction: number
  readonly bias: number
}
const DOUBLE_FORMAT: Format = { fraction: 52, bias: 1023 }
const FLOAT_FORMAT: Format = { fraction: 23, bias: 127 }

const view = new DataView(new ArrayBuffer(8))

/** Of a positive finite double. */
export function doubleDigits(value: number): Digits {
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  return digitsOf(bits & ((1n << 52n) - 1n), Number(bits >> 52n), DOUBLE_FORMAT)
}
/** Of a positive finite float. */
export function floatDigits(value: number): Digits {
  view.setFloat32(0, value)
  const bits = view.getUint32(0)
  return digitsOf(BigInt(bits & 0x7fffff), bits >>> 23, FLOAT_FORMAT)
}

function digitsOf(fraction: bigint, biased: number, format: Format): Digits {
  if (biased !== 0) {
    const significand = fraction | (1n << BigInt(format.fraction))
    return develop(significand, format.fraction, biased - format.bias, format.fraction + 1)
  }
  const bits = fraction.toString(2).length
  return develop(fraction, bits - 1, bits - format.fraction - format.bias, bits)
}

/** `significand` × 2^(binaryExponent − fractionBits), of which `significantBits` mean something. */
function develop(significand: bigint, fractionBits: number, binaryExponent: number, significantBits: number): Digits {
  let odd = significand
  let oddBits = fractionBits + 1
  while ((odd & 1n) === 0n) {
    odd >>= 1n
    oddBits--
  }
  const tinyBits = Math.max(0, oddBits - binaryExponent - 1)
  if (tinyBits === 0 && binaryExponent <= 62) {
    return integerDigits(odd << BigInt(binaryExponent - oddBits + 1), binaryExponent - significantBits - 1)
  }
  return fractionDigits(odd, oddBits, binaryExponent, significantBits, tinyBits)
}

/** All digits of an integer, but for as many as the bits below its precision stand for. */
function integerDigits(value: bigint, bitsBelow: number): Digits {
  const dropped = bitsBelow > 1 ? Math.floor(bitsBelow * Math.log10(2)) : 0
  const unit = 10n ** BigInt(dropped)
  const kept = value / unit + (dropped > 0 && (value % unit) * 2n >= unit ? 1n : 0n)
  const text = String(kept)
  return { digits: text.replace(/0+$/, ''), exponent: text.length + dropped }
}

function fractionDigits(odd: bigint, oddBits: number, binaryExponent: number, significantBits: number, tinyBits: number): Digits {
  let exponent = estimatedExponent(odd, oddBits, binaryExponent)
  const fivesOfValue = Math.max(0, -exponent)
  const fivesOfScale = Math.max(0, exponent)
  let twosOfValue = fivesOfValue + tinyBits + binaryExponent
  let twosOfScale = fivesOfScale + tinyBits
  let twosOfMargin = twosOfValue - significantBits
  twosOfValue -= oddBits - 1
  const common = Math.min(twosOfValue, twosOfScale)
  twosOfValue -= common
  twosOfScale -= common
  twosOfMargin -= common
  // Below a power of two the next number is half as far away.
  if (oddBits === 1) twosOfMargin--
  if (twosOfMargin < 0) {
    twosOfValue -= twosOfMargin
    twosOfScale -= twosOfMargin
    twosOfMargin = 0
  }
  const scale = (5n ** BigInt(fivesOfScale)) << BigInt(twosOfScale)
  const tenScales = scale * 10n
  const wrap = wrapping(
    Math.max(oddBits + twosOfValue + bitsOfFive(fivesOfValue), twosOfScale + 1 + bitsOfFive(fivesOfScale + 1)),
  )
  let value = (odd * 5n ** BigInt(fivesOfValue)) << BigInt(twosOfValue)
  let margin = (5n ** BigInt(fivesOfValue)) << BigInt(twosOfMargin)
  let digits = ''
  let low = false
  let high = false
  const step = (): bigint => {
    const digit = value / scale
    value = (value % scale) * 10n
    margin = wrap === undefined ? margin * 10n : wrap(margin * 10n)
    low = value < margin
    // Java's arithmetic of big numbers takes the upper end in; that of machine numbers does not, and its sum may overflow.
    high = wrap === undefined ? value + margin >= tenScales : wrap(value + margin) > tenScales
    if (margin <= 0n) low = high = true
    return digit
  }
  const first = step()
  if (first === 0n && !high) exponent--
  else digits += first
  // There are two digits at least in the form with an exponent.
  if (exponent < -3 || exponent >= 8) low = high = false
  while (!low && !high) digits += step()
  const difference = wrap === undefined ? value * 2n - tenScales : wrap(value * 2n - tenScales)
  if (high && (!low || difference > 0n || (difference === 0n && Number(digits.at(-1)) % 2 === 1))) {
    const rounded = String(BigInt(digits) + 1n)
    if (rounded.length > digits.length) exponent++
    digits = rounded
  }
  return { digits: digits.replace(/0+$/, '') || '0', exponent: exponent + 1 }
}

/** Java computes in int or long where that many bits seem to fit, and wraps around. */
function wrapping(bits: number): ((value: bigint) => bigint) | undefined {
  if (bits >= 64) return undefined
  const width = bits < 32 ? 32 : 64
  return (value) => BigInt.asIntN(width, value)
}

function bitsOfFive(power: number): number {
  return power === 0 ? 0 : (5n ** BigInt(power)).toString(2).length
}

/** The power of ten of the first digit, at most one too high. */
function estimatedExponent(odd: bigint, oddBits: number, binaryExponent: number): number {
  const mantissa = Number(odd) / 2 ** (oddBits - 1)
  return Math.floor((mantissa - 1.5) * 0.289529654 + 0.176091259 + binaryExponent * 0.301029995663981)
}
