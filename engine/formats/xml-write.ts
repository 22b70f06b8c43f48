import { ExecutionError } from '../errors/engine-error.ts'
import { type DataType, type StructType, sqlTypeName } from '../types/data-type.ts'
import { prettyText } from '../types/text.ts'
import type { MapValue, Value } from '../types/value.ts'
import { textTimes, timePrinter } from './text-times.ts'
import type { XmlOptions } from './xml-options.ts'

/**
 * to_xml: a struct as an element, as Spark's StaxXmlGenerator writes it. Fields with the prefix become attributes, the value tag the element's own text,
 * arrays repeated elements, maps an element for each key; NULLs are left out unless `nullValue` stands for them.
 *
 * @throws ExecutionError for names and characters that XML does not have
 */
export function xmlPrinter(type: StructType, options: XmlOptions): (value: Value) => string {
  const write = contentWriter(type, options)
  return (value) => {
    const out = new XmlWriter(options.indent)
    out.open(options.rowTag)
    write(value, out)
    out.close()
    return options.indent === '' ? `${out.text}\n` : out.text
  }
}

/** Writes what is inside an element of the type: attributes first. The value is not NULL. */
type Write = (value: Value, out: XmlWriter) => void

function contentWriter(type: DataType, options: XmlOptions): Write {
  const text = scalarText(type, options)
  switch (type.kind) {
    case 'struct': {
      const attributes: ((row: readonly Value[], out: XmlWriter) => void)[] = []
      const rest: ((row: readonly Value[], out: XmlWriter) => void)[] = []
      type.fields.forEach((f, index) => {
        if (f.name === options.valueTag) {
          const print = scalarText(f.type, options)
          rest.push((row, out) => {
            const value = orNull(row[index]!, print, options)
            if (value !== undefined) out.characters(value)
          })
        } else if (f.name.startsWith(options.attributePrefix)) {
          const name = f.name.slice(options.attributePrefix.length)
          const print = scalarText(f.type, options)
          attributes.push((row, out) => {
            const value = orNull(row[index]!, print, options)
            if (value !== undefined) out.attribute(name, value)
          })
        } else {
          const write = elementWriter(f.type, options)
          rest.push((row, out) => write(f.name, row[index]!, out))
        }
      })
      return (value, out) => {
        for (const write of attributes) write(value as readonly Value[], out)
        for (const write of rest) write(value as readonly Value[], out)
      }
    }
    case 'map': {
      const write = elementWriter(type.value, options)
      const printValue = scalarText(type.value, options)
      const printKey = scalarText(type.key, options)
      return (value, out) => {
        const entries = (value as MapValue).entries.map(([k, v]) => [printKey(k), v] as const)
        const isAttribute = (name: string): boolean => name.startsWith(options.attributePrefix) && name !== options.valueTag
        for (const [name, v] of entries) {
          const attribute = isAttribute(name) ? orNull(v, printValue, options) : undefined
          if (attribute !== undefined) out.attribute(name.slice(options.attributePrefix.length), attribute)
        }
        for (const [name, v] of entries) if (!isAttribute(name)) write(name, v, out)
      }
    }
    case 'array': {
      const write = elementWriter(type.element, options)
      return (value, out) => {
        for (const item of value as readonly Value[]) write(options.arrayElementName, item, out)
      }
    }
    default:
      return (value, out) => out.characters(text(value))
  }
}

/** Writes a field as an element; an array as one for each of its items. */
function elementWriter(type: DataType, options: XmlOptions): (name: string, value: Value, out: XmlWriter) => void {
  if (type.kind === 'array') {
    const write = itemWriter(type.element, options)
    return (name, value, out) => {
      for (const item of (value as readonly Value[] | null) ?? []) write(name, item, out)
    }
  }
  return itemWriter(type, options)
}

function itemWriter(type: DataType, options: XmlOptions): (name: string, value: Value, out: XmlWriter) => void {
  const write = contentWriter(type, options)
  return (name, value, out) => {
    if (value === null && options.nullValue === undefined) return
    out.open(name)
    if (value === null) out.characters(options.nullValue!)
    else write(value, out)
    out.close()
  }
}

function orNull(value: Value, print: (value: Value) => string, options: XmlOptions): string | undefined {
  return value === null ? options.nullValue : print(value)
}

function scalarText(type: DataType, options: XmlOptions): (value: Value) => string {
  const time = timePrinter(type, textTimes(options))
  if (time !== undefined) return time
  switch (type.kind) {
    case 'interval':
    case 'interval_day_time':
    case 'interval_year_month':
      return () => {
        throw new ExecutionError('_LEGACY_ERROR_TEMP_3238', {
          message: `XML has no values of type ${sqlTypeName(type)}`,
          hint: 'Cast it to STRING.',
          parameters: { dt: sqlTypeName(type) },
        })
      }
    default:
      return (value) => prettyText(value, type, options.timeZone)
  }
}

/** Writes elements one by one, each on a line of its own where `indent` says how far to move it in. */
class XmlWriter {
  text = ''
  readonly #indent: string
  readonly #open: { readonly name: string; hasElements: boolean }[] = []
  /** The start tag is not closed: attributes may follow. */
  #inTag = false

  constructor(indent: string) {
    this.#indent = indent
  }

  open(name: string): void {
    checkName(name)
    const parent = this.#open.at(-1)
    if (parent !== undefined) {
      this.#endTag()
      parent.hasElements = true
      this.#newLine()
    }
    this.#open.push({ name, hasElements: false })
    this.text += `<${name}`
    this.#inTag = true
  }

  attribute(name: string, value: string): void {
    checkName(name)
    this.text += ` ${name}="${escaped(value, /[&<"\n\t\r]/g)}"`
  }

  characters(value: string): void {
    this.#endTag()
    this.text += escaped(value, /[&<\r]|(?<=\]\])>/g)
  }

  close(): void {
    const { name, hasElements } = this.#open.pop()!
    if (this.#inTag) {
      this.text += '/>'
      this.#inTag = false
      return
    }
    if (hasElements) this.#newLine()
    this.text += `</${name}>`
  }

  #endTag(): void {
    if (this.#inTag) this.text += '>'
    this.#inTag = false
  }

  #newLine(): void {
    if (this.#indent !== '') this.text += `\n${this.#indent.repeat(this.#open.length)}`
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
/** Control characters. */
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/

function escaped(text: string, special: RegExp): string {
  const bad = NOT_IN_XML.exec(text)
  if (bad !== null)
    throw new ExecutionError('XML_CHARACTER_INVALID', {
      message: `XML has no character U+${bad[0].charCodeAt(0).toString(16).padStart(4, '0')}`,
      hint: 'Replace such characters, or write the value as base64 or hex text.',
      parameters: { character: bad[0] },
    })
  return text.replace(special, (c) => ENTITIES[c] ?? `&#x${c.charCodeAt(0).toString(16)};`)
}

function checkName(name: string): void {
  if (/^[\p{Letter}_:][\p{Letter}\p{Mark}\p{Number}_:.\-·]*$/u.test(name)) return
  throw new ExecutionError('XML_NAME_INVALID', {
    message: `"${name}" is not a name of an XML element or attribute`,
    hint: 'Give the field a name that begins with a letter and holds letters, digits, ".", "-" and "_" only.',
    parameters: { name },
  })
}
