import { createHash } from 'node:crypto'
import type { Scratch } from './text-kernels.ts'

// Digests of short texts as hexadecimal digits in the scratch. node:crypto takes microseconds to set up a hash, which is more than
// the rounds of a block cost; from a few blocks on it is faster, and gets the rest.
const OWN_BYTES_MAX = 512

export function md5Hex(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > OWN_BYTES_MAX) return nodeHex(scratch, 'md5', bytes, start, end)
  const blocks = loadBlocks(bytes, start, end, true)
  let a = 0x67452301
  let b = 0xefcdab89 | 0
  let c = 0x98badcfe | 0
  let d = 0x10325476
  for (let block = 0; block < blocks; block++) {
    const at = block * 16
    const a0 = a
    const b0 = b
    const c0 = c
    const d0 = d
    // Four steps at a time, after which every name holds what it held before; one loop for each of the four mixing functions.
    for (let i = 0; i < 16; i += 4) {
      a = md5Step(a, b, (b & c) | (~b & d), words[at + i]! + SINES[i]!, 7)
      d = md5Step(d, a, (a & b) | (~a & c), words[at + i + 1]! + SINES[i + 1]!, 12)
      c = md5Step(c, d, (d & a) | (~d & b), words[at + i + 2]! + SINES[i + 2]!, 17)
      b = md5Step(b, c, (c & d) | (~c & a), words[at + i + 3]! + SINES[i + 3]!, 22)
    }
    for (let i = 16; i < 32; i += 4) {
      a = md5Step(a, b, (d & b) | (~d & c), words[at + ((5 * i + 1) & 15)]! + SINES[i]!, 5)
      d = md5Step(d, a, (c & a) | (~c & b), words[at + ((5 * i + 6) & 15)]! + SINES[i + 1]!, 9)
      c = md5Step(c, d, (b & d) | (~b & a), words[at + ((5 * i + 11) & 15)]! + SINES[i + 2]!, 14)
      b = md5Step(b, c, (a & c) | (~a & d), words[at + ((5 * i) & 15)]! + SINES[i + 3]!, 20)
    }
    for (let i = 32; i < 48; i += 4) {
      a = md5Step(a, b, b ^ c ^ d, words[at + ((3 * i + 5) & 15)]! + SINES[i]!, 4)
      d = md5Step(d, a, a ^ b ^ c, words[at + ((3 * i + 8) & 15)]! + SINES[i + 1]!, 11)
      c = md5Step(c, d, d ^ a ^ b, words[at + ((3 * i + 11) & 15)]! + SINES[i + 2]!, 16)
      b = md5Step(b, c, c ^ d ^ a, words[at + ((3 * i + 14) & 15)]! + SINES[i + 3]!, 23)
    }
    for (let i = 48; i < 64; i += 4) {
      a = md5Step(a, b, c ^ (b | ~d), words[at + ((7 * i) & 15)]! + SINES[i]!, 6)
      d = md5Step(d, a, b ^ (a | ~c), words[at + ((7 * i + 7) & 15)]! + SINES[i + 1]!, 10)
      c = md5Step(c, d, a ^ (d | ~b), words[at + ((7 * i + 14) & 15)]! + SINES[i + 2]!, 15)
      b = md5Step(b, c, d ^ (c | ~a), words[at + ((7 * i + 5) & 15)]! + SINES[i + 3]!, 21)
    }
    a = (a + a0) | 0
    b = (b + b0) | 0
    c = (c + c0) | 0
    d = (d + d0) | 0
  }
  const out = scratch.reserve(32)
  const target = scratch.bytes
  putLittleEndian(target, out, a)
  putLittleEndian(target, out + 8, b)
  putLittleEndian(target, out + 16, c)
  putLittleEndian(target, out + 24, d)
  return out
}
function md5Step(a: number, b: number, mixed: number, word: number, by: number): number {
  const sum = (a + mixed + word) | 0
  return (b + ((sum << by) | (sum >>> (32 - by)))) | 0
}
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 4294967296))

