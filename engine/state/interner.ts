import { Column } from '../columnar/column.ts'
import type { Memory } from '../columnar/memory.ts'
import type { DataType } from '../types/data-type.ts'

/**
 * Byte strings to dense ids 0, 1, 2 …: each text that is part of a key is kept once, and keys hold its id.
 *
 * slots 16 bytes [hash, id + 1, offset, length]; the bytes lie end to end in one array. Nothing is removed: whoever drops keys makes
 * a fresh interner now and then and moves the living texts over.
 */
export class Interner {
  #slots = new Int32Array(64)
  #mask = 15
  #count = 0
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #used = 0
  /** [offset, length] an id. */
  #places = new Int32Array(32)

  get count(): number {
    return this.#count
  }
  get memoryBytes(): number {
    return this.#slots.byteLength + this.#bytes.byteLength + this.#places.byteLength
  }

  /** Writes the id of each row's text to out[row * stride + at]; −1 for NULL. `look`: unknown texts are not added and get −2. */
  internColumn(column: Column, count: number, out: Int32Array, stride: number, at: number, look: boolean): void {
    const offsets = column.offsets!
    const bytes = column.bytes!
    const { validity } = column
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let row = 0; row < count; row++) {
      const present = validity === null || ((validity[row >> 3]! >> (row & 7)) & 1) === 1
      out[row * stride + at] = present ? this.#find(bytes, view, offsets[row]!, offsets[row + 1]!, look) : -1
    }
  }

  intern(bytes: Uint8Array, start: number, end: number): number {
    return this.#find(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), start, end, false)
  }

  #find(bytes: Uint8Array, view: DataView, start: number, end: number, look: boolean): number {
    const hash = hashText(view, start, end)
    const length = end - start
    const mask = this.#mask
    const slots = this.#slots
    let slot = (hash & mask) << 2
    for (;;) {
      const id = slots[slot + 1]!
      if (id === 0) return look ? -2 : this.#add(hash, bytes, start, end)
      if (slots[slot] === hash && slots[slot + 3] === length) {
        if (equalTexts(this.#view, slots[slot + 2]!, view, start, end)) return id - 1
      }
      slot = (slot + 4) & ((mask << 2) | 3)
    }
  }

  bytesOf(id: number): Uint8Array {
    const offset = this.#places[2 * id]!
    return this.#bytes.subarray(offset, offset + this.#places[2 * id + 1]!)
  }

  /** A column of the texts of ids[0 … count); −1 gives NULL. */
  column(type: DataType, ids: Int32Array, count: number, memory: Memory): Column {
    const places = this.#places
    const offsets = memory.int32(count + 1)
    let total = 0
    let nulls = 0
    for (let i = 0; i < count; i++) {
      offsets[i] = total
      const id = ids[i]!
      if (id >= 0) total += places[2 * id + 1]!
      else nulls++
    }
    offsets[count] = total
    const bytes = memory.bytes(total + 8)
    const validity = nulls === 0 ? null : memory.bytes((count + 7) >> 3).fill(0)
    const source = this.#bytes
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      if (id < 0) continue
      if (validity !== null) validity[i >> 3]! |= 1 << (i & 7)
      let from = places[2 * id]!
      for (let to = offsets[i]!; to < offsets[i + 1]!; to++) bytes[to] = source[from++]!
    }
    return new Column(type, count, validity, null, offsets, bytes)
  }

  #add(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const id = this.#count++
    const length = end - start
    if (this.#used + length > this.#bytes.length) {
      const next = new Uint8Array(Math.max(this.#used + length, 2 * this.#bytes.length))
      next.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = next
      this.#view = new DataView(next.buffer)
    }
    for (let i = 0; i < length; i++) this.#bytes[this.#used + i] = bytes[start + i]!
    if (2 * id + 2 > this.#places.length) {
      const next = new Int32Array(2 * this.#places.length)
      next.set(this.#places)
      this.#places = next
    }
    this.#places[2 * id] = this.#used
    this.#places[2 * id + 1] = length
    if (2 * this.#count > this.#mask + 1) this.#grow()
    let slot = (hash & this.#mask) << 2
    while (this.#slots[slot + 1] !== 0) slot = (slot + 4) & ((this.#mask << 2) | 3)
    this.#slots[slot] = hash
    this.#slots[slot + 1] = id + 1
    this.#slots[slot + 2] = this.#used
    this.#slots[slot + 3] = length
    this.#used += length
    return id
  }

  #grow(): void {
    const old = this.#slots
    this.#mask = 2 * this.#mask + 1
    const mask = this.#mask
    const slots = new Int32Array(4 * (mask + 1))
    for (let at = 0; at < old.length; at += 4) {
      if (old[at + 1] === 0) continue
      let slot = (old[at]! & mask) << 2
      while (slots[slot + 1] !== 0) slot = (slot + 4) & ((mask << 2) | 3)
      for (let word = 0; word < 4; word++) slots[slot + word] = old[at + word]!
    }
    this.#slots = slots
  }
}

/** Four bytes a step; the length is part of the hash, so that a zero byte at the end counts. */
function hashText(view: DataView, start: number, end: number): number {
  let hash = end - start
  let at = start
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  let tail = 0
  for (let shift = 0; at < end; at++, shift += 8) tail |= view.getUint8(at) << shift
  hash = Math.imul(hash ^ tail, 0x85ebca6b)
  return hash ^ (hash >>> 13)
}

/** Are b's bytes [start, end) those at `at` of a? */
function equalTexts(a: DataView, at: number, b: DataView, start: number, end: number): boolean {
  let i = start
  for (; i + 4 <= end; i += 4, at += 4) if (a.getInt32(at, true) !== b.getInt32(i, true)) return false
  for (; i < end; i++, at++) if (a.getUint8(at) !== b.getUint8(i)) return false
  return true
}
