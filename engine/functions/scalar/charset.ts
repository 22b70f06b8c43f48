import { ExecutionError } from '../../errors/engine-error.ts'

/** The character sets that encode and decode know, as Spark limits them. */
const CHARSETS = ['iso-8859-1', 'us-ascii', 'utf-16', 'utf-16be', 'utf-16le', 'utf-32', 'utf-8']

function checkedCharset(name: string, functionName: string): string {
  const charset = name.toLowerCase()
  if (CHARSETS.includes(charset)) return charset
  throw new ExecutionError('INVALID_PARAMETER_VALUE.CHARSET', {
    message: `the character set "${name}" is not known`,
    hint: `Use one of ${CHARSETS.join(', ')}.`,
    parameters: { parameter: '`charset`', functionName: `\`${functionName}\``, charsets: CHARSETS.join(', '), charset: name },
  })
}
function malformed(functionName: string, charset: string): ExecutionError {
  return new ExecutionError('MALFORMED_CHARACTER_CODING', {
    message: `"${functionName}" met a character that ${charset} does not have`,
    parameters: { function: `\`${functionName}\``, charset },
  })
}

function swapped(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes).swap16()
}
export function encodeText(text: string, name: string): Uint8Array {
  const charset = checkedCharset(name, 'encode')
  switch (charset) {
    case 'utf-8':
      return Buffer.from(text, 'utf8')
    case 'utf-16le':
      return Buffer.from(text, 'utf16le')
    case 'utf-16be':
      return swapped(Buffer.from(text, 'utf16le'))
    case 'utf-16':
      return Buffer.concat([Uint8Array.of(0xfe, 0xff), swapped(Buffer.from(text, 'utf16le'))])
    case 'utf-32': {
      const points = Array.from(text, (char) => char.codePointAt(0)!)
      const bytes = Buffer.alloc(points.length * 4)
      for (const [i, point] of points.entries()) bytes.writeUInt32BE(point, i * 4)
      return bytes
    }
    default: {
      const limit = charset === 'us-ascii' ? 0x7f : 0xff
      return Uint8Array.from(text, (char) => {
        const code = char.codePointAt(0)!
        if (code > limit) throw malformed('encode', name)
        return code
      })
    }
  }
}

export function decodeBytes(bytes: Uint8Array, name: string): string {
  const charset = checkedCharset(name, 'decode')
  switch (charset) {
    case 'utf-16':
    case 'utf-16be':
    case 'utf-16le': {
      if (bytes.length % 2 === 1) throw malformed('decode', name)
      const mark = charset === 'utf-16' && bytes.length >= 2 ? (bytes[0]! << 8) | bytes[1]! : 0
      const body = mark === 0xfeff || mark === 0xfffe ? bytes.subarray(2) : bytes
      const little = charset === 'utf-16le' || mark === 0xfffe
      return fatal('utf-16le', little ? body : swapped(body), name)
    }
    case 'utf-32': {
      if (bytes.length % 4 !== 0) throw malformed('decode', name)
      const view = Buffer.from(bytes)
      let text = ''
      for (let at = 0; at < view.length; at += 4) {
        const point = view.readUInt32BE(at)
        if (point > 0x10ffff) throw malformed('decode', name)
        if (!(at === 0 && point === 0xfeff)) text += String.fromCodePoint(point)
      }
      return text
    }
    case 'utf-8':
      return fatal('utf-8', bytes, name)
    default:
      if (charset === 'us-ascii' && bytes.some((byte) => byte > 0x7f)) throw malformed('decode', name)
      return Buffer.from(bytes).toString('latin1')
  }
}
function fatal(encoding: string, bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed('decode', name)
  }
}
