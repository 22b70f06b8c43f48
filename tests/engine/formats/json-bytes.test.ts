import { expect, test } from 'vitest'
import { REFUSED, skipText } from '../../../engine/formats/json-bytes.ts'

// Texts are walked four bytes at a time: every byte must be seen for what it is at every place of a word, also behind bytes above 0x7f.

test('a text ends at its quote and is refused for a control character or a bad escape, wherever they stand', () => {
  for (const before of [[], [0xc3, 0xa9], [0xdc, 0xa1], [0xff, 0x80, 0xa0]]) {
    for (let place = 0; place < 9; place++) {
      for (let byte = 0; byte < 256; byte++) {
        const text = [...before, ...Array<number>(place).fill(0x61), byte, ...Array<number>(9 - place).fill(0x78)]
        const bytes = Uint8Array.from([...text, 0x22, 0x0a, ...Array<number>(64).fill(0)])
        const end = byte < 0x20 || byte === 0x5c ? REFUSED : byte === 0x22 ? before.length + place : text.length
        const found = skipText(bytes, new DataView(bytes.buffer), 0)
        // One expectation a byte would take longer than the rest of the test.
        if (found !== end) expect({ before, place, byte, found }).toEqual({ before, place, byte, found: end })
      }
    }
  }
})
