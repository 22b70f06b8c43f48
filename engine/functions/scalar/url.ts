import { ExecutionError } from '../../errors/engine-error.ts'
import { STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { defineScalar, type Evaluate, type FunctionRecord } from '../function.ts'
import { cachedPattern } from '../operators/pattern-match.ts'
import { ONLY_TEXT, TEXT, takes } from '../signature.ts'

/** The parts of a URI as RFC 2396 and java.net.URI split it; undefined where that refuses the text. */
interface UrlParts {
  readonly scheme: string | null
  readonly authority: string | null
  readonly path: string | null
  readonly query: string | null
  readonly fragment: string | null
}
const URI = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/
/** What may stand in a URI: reserved and unreserved ASCII, escapes, and other characters that are neither controls nor blanks. */
const LEGAL = /^(?:[A-Za-z0-9\-_.!~*'();/?:@&=+$,[\]#]|%[0-9A-Fa-f]{2}|[^\u0000-\u00a0\s])*$/

function splitUrl(url: string): UrlParts | undefined {
  if (!LEGAL.test(url)) return undefined
  const match = URI.exec(url)
  if (match === null) return undefined
  const [, scheme, authority, path, query, fragment] = match
  if (scheme !== undefined && !/^[A-Za-z][A-Za-z0-9+\-.]*$/.test(scheme)) return undefined
  // mailto:a@b has a scheme and something opaque after it, which has no parts.
  const opaque = scheme !== undefined && authority === undefined && !path!.startsWith('/')
  return {
    scheme: scheme ?? null,
    authority: authority || null,
    path: opaque ? null : path!,
    query: opaque ? null : (query ?? null),
    fragment: fragment ?? null,
  }
}
/** A host name or address that java.net.URI accepts; other authorities have no host and no user. */
const HOST =
  /^(?:([^@]*)@)?((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.%]+\])(?::\d*)?$/

const PARTS: Readonly<Record<string, (url: UrlParts) => string | null>> = {
  HOST: (url) => (url.authority === null ? null : (HOST.exec(url.authority)?.[2] ?? null)),
  PATH: (url) => url.path,
  QUERY: (url) => url.query,
  REF: (url) => url.fragment,
  PROTOCOL: (url) => url.scheme,
  FILE: (url) => (url.path === null ? null : url.query === null ? url.path : `${url.path}?${url.query}`),
  AUTHORITY: (url) => url.authority,
  USERINFO: (url) => (url.authority === null ? null : (HOST.exec(url.authority)?.[1] ?? null)),
}
/** The value of a key; the key is a pattern in Spark too. */
function queryValue(query: string | null, key: string): string | null {
  if (query === null) return null
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=')
    if (at >= 0 && pair.slice(0, at) === key) return pair.slice(at + 1)
  }
  return null
}
function parseUrl(onInvalid: (url: string) => Value): Evaluate {
  const split = cachedPattern(splitUrl)
  return (url: string, part: string, key?: string): Value => {
    const parts = split(url)
    if (parts === undefined) return onInvalid(url)
    if (key !== undefined) return part === 'QUERY' ? queryValue(parts.query, key) : null
    return Object.hasOwn(PARTS, part) ? PARTS[part]!(parts) : null
  }
}
function invalidUrl(url: string): never {
  throw new ExecutionError('INVALID_URL', {
    message: `"${url}" is not a URL`,
    hint: 'Use "try_parse_url" to get NULL instead.',
    parameters: { url, ansiConfig: '"spark.sql.ansi.enabled"' },
  })
}

/** As java.net.URLEncoder: a blank is a plus sign; letters, digits and .-*_ stay. */
function encodeUrl(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '?'))
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
/** As java.net.URLDecoder; undefined for a percent sign without two hexadecimal digits. Bytes that are not UTF-8 are replaced. */
function decodeUrl(text: string): string | undefined {
  const plain = text.replace(/\+/g, ' ')
  if (/%(?![0-9A-Fa-f]{2})/.test(plain)) return undefined
  return plain.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) => Buffer.from(escapes.replace(/%/g, ''), 'hex').toString('utf8'))
}
function undecodable(url: string): never {
  throw new ExecutionError('CANNOT_DECODE_URL', {
    message: `"${url}" cannot be decoded as a URL`,
    hint: 'Use "try_url_decode" to get NULL instead.',
    parameters: { url },
  })
}

export const urlFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'parse_url',
    family: 'url',
    summary: 'Returns a part of a URL: HOST, PATH, QUERY (or one key of it), REF, PROTOCOL, FILE, AUTHORITY or USERINFO.',
    examples: [
      ["SELECT parse_url('http://spark.apache.org/path?query=1', 'HOST')", 'spark.apache.org'],
      ["SELECT parse_url('http://spark.apache.org/path?query=1', 'QUERY', 'query')", '1'],
    ],
    nulls: 'propagate',
    resolve: takes([ONLY_TEXT, ONLY_TEXT, ONLY_TEXT], STRING, { required: 2, nullable: true }),
    bind: (_signature, { settings }) => parseUrl(settings.ansi ? invalidUrl : () => null),
  }),
  defineScalar({
    name: 'try_parse_url',
    family: 'url',
    summary: 'Returns a part of a URL as parse_url does, but NULL for what is no URL.',
    examples: [["SELECT try_parse_url('inva lid://spark.apache.org/path', 'HOST')", 'NULL']],
    nulls: 'propagate',
    resolve: takes([ONLY_TEXT, ONLY_TEXT, ONLY_TEXT], STRING, { required: 2, nullable: true }),
    bind: () => parseUrl(() => null),
  }),
  defineScalar({
    name: 'url_encode',
    family: 'url',
    summary: 'Writes text so that it may stand in a URL.',
    examples: [["SELECT url_encode('https://spark.apache.org')", 'https%3A%2F%2Fspark.apache.org']],
    nulls: 'propagate',
    resolve: takes([TEXT], STRING),
    bind: () => encodeUrl,
  }),
  defineScalar({
    name: 'url_decode',
    family: 'url',
    summary: 'Reads text that was written by url_encode.',
    examples: [["SELECT url_decode('https%3A%2F%2Fspark.apache.org')", 'https://spark.apache.org']],
    nulls: 'propagate',
    resolve: takes([TEXT], STRING),
    bind: () => (text: string) => decodeUrl(text) ?? undecodable(text),
  }),
  defineScalar({
    name: 'try_url_decode',
    family: 'url',
    summary: 'Reads text that was written by url_encode; NULL for text that was not.',
    examples: [["SELECT try_url_decode('https%3A%2F%2Fspark.apache.org%')", 'NULL']],
    nulls: 'propagate',
    resolve: takes([TEXT], STRING, { nullable: true }),
    bind:
      () =>
      (text: string): Value =>
        decodeUrl(text) ?? null,
  }),
]
