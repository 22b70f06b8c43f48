import { type JsonOptions, readJsonOptions } from '../../formats/json-options.ts'
import { JsonReader, JsonSyntaxError } from '../../formats/json-reader.ts'
import { holdsHalfPair, structureText } from '../../formats/json-value.ts'

/**
 * The paths of get_json_object: `$`, then any of `.name`, `['name']`, `[n]`, `[*]`. `.*` and `['*']` are read and find nothing, as in Spark.
 * Rules and their oddities are those of Spark's GetJsonObject, which keeps to Hive's.
 */
export type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'elements' }
  | { readonly kind: 'fields' }
export type Path = readonly Step[]

/** How a found value is written: a text alone as it is (`raw`), texts inside arrays in quotes, arrays spread into the array around them. */
type Style = 'raw' | 'quoted' | 'flat'

/** How text is read: control characters and single quotes are let through. */
export const LENIENT: JsonOptions = readJsonOptions(
  { allowUnquotedControlChars: 'true', allowSingleQuotes: 'true', allowNonNumericNumbers: 'false' },
  { timeZone: 'UTC' },
)

export function jsonPathReader(path: string): (json: string) => string | null {
  const steps = parsePath(path)
  if (steps === undefined) return () => null
  return (json) => {
    try {
      const reader = new JsonReader(json, LENIENT)
      if (reader.next() === undefined) return null
      const found: string[] = []
      return find(reader, found, 'raw', steps, 0) ? found.join('') : null
    } catch (error) {
      if (error instanceof JsonSyntaxError) return null
      throw error
    }
  }
}

// Blanks may stand before names, indexes and wildcards, but not before "$", "." or "[" alone: so does Spark's parser skip them.
const PART = /\s*(\.\*|\['\*'\])|\.\s*([^.[]+)|\s*\['\s*([^'?]+)'\]|\[(?:(\*)|\s*(\d+))\]/y
const END = /\s*$/y
/** undefined: it is no path. */
export function parsePath(path: string): Path | undefined {
  if (path[0] !== '$') return undefined
  const steps: Step[] = []
  for (let end = 1; end < path.length; end = PART.lastIndex) {
    PART.lastIndex = end
    const part = PART.exec(path)
    if (part === null) {
      END.lastIndex = end
      return END.test(path) ? steps : undefined
    }
    const [, fields, dotted, quoted, elements, index] = part
    const name = dotted ?? quoted
    if (fields !== undefined) steps.push({ kind: 'fields' })
    else if (name !== undefined) steps.push({ kind: 'name', name })
    else if (elements !== undefined) steps.push({ kind: 'elements' })
    else steps.push({ kind: 'index', index: Number(index) })
  }
  return steps
}

/** Writes what the steps from `at` find in the value at the reader's token, and leaves the reader at the value's end. */
function find(reader: JsonReader, found: string[], style: Style, path: Path, at: number): boolean {
  const step = path[at]
  if (step === undefined) return write(reader, found, style)
  if (reader.token === '{' && step.kind === 'name') return findField(reader, found, style, path, at, step.name)
  if (reader.token === '[' && step.kind === 'elements') return findElements(reader, found, style, path, at)
  if (reader.token === '[' && step.kind === 'index') {
    const inner = path[at + 1]?.kind === 'elements' ? 'quoted' : style
    return findIndex(reader, step.index, () => find(reader, found, inner, path, at + 1))
  }
  reader.skipChildren()
  return false
}

function write(reader: JsonReader, found: string[], style: Style): boolean {
  if (style === 'flat' && reader.token === '[') {
    let any = false
    while (reader.next() !== ']') any = write(reader, found, style) || any
    return any
  }
  if (style === 'raw' && reader.token === 'string') found.push(whole(reader.text))
  else found.push(structureText(reader, false))
  return true
}

/** Spark gives NULL where it cannot write the text found. */
function whole(text: string): string {
  if (holdsHalfPair(text)) throw new JsonSyntaxError('a string holds half a surrogate pair')
  return text
}

/** The first field of the name that has what is looked for. */
function findField(reader: JsonReader, found: string[], style: Style, path: Path, at: number, name: string): boolean {
  let matched = false
  while (reader.next() !== '}') {
    const wanted = !matched && reader.text === name
    reader.next()
    if (wanted && reader.token !== 'null') matched = find(reader, found, style, path, at + 1)
    else reader.skipChildren()
  }
  return matched
}

function findElements(reader: JsonReader, found: string[], style: Style, path: Path, at: number): boolean {
  const twice = path[at + 1]?.kind === 'elements'
  const inner: string[] = []
  const innerStyle = twice || style === 'flat' ? 'flat' : 'quoted'
  let matches = 0
  while (reader.next() !== ']') if (find(reader, inner, innerStyle, path, at + (twice ? 2 : 1))) matches++
  // What was printed for the array is written once more, as it is.
  for (const text of inner) if (ESCAPED_HALF.test(text)) throw new JsonSyntaxError('a string holds half a surrogate pair')
  // A single match stands alone, unless the array's shape was promised.
  if (twice || style === 'quoted') found.push(`[${inner.join(',')}]`)
  else if (matches === 1) found.push(inner.join(','))
  else if (matches > 1) found.push(`[${inner.join(',')}]`)
  return matches > 0
}

const ESCAPED_HALF = /(?<!\\)(?:\\\\)*\\uD[89A-F]/

function findIndex(reader: JsonReader, index: number, findInside: () => boolean): boolean {
  let matched = false
  for (let i = 0; reader.next() !== ']'; i++) {
    if (i === index) matched = findInside()
    else reader.skipChildren()
  }
  return matched
}