export function sha1Hex(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > OWN_BYTES_MAX) return nodeHex(scratch, 'sha1', bytes, start, end)
  const blocks = loadBlocks(bytes, start, end, false)
  let a = 0x67452301
  let b = 0xefcdab89 | 0
  let c = 0x98badcfe | 0
  let d = 0x10325476
  let e = 0xc3d2e1f0 | 0
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < 16; i++) schedule[i] = words[block * 16 + i]!
    for (let i = 16; i < 80; i++) {
      const mixed = schedule[i - 3]! ^ schedule[i - 8]! ^ schedule[i - 14]! ^ schedule[i - 16]!
      schedule[i] = (mixed << 1) | (mixed >>> 31)
    }
    const a0 = a
    const b0 = b
    const c0 = c
    const d0 = d
    const e0 = e
    // Five steps at a time, after which every name holds what it held before; one loop for each of the mixing functions.
    for (let i = 0; i < 20; i += 5) {
      e = sha1Step(a, (b & c) | (~b & d), e, schedule[i]! + SHA1_0)
      b = (b << 30) | (b >>> 2)
      d = sha1Step(e, (a & b) | (~a & c), d, schedule[i + 1]! + SHA1_0)
      a = (a << 30) | (a >>> 2)
      c = sha1Step(d, (e & a) | (~e & b), c, schedule[i + 2]! + SHA1_0)
      e = (e << 30) | (e >>> 2)
      b = sha1Step(c, (d & e) | (~d & a), b, schedule[i + 3]! + SHA1_0)
      d = (d << 30) | (d >>> 2)
      a = sha1Step(b, (c & d) | (~c & e), a, schedule[i + 4]! + SHA1_0)
      c = (c << 30) | (c >>> 2)
    }
    for (let i = 20; i < 40; i += 5) {
      e = sha1Step(a, b ^ c ^ d, e, schedule[i]! + SHA1_1)
      b = (b << 30) | (b >>> 2)
      d = sha1Step(e, a ^ b ^ c, d, schedule[i + 1]! + SHA1_1)
      a = (a << 30) | (a >>> 2)
      c = sha1Step(d, e ^ a ^ b, c, schedule[i + 2]! + SHA1_1)
      e = (e << 30) | (e >>> 2)
      b = sha1Step(c, d ^ e ^ a, b, schedule[i + 3]! + SHA1_1)
      d = (d << 30) | (d >>> 2)
      a = sha1Step(b, c ^ d ^ e, a, schedule[i + 4]! + SHA1_1)
      c = (c << 30) | (c >>> 2)
    }
    for (let i = 40; i < 60; i += 5) {
      e = sha1Step(a, (b & c) | (d & (b | c)), e, schedule[i]! + SHA1_2)
      b = (b << 30) | (b >>> 2)
      d = sha1Step(e, (a & b) | (c & (a | b)), d, schedule[i + 1]! + SHA1_2)
      a = (a << 30) | (a >>> 2)
      c = sha1Step(d, (e & a) | (b & (e | a)), c, schedule[i + 2]! + SHA1_2)
      e = (e << 30) | (e >>> 2)
      b = sha1Step(c, (d & e) | (a & (d | e)), b, schedule[i + 3]! + SHA1_2)
      d = (d << 30) | (d >>> 2)
      a = sha1Step(b, (c & d) | (e & (c | d)), a, schedule[i + 4]! + SHA1_2)
      c = (c << 30) | (c >>> 2)
    }
    for (let i = 60; i < 80; i += 5) {
      e = sha1Step(a, b ^ c ^ d, e, schedule[i]! + SHA1_3)
      b = (b << 30) | (b >>> 2)
      d = sha1Step(e, a ^ b ^ c, d, schedule[i + 1]! + SHA1_3)
      a = (a << 30) | (a >>> 2)
      c = sha1Step(d, e ^ a ^ b, c, schedule[i + 2]! + SHA1_3)
      e = (e << 30) | (e >>> 2)
      b = sha1Step(c, d ^ e ^ a, b, schedule[i + 3]! + SHA1_3)
      d = (d << 30) | (d >>> 2)
      a = sha1Step(b, c ^ d ^ e, a, schedule[i + 4]! + SHA1_3)
      c = (c << 30) | (c >>> 2)
    }
    a = (a + a0) | 0
    b = (b + b0) | 0
    c = (c + c0) | 0
    d = (d + d0) | 0
    e = (e + e0) | 0
  }
  const out = scratch.reserve(40)
  const target = scratch.bytes
  putBigEndian(target, out, a)
  putBigEndian(target, out + 8, b)
  putBigEndian(target, out + 16, c)
  putBigEndian(target, out + 24, d)
  putBigEndian(target, out + 32, e)
  return out
}

function sha1Step(a: number, mixed: number, e: number, word: number): number {
  return (((a << 5) | (a >>> 27)) + mixed + e + word) | 0
}
const SHA1_0 = 0x5a827999
const SHA1_1 = 0x6ed9eba1
const SHA1_2 = 0x8f1bbcdc | 0
const SHA1_3 = 0xca62c1d6 | 0

export function sha256Hex(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > OWN_BYTES_MAX) return nodeHex(scratch, 'sha256', bytes, start, end)
  sha2(bytes, start, end, SHA256_START)
  const out = scratch.reserve(64)
  for (let i = 0; i < 8; i++) putBigEndian(scratch.bytes, out + 8 * i, state[i]!)
  return out
}
export function sha224Hex(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > OWN_BYTES_MAX) return nodeHex(scratch, 'sha224', bytes, start, end)
  sha2(bytes, start, end, SHA224_START)
  const out = scratch.reserve(56)
  for (let i = 0; i < 7; i++) putBigEndian(scratch.bytes, out + 8 * i, state[i]!)
  return out
}
/** 64-bit words: node's. */
export function sha384Hex(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  return nodeHex(scratch, 'sha384', bytes, start, end)
}
export function sha512Hex(scratch: Scratch, bytes: Uint8Array, start: number, end: number): number {
  return nodeHex(scratch, 'sha512', bytes, start, end)
}

