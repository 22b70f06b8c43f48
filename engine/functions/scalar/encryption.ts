import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM, randomBytes } from 'node:crypto'
import { ExecutionError } from '../../errors/engine-error.ts'
import { BINARY } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { defineScalar, type FunctionRecord } from '../function.ts'
import { BYTES, TEXT, takes } from '../signature.ts'

/** AES with keys of 16, 24 or 32 bytes: ECB, CBC with PKCS padding, GCM. The initialisation vector goes in front of what is encrypted. */
type Mode = 'ECB' | 'CBC' | 'GCM'
const VECTOR_LENGTH: Readonly<Record<Mode, number>> = { ECB: 0, CBC: 16, GCM: 12 }
const TAG_LENGTH = 16

function invalid(subcondition: string, message: string, parameters: Readonly<Record<string, string>>): ExecutionError {
  return new ExecutionError(`INVALID_PARAMETER_VALUE.${subcondition}`, { message, parameters })
}
function checkedMode(mode: string, padding: string): Mode {
  const name = mode.toUpperCase()
  const pads = padding.toUpperCase()
  const suits =
    (name === 'ECB' || name === 'CBC') && (pads === 'PKCS' || pads === 'DEFAULT')
      ? name
      : name === 'GCM' && (pads === 'NONE' || pads === 'DEFAULT')
        ? name
        : undefined
  if (suits !== undefined) return suits
  throw new ExecutionError('UNSUPPORTED_FEATURE.AES_MODE', {
    message: `AES mode "${mode}" with padding "${padding}" is not supported`,
    hint: 'Use ECB or CBC with PKCS padding, or GCM without.',
    parameters: { mode, padding, functionName: '`aes_encrypt`/`aes_decrypt`' },
  })
}
function algorithm(key: Uint8Array, mode: Mode): string {
  if (key.length !== 16 && key.length !== 24 && key.length !== 32)
    throw invalid('AES_KEY_LENGTH', `an AES key has 16, 24 or 32 bytes, not ${key.length}`, {
      parameter: '`key`',
      functionName: '`aes_encrypt`/`aes_decrypt`',
      actualLength: String(key.length),
    })
  return `aes-${key.length * 8}-${mode.toLowerCase()}`
}

function encrypt(
  input: Uint8Array,
  key: Uint8Array,
  modeName: string,
  padding: string,
  vector: Uint8Array,
  extra: Uint8Array,
): Value {
  const mode = checkedMode(modeName, padding)
  const name = algorithm(key, mode)
  const length = VECTOR_LENGTH[mode]
  if (mode === 'ECB' && vector.length > 0) throw unsupported('AES_MODE_IV', mode)
  if (mode !== 'GCM' && extra.length > 0) throw unsupported('AES_MODE_AAD', mode)
  if (vector.length > 0 && vector.length !== length)
    throw invalid('AES_IV_LENGTH', `the initialisation vector of ${mode} has ${length} bytes, not ${vector.length}`, {
      mode,
      parameter: '`iv`',
      functionName: '`aes_encrypt`/`aes_decrypt`',
      actualLength: String(vector.length),
    })
  const start = vector.length > 0 ? vector : randomBytes(length)
  const cipher = createCipheriv(name, key, length === 0 ? null : start)
  if (mode === 'GCM' && extra.length > 0) (cipher as CipherGCM).setAAD(extra)
  const body = Buffer.concat([cipher.update(input), cipher.final()])
  const tag = mode === 'GCM' ? (cipher as CipherGCM).getAuthTag() : Buffer.alloc(0)
  return Buffer.concat([length === 0 ? Buffer.alloc(0) : start, body, tag])
}
function unsupported(subcondition: string, mode: Mode): ExecutionError {
  return new ExecutionError(`UNSUPPORTED_FEATURE.${subcondition}`, {
    message: `AES mode ${mode} does not take ${subcondition === 'AES_MODE_IV' ? 'an initialisation vector' : 'additional data'}`,
    parameters: { mode, functionName: '`aes_encrypt`/`aes_decrypt`' },
  })
}
function decrypt(input: Uint8Array, key: Uint8Array, modeName: string, padding: string, extra: Uint8Array): Value {
  const mode = checkedMode(modeName, padding)
  const name = algorithm(key, mode)
  const length = VECTOR_LENGTH[mode]
  if (mode !== 'GCM' && extra.length > 0) throw unsupported('AES_MODE_AAD', mode)
  try {
    const decipher = createDecipheriv(name, key, length === 0 ? null : input.subarray(0, length))
    if (mode !== 'GCM') return Buffer.concat([decipher.update(input.subarray(length)), decipher.final()])
    const gcm = decipher as DecipherGCM
    if (extra.length > 0) gcm.setAAD(extra)
    gcm.setAuthTag(input.subarray(input.length - TAG_LENGTH))
    return Buffer.concat([gcm.update(input.subarray(length, input.length - TAG_LENGTH)), gcm.final()])
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new ExecutionError('INVALID_PARAMETER_VALUE.AES_CRYPTO_ERROR', {
      message: 'the bytes cannot be decrypted with this key',
      detail: `OpenSSL says: ${detail}.`,
      parameters: { parameter: '`expr`, `key`', functionName: '`aes_encrypt`/`aes_decrypt`', detailMessage: detail },
      cause: error,
    })
  }
}
const NOTHING = new Uint8Array(0)

