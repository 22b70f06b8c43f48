import { copyShort, repeat } from './snappy.ts'

/**
 * The LZ4 frame format as Kafka uses it. Checksums of the frame are not looked at: record batches have one of their own.
 * Source: lz4 doc/lz4_Frame_format.md and lz4_Block_format.md.
 */
const MAGIC = 0x184d2204
const MIN_MATCH = 4

/** @throws RangeError when the bytes are not of the format */
export function lz4Decompress(packed: Buffer): Buffer {
  if (packed.length < 7 || packed.readUInt32LE(0) !== MAGIC) throw malformed()
  const flags = packed[4]!
  const blockChecksums = (flags & 0x10) !== 0
  const contentSize = (flags & 0x08) !== 0
  const dictionary = (flags & 0x01) !== 0
  const maxBlock = 1 << (8 + 2 * ((packed[5]! >> 4) & 7))
  let at = 7 + (contentSize ? 8 : 0) + (dictionary ? 4 : 0)
  let out = Buffer.allocUnsafe(Math.max(maxBlock, packed.length * 4))
  let end = 0
  for (;;) {
    const header = packed.readUInt32LE(at)
    at += 4
    if (header === 0) return out.subarray(0, end)
    const size = header & 0x7fffffff
    if (at + size > packed.length) throw malformed()
    if (end + maxBlock > out.length) {
      const grown = Buffer.allocUnsafe(Math.max(end + maxBlock, out.length * 2))
      out.copy(grown, 0, 0, end)
      out = grown
    }
    if (header >>> 31 === 1) {
      packed.copy(out, end, at, at + size)
      end += size
    } else end = decompressBlock(packed, at, at + size, out, end)
    at += size + (blockChecksums ? 4 : 0)
  }
}

function decompressBlock(packed: Buffer, start: number, limit: number, out: Buffer, outStart: number): number {
  let at = start
  let end = outStart
  while (at < limit) {
    const token = packed[at++]!
    let literals = token >>> 4
    if (literals === 15) {
      let byte: number
      do literals += byte = packed[at++]!
      while (byte === 255)
    }
    if (literals > 0) {
      if (at + literals > limit || end + literals > out.length) throw malformed()
      copyShort(packed, at, literals, out, end)
      at += literals
      end += literals
    }
    if (at >= limit) return end
    const back = packed[at]! | (packed[at + 1]! << 8)
    at += 2
    let size = token & 15
    if (size === 15) {
      let byte: number
      do size += byte = packed[at++]!
      while (byte === 255)
    }
    size += MIN_MATCH
    if (back === 0 || back > end || end + size > out.length) throw malformed()
    repeat(out, end, back, size)
    end += size
  }
  return end
}

/** Header of frames that are written: independent blocks of at most 64 KiB, no checksums; the last byte is a checksum of the two before it. */
const WRITTEN_HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
const BLOCK_BYTES = 1 << 16
const HASH_BITS = 14
/** The last match begins so far before the end at least. */
const MATCH_MARGIN = 12
/** The last bytes of a block are literals. */
const LAST_LITERALS = 5
const seen = new Uint16Array(1 << HASH_BITS)

/** A frame. */
export function lz4Compress(bytes: Buffer): Buffer {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES)
  const out = Buffer.allocUnsafe(64 + bytes.length + Math.ceil(bytes.length / 255) + blocks * 32)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = WRITTEN_HEADER.copy(out)
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(bytes.length, start + BLOCK_BYTES)
    const blockEnd = compressBlock(bytes, view, start, end, out, at + 4)
    if (blockEnd - at - 4 < end - start) {
      out.writeUInt32LE(blockEnd - at - 4, at)
      at = blockEnd
    } else {
      out.writeUInt32LE((0x80000000 | (end - start)) >>> 0, at)
      bytes.copy(out, at + 4, start, end)
      at += 4 + end - start
    }
  }
  return out.subarray(0, out.writeUInt32LE(0, at))
}

/** Takes each match it meets; the longer nothing is met, the longer its steps. */
function compressBlock(bytes: Buffer, view: DataView, start: number, end: number, out: Buffer, outAt: number): number {
  seen.fill(0)
  let at = outAt
  let literals = start
  for (let p = start + 1; p < end - MATCH_MARGIN; ) {
    const word = view.getInt32(p, true)
    const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
    const candidate = start + seen[hash]!
    seen[hash] = p - start
    if (view.getInt32(candidate, true) !== word) {
      p += 1 + ((p - literals) >> 5)
      continue
    }
    let size = MIN_MATCH
    while (p + size < end - LAST_LITERALS && bytes[p + size] === bytes[candidate + size]) size++
    at = writeSequence(bytes, literals, p, size - MIN_MATCH, out, at)
    const back = p - candidate
    // The two bytes of `back` come between the literals and what is left of the match's size.
    out[at] = back & 255
    out[at + 1] = back >> 8
    at = writeMore(size - MIN_MATCH, out, at + 2)
    p += size
    literals = p
  }
  return writeSequence(bytes, literals, end, 0, out, at)
}

/** Token and literals. */
function writeSequence(bytes: Buffer, start: number, end: number, match: number, out: Buffer, outAt: number): number {
  const size = end - start
  out[outAt] = (Math.min(15, size) << 4) | Math.min(15, match)
  const at = writeMore(size, out, outAt + 1)
  copyShort(bytes, start, size, out, at)
  return at + size
}

/** What of a size does not fit into the token. */
function writeMore(size: number, out: Buffer, outAt: number): number {
  if (size < 15) return outAt
  let at = outAt
  let left = size - 15
  for (; left >= 255; left -= 255) out[at++] = 255
  out[at++] = left
  return at
}

function malformed(): RangeError {
  return new RangeError('the bytes are not an LZ4 frame')
}
