/** A range of characters in a SQL text: [start, end) in UTF-16 code units, as editors count. */
export interface Span {
  readonly start: number
  readonly end: number
}

export function spanOf(first: Span, last: Span): Span {
  return { start: first.start, end: last.end }
}
