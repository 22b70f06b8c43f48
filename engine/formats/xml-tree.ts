import { createRequire } from 'node:module'
import type { SaxesParser } from 'saxes'
import type { XmlOptions } from './xml-options.ts'

/** An element with what is in it, in the order of the text. */
export interface XmlElement {
  readonly name: string
  readonly attributes: readonly (readonly [name: string, value: string])[]
  /** Texts stand as they are written, entities replaced; comments part them, CDATA sections do not. */
  readonly children: readonly (XmlElement | string)[]
}

/** The text is not XML up to the end of its first element. */
export class XmlSyntaxError extends Error {}

let Parser: (new (options: { xmlns: false; position: false }) => SaxesParser<{ xmlns: false; position: false }>) | undefined

/**
 * The first element of a text; what stands behind it is not looked at. Entities other than XML's own five are refused, also those that a document type
 * declares: their expansion could be of any size.
 *
 * @throws XmlSyntaxError
 */
export function parseXml(text: string, options: XmlOptions): XmlElement {
  // Loaded by the first who needs it.
  Parser ??= (createRequire(import.meta.url)('saxes') as typeof import('saxes')).SaxesParser as never
  const parser = new Parser!({ xmlns: false, position: false })
  const open: { name: string; attributes: (readonly [string, string])[]; children: (XmlElement | string)[] }[] = []
  let root: XmlElement | undefined
  let joins = false
  const addText = (part: string): void => {
    const children = open.at(-1)?.children
    if (children === undefined || part === '') return
    if (joins && typeof children.at(-1) === 'string') children[children.length - 1] += part
    else children.push(part)
    joins = true
  }
  const part = (): void => {
    joins = false
  }
  parser.on('error', (error) => {
    if (root === undefined) throw new XmlSyntaxError(error.message)
  })
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('comment', part)
  parser.on('processinginstruction', part)
  parser.on('opentag', (tag) => {
    if (root !== undefined) return
    part()
    open.push({ name: localName(tag.name, options), attributes: attributesOf(tag.attributes, options), children: [] })
  })
  parser.on('closetag', () => {
    if (root !== undefined) return
    part()
    const element = open.pop()!
    const parent = open.at(-1)
    if (parent === undefined) root = element
    else parent.children.push(element)
  })
  parser.write(text)
  if (root === undefined) parser.close()
  if (root === undefined) throw new XmlSyntaxError('it has no element')
  return root
}

function attributesOf(attributes: Readonly<Record<string, string>>, options: XmlOptions): (readonly [string, string])[] {
  if (options.excludeAttribute) return []
  return Object.entries(attributes).map(([name, value]) => [localName(name, options), value] as const)
}

function localName(name: string, options: XmlOptions): string {
  return options.ignoreNamespace ? name.slice(name.indexOf(':') + 1) : name
}

/** What is in an element as text: its texts, and its elements as they would be written, their entities replaced. */
export function contentText(element: XmlElement): string {
  let text = ''
  for (const child of element.children) {
    if (typeof child === 'string') text += child
    else {
      const attributes = child.attributes.map(([name, value]) => ` ${name}="${value}"`).join('')
      text += `<${child.name}${attributes}>${contentText(child)}</${child.name}>`
    }
  }
  return text
}
