/**
 * Rounds doubles to digits after the point (before it when negative) as their shortest decimal texts are rounded: NaN for what needs the
 * text itself, which is a value within a thousandth of a half of the last digit kept, one that is large, or not a number.
 *
 * Elsewhere the scaled value is off by less than 2^40 · 2^-52 units, so it lies on the same side of the half as the text does, and the
 * quotient (or product) of two exact doubles is the double nearest to the rounded text.
 */
export function roundsDoubleTo(digits: number): (x: number) => number {
  const unit = 10 ** Math.abs(digits)
  if (digits >= 0) {
    return (x) => {
      const scaled = x * unit
      const whole = Math.floor(scaled)
      const rest = scaled - whole
      if (!(scaled > -1e12 && scaled < 1e12) || (rest > 0.499 && rest < 0.501)) return Number.NaN
      return ((rest > 0.5 ? whole + 1 : whole) + 0) / unit
    }
  }
  return (x) => {
    const scaled = x / unit
    const whole = Math.floor(scaled)
    const rest = scaled - whole
    if (!(x > -1e12 && x < 1e12) || (rest > 0.499 && rest < 0.501)) return Number.NaN
    return ((rest > 0.5 ? whole + 1 : whole) + 0) * unit
  }
}
