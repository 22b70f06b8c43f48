import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CODECS, compressor, decompress } from '../../sources/kafka/client/compression.ts'
import { lz4Compress, lz4Decompress } from '../../sources/kafka/client/lz4.ts'
import { snappyCompress, snappyDecompress } from '../../sources/kafka/client/snappy.ts'

/** Texts that repeat themselves, noise, and lengths around those that formats treat differently. */
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 8000 }))
    .map(([part, times]) => Buffer.concat(new Array<Uint8Array>(times).fill(part))),
  fc
    .array(fc.tuple(fc.nat(9), fc.nat(300)), { maxLength: 2000 })
    .map((numbers) => Buffer.from(JSON.stringify(numbers.map(([kind, n]) => ({ kind, name: `name ${n}`, n }))))),
  fc.constantFrom(65535, 65536, 65537, 200_000).map((length) => Buffer.alloc(length, 7)),
)

test('what is packed is unpacked to the same bytes, by the codecs written here', () => {
  fc.assert(
    fc.property(contents, (bytes) => {
      const given = Buffer.from(bytes)
      expect(snappyDecompress(snappyCompress(given)).equals(given)).toBe(true)
      expect(lz4Decompress(lz4Compress(given)).equals(given)).toBe(true)
    }),
    { numRuns: 150 },
  )
})

test('what is packed with a codec of the sink is unpacked by the source, whichever package does it', () => {
  const bytes = Buffer.from('a record of some length, '.repeat(5000))
  for (const [number, codec] of CODECS.entries()) {
    const packed = compressor(codec)?.(bytes)
    if (packed === undefined) expect(codec).toBe('zstd')
    else expect(decompress(number, packed).equals(bytes)).toBe(true)
  }
})

test('the packages snappy and lz4-napi read what is packed here, and the other way round', () => {
  const require = createRequire(import.meta.url)
  const snappy = require('snappy') as Record<'compressSync' | 'uncompressSync', (bytes: Buffer) => Buffer>
  const lz4 = require('lz4-napi') as Record<'compressFrameSync' | 'decompressFrameSync', (bytes: Buffer) => Buffer>
  fc.assert(
    fc.property(contents, (bytes) => {
      const given = Buffer.from(bytes)
      expect(snappy.uncompressSync(snappyCompress(given)).equals(given)).toBe(true)
      expect(snappyDecompress(snappy.compressSync(given)).equals(given)).toBe(true)
      expect(lz4.decompressFrameSync(lz4Compress(given)).equals(given)).toBe(true)
      expect(lz4Decompress(lz4.compressFrameSync(given)).equals(given)).toBe(true)
    }),
    { numRuns: 60 },
  )
})
