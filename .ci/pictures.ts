/**
 * Two small pictures for docs/semantics.md, drawn from a handful of rows by the rules that the page states: the watermark is the newest time less the delay, taken
 * at the end of an epoch; what ends by it goes.
 */

interface Drawing {
  readonly width: number
  readonly height: number
  readonly parts: string[]
}
const INK = '#334155'
const SOFT = '#94a3b8'
const OPEN = '#bfdbfe'
const CLOSED = '#e2e8f0'
const MARK = '#dc2626'
const ROW = '#1d4ed8'

function svg({ width, height, parts }: Drawing, title: string): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
  ].join('\n')
}
const rect = (x: number, y: number, w: number, h: number, fill: string, stroke = INK): string =>
  `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fill}" stroke="${stroke}"/>`
const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, dash = ''): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}" stroke-width="2"${dash && ` stroke-dasharray="${dash}"`}/>`
const dot = (x: number, y: number, fill: string): string => `<circle cx="${x}" cy="${y}" r="4" fill="${fill}"/>`
const text = (x: number, y: number, words: string, fill = INK, anchor = 'start'): string =>
  `<text x="${x}" y="${y}" fill="${fill}" text-anchor="${anchor}">${words}</text>`

/** Event time upwards, epochs to the right: windows of 10 minutes, a delay of 10, a late row. */
export function windowLife(): string {
  const delay = 10
  const size = 10
  const epochs = [
    [2, 7],
    [14, 9],
    [21, 13],
    [31, 8],
    [4, 45],
  ]
  const column = 130
  const left = 70
  const bottom = 330
  const y = (minute: number): number => bottom - minute * 6
  const parts: string[] = []
  let watermark = 0
  let newest = 0
  const before: number[] = []
  for (const rows of epochs) {
    before.push(watermark)
    newest = Math.max(newest, ...rows)
    watermark = Math.max(watermark, newest - delay)
  }
  const closedIn = (end: number): number => before.findIndex((mark) => mark >= end)
  for (let start = 0; start < 50; start += size) {
    const first = epochs.findIndex((rows, e) => rows.some((t) => t >= start && t < start + size && start + size > before[e]!))
    if (first < 0) continue
    const closed = closedIn(start + size)
    const last = closed < 0 ? epochs.length : closed + 1
    parts.push(
      rect(left + first * column + 4, y(start + size) + 2, (last - first) * column - 8, size * 6 - 4, closed < 0 ? OPEN : CLOSED),
    )
    parts.push(text(left + first * column + 10, y(start + size) + 16, `window 12:${String(start).padStart(2, '0')}`))
    if (closed >= 0) parts.push(text(left + last * column - 12, y(start) - 8, 'written', MARK, 'end'))
  }
  epochs.forEach((rows, e) => {
    const x = left + e * column
    parts.push(text(x + column / 2, bottom + 20, `epoch ${e}`, INK, 'middle'))
    parts.push(line(x, y(before[e]!), x + column, y(before[e]!), MARK, '6 3'))
    rows.forEach((t, i) => {
      const late = Math.floor(t / size) * size + size <= (before[e - 1] ?? 0)
      parts.push(dot(x + 45 + 40 * i, y(t), late ? MARK : ROW))
      if (late) parts.push(text(x + 53 + 40 * i, y(t) + 4, 'late', MARK))
    })
  })
  for (let minute = 0; minute <= 50; minute += 10)
    parts.push(text(left - 10, y(minute) + 4, `12:${String(minute).padStart(2, '0')}`, SOFT, 'end'))
  parts.push(text(left, 20, 'dots: rows by event time; dashed: the watermark an epoch runs with; blue: open, grey: final'))
  return svg({ width: left + epochs.length * column + 30, height: bottom + 40, parts }, 'The life of a window')
}

/** Rows of two sides kept until the watermark says that no partner can come: l.t BETWEEN r.t AND r.t + 20 minutes, a left row within 20 minutes. */
export function joinState(): string {
  const left = 110
  const scale = 7
  const x = (minute: number): number => left + minute * scale
  const watermark = 40
  const bound = 20
  const lanes = [
    { name: 'impressions', y: 60, rows: [5, 18, 27, 44, 52], keptUntil: (t: number) => t + bound },
    { name: 'clicks', y: 160, rows: [12, 31, 41, 55], keptUntil: (t: number) => t },
  ]
  const parts: string[] = [text(left, 20, 'click BETWEEN impression AND impression + 20 minutes: how long each row is kept')]
  for (const lane of lanes) {
    parts.push(text(left - 10, lane.y + 18, lane.name, INK, 'end'))
    for (const [i, t] of lane.rows.entries()) {
      const y = lane.y + 15 * (i % 4)
      const gone = lane.keptUntil(t) <= watermark
      if (lane.keptUntil(t) > t) parts.push(rect(x(t), y - 4, bound * scale, 8, gone ? CLOSED : OPEN, SOFT))
      parts.push(dot(x(t), y, gone ? SOFT : ROW))
    }
  }
  parts.push(line(x(watermark), 35, x(watermark), 235, MARK, '6 3'), text(x(watermark) + 6, 235, 'watermark', MARK))
  for (let minute = 0; minute <= 70; minute += 10)
    parts.push(
      text(
        x(minute),
        260,
        `12:${String(minute % 60).padStart(2, '0')}`.replace('12:', minute < 60 ? '12:' : '13:'),
        SOFT,
        'middle',
      ),
    )
  parts.push(
    text(
      left,
      285,
      'blue: in state; grey: forgotten. An impression forgotten without a click is the row with NULLs of a left join.',
    ),
  )
  return svg({ width: x(76), height: 310, parts }, 'What a join keeps')
}
