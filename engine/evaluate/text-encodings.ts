import type { Scratch } from './text-kernels.ts'

// Encodings of bytes as text and back. As the functions of text-edits.ts, each writes into the scratch and gives the start of what it wrote; −1
// where it refuses.

/** Two hexadecimal digits a byte. */
export function hexDigits(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  const out = scratch.reserve(2 * (end - start))
  const target = scratch.bytes
  for (let i = start, to = out; i < end; i++) {
    target[to++] = UPPER_DIGITS[bytes[i]! >> 4]!
    target[to++] = UPPER_DIGITS[bytes[i]! & 15]!
  }
  return out
}
/** The digits of an unsigned 64-bit number given as its halves, without zeros in front. */
export function hexOfHalves(scratch: Scratch, low: number, high: number): number {
  const out = scratch.reserve(16)
  const target = scratch.bytes
  let to = out
  for (let shift = 60; shift >= 0; shift -= 4) {
    const digit = (shift >= 32 ? high >>> (shift - 32) : low >>> shift) & 15
    if (digit !== 0 || to > out || shift === 0) target[to++] = UPPER_DIGITS[digit]!
  }
  scratch.used = to
  return out
}
const UPPER_DIGITS = new TextEncoder().encode('0123456789ABCDEF')

const BASE64 = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
/** A line of 76 characters at most: longer texts are the interpreter's. */
export function base64Digits(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 57) return -1
  const out = scratch.reserve(4 * Math.floor((end - start + 2) / 3))
  const target = scratch.bytes
  let to = out
  for (let i = start; i < end; i += 3, to += 4) {
    const second = i + 1 < end ? bytes[i + 1]! : 0
    const third = i + 2 < end ? bytes[i + 2]! : 0
    const group = (bytes[i]! << 16) | (second << 8) | third
    target[to] = BASE64[group >> 18]!
    target[to + 1] = BASE64[(group >> 12) & 63]!
    target[to + 2] = i + 1 < end ? BASE64[(group >> 6) & 63]! : 61
    target[to + 3] = i + 2 < end ? BASE64[group & 63]! : 61
  }
  return out
}

/** Bytes of hexadecimal digits; refuses other characters. An odd number of digits gets a zero in front. */
export function bytesOfHex(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  const out = scratch.reserve((end - start + 1) >> 1)
  const target = scratch.bytes
  let wrong = 0
  let held = 0
  for (let i = start, left = end - start, to = out; i < end; i++, left--) {
    const digit = HEX_VALUES[bytes[i]!]!
    wrong |= digit
    held = (held << 4) | (digit & 15)
    if ((left & 1) === 1) {
      target[to++] = held
      held = 0
    }
  }
  return wrong > 15 ? -1 : out
}
const HEX_VALUES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase())
  return digit < 0 ? 16 : digit
})

/** Bytes of base64; refuses everything but whole groups of four digits, with their padding. */
export function bytesOfBase64(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if ((length & 3) !== 0) return -1
  const padding = length === 0 || bytes[end - 1] !== 61 ? 0 : bytes[end - 2] === 61 ? 2 : 1
  const out = scratch.reserve((length >> 2) * 3 - padding)
  const until = scratch.used
  const target = scratch.bytes
  let wrong = 0
  for (let i = start, to = out; i < end; i += 4, to += 3) {
    const isLast = i + 4 === end
    const third = isLast && padding === 2 ? 0 : BASE64_VALUES[bytes[i + 2]!]!
    const fourth = isLast && padding > 0 ? 0 : BASE64_VALUES[bytes[i + 3]!]!
    const first = BASE64_VALUES[bytes[i]!]!
    const second = BASE64_VALUES[bytes[i + 1]!]!
    wrong |= first | second | third | fourth
    const group = (first << 18) | (second << 12) | (third << 6) | fourth
    target[to] = group >> 16
    if (to + 1 < until) target[to + 1] = group >> 8
    if (to + 2 < until) target[to + 2] = group
  }
  return wrong > 63 ? -1 : out
}
const BASE64_VALUES = ((): Uint8Array => {
  const values = new Uint8Array(256).fill(64)
  BASE64.forEach((byte, i) => {
    values[byte] = i
  })
  return values
})()

/** As java.net.URLEncoder: a blank is a plus sign; letters, digits and .-*_ stay, every other byte is %XX. */
export function urlEncoded(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  const out = scratch.reserve(3 * (end - start))
  const target = scratch.bytes
  let to = out
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (URL_PLAIN[byte] === 1) target[to++] = byte === 32 ? 43 : byte
    else {
      target[to] = 37
      target[to + 1] = UPPER_DIGITS[byte >> 4]!
      target[to + 2] = UPPER_DIGITS[byte & 15]!
      to += 3
    }
  }
  scratch.used = to
  return out
}
const URL_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z0-9.\-*_ ]/.test(String.fromCharCode(byte)) ? 1 : 0))

/** Refuses escapes that are wrong, and bytes that are not ASCII, which may be no UTF-8. */
export function urlDecoded(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  const out = scratch.reserve(end - start)
  const target = scratch.bytes
  let to = out
  let wrong = 0
  for (let i = start; i < end; i++) {
    let byte = bytes[i]!
    if (byte === 43) byte = 32
    else if (byte === 37) {
      if (i + 2 >= end) return -1
      byte = (HEX_VALUES[bytes[i + 1]!]! << 4) | HEX_VALUES[bytes[i + 2]!]! | ((HEX_VALUES[bytes[i + 2]!]! & 16) << 3)
      i += 2
    }
    wrong |= byte
    target[to++] = byte
  }
  scratch.used = to
  return wrong > 127 ? -1 : out
}
