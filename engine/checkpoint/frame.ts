import { crc32c, extendCrc32c } from './crc32c.ts'

/**
 * Frames: how records lie in the files of a checkpoint. docs/checkpoint-format.md is the reference.
 *
 * A file begins with 16 bytes (FILE_MAGIC, format version), then frames follow one another, little endian:
 *
 * | at | bytes | content                                                                       |
 * |----|-------|-------------------------------------------------------------------------------|
 * | 0  | 4     | FRAME_MARK                                                                    |
 * | 4  | 4     | CRC-32C of everything behind it: bytes 8 … 31 and the payload                 |
 * | 8  | 4     | payload length                                                                |
 * | 12 | 4     | kind                                                                          |
 * | 16 | 8     | epoch (of a source's log: the entry's id)                                     |
 * | 24 | 8     | bytes of the file that were known to be on the disk when the frame was written |
 * | 32 | …     | payload                                                                       |
 *
 * The last field tells a torn tail from damage: a frame that is broken was torn by a crash if no later frame of the file claims that it was on the disk.
 */
export const FORMAT_VERSION = 1
export const FILE_HEADER_BYTES = 16
export const FRAME_HEADER_BYTES = 32
const FRAME_MARK = 0x454d5246 // "FRME" read as little endian
const FILE_MAGIC = new TextEncoder().encode('MILLRACE')

export const RECORD_KINDS = { query: 1, planned: 2, state: 3, committed: 4, entry: 5 } as const
export type RecordKind = (typeof RECORD_KINDS)[keyof typeof RECORD_KINDS]

export interface Frame {
  readonly kind: number
  readonly epoch: number
  readonly payload: Uint8Array
  /** Where the frame begins and ends in its file. */
  readonly start: number
  readonly end: number
  /** See above. */
  readonly durable: number
}

export function fileHeader(): Uint8Array {
  const header = new Uint8Array(FILE_HEADER_BYTES)
  header.set(FILE_MAGIC)
  new DataView(header.buffer).setUint32(8, FORMAT_VERSION, true)
  return header
}

/** The format version of a file, 0 when it does not begin as ours do. */
export function fileVersion(bytes: Uint8Array): number {
  if (bytes.length < FILE_HEADER_BYTES || !FILE_MAGIC.every((byte, i) => bytes[i] === byte)) return 0
  return viewOf(bytes).getUint32(8, true)
}

/** The header of a frame whose payload is `chunks` one after the other. */
export function frameHeader(kind: RecordKind, epoch: number, durable: number, chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const chunk of chunks) length += chunk.byteLength
  const header = new Uint8Array(FRAME_HEADER_BYTES)
  const view = new DataView(header.buffer)
  view.setUint32(0, FRAME_MARK, true)
  view.setUint32(8, length, true)
  view.setUint32(12, kind, true)
  setUint53(view, 16, epoch)
  setUint53(view, 24, durable)
  let crc = crc32c(header.subarray(8))
  for (const chunk of chunks) crc = extendCrc32c(crc, chunk)
  view.setUint32(4, crc, true)
  return header
}

export interface FrameScan {
  readonly frames: readonly Frame[]
  /** Where the last whole frame ends: what is behind was torn by a crash. */
  readonly end: number
  /** A broken frame that was on the disk once: not a crash, damage. */
  readonly damage: { readonly at: number; readonly reason: string } | undefined
}

/** All frames of a file (from behind its header). Payloads are views into `bytes`. */
export function scanFrames(bytes: Uint8Array): FrameScan {
  const view = viewOf(bytes)
  const frames: Frame[] = []
  let at = FILE_HEADER_BYTES
  for (;;) {
    if (at >= bytes.length) return { frames, end: Math.min(at, bytes.length), damage: undefined }
    const frame = frameAt(bytes, view, at)
    if (typeof frame === 'string') {
      const damaged = claimedDurableBehind(bytes, view, at)
      return { frames, end: at, damage: damaged ? { at, reason: frame } : undefined }
    }
    frames.push(frame)
    at = frame.end
  }
}

function frameAt(bytes: Uint8Array, view: DataView, at: number): Frame | string {
  if (at + FRAME_HEADER_BYTES > bytes.length) return 'the record is cut off'
  if (view.getUint32(at, true) !== FRAME_MARK) return 'no record begins here'
  const end = at + FRAME_HEADER_BYTES + view.getUint32(at + 8, true)
  if (end > bytes.length) return 'the record is cut off'
  if (crc32c(bytes.subarray(at + 8, end)) !== view.getUint32(at + 4, true)) return 'the checksum of the record does not match'
  return {
    kind: view.getUint32(at + 12, true),
    epoch: getUint53(view, at + 16),
    payload: bytes.subarray(at + FRAME_HEADER_BYTES, end),
    start: at,
    end,
    durable: getUint53(view, at + 24),
  }
}

/** Does a whole frame behind `at` say that the byte at `at` had been synced? Looks at every byte, since the broken frame's length may be wrong too. */
function claimedDurableBehind(bytes: Uint8Array, view: DataView, at: number): boolean {
  for (let i = at + 1; i + FRAME_HEADER_BYTES <= bytes.length; i++) {
    if (bytes[i] !== (FRAME_MARK & 255) || view.getUint32(i, true) !== FRAME_MARK) continue
    if (getUint53(view, i + 24) > at && typeof frameAt(bytes, view, i) !== 'string') return true
  }
  return false
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
function setUint53(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 0x1_0000_0000, true)
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true)
}
function getUint53(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000
}
