/**
 * Open addressing over typed arrays: keys of a fixed number of int32 lanes to dense ids 0, 1, 2 … in order of first appearance.
 *
 * keys in   row-major int32, `strideOf(lanes)` words a row, the last of them the hash (see `hashLanes`)
 * slots     16 bytes: up to three lanes lie in the slot itself, [lane 0, lane 1, lane 2, id + 1]; longer keys keep
 *           [hash, lane 0, lane 1, id + 1] there and are compared in `keys`. Linear probing, at most half full
 * keys kept `keys[id * lanes …]`, dense, so that output and checkpoints read them without touching the slots
 *
 * All loops work a batch at a time and see Int32Array alone. Measured with bench/micro/hash-table.ts.
 */
export class HashTable {
  readonly lanes: number
  /** Dense keys, `lanes` words an id. Replaced when the table grows. */
  keys: Int32Array
  #slots: Int32Array
  #mask: number
  /** Ids below it have been handed out. */
  #count = 0
  readonly #free: number[] = []
  /** One row of words, for keys that are looked up again. */
  readonly #words: Int32Array

  constructor(lanes: number, capacity = 8) {
    this.lanes = lanes
    this.#words = new Int32Array(strideOf(lanes))
    let size = 16
    while (size < 2 * capacity) size *= 2
    this.#mask = size - 1
    this.#slots = new Int32Array(4 * size)
    this.keys = new Int32Array(lanes * (size >> 1))
  }

