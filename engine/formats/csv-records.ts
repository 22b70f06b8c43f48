import type { CsvOptions } from './csv-options.ts'
import { CsvTokenizer } from './csv-tokenizer.ts'
import { decodeLenient, isUtf8Name, lineEnd, transcode } from './text-encoding.ts'

export interface CsvRecord {
  readonly values: readonly (string | undefined)[]
  readonly text: string
}

/** The records of a whole file, the header among them; blank lines and comments are not. */
export function* csvRecords(bytes: Uint8Array, start: number, end: number, options: CsvOptions): Iterable<CsvRecord> {
  const tokenizer = new CsvTokenizer(options)
  let content = isUtf8Name(options.encoding) ? bytes.subarray(start, end) : transcode(bytes, start, end, options.encoding!)
  if (content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf) content = content.subarray(3)
  if (options.multiLine) {
    yield* tokenizer.document(decodeLenient(content, 0, content.length))
    return
  }
  for (const line of csvLines(content, options)) {
    if (isIgnored(line, options)) continue
    const values = tokenizer.line(line)
    if (values !== undefined) yield { values, text: line }
  }
}

function* csvLines(bytes: Uint8Array, options: CsvOptions): Iterable<string> {
  if (options.lineSep !== undefined) {
    yield* decodeLenient(bytes, 0, bytes.length).split(options.lineSep)
    return
  }
  for (let start = 0; start < bytes.length; ) {
    const end = lineEnd(bytes, start, bytes.length)
    if (end > start) yield decodeLenient(bytes, start, end)
    start = end + 1
  }
}

/** A line that is blank or a comment. */
export function isIgnored(line: string, options: CsvOptions): boolean {
  if (options.comment !== '' && line.startsWith(options.comment)) return true
  for (let i = 0; i < line.length; i++) if (line.charCodeAt(i) > 0x20) return false
  return true
}
