/** Numbers in [0, 1) from a 32-bit seed (mulberry32): the same seed gives the same data everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws that events are made of. */
export class Draw {
  readonly #next: () => number

  constructor(seed: number) {
    this.#next = seededRandom(seed)
  }
  /** An integer in [0, below). */
  integer(below: number): number {
    return Math.floor(this.#next() * below)
  }
  one<T>(of: readonly T[]): T {
    return of[this.integer(of.length)]!
  }
  chance(probability: number): boolean {
    return this.#next() < probability
  }
  hex(length: number): string {
    let text = ''
    while (text.length < length) text += this.integer(0x10000000).toString(16).padStart(7, '0')
    return text.slice(0, length)
  }
  uuid(): string {
    return [8, 4, 4, 4, 12].map((length) => this.hex(length)).join('-')
  }
  /** Milliseconds by which an event is late: mostly a few, at most `max`. */
  lateness(max: number): number {
    return Math.floor(max * this.#next() ** 3)
  }
}