const state = new Int32Array(8)
function sha2(bytes: Uint8Array, start: number, end: number, initial: Int32Array): void {
  const blocks = loadBlocks(bytes, start, end, false)
  for (let i = 0; i < 8; i++) state[i] = initial[i]!
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < 16; i++) schedule[i] = words[block * 16 + i]!
    for (let i = 16; i < 64; i++) {
      const x = schedule[i - 15]!
      const y = schedule[i - 2]!
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
      schedule[i] = (schedule[i - 16]! + s0 + schedule[i - 7]! + s1) | 0
    }
    let a = state[0]!
    let b = state[1]!
    let c = state[2]!
    let d = state[3]!
    let e = state[4]!
    let f = state[5]!
    let g = state[6]!
    let h = state[7]!
    // Eight steps at a time, after which every name holds what it held before.
    for (let i = 0; i < 64; i += 8) {
      h = (h + upperMix(e, f, g) + SHA256_ROOTS[i]! + schedule[i]!) | 0
      d = (d + h) | 0
      h = (h + lowerMix(a, b, c)) | 0
      g = (g + upperMix(d, e, f) + SHA256_ROOTS[i + 1]! + schedule[i + 1]!) | 0
      c = (c + g) | 0
      g = (g + lowerMix(h, a, b)) | 0
      f = (f + upperMix(c, d, e) + SHA256_ROOTS[i + 2]! + schedule[i + 2]!) | 0
      b = (b + f) | 0
      f = (f + lowerMix(g, h, a)) | 0
      e = (e + upperMix(b, c, d) + SHA256_ROOTS[i + 3]! + schedule[i + 3]!) | 0
      a = (a + e) | 0
      e = (e + lowerMix(f, g, h)) | 0
      d = (d + upperMix(a, b, c) + SHA256_ROOTS[i + 4]! + schedule[i + 4]!) | 0
      h = (h + d) | 0
      d = (d + lowerMix(e, f, g)) | 0
      c = (c + upperMix(h, a, b) + SHA256_ROOTS[i + 5]! + schedule[i + 5]!) | 0
      g = (g + c) | 0
      c = (c + lowerMix(d, e, f)) | 0
      b = (b + upperMix(g, h, a) + SHA256_ROOTS[i + 6]! + schedule[i + 6]!) | 0
      f = (f + b) | 0
      b = (b + lowerMix(c, d, e)) | 0
      a = (a + upperMix(f, g, h) + SHA256_ROOTS[i + 7]! + schedule[i + 7]!) | 0
      e = (e + a) | 0
      a = (a + lowerMix(b, c, d)) | 0
    }
    state[0]! += a
    state[1]! += b
    state[2]! += c
    state[3]! += d
    state[4]! += e
    state[5]! += f
    state[6]! += g
    state[7]! += h
  }
}

function upperMix(e: number, f: number, g: number): number {
  const turned = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
  return (turned + (g ^ (e & (f ^ g)))) | 0
}
function lowerMix(a: number, b: number, c: number): number {
  const turned = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
  return (turned + ((a & b) | (c & (a | b)))) | 0
}

const PRIMES = ((): number[] => {
  const primes: number[] = []
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
})()
/** The first 32 bits behind the point. */
function fraction32(x: number): number {
  return Math.floor((x - Math.floor(x)) * 4294967296) | 0
}
const SHA256_ROOTS = Int32Array.from(PRIMES, (prime) => fraction32(Math.cbrt(prime)))
const SHA256_START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction32(Math.sqrt(prime)))
const SHA224_START = Int32Array.of(0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4)

const schedule = new Int32Array(80)
const words = new Int32Array((OWN_BYTES_MAX + 128) >> 2)
const message = new Uint8Array(words.buffer)

/** The message with its padding as words of 32 bits; gives the number of 64-byte blocks. */
function loadBlocks(bytes: Uint8Array, start: number, end: number, littleEndian: boolean): number {
  const length = end - start
  const blocks = (length + 72) >> 6
  const count = blocks * 16
  for (let i = length >> 2; i < count; i++) words[i] = 0
  for (let i = start, o = 0; i < end; i++, o++) message[o] = bytes[i]!
  message[length] = 0x80
  if (!littleEndian) for (let i = 0; i <= length >> 2; i++) words[i] = swapped(words[i]!)
  words[count - (littleEndian ? 2 : 1)] = length * 8
  return blocks
}
function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

const DIGITS = new TextEncoder().encode('0123456789abcdef')
function putBigEndian(target: Uint8Array, at: number, word: number): void {
  for (let i = 0; i < 8; i++) target[at + i] = DIGITS[(word >>> (28 - 4 * i)) & 15]!
}
function putLittleEndian(target: Uint8Array, at: number, word: number): void {
  for (let i = 0; i < 4; i++) {
    const byte = (word >>> (8 * i)) & 255
    target[at + 2 * i] = DIGITS[byte >> 4]!
    target[at + 2 * i + 1] = DIGITS[byte & 15]!
  }
}

function nodeHex(scratch: Scratch, algorithm: string, bytes: Uint8Array, start: number, end: number): number {
  return scratch.text(createHash(algorithm).update(bytes.subarray(start, end)).digest('hex'))
}

/** CRC-32 of a range, as an unsigned number. */
export function crc32Of(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1
  for (let i = start; i < end; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})
