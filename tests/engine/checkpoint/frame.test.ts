import { expect, test } from 'vitest'
import {
  FILE_HEADER_BYTES,
  fileHeader,
  fileVersion,
  frameHeader,
  RECORD_KINDS,
  scanFrames,
} from '../../../engine/checkpoint/frame.ts'

/** A file of three frames with payloads of 5, 0 and 20 bytes; each says that all before it was durable. */
function threeFrames(): Uint8Array {
  const parts: Uint8Array[] = [fileHeader()]
  let length = FILE_HEADER_BYTES
  const add = (epoch: number, payload: Uint8Array) => {
    const header = frameHeader(RECORD_KINDS.state, epoch, length, [payload])
    parts.push(header, payload)
    length += header.length + payload.length
  }
  add(7, new TextEncoder().encode('hello'))
  add(2 ** 40 + 3, new Uint8Array(0))
  add(9, new Uint8Array(20).fill(0xab))
  return Uint8Array.from(Buffer.concat(parts))
}

test('frames are read back as they were written', () => {
  const file = threeFrames()
  expect(fileVersion(file)).toBe(1)
  const { frames, end, damage } = scanFrames(file)
  expect(frames.map(({ kind, epoch, payload, start, durable }) => [kind, epoch, payload.length, start, durable])).toEqual([
    [3, 7, 5, 16, 16],
    [3, 2 ** 40 + 3, 0, 53, 53],
    [3, 9, 20, 85, 85],
  ])
  expect([end, damage]).toEqual([file.length, undefined])
})

test('wherever a file is cut off, the whole frames before are kept and the rest counts as torn', () => {
  const file = threeFrames()
  for (let length = FILE_HEADER_BYTES; length < file.length; length++) {
    const { frames, end, damage } = scanFrames(file.subarray(0, length))
    const whole = length < 53 ? 0 : length < 85 ? 1 : 2
    expect([frames.length, end, damage]).toEqual([whole, [16, 53, 85][whole], undefined])
  }
})

test('a byte changed in a frame that was durable is damage at that frame; in the last frame it cannot be told from a torn tail', () => {
  const file = threeFrames()
  for (let at = FILE_HEADER_BYTES; at < file.length; at++) {
    const changed = file.slice()
    changed[at]! ^= 0x40
    const { frames, damage } = scanFrames(changed)
    const index = at < 53 ? 0 : at < 85 ? 1 : 2
    expect([at, frames.length, damage?.at]).toEqual([at, index, index === 2 ? undefined : [16, 53][index]])
  }
})

test('a broken frame is torn, not damaged, when no later one claims that it was on the disk', () => {
  const payload = new Uint8Array(8)
  const file = Buffer.concat([
    fileHeader(),
    frameHeader(RECORD_KINDS.state, 1, 16, [payload]),
    payload,
    frameHeader(RECORD_KINDS.committed, 1, 16, []),
  ])
  file[20]! ^= 1
  expect(scanFrames(file)).toEqual({ frames: [], end: 16, damage: undefined })
})
