/**
 * Snappy, as Kafka's clients write it: raw blocks, or raw blocks in the frame of snappy-java ("xerial": a header of 16 bytes, then blocks behind
 * their lengths). Source: google/snappy format_description.txt.
 */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
/** A copy of 64 bytes takes 2 bytes at least. */
const LARGEST_RATIO = 32

/** @throws RangeError when the bytes are not of the format */
export function snappyDecompress(packed: Buffer): Buffer {
  if (packed.length < XERIAL_HEADER_BYTES || packed.compare(XERIAL, 0, 8, 0, 8) !== 0) return decompressBlock(packed)
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at < packed.length; ) {
    const length = packed.readInt32BE(at)
    blocks.push(decompressBlock(packed.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks)
}

function decompressBlock(packed: Buffer): Buffer {
  let at = 0
  let length = 0
  for (let shift = 0; ; shift += 7) {
    if (at === packed.length || shift > 28) throw malformed()
    const byte = packed[at++]!
    length |= (byte & 127) << shift
    if (byte < 128) break
  }
  if (length < 0 || length > packed.length * LARGEST_RATIO) throw malformed()
  const out = Buffer.allocUnsafe(length)
  let end = 0
  while (at < packed.length) {
    const tag = packed[at++]!
    let size: number
    let back: number
    switch (tag & 3) {
      case 0: {
        size = tag >>> 2
        if (size >= 60) {
          const bytes = size - 59
          size = packed.readUIntLE(at, bytes)
          at += bytes
        }
        size++
        if (at + size > packed.length || end + size > length) throw malformed()
        packed.copy(out, end, at, at + size)
        at += size
        end += size
        continue
      }
      case 1:
        size = ((tag >>> 2) & 7) + 4
        back = ((tag >>> 5) << 8) | packed[at++]!
        break
      case 2:
        size = (tag >>> 2) + 1
        back = packed[at]! | (packed[at + 1]! << 8)
        at += 2
        break
      default:
        size = (tag >>> 2) + 1
        back = packed.readUInt32LE(at)
        at += 4
    }
    if (back === 0 || back > end || end + size > length) throw malformed()
    repeat(out, end, back, size)
    end += size
  }
  if (end !== length) throw malformed()
  return out
}

/** Copies `size` bytes from `back` before `end` to `end`; source and target overlap where a pattern repeats. */
export function repeat(out: Buffer, end: number, back: number, size: number): void {
  if (back >= size) {
    out.copyWithin(end, end - back, end - back + size)
    return
  }
  for (let i = 0; i < size; i++) out[end + i] = out[end + i - back]!
}

function malformed(): RangeError {
  return new RangeError('the bytes are not a Snappy block')
}
