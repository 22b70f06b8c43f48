import type { DataType, Field, StructType } from '../types/data-type.ts'
import { compileDatePattern } from '../types/pattern.ts'
import { MapValue, type Row, type Value } from '../types/value.ts'
import { UTC } from '../types/zone.ts'
import { readCsvOptions } from './csv-options.ts'
import { csvReading } from './csv-value.ts'
import { malformed } from './json-value.ts'
import { textTimes } from './text-times.ts'
import type { XmlOptions } from './xml-options.ts'
import { contentText, parseXml, type XmlElement, XmlSyntaxError } from './xml-tree.ts'

/**
 * from_xml: text to a struct, as Spark's StaxXmlParser reads it. Fields are found by name without case, the last of equal names first; attributes
 * have the prefix, an element's own text is its value tag, elements without a field are skipped or go to the wildcard field. Reading stops at the first
 * value that is not of its type: the fields before it keep theirs, the rest is NULL, and the corrupt-record field takes the text. What is no XML is NULL
 * throughout.
 *
 * @throws ExecutionError MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION in FAILFAST mode
 */
export function xmlTextReader(type: StructType, options: XmlOptions): (text: string) => Value {
  const corrupt = type.fields.findIndex((f) => f.name === options.columnNameOfCorruptRecord && f.type.kind === 'string')
  const fill = structFilling(
    type.fields.map((f, i) => (i === corrupt ? undefined : f)),
    options,
  )
  return (text) => {
    const row: Value[] = type.fields.map(() => null)
    try {
      fill(parseXml(text, options), row)
    } catch (error) {
      if (!(error instanceof XmlSyntaxError || error instanceof FieldError)) throw error
      if (options.mode === 'failfast') throw malformed(text, error.message)
      if (corrupt >= 0) row[corrupt] = text
    }
    return row
  }
}

class FieldError extends Error {}

/** The value of an element; throws FieldError when it has none of the type. */
type ElementReading = (element: XmlElement) => Value
type TextReading = (text: string) => Value

/** Puts what an element holds into the places of its fields, one by one, so that those before a bad value stay. */
function structFilling(fields: readonly (Field | undefined)[], options: XmlOptions): (element: XmlElement, row: Value[]) => void {
  const { attributePrefix, valueTag, wildcardColName } = options
  const places = new Map<string, Place>()
  fields.forEach((f, index) => {
    if (f !== undefined) places.set(f.name.toLowerCase(), placeOf(f.type, index, options))
  })
  const value = places.get(valueTag.toLowerCase())
  const wildcard = places.get(wildcardColName.toLowerCase())
  return (element, row) => {
    for (const [name, text] of element.attributes) {
      const place = places.get(attributePrefix.toLowerCase() + name.toLowerCase())
      if (place !== undefined) place.put(row, place.text(text))
    }
    for (const child of element.children) {
      if (typeof child === 'string') {
        if (value !== undefined && child.trim() !== '') value.put(row, value.text(child))
        continue
      }
      const place = places.get(child.name.toLowerCase())
      if (place !== undefined) place.put(row, place.element(child))
      else if (wildcard !== undefined) wildcard.put(row, wildcard.text(contentText(child)))
    }
  }
}

interface Place {
  readonly element: ElementReading
  readonly text: TextReading
  /** An array takes one more, anything else the last. */
  put(row: Value[], value: Value): void
}

function placeOf(type: DataType, index: number, options: XmlOptions): Place {
  const isArray = type.kind === 'array'
  const item = isArray ? type.element : type
  return {
    element: elementReading(item, options),
    text: textReading(item, options),
    put: isArray
      ? (row, value) => {
          row[index] = [...((row[index] as readonly Value[] | null) ?? []), value]
        }
      : (row, value) => {
          row[index] = value
        },
  }
}

function elementReading(type: DataType, options: XmlOptions): ElementReading {
  switch (type.kind) {
    case 'struct': {
      const fill = structFilling(type.fields, options)
      return (element) => {
        const row: Value[] = type.fields.map(() => null)
        fill(element, row)
        return row as Row
      }
    }
    case 'map': {
      const read = elementReading(type.value, options)
      const text = textReading(type.value, options)
      return (element) => {
        if (element.children.length === 0 && element.attributes.length === 0) return null
        const entries = new Map<string, Value>()
        for (const [name, value] of element.attributes) entries.set(options.attributePrefix + name, text(value))
        for (const child of element.children) {
          if (typeof child !== 'string') entries.set(child.name, read(child))
          else if (child.trim() !== '') throw new FieldError(`"${child.trim().slice(0, 60)}" is not ${String(type)}`)
        }
        return new MapValue([...entries])
      }
    }
    case 'string': {
      const read = textReading(type, options)
      return (element) => read(contentText(element))
    }
    default: {
      const read = textReading(type, options)
      return (element) => {
        const children = element.children.filter((child) => typeof child !== 'string' || child.trim() !== '')
        if (children.length === 0) return null
        if (children.length > 1) throw new FieldError(`element "${element.name}" holds more than ${String(type)}`)
        return read(contentText(element))
      }
    }
  }
}

function textReading(type: DataType, options: XmlOptions): TextReading {
  const read = scalarReading(type, options)
  return (written) => {
    const text = options.ignoreSurroundingSpaces ? written.trim() : written
    if (text === options.nullValue) return null
    const value = read(text)
    if (value === undefined) throw new FieldError(`"${text.slice(0, 60)}" is not ${String(type)}`)
    return value
  }
}

/** As in CSV but for what the texts of XML add: 1 and 0 are booleans, dates have one form. */
function scalarReading(type: DataType, options: XmlOptions): (text: string) => Value | undefined {
  switch (type.kind) {
    case 'void':
      return () => null
    case 'boolean':
      return (text) => {
        const lower = text.toLowerCase()
        return lower === 'true' || lower === '1' ? true : lower === 'false' || lower === '0' ? false : undefined
      }
    case 'date': {
      if (options.dateFormat !== undefined) return textTimes(options).parseDate
      const { parseDate } = textTimes(options)
      const strict = compileDatePattern('yyyy-MM-dd', UTC)
      return (text) => (strict.parse(text) === undefined ? undefined : parseDate(text))
    }
    case 'timestamp_ntz': {
      const { parseTimestampNtz } = textTimes(options)
      // A zone says that it is no local time.
      return (text) =>
        options.timestampNtzFormat === undefined && /[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? undefined : parseTimestampNtz(text)
    }
    case 'binary':
    case 'interval':
    case 'interval_day_time':
    case 'interval_year_month':
    case 'array':
    case 'map':
    case 'struct':
      return () => undefined
    default:
      return csvReading(type, readCsvOptions({ negativeInf: '-Infinity', positiveInf: 'Infinity' }, options), textTimes(options))
  }
}
