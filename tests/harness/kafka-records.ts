import { readValue } from '../../engine/columnar/column.ts'
import type { Row } from '../../engine/types/value.ts'
import { RecordPositions } from '../../sources/kafka/client/record-reader.ts'
import type { RecordSink } from '../../sources/kafka/record-columns.ts'

export interface TestRecord {
  readonly key?: string | null
  readonly value: string | Uint8Array | null
  readonly timestampMs?: number
  readonly headers?: readonly (readonly [string, string | null])[]
}

/** Records as they lie in an answer of a broker, with their positions; offsets count from 0. */
export function recordPositions(records: readonly TestRecord[]): RecordPositions {
  const positions = new RecordPositions(Math.max(1, records.length))
  const parts: Buffer[] = []
  let at = 0
  const put = (bytes: Uint8Array): number => {
    parts.push(Buffer.from(bytes))
    at += bytes.length
    return at - bytes.length
  }
  records.forEach(({ key = null, value, timestampMs = 1_700_000_000_000, headers = [] }, i) => {
    put(Buffer.from([7, 7]))
    positions.offsets[i] = i
    positions.timestamps[i] = timestampMs + i
    positions.keyLength[i] = key === null ? -1 : Buffer.byteLength(key)
    positions.keyAt[i] = put(Buffer.from(key ?? ''))
    const bytes = value === null ? Buffer.alloc(0) : Buffer.from(value as string)
    positions.valueLength[i] = value === null ? -1 : bytes.length
    positions.valueAt[i] = put(bytes)
    positions.headersAt[i] = put(Buffer.from([headers.length * 2]))
    for (const [name, text] of headers) {
      put(Buffer.from([name.length * 2, ...Buffer.from(name)]))
      put(text === null ? Buffer.from([1]) : Buffer.from([text.length * 2, ...Buffer.from(text)]))
    }
  })
  positions.bytes = Buffer.concat(parts)
  positions.count = records.length
  return positions
}

/** All rows that a sink makes of records, batch after batch. */
export async function rowsOfRecords(sink: RecordSink, records: RecordPositions): Promise<Row[]> {
  const rows: Row[] = []
  const take = (): boolean => {
    const batch = sink.take()
    if (batch === undefined) return false
    for (let row = 0; row < batch.rowCount; row++) rows.push(batch.columns.map((column) => readValue(column, row)))
    return true
  }
  sink.startPartition({ topic: 'clicks', partition: 3 }, 0)
  for (let from = 0; from < records.count; ) {
    from = sink.add(records, from)
    while (sink.full) take()
    if (sink.waiting !== undefined) await sink.waiting
  }
  while (take());
  return rows
}
