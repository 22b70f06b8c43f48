import { describe, expect, test } from 'vitest'
import { formatDouble, formatFloat } from '../../../engine/types/number-text.ts'

// Double.toString and Float.toString of Java 17, the Java of Spark 4.3.
describe('texts of floating-point numbers', () => {
  test.each<[number, string]>([
    [0.5, '0.5'],
    [0.002, '0.002'],
    [1e7, '1.0E7'],
    [1e21, '1.0E21'],
  ])('the shortest digits that read back the same: %d', (value, text) => {
    expect(formatDouble(value)).toBe(text)
    expect(formatDouble(-value)).toBe(`-${text}`)
  })
  test.each<[number, string]>([
    [1e23, '9.999999999999999E22'],
    [2e23, '1.9999999999999998E23'],
    [2 ** 54, '1.8014398509481984E16'],
    [2.0182042418793682e18, '2.01820424187936819E18'],
    [2 ** -44, '5.6843418860808015E-14'],
    [5e-324, '4.9E-324'],
    [2e-323, '2.0E-323'],
  ])('large integers, powers of two and subnormal numbers have their own digits: %d', (value, text) => {
    expect(formatDouble(value)).toBe(text)
  })
  test.each<[number, string]>([
    [3.4028235e38, '3.4028235E38'],
    [1.17549435e-38, '1.17549435E-38'],
    [16777216, '1.6777216E7'],
    [48 * 2 ** 20, '5.0331648E7'],
    [4567889919082496, '4.5678899E15'],
    [2 ** 83, '9.6714065E24'],
    [51373.5625, '51373.562'],
  ])('floats likewise, and a tie goes to the even digit: %d', (value, text) => {
    expect(formatFloat(Math.fround(value))).toBe(text)
  })
})
