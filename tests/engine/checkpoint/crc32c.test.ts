import { expect, test } from 'vitest'
import { crc32c, extendCrc32c } from '../../../engine/checkpoint/crc32c.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test.each([
  ['', 0],
  ['a', 0xc1d04330],
  ['123456789', 0xe3069283],
  ['The quick brown fox jumps over the lazy dog', 0x22620404],
])('the checksum of "%s" is that of RFC 3720', (text, checksum) => {
  expect(crc32c(bytes(text))).toBe(checksum)
})

test('32 bytes of zeros, of ones, and counting up have the checksums of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
})

test('a checksum can be made piece by piece, wherever the pieces end', () => {
  const all = Uint8Array.from({ length: 50 }, (_, i) => (i * 37) & 255)
  for (let cut = 0; cut <= all.length; cut++) {
    expect(extendCrc32c(crc32c(all.subarray(0, cut)), all.subarray(cut))).toBe(crc32c(all))
  }
})
