/** Options as a reader, writer or function was given them; keys without case. */
export class GivenOptions {
  readonly #values: ReadonlyMap<string, string>

  constructor(given: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(given).map(([key, value]) => [key.toLowerCase(), value]))
  }

  /** The value of the first of the keys that was given. */
  text(...keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const value = this.#values.get(key.toLowerCase())
      if (value !== undefined) return value
    }
    return undefined
  }

  /** True for `true` alone, in any case. */
  flag<T extends boolean | undefined>(key: string, byDefault: T): boolean | T {
    const value = this.text(key)
    return value === undefined ? byDefault : value.toLowerCase() === 'true'
  }
}
