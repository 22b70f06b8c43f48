import { repeat } from './snappy.ts'

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
      if (literals < 32) for (let i = 0; i < literals; i++) out[end + i] = packed[at + i]!
      else packed.copy(out, end, at, at + literals)
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

function malformed(): RangeError {
  return new RangeError('the bytes are not an LZ4 frame')
}
