/** Text by characters, which are code points in Spark and not UTF-16 units. Text without surrogates takes the short way. */
const SURROGATE = /[\ud800-\udfff]/

export function characterCount(text: string): number {
  if (!SURROGATE.test(text)) return text.length
  let count = 0
  for (const _character of text) count++
  return count
}
/** Characters [start, end); bounds outside the text are brought inside. */
export function characterSlice(text: string, start: number, end: number): string {
  const from = Math.max(start, 0)
  if (end <= from) return ''
  if (!SURROGATE.test(text)) return text.slice(from, end)
  return [...text].slice(from, end).join('')
}
/** Index in characters of an index in UTF-16 units. */
export function characterIndex(text: string, unit: number): number {
  return SURROGATE.test(text) ? characterCount(text.slice(0, unit)) : unit
}
export function characters(text: string): string[] {
  return SURROGATE.test(text) ? [...text] : text.split('')
}

const encoder = new TextEncoder()
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}
/** Bytes of text in UTF-8, without making them. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