  /** Ids are below it. */
  get count(): number {
    return this.#count
  }
  /** Keys held: ids less the removed ones. */
  get size(): number {
    return this.#count - this.#free.length
  }
  /** Ids that fit before the table grows. */
  get capacity(): number {
    return (this.#mask + 1) >> 1
  }
  get bytes(): number {
    return this.#slots.byteLength + this.keys.byteLength
  }

  /** ids[i] becomes the id of the key in row rows[i]; unknown keys get the next ids in order. */
  findOrAdd(words: Int32Array, rows: Int32Array, count: number, ids: Int32Array): void {
    if (this.lanes === 0) {
      if (count > 0 && this.#count === 0) this.#count = 1
      ids.fill(0, 0, count)
      return
    }
    // At most half of the slots may be taken: room is made in steps, so that a batch of known keys never makes the table grow.
    let done = 0
    while (done < count) {
      if (this.#count - this.#free.length >= this.capacity) this.#grow()
      done = this.lanes <= 3 ? this.#addNarrow(words, rows, done, count, ids) : this.#addWide(words, rows, done, count, ids)
    }
  }

  /** ids[i] becomes the id of the key in row rows[i], or −1. */
  find(words: Int32Array, rows: Int32Array, count: number, ids: Int32Array): void {
    const { lanes } = this
    if (lanes === 0) {
      ids.fill(this.#count - 1, 0, count)
      return
    }
    for (let i = 0; i < count; i++) ids[i] = this.#slots[4 * this.#slotOf(words, strideOf(lanes) * rows[i]!) + 3]! - 1
  }

  /** Forgets a key. Its id is handed out again later. */
  remove(id: number): void {
    const { lanes, keys } = this
    const words = this.#words
    for (let lane = 0; lane < lanes; lane++) words[lane] = keys[id * lanes + lane]!
    hashLanes(words, lanes, 1)
    const slots = this.#slots
    const mask = this.#mask
    let hole = this.#slotOf(words, 0)
    // Backward shift: whatever was pushed past the hole by a collision moves into it, so that no tombstones are needed.
    for (let next = (hole + 1) & mask; slots[4 * next + 3] !== 0; next = (next + 1) & mask) {
      const home = this.#hashOfSlot(next) & mask
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      for (let word = 0; word < 4; word++) slots[4 * hole + word] = slots[4 * next + word]!
      hole = next
    }
    for (let word = 0; word < 4; word++) slots[4 * hole + word] = 0
    this.#free.push(id)
  }

  /** Rewrites keys in place, `rewrite` being called for each living key with the place of its first lane, and finds every key its new slot. */
  rewriteKeys(rewrite: (keys: Int32Array, at: number) => void): void {
    const { lanes, keys } = this
    const living: number[] = []
    for (let at = 3; at < this.#slots.length; at += 4) if (this.#slots[at] !== 0) living.push(this.#slots[at]! - 1)
    this.#slots.fill(0)
    const words = new Int32Array(strideOf(lanes))
    for (const id of living) {
      rewrite(keys, id * lanes)
      words.set(keys.subarray(id * lanes, (id + 1) * lanes))
      hashLanes(words, lanes, 1)
      const at = 4 * this.#slotOf(words, 0)
      this.#slots[at] = lanes <= 3 ? words[0]! : words[lanes]!
      this.#slots[at + 1] = lanes <= 3 ? words[1]! : words[0]!
      this.#slots[at + 2] = lanes <= 3 ? words[2]! : words[1]!
      this.#slots[at + 3] = id + 1
    }
  }

  /** Empties the table, keeping its memory. */
  reset(): void {
    this.#slots.fill(0)
    this.#count = 0
    this.#free.length = 0
  }

  /** Narrow keys, rows [done, count); returns the row at which the table must grow, or `count`. */
  #addNarrow(words: Int32Array, rows: Int32Array, done: number, count: number, ids: Int32Array): number {
    const slots = this.#slots
    const mask = this.#mask
    const capacity = this.capacity
    for (let i = done; i < count; i++) {
      const at = rows[i]! << 2
      const lane0 = words[at]!
      const lane1 = words[at + 1]!
      const lane2 = words[at + 2]!
      let slot = (words[at + 3]! & mask) << 2
      for (;;) {
        const id = slots[slot + 3]!
        if (id === 0) {
          if (this.#count - this.#free.length >= capacity) return i
          const fresh = this.#nextId()
          slots[slot] = lane0
          slots[slot + 1] = lane1
          slots[slot + 2] = lane2
          slots[slot + 3] = fresh + 1
          this.#store(fresh, words, at)
          ids[i] = fresh
          break
        }
        if (slots[slot] === lane0 && slots[slot + 1] === lane1 && slots[slot + 2] === lane2) {
          ids[i] = id - 1
          break
        }
        slot = (slot + 4) & ((mask << 2) | 3)
      }
    }
    return count
  }

  #addWide(words: Int32Array, rows: Int32Array, done: number, count: number, ids: Int32Array): number {
    const { lanes } = this
    const stride = lanes + 1
    const slots = this.#slots
    const capacity = this.capacity
    for (let i = done; i < count; i++) {
      const at = stride * rows[i]!
      const slot = 4 * this.#slotOf(words, at)
      const id = slots[slot + 3]!
      if (id !== 0) {
        ids[i] = id - 1
        continue
      }
      if (this.#count - this.#free.length >= capacity) return i
      const fresh = this.#nextId()
      slots[slot] = words[at + lanes]!
      slots[slot + 1] = words[at]!
      slots[slot + 2] = words[at + 1]!
      slots[slot + 3] = fresh + 1
      this.#store(fresh, words, at)
      ids[i] = fresh
    }
    return count
  }

  /** The slot that holds the key at `at`, or the empty one where it would go. */
  #slotOf(words: Int32Array, at: number): number {
    const { lanes, keys } = this
    const slots = this.#slots
    const mask = this.#mask
    if (lanes <= 3) {
      let slot = words[at + 3]! & mask
      while (slots[4 * slot + 3] !== 0) {
        const s = 4 * slot
        if (slots[s] === words[at] && slots[s + 1] === words[at + 1] && slots[s + 2] === words[at + 2]) break
        slot = (slot + 1) & mask
      }
      return slot
    }
    const hash = words[at + lanes]!
    let slot = hash & mask
    for (;;) {
      const s = 4 * slot
      const id = slots[s + 3]!
      if (id === 0) return slot
      if (slots[s] === hash && slots[s + 1] === words[at] && slots[s + 2] === words[at + 1]) {
        const key = (id - 1) * lanes
        let lane = 2
        while (lane < lanes && keys[key + lane] === words[at + lane]) lane++
        if (lane === lanes) return slot
      }
      slot = (slot + 1) & mask
    }
  }

  #hashOfSlot(slot: number): number {
    const slots = this.#slots
    const at = 4 * slot
    return this.lanes <= 3 ? hashNarrow(slots[at]!, slots[at + 1]!, slots[at + 2]!) : slots[at]!
  }

  #nextId(): number {
    return this.#free.pop() ?? this.#count++
  }

  #store(id: number, words: Int32Array, at: number): void {
    const { lanes } = this
    // Removed ids come again, so the dense keys can be longer than the table is full.
    if ((id + 1) * lanes > this.keys.length) this.keys = grown(this.keys, (id + 1) * lanes)
    for (let lane = 0; lane < lanes; lane++) this.keys[id * lanes + lane] = words[at + lane]!
  }

  #grow(): void {
    const old = this.#slots
    this.#mask = 2 * this.#mask + 1
    const mask = this.#mask
    const slots = new Int32Array(4 * (mask + 1))
    for (let at = 0; at < old.length; at += 4) {
      const id = old[at + 3]!
      if (id === 0) continue
      const hash = this.lanes <= 3 ? hashNarrow(old[at]!, old[at + 1]!, old[at + 2]!) : old[at]!
      let slot = (hash & mask) << 2
      while (slots[slot + 3] !== 0) slot = (slot + 4) & ((mask << 2) | 3)
      slots[slot] = old[at]!
      slots[slot + 1] = old[at + 1]!
      slots[slot + 2] = old[at + 2]!
      slots[slot + 3] = id
    }
    this.#slots = slots
    this.keys = grown(this.keys, this.lanes * ((mask + 1) >> 1))
  }
}

