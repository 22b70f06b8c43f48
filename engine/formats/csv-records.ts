import type { CsvOptions } from './csv-options.ts'
import { CsvTokenizer } from './csv-tokenizer.ts'
import { decodeLenient, isUtf8Name, lineEnd, transcode } from './text-encoding.ts'

export interface CsvRecord {
  readonly values: readonly (string | undefined)[]
  readonly text: string
  readonly sampled: boolean
}

/**
 * The records of a whole file, the header among them; blank lines and comments are not. `sample` is asked for every line of the file, blank or not, and
 * with `multiLine` for every record.
 */
export function* csvRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
  options: CsvOptions,
  sample: () => boolean = () => true,
): Iterable<CsvRecord> {
  const tokenizer = new CsvTokenizer(options)
  let content = isUtf8Name(options.encoding) ? bytes.subarray(start, end) : transcode(bytes, start, end, options.encoding!)
  if (content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf) content = content.subarray(3)
  if (options.multiLine) {
    let isHeader = options.header
    for (const { values, text } of tokenizer.document(decodeLenient(content, 0, content.length))) {
      yield { values, text, sampled: isHeader || sample() }
      isHeader = false
    }
    return
  }
  for (const line of csvLines(content, options)) {
    const sampled = sample()
    if (isIgnored(line, options)) continue
    const values = tokenizer.line(line)
    if (values !== undefined) yield { values, text: line, sampled }
  }
}

function* csvLines(bytes: Uint8Array, options: CsvOptions): Iterable<string> {
  if (options.lineSep !== undefined) {
    yield* decodeLenient(bytes, 0, bytes.length).split(options.lineSep)
    return
  }
  for (let start = 0; start < bytes.length; ) {
    const end = lineEnd(bytes, start, bytes.length)
    yield decodeLenient(bytes, start, end)
    start = end + (bytes[end] === 0x0d && bytes[end + 1] === 0x0a ? 2 : 1)
  }
}

/** A line that is blank or a comment. */
export function isIgnored(line: string, options: CsvOptions): boolean {
  if (options.comment !== '' && line.startsWith(options.comment)) return true
  for (let i = 0; i < line.length; i++) if (line.charCodeAt(i) > 0x20) return false
  return true
}