export const encryptionFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'aes_encrypt',
    family: 'misc',
    summary: 'Encrypts bytes with AES: key, mode (GCM by default), padding, initialisation vector, additional data.',
    examples: [["SELECT base64(aes_encrypt('Spark SQL', '1234567890abcdef', 'ECB', 'PKCS'))", '3lmwu+Mw0H3fi5NDvcu9lg==']],
    nulls: 'propagate',
    // A random initialisation vector makes each result another one.
    deterministic: false,
    resolve: takes([BYTES, BYTES, TEXT, TEXT, BYTES, BYTES], BINARY, { required: 2 }),
    bind:
      () =>
      (input: Uint8Array, key: Uint8Array, mode = 'GCM', padding = 'DEFAULT', vector = NOTHING, extra = NOTHING) =>
        encrypt(input, key, mode, padding, vector, extra),
  }),
  defineScalar({
    name: 'aes_decrypt',
    family: 'misc',
    summary: 'Decrypts bytes with AES: key, mode (GCM by default), padding, additional data.',
    examples: [
      [
        "SELECT CAST(aes_decrypt(unbase64('3lmwu+Mw0H3fi5NDvcu9lg=='), '1234567890abcdef', 'ECB', 'PKCS') AS STRING)",
        'Spark SQL',
      ],
    ],
    nulls: 'propagate',
    resolve: takes([BYTES, BYTES, TEXT, TEXT, BYTES], BINARY, { required: 2 }),
    bind:
      () =>
      (input: Uint8Array, key: Uint8Array, mode = 'GCM', padding = 'DEFAULT', extra = NOTHING) =>
        decrypt(input, key, mode, padding, extra),
  }),
  defineScalar({
    name: 'try_aes_decrypt',
    family: 'misc',
    summary: 'Decrypts as aes_decrypt does, but gives NULL where that fails.',
    examples: [["SELECT try_aes_decrypt(X'00', '1234567890abcdef', 'ECB')", 'NULL']],
    nulls: 'propagate',
    resolve: takes([BYTES, BYTES, TEXT, TEXT, BYTES], BINARY, { required: 2, nullable: true }),
    bind:
      () =>
      (input: Uint8Array, key: Uint8Array, mode = 'GCM', padding = 'DEFAULT', extra = NOTHING) => {
        try {
          return decrypt(input, key, mode, padding, extra)
        } catch (error) {
          if (error instanceof ExecutionError) return null
          throw error
        }
      },
  }),
]
