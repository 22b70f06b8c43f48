/** Collects the text of one generated function: lines, fresh names, and the JavaScript values it refers to by name. */
export class Emitter {
  readonly #lines: string[] = []
  readonly #captured = new Map<unknown, string>()
  #names = 0

  line(text: string): void {
    this.#lines.push(text)
  }
  /** `header { … }`. */
  block(header: string, body: () => void): void {
    this.line(`${header} {`)
    body()
    this.line('}')
  }
  fresh(prefix: string): string {
    return `${prefix}${this.#names++}`
  }
  /** Names the value of an expression once. */
  constant(expression: string, prefix = 't'): string {
    const name = this.fresh(prefix)
    this.line(`const ${name} = ${expression}`)
    return name
  }
  /** A name by which the generated function sees this value; the same value has one name. */
  capture(value: unknown, prefix = 'k'): string {
    let name = this.#captured.get(value)
    if (name === undefined) this.#captured.set(value, (name = this.fresh(prefix)))
    return name
  }
  get captured(): { readonly names: readonly string[]; readonly values: readonly unknown[] } {
    return { names: [...this.#captured.values()], values: [...this.#captured.keys()] }
  }
  toString(): string {
    let depth = 0
    return this.#lines
      .map((line) => {
        if (line.startsWith('}')) depth--
        const indented = '  '.repeat(Math.max(0, depth)) + line
        if (line.endsWith('{')) depth++
        return indented
      })
      .join('\n')
  }
}
