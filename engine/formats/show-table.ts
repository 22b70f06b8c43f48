/**
 * The text table of `show()` and the console sink, exactly as Spark's Dataset.showString draws it.
 *
 * Cells are already texts (ToPrettyString). `truncate` > 0 cuts longer cells and right-aligns; 0 neither cuts nor right-aligns.
 * `more`: there were rows beyond those given. The result ends in an empty line's worth of newline, as Spark's does.
 */
export function showTable(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly truncate: number; readonly more?: boolean | undefined },
): string {
  const table = [names.map(escapeControl), ...rows.map((row) => row.map((cell) => cut(escapeControl(cell), options.truncate)))]
  const widths = names.map((_, c) => table.reduce((width, row) => Math.max(width, displayWidth(row[c]!)), COLUMN_WIDTH_MIN))
  const border = `+${widths.map((width) => `${'-'.repeat(width)}+`).join('')}\n`
  const line = (row: readonly string[]): string =>
    `|${row.map((cell, c) => `${pad(cell, widths[c]!, options.truncate > 0)}|`).join('')}\n`
  let text = border + line(table[0]!) + border
  for (let r = 1; r < table.length; r++) text += line(table[r]!)
  text += border
  return options.more === true ? text + moreLine(rows.length) : text
}

const COLUMN_WIDTH_MIN = 3

function moreLine(count: number): string {
  return `only showing top ${count} ${count === 1 ? 'row' : 'rows'}\n`
}

function cut(cell: string, truncate: number): string {
  if (truncate <= 0 || cell.length <= truncate) return cell
  return truncate < 4 ? cell.slice(0, truncate) : `${cell.slice(0, truncate - 3)}...`
}

function pad(cell: string, width: number, right: boolean): string {
  const space = ' '.repeat(width - displayWidth(cell))
  return right ? space + cell : cell + space
}

// Spark's Utils.fullWidthRegex: characters that take two places on a terminal.
const FULL_WIDTH = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/g
function displayWidth(text: string): number {
  const width = text.length
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x1100) return width + (text.match(FULL_WIDTH)?.length ?? 0)
  }
  return width
}

const CONTROL_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
  '\v': '\\v',
  '\u0007': '\\a',
}
function escapeControl(text: string): string {
  return text.replace(/[\n\r\t\f\b\v\u0007]/g, (c) => CONTROL_ESCAPES[c]!)
}
