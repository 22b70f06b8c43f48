import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DATE,
  type DataType,
  DOUBLE,
  field,
  STRING,
  type StructType,
  sameType,
  structType,
  TIMESTAMP,
  VOID,
} from '../types/data-type.ts'
import { compileDatePattern } from '../types/pattern.ts'
import { UTC } from '../types/zone.ts'
import { byName, decimalOf, merge } from './json-infer.ts'
import { malformed } from './json-value.ts'
import { textTimes } from './text-times.ts'
import type { XmlOptions } from './xml-options.ts'
import { parseXml, type XmlElement, XmlSyntaxError } from './xml-tree.ts'

/**
 * The type of an element's content, as Spark's XmlInferSchema finds it: fields by name without case and in the order of their names, repeated elements
 * ARRAY, elements of text alone the narrowest of BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP and STRING.
 *
 * @throws ExecutionError MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION in FAILFAST mode
 */
export function inferXmlType(text: string, options: XmlOptions): StructType {
  try {
    return canonical(structOf(parseXml(text, options), new TypeInference(options))) as StructType
  } catch (error) {
    if (!(error instanceof XmlSyntaxError)) throw error
    if (options.mode === 'failfast') throw malformed(text, error.message)
    return structType([field(options.columnNameOfCorruptRecord, STRING)])
  }
}

function typeOfElement(element: XmlElement, inference: TypeInference): DataType {
  const parts = element.children.filter((child) => typeof child !== 'string' || child.trim() !== '')
  if (element.attributes.length > 0 || parts.some((part) => typeof part !== 'string')) return structOf(element, inference)
  return parts.length === 0 ? VOID : parts.map((part) => inference.typeOf(part as string)).reduce((a, b) => inference.merge(a, b))
}

function structOf(element: XmlElement, inference: TypeInference): StructType {
  const { attributePrefix, valueTag } = inference.options
  const found = new Map<string, { name: string; types: DataType[] }>()
  const add = (name: string, type: DataType): void => {
    const key = name.toLowerCase()
    const known = found.get(key)
    if (known === undefined) found.set(key, { name, types: [type] })
    else known.types.push(type)
  }
  for (const [name, value] of element.attributes) add(attributePrefix + name, inference.typeOf(value))
  for (const child of element.children) {
    if (typeof child !== 'string') add(child.name, typeOfElement(child, inference))
    else if (child.trim() !== '') add(valueTag, inference.typeOf(child))
  }
  const fields = [...found.values()].map(({ name, types }) => {
    const type = types.reduce((a, b) => inference.merge(a, b))
    return field(name, types.length > 1 ? arrayType(type) : type)
  })
  return structType(fields.sort(byName))
}

class TypeInference {
  readonly options: XmlOptions
  readonly #isDate: (text: string) => boolean
  readonly #isTimestamp: (text: string) => boolean

  constructor(options: XmlOptions) {
    this.options = options
    const date = compileDatePattern(options.dateFormat ?? 'yyyy-MM-dd', UTC)
    const { parseTimestamp } = textTimes(options)
    this.#isDate = (text) => date.parse(text) !== undefined
    this.#isTimestamp = (text) => parseTimestamp(text) !== undefined
  }

  typeOf(written: string): DataType {
    const { options } = this
    const text = options.ignoreSurroundingSpaces ? written.trim() : written
    if (text === '' || text === options.nullValue) return VOID
    if (!options.inferSchema) return STRING
    if (/^[+-]?\d+$/.test(text)) {
      const value = BigInt(text.replace('+', ''))
      if (BigInt.asIntN(64, value) === value) return BIGINT
    }
    if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text))
      return (options.prefersDecimal ? decimalOf(text) : undefined) ?? DOUBLE
    if (/^(true|false)$/i.test(text)) return BOOLEAN
    if (this.#isDate(text)) return DATE
    return this.#isTimestamp(text) ? TIMESTAMP : STRING
  }

  /** The type that both fit. Text alone is the value of an element that elsewhere has attributes. */
  merge(left: DataType, right: DataType): DataType {
    if (left.kind === 'void') return right
    if (right.kind === 'void' || sameType(left, right)) return left
    if (left.kind === 'array' || right.kind === 'array')
      return arrayType(this.merge(left.kind === 'array' ? left.element : left, right.kind === 'array' ? right.element : right))
    if (left.kind === 'struct' && right.kind === 'struct') {
      const fields = new Map(left.fields.map((f) => [f.name.toLowerCase(), f]))
      for (const f of right.fields) {
        const known = fields.get(f.name.toLowerCase())
        fields.set(f.name.toLowerCase(), known === undefined ? f : field(known.name, this.merge(known.type, f.type)))
      }
      return structType([...fields.values()].sort(byName))
    }
    const { valueTag } = this.options
    for (const [a, b] of [
      [left, right],
      [right, left],
    ] as const) {
      if (a.kind === 'struct' && a.fields.some((f) => f.name === valueTag))
        return structType(a.fields.map((f) => (f.name === valueTag ? field(f.name, this.merge(f.type, b)) : f)))
      if (a.kind === 'timestamp' && b.kind === 'date') return TIMESTAMP
      if (a.kind === 'bigint' && b.kind === 'double') return DOUBLE
    }
    return merge(left, right)
  }
}

/** What is always empty becomes STRING. */
function canonical(type: DataType): DataType {
  switch (type.kind) {
    case 'void':
      return STRING
    case 'array':
      return arrayType(canonical(type.element))
    case 'struct':
      return structType(type.fields.map((f) => field(f.name, canonical(f.type))))
    default:
      return type
  }
}
