import { createHash, createHmac } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { ExecutionError } from '../../errors/engine-error.ts'
import { BIGINT, BINARY, INT, STRING } from '../../types/data-type.ts'
import { HASH_SEED, murmur3, xxHash64 } from '../../types/hash.ts'
import type { Value } from '../../types/value.ts'
import { typeMismatch } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution, type Signature } from '../function.ts'
import { BYTES, checkCount, holdsMap, TEXT, takes, WHOLE } from '../signature.ts'

function digest(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex')
}
const SHA2_BITS: Readonly<Record<number, string>> = { 0: 'sha256', 224: 'sha224', 256: 'sha256', 384: 'sha384', 512: 'sha512' }
const HMAC_ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  SHA1: 'sha1',
  'SHA-224': 'sha224',
  SHA224: 'sha224',
  'SHA-256': 'sha256',
  SHA256: 'sha256',
  'SHA-384': 'sha384',
  SHA384: 'sha384',
  'SHA-512': 'sha512',
  SHA512: 'sha512',
}
function hmac(key: Uint8Array, message: Uint8Array, name = 'SHA-256'): Uint8Array {
  const algorithm = HMAC_ALGORITHMS[name.toUpperCase()]
  if (algorithm === undefined)
    throw new ExecutionError('INVALID_PARAMETER_VALUE.HMAC_ALGORITHM', {
      message: `"${name}" is not a digest that hmac knows`,
      hint: 'Use one of MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.',
      parameters: { parameter: '`algorithm`', functionName: '`hmac`', value: name },
    })
  return createHmac(algorithm, key).update(message).digest()
}

/** Any arguments but maps, whose equal values may be in another order. */
function resolveHash(args: readonly Argument[], site: CallSite, returns: Resolution['returns']): Resolution {
  checkCount(args, site, 1, Infinity)
  if (args.some((a) => holdsMap(a.type)))
    throw typeMismatch(site, 'HASH_MAP_TYPE', `"${site.name}" does not take maps`, { functionName: `\`${site.name}\`` })
  return { arguments: args.map((a) => a.type), returns, nullable: false }
}

export const hashFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'md5',
    family: 'hash',
    summary: 'Returns the MD5 digest in hexadecimal digits.',
    examples: [["SELECT md5('Spark')", '8cde774d6f7333752ed72cacddb05126']],
    nulls: 'propagate',
    resolve: takes([BYTES], STRING),
    bind: () => (bytes: Uint8Array) => digest('md5', bytes),
  }),
  defineScalar({
    name: 'sha1',
    aliases: ['sha'],
    family: 'hash',
    summary: 'Returns the SHA-1 digest in hexadecimal digits.',
    examples: [["SELECT sha1('Spark')", '85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c']],
    nulls: 'propagate',
    resolve: takes([BYTES], STRING),
    bind: () => (bytes: Uint8Array) => digest('sha1', bytes),
  }),
  defineScalar({
    name: 'sha2',
    family: 'hash',
    summary: 'Returns the SHA-2 digest of 224, 256 (or 0), 384 or 512 bits; NULL for other lengths.',
    examples: [["SELECT sha2('Spark', 256)", '529bc3b07127ecb7e53a4dcf1991d9152c24537d919178022b2c42657f79a26b']],
    nulls: 'propagate',
    resolve: takes([BYTES, WHOLE], STRING, { nullable: true }),
    bind: () => (bytes: Uint8Array, bits: number) => {
      const algorithm = SHA2_BITS[bits]
      return algorithm === undefined ? null : digest(algorithm, bytes)
    },
  }),
  defineScalar({
    name: 'hmac',
    family: 'hash',
    summary: 'Returns the keyed digest of a message, by SHA-256 unless another algorithm is named.',
    examples: [["SELECT hex(hmac('k', 'm', 'MD5'))", 'ED7E724D3A91554AAA2043041D9C5305']],
    nulls: 'propagate',
    resolve: takes([BYTES, BYTES, TEXT], BINARY, { required: 2 }),
    bind: () => hmac,
  }),
  defineScalar({
    name: 'crc32',
    family: 'hash',
    summary: 'Returns the CRC-32 check sum.',
    examples: [["SELECT crc32('Spark')", '1557323817']],
    nulls: 'propagate',
    resolve: takes([BYTES], BIGINT),
    bind: () => (bytes: Uint8Array) => BigInt(crc32(bytes)),
  }),
  defineScalar({
    name: 'hash',
    family: 'hash',
    summary: 'Returns a 32-bit hash (Murmur 3) of its arguments.',
    examples: [["SELECT hash('Spark', array(123), 2)", '-1321691492']],
    nulls: 'custom',
    resolve: (args, site) => resolveHash(args, site, INT),
    bind: (signature: Signature) => {
      const types = signature.arguments
      return (...values: Value[]) => values.reduce<number>((seed, value, i) => murmur3(value, types[i]!, seed), HASH_SEED)
    },
  }),
  defineScalar({
    name: 'xxhash64',
    family: 'hash',
    summary: 'Returns a 64-bit hash (xxHash) of its arguments.',
    examples: [["SELECT xxhash64('Spark', array(123), 2)", '5602566077635097486']],
    nulls: 'custom',
    resolve: (args, site) => resolveHash(args, site, BIGINT),
    bind: (signature: Signature) => {
      const types = signature.arguments
      return (...values: Value[]) =>
        values.reduce<bigint>((seed, value, i) => xxHash64(value, types[i]!, seed), BigInt(HASH_SEED))
    },
  }),
]