/** Words a row of key lanes takes: the lanes and the hash; short keys are padded with zeros to four. */
export function strideOf(lanes: number): number {
  return lanes <= 3 ? 4 : lanes + 1
}

/** Keys of a table as rows of lanes with their hashes, for another table with the same lanes. */
export function keyWords(table: HashTable, ids: Int32Array): Int32Array {
  const { lanes, keys } = table
  const stride = strideOf(lanes)
  const words = new Int32Array(stride * ids.length)
  for (let row = 0; row < ids.length; row++) {
    const from = ids[row]! * lanes
    for (let lane = 0; lane < lanes; lane++) words[row * stride + lane] = keys[from + lane]!
  }
  hashLanes(words, lanes, ids.length)
  return words
}

/** Fills in the hash of each of `count` rows of key lanes. */
export function hashLanes(words: Int32Array, lanes: number, count: number): void {
  if (lanes <= 3) {
    for (let at = 0; at < count << 2; at += 4) words[at + 3] = hashNarrow(words[at]!, words[at + 1]!, words[at + 2]!)
    return
  }
  const stride = lanes + 1
  for (let row = 0; row < count; row++) {
    let hash = 0x2f0b4c47
    for (let lane = 0; lane < lanes; lane++) {
      hash = Math.imul(hash ^ words[row * stride + lane]!, 0x9e3779b1)
      hash ^= hash >>> 15
    }
    words[row * stride + lanes] = Math.imul(hash, 0x85ebca6b) ^ (hash >>> 13)
  }
}

function hashNarrow(lane0: number, lane1: number, lane2: number): number {
  let hash = Math.imul(lane0, 0x9e3779b1) ^ Math.imul(lane1, 0x85ebca6b) ^ Math.imul(lane2, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}

function grown(array: Int32Array, length: number): Int32Array {
  const next = new Int32Array(Math.max(length, 2 * array.length))
  next.set(array)
  return next
}
