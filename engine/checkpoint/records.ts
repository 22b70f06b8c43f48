/** The records of a checkpoint's log, and their payloads: JSON in UTF-8 for all but `state`. */

/** Anything that JSON can hold: offsets as the sources give them. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** What a query must be for the records behind this one to make sense to it; first in every segment, and again after a changed restart. */
export interface QueryDescription {
  readonly outputMode: string
  readonly sources: readonly { readonly provider: string; readonly name: string }[]
  /** In the order of progress reports. */
  readonly operators: readonly OperatorDescription[]
  /** Settings that a running query may not change: a restart gets them back. */
  readonly settings: Readonly<Record<string, string>>
  readonly planFingerprint: string
}
export interface OperatorDescription {
  readonly id: string
  readonly name: string
  readonly tables: readonly TableDescription[]
}
export interface TableDescription {
  readonly name: string
  readonly version: number
  readonly key: string
  readonly value: string
}

/** All that decides what an epoch does; durable before it runs. */
export interface PlannedEpoch {
  readonly epoch: number
  /** One a source: rows in (start, end]; null: no offset yet. */
  readonly offsets: readonly { readonly start: Json; readonly end: Json }[]
  /** Global watermark of the epoch: state is evicted by it. */
  readonly watermarkMs: number
  /** Rows are late by this one. */
  readonly lateWatermarkMs: number
  /** The epoch's processing time. */
  readonly timestampMs: number
  /** Of each watermark node before the epoch. A restart forgets them, as Spark does, unless the epoch has `emitsAtOnce`. */
  readonly nodeWatermarksMs: readonly number[]
  /** With `millrace.watermark.idleAfter`: when each node had its last rows; null: not in this run. */
  readonly nodeActiveMs?: readonly (number | null)[]
  /** `millrace.watermark.emitInSameEpoch`: what the epoch's own watermark makes final is emitted by it. */
  readonly emitsAtOnce?: true
}

export interface CommittedEpoch {
  readonly epoch: number
  /** Global watermark of the next epoch. */
  readonly nextWatermarkMs: number
  /** Of each watermark node after the epoch; read where `millrace.watermark.keepOverRestart` is set. */
  readonly nodeWatermarksMs?: readonly number[]
  /** The watermark that state was evicted by where that is not the planned one (`emitsAtOnce`): the next epoch's rows are late by it. */
  readonly evictedMs?: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}
export function decodeJson(payload: Uint8Array): unknown {
  return JSON.parse(decoder.decode(payload))
}

/** What comes before a table's bytes in a `state` record: two lengths of 16 bits, the operator's id, the table's name. */
export function stateHeader(operatorId: string, table: string): Uint8Array {
  const id = encoder.encode(operatorId)
  const name = encoder.encode(table)
  const header = new Uint8Array(4 + id.length + name.length)
  const view = new DataView(header.buffer)
  view.setUint16(0, id.length, true)
  view.setUint16(2, name.length, true)
  header.set(id, 4)
  header.set(name, 4 + id.length)
  return header
}

export interface StateRecord {
  readonly operatorId: string
  readonly table: string
  readonly block: Uint8Array
}
export function decodeState(payload: Uint8Array): StateRecord {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const idEnd = 4 + view.getUint16(0, true)
  const nameEnd = idEnd + view.getUint16(2, true)
  return {
    operatorId: decoder.decode(payload.subarray(4, idEnd)),
    table: decoder.decode(payload.subarray(idEnd, nameEnd)),
    block: payload.subarray(nameEnd),
  }
}
