import { createRequire } from 'node:module'
import type { Document } from '@xmldom/xmldom'
import { ExecutionError } from '../../errors/engine-error.ts'
import { arrayType, BIGINT, BOOLEAN, type DataType, DOUBLE, FLOAT, INT, SMALLINT, STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { mustBeConstant } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type Evaluate, type FunctionRecord, type Resolution } from '../function.ts'
import { checkCount, convertArguments, strictly } from '../signature.ts'

/**
 * What XPath 1.0 expressions find in XML text, by the packages xmldom and xpath. As in Spark names count as they are written, with their prefixes; a
 * document type's entities are not expanded, as their size has no bound.
 */

/** The parts of the package that are used; its own types would bring in those of a browser. */
interface XPathPackage {
  parse(expression: string): XPathExpression
}
interface XPathExpression {
  evaluate(options: {
    readonly node: unknown
    readonly namespaces: (prefix: string) => string
    readonly allowAnyNamespaceForNoPrefix: boolean
  }): XPathResult
}
interface XPathResult {
  numberValue(): number
  stringValue(): string
  booleanValue(): boolean
  /** Of a set of nodes, in the order of the document. */
  toArray?(): XPathNode[]
}
interface XPathNode {
  readonly nodeType: number
  readonly nodeValue: string | null
  readonly previousSibling: XPathNode | null
}
interface Packages {
  readonly xpath: XPathPackage
  readonly parse: (text: string) => Document
}

let packages: Packages | undefined
/** Loaded by the first who needs them. */
function load(): Packages {
  if (packages !== undefined) return packages
  const require = createRequire(import.meta.url)
  const { DOMParser } = require('@xmldom/xmldom') as typeof import('@xmldom/xmldom')
  const parser = new DOMParser({
    locator: false,
    onError: (_level, message) => {
      throw new Error(message)
    },
  })
  packages = {
    xpath: require('xpath') as XPathPackage,
    parse: (text) => parser.parseFromString(text, 'application/xml'),
  }
  return packages
}

type Take = (result: XPathResult) => Value

/** No prefix is known: as in Spark a name with one finds nothing. */
const NO_NAMESPACE = 'urn:none'

function evaluator(path: string, take: Take): Evaluate {
  if (path === '') return () => null
  const { xpath, parse } = load()
  let expression: XPathExpression
  try {
    expression = xpath.parse(path)
  } catch (cause) {
    throw new ExecutionError('XPATH_INVALID', {
      message: `"${path}" is not an XPath expression`,
      detail: `${(cause as Error).message}.`,
      parameters: { path },
      cause,
    })
  }
  return (text: string) => {
    if (text === '') return null
    let document: Document
    try {
      document = parse(text.trimStart())
    } catch (cause) {
      throw new ExecutionError('XML_DOCUMENT_INVALID', {
        message: `not XML: ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`,
        detail: `${(cause as Error).message.trim().split('\n')[0]}.`,
        hint: 'Leave such rows out first, or read them with from_xml, which gives NULLs for them.',
        cause,
      })
    }
    try {
      return take(expression.evaluate({ node: document, namespaces: () => NO_NAMESPACE, allowAnyNamespaceForNoPrefix: true }))
    } catch (cause) {
      throw new ExecutionError('XPATH_EVALUATION_FAILED', {
        message: `"${path}" cannot be evaluated`,
        detail: `${(cause as Error).message}.`,
        parameters: { path },
        cause,
      })
    }
  }
}

function nodeValues(result: XPathResult): Value {
  if (result.toArray === undefined) throw new Error('it gives one value where a set of nodes is wanted')
  return result
    .toArray()
    .filter((node) => !(isText(node) && isText(node.previousSibling)))
    .map((node) => node.nodeValue)
}
/** Text or a CDATA section: where several stand together they are one node, with the value of the first. */
function isText(node: XPathNode | null): boolean {
  return node?.nodeType === 3 || node?.nodeType === 4
}

