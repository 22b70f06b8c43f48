/** Java's predefined character classes as JavaScript classes (flag `v`). They are ASCII unless they say otherwise. */
export const CHARACTER_CLASSES: Readonly<Record<string, string | undefined>> = {
  d: '[0-9]',
  D: '[^0-9]',
  w: '[a-zA-Z_0-9]',
  W: '[^a-zA-Z_0-9]',
  s: '[ \\t\\n\\v\\f\\r]',
  S: '[^ \\t\\n\\v\\f\\r]',
  h: '[ \\u00a0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000\\t]',
  H: '[^ \\u00a0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000\\t]',
  v: '[\\n\\v\\f\\r\\u0085\\u2028\\u2029]',
  V: '[^\\n\\v\\f\\r\\u0085\\u2028\\u2029]',
}

const POSIX: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\u0000-\\u007f',
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: '\\u0021-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007e',
  Graph: '\\u0021-\\u007e',
  Print: '\\u0020-\\u007e',
  Blank: ' \\t',
  Cntrl: '\\u0000-\\u001f\\u007f',
  XDigit: '0-9a-fA-F',
  Space: ' \\t\\n\\v\\f\\r',
  javaLowerCase: '\\p{Lowercase}',
  javaUpperCase: '\\p{Uppercase}',
  javaWhitespace: '\\t\\n\\v\\f\\r\\u001c-\\u001f \\u1680\\u2000-\\u2006\\u2008-\\u200a\\u2028\\u2029\\u205f\\u3000',
  javaDigit: '\\p{Nd}',
  javaLetter: '\\p{L}',
  javaLetterOrDigit: '\\p{L}\\p{Nd}',
  javaAlphabetic: '\\p{Alphabetic}',
  javaMirrored: '\\p{Bidi_Mirrored}',
  L1: '\\u0000-\\u00ff',
  all: '\\s\\S',
}
/** Binary properties after `Is`, by their name in lower case. */
const BINARY: Readonly<Record<string, string>> = {
  alphabetic: 'Alphabetic',
  ideographic: 'Ideographic',
  letter: 'L',
  lowercase: 'Lowercase',
  uppercase: 'Uppercase',
  titlecase: 'Lt',
  punctuation: 'P',
  control: 'Cc',
  white_space: 'White_Space',
  digit: 'Nd',
  hex_digit: 'Hex_Digit',
  join_control: 'Join_Control',
  noncharacter_code_point: 'Noncharacter_Code_Point',
  assigned: 'Assigned',
  emoji: 'Emoji',
}
/** The blocks that are met in practice; JavaScript has no blocks of its own. */
const BLOCKS: Readonly<Record<string, string>> = {
  basiclatin: '\\u0000-\\u007f',
  latin1supplement: '\\u0080-\\u00ff',
  greek: '\\u0370-\\u03ff',
  greekandcoptic: '\\u0370-\\u03ff',
  cyrillic: '\\u0400-\\u04ff',
  hebrew: '\\u0590-\\u05ff',
  arabic: '\\u0600-\\u06ff',
  hiragana: '\\u3040-\\u309f',
  katakana: '\\u30a0-\\u30ff',
  cjkunifiedideographs: '\\u4e00-\\u9fff',
  hangulsyllables: '\\uac00-\\ud7af',
}

function property(expression: string): string | undefined {
  try {
    new RegExp(`\\p{${expression}}`, 'v')
    return `\\p{${expression}}`
  } catch {
    return undefined // not a property JavaScript knows, so not one Java knows by this name
  }
}

/** The inside of a class for `\p{name}`; undefined for names Java does not know. */
export function propertyClass(name: string, ignoreCase: boolean): string | undefined {
  if (ignoreCase && /^(Lower|Upper|Lu|Ll|Lt|javaLowerCase|javaUpperCase)$/.test(name))
    return name === 'Lower' || name === 'Upper' ? 'a-zA-Z' : '\\p{Cased_Letter}'
  if (Object.hasOwn(POSIX, name)) return POSIX[name]
  const [key, value] = name.split('=') as [string, string | undefined]
  if (value !== undefined) {
    if (/^(sc|script)$/i.test(key)) return property(`Script=${titled(value)}`)
    if (/^(gc|general_category)$/i.test(key)) return property(value)
    return /^(blk|block)$/i.test(key) ? BLOCKS[blockKey(value)] : undefined
  }
  if (name.startsWith('In')) return BLOCKS[blockKey(name.slice(2))]
  if (name.startsWith('Is')) {
    const rest = name.slice(2)
    const binary = BINARY[rest.toLowerCase()]
    return binary !== undefined ? property(binary) : (property(`Script=${titled(rest)}`) ?? category(rest))
  }
  return category(name)
}
function category(name: string): string | undefined {
  if (name === 'LD') return '\\p{L}\\p{Nd}'
  return /^([LMNPSZC]|[LMNPSZC][a-z]|LC)$/.test(name) ? property(name) : undefined
}
function titled(name: string): string {
  return name.toLowerCase().replace(/(^|_)[a-z]/g, (start) => start.toUpperCase())
}
function blockKey(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '')
}
