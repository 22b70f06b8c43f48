/**
 * Snappy, as Kafka's clients write it: raw blocks, or raw blocks in the frame of snappy-java ("xerial": a header of 16 bytes, then blocks behind
 * their lengths). Source: google/snappy format_description.txt.
 */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
/** A copy of 64 bytes takes 2 bytes at least. */
const LARGEST_RATIO = 32

/** `decompressBlock`: what unpacks raw blocks. @throws RangeError when the bytes are not of the format */
export function snappyDecompress(packed: Buffer, decompressBlock = decompressRawBlock): Buffer {
  if (packed.length < XERIAL_HEADER_BYTES || packed.compare(XERIAL, 0, 8, 0, 8) !== 0) return decompressBlock(packed)
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at < packed.length; ) {
    const length = packed.readInt32BE(at)
    blocks.push(decompressBlock(packed.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks)
}

function decompressRawBlock(packed: Buffer): Buffer {
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
        copyShort(packed, at, size, out, end)
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

/** Most copies are so short that a call into the runtime would take longer. */
const SHORT_BYTES = 32

export function copyShort(from: Buffer, start: number, size: number, to: Buffer, at: number): void {
  if (size > SHORT_BYTES) from.copy(to, at, start, start + size)
  else for (let i = 0; i < size; i++) to[at + i] = from[start + i]!
}

/** Copies `size` bytes from `back` before `end` to `end`; source and target overlap where a pattern repeats. */
export function repeat(out: Buffer, end: number, back: number, size: number): void {
  if (back >= size && size > SHORT_BYTES) {
    out.copyWithin(end, end - back, end - back + size)
    return
  }
  for (let i = 0; i < size; i++) out[end + i] = out[end + i - back]!
}

/** Copies look back this far at most, so that two bytes say how far. */
const BLOCK_BYTES = 1 << 16
const HASH_BITS = 14
const MATCH_MIN = 4
/** Nearer to its end than this, a block is literals. */
const MARGIN = 16
const seen = new Uint16Array(1 << HASH_BITS)

/** A raw block. */
export function snappyCompress(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(32 + bytes.length + Math.ceil(bytes.length / 6))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  let left = bytes.length
  for (; left > 127; left >>>= 7) out[at++] = (left & 127) | 128
  out[at++] = left
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    at = compressBlock(bytes, view, start, Math.min(bytes.length, start + BLOCK_BYTES), out, at)
  }
  return out.subarray(0, at)
}

/** Takes each match it meets; the longer nothing is met, the longer its steps. */
function compressBlock(bytes: Buffer, view: DataView, start: number, end: number, out: Buffer, outAt: number): number {
  seen.fill(0)
  let at = outAt
  let literals = start
  for (let p = start + 1; p < end - MARGIN; ) {
    const word = view.getInt32(p, true)
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const candidate = start + seen[hash]!
    seen[hash] = p - start
    if (view.getInt32(candidate, true) !== word) {
      p += 1 + ((p - literals) >> 5)
      continue
    }
    let size = MATCH_MIN
    while (p + size < end && bytes[p + size] === bytes[candidate + size]) size++
    at = writeLiterals(bytes, literals, p, out, at)
    at = writeCopies(p - candidate, size, out, at)
    p += size
    literals = p
  }
  return writeLiterals(bytes, literals, end, out, at)
}

function writeLiterals(bytes: Buffer, start: number, end: number, out: Buffer, outAt: number): number {
  let at = outAt
  const size = end - start - 1
  if (size < 0) return at
  if (size < 60) out[at++] = size << 2
  else if (size < 256) {
    out[at++] = 60 << 2
    out[at++] = size
  } else {
    out[at++] = 61 << 2
    out[at++] = size & 255
    out[at++] = size >> 8
  }
  copyShort(bytes, start, size + 1, out, at)
  return at + size + 1
}

function writeCopies(back: number, size: number, out: Buffer, outAt: number): number {
  let at = outAt
  let left = size
  while (left > 0) {
    // What is left over must be 4 bytes at least.
    const part = left < 65 ? left : left < 68 ? 60 : 64
    if (part < 12 && back < 2048) {
      out[at++] = ((back >> 8) << 5) | ((part - 4) << 2) | 1
      out[at++] = back & 255
    } else {
      out[at++] = ((part - 1) << 2) | 2
      out[at++] = back & 255
      out[at++] = back >> 8
    }
    left -= part
  }
  return at
}

function malformed(): RangeError {
  return new RangeError('the bytes are not a Snappy block')
}