/** XPath's own grammar of numbers: no exponent, no plus; of nodes the text of the first counts. */
function numberOf(result: XPathResult): number {
  const { toArray } = result
  const isNumber = toArray === undefined && typeof (result as { readonly num?: unknown }).num === 'number'
  if (isNumber || (toArray === undefined && typeof (result as { readonly b?: unknown }).b === 'boolean'))
    return result.numberValue()
  const text = result.stringValue().trim()
  return /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN
}

/** As Java narrows a double: cut off towards zero, bounded, and not a number is 0. */
function wholeNumber(min: number, max: number): (result: XPathResult) => number {
  return (result) => {
    const value = Math.trunc(numberOf(result))
    return Number.isNaN(value) ? 0 : Math.min(max, Math.max(min, value)) + 0
  }
}
const toInt = wholeNumber(-2147483648, 2147483647)

function longNumber(result: XPathResult): bigint {
  const value = Math.trunc(numberOf(result))
  if (Number.isNaN(value)) return 0n
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  return value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(value)
}

function define(
  name: string,
  returns: DataType,
  summary: string,
  take: Take,
  example: readonly [string, string],
  aliases: readonly string[] = [],
) {
  return defineScalar({
    name,
    aliases,
    family: 'xml',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: (args: readonly Argument[], site: CallSite): Resolution => {
      checkCount(args, site, 2, 2)
      const types = convertArguments([strictly(STRING), strictly(STRING)], args, site)
      if (args[1]!.constant === undefined) throw mustBeConstant(site, args[1]!, 'path', 'STRING')
      return { arguments: types, returns, nullable: true }
    },
    bind: (signature) => {
      const path = signature.constants[1]
      if (typeof path !== 'string') return () => null
      // A wrong path is an error of the first row, as in Spark.
      let evaluate: Evaluate | undefined
      return (text: string) => {
        evaluate ??= evaluator(path, take)
        return evaluate(text)
      }
    },
  })
}

export const xpathFunctions: readonly FunctionRecord[] = [
  define(
    'xpath',
    arrayType(STRING),
    'Returns the texts of the nodes that an XPath expression finds in XML; an element itself has none.',
    nodeValues,
    ["SELECT xpath('<a><b>b1</b><b>b2</b><c>c1</c></a>', 'a/b/text()')", '[b1, b2]'],
  ),
  define(
    'xpath_boolean',
    BOOLEAN,
    'Returns whether an XPath expression is true or finds a node.',
    (result) => result.booleanValue(),
    ["SELECT xpath_boolean('<a><b>1</b></a>', 'a/b')", 'true'],
  ),
  define(
    'xpath_double',
    DOUBLE,
    'Returns the number that an XPath expression gives; NaN for what is none.',
    numberOf,
    ["SELECT xpath_double('<a><b>1</b><b>2.5</b></a>', 'sum(a/b)')", '3.5'],
    ['xpath_number'],
  ),
  define(
    'xpath_float',
    FLOAT,
    'Returns the number that an XPath expression gives, as FLOAT.',
    (result) => Math.fround(numberOf(result)),
    ["SELECT xpath_float('<a><b>1</b><b>2</b></a>', 'sum(a/b)')", '3.0'],
  ),
  define(
    'xpath_int',
    INT,
    'Returns the number that an XPath expression gives, cut off to a whole one; 0 for what is none.',
    toInt,
    ["SELECT xpath_int('<a><b>1</b><b>2</b></a>', 'count(a/b)')", '2'],
  ),
  define('xpath_long', BIGINT, 'Returns the number that an XPath expression gives as BIGINT; 0 for what is none.', longNumber, [
    "SELECT xpath_long('<a><b>1</b><b>2</b></a>', 'sum(a/b)')",
    '3',
  ]),
  define(
    'xpath_short',
    SMALLINT,
    'Returns the lower 16 bits of the number that an XPath expression gives.',
    (result) => (toInt(result) << 16) >> 16,
    ["SELECT xpath_short('<a><b>1</b><b>2</b></a>', 'sum(a/b)')", '3'],
  ),
  define(
    'xpath_string',
    STRING,
    'Returns the text that an XPath expression gives, of several nodes that of the first.',
    (result) => result.stringValue(),
    ["SELECT xpath_string('<a><b>b</b><c>cc</c></a>', 'a/c')", 'cc'],
  ),
]
