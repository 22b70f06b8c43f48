import { decodeText } from '../columnar/column.ts'
import { type DataType, sqlTypeName } from '../types/data-type.ts'
import { fitsPrecision } from '../types/decimal.ts'
import { MapValue, type Value } from '../types/value.ts'
import { type AvroReading, type AvroScalarReading, decimalValue } from './avro-reading.ts'
import type { AvroSchema } from './avro-schema.ts'

/** The bytes are no value of the schema. */
export class AvroMalformed extends Error {}

/** A value's bytes, and how far they have been read. */
export class AvroInput {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  position = 0
  end = 0

  /** @param view over the same bytes */
  start(bytes: Uint8Array, view: DataView, start: number, end: number): this {
    this.bytes = bytes
    this.view = view
    this.position = start
    this.end = end
    return this
  }

  byte(): number {
    if (this.position >= this.end) throw new AvroMalformed('the bytes end too early')
    return this.bytes[this.position++]!
  }
  /** Moves over `count` bytes; where they begin. */
  take(count: number): number {
    if (count < 0) throw new AvroMalformed(`a length is ${count}`)
    if (count > this.end - this.position) throw new AvroMalformed('the bytes end too early')
    const at = this.position
    this.position += count
    return at
  }
  int(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      value |= (byte & 127) << shift
      if (byte < 128) return (value >>> 1) ^ -(value & 1)
    }
    throw new AvroMalformed('an int has more than 5 bytes')
  }
  long(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, (BigInt.asUintN(64, value) >> 1n) ^ -(value & 1n))
    }
    throw new AvroMalformed('a long has more than 10 bytes')
  }
  length(): number {
    return Number(this.long())
  }
}

export type AvroValueReader = (input: AvroInput) => Value

/** Items of no bytes are counted, not read: so many are no array but damage. */
const EMPTY_ITEMS_MAX = 1 << 24

/**
 * Reads one value at a time, plainly: what generated code must agree with, what it leaves to be read, and what says why a value is malformed.
 *
 * @throws AvroMalformed (the reader does) when the bytes are no such value; bytes behind the value are not looked at
 */
export function avroValueReader(reading: AvroReading, type: DataType): AvroValueReader {
  switch (reading.kind) {
    case 'constant': {
      const { value } = reading
      return () => value
    }
    case 'impossible':
      return () => {
        throw new AvroMalformed(reading.reason)
      }
    case 'enum': {
      const { symbols } = reading
      return (input) => {
        const index = input.int()
        const symbol = symbols[index]
        if (symbol === undefined) throw new AvroMalformed(`an enum has the number ${index}, which stands for no known symbol`)
        return symbol
      }
    }
    case 'scalar':
      return scalarReader(reading, type)
    case 'union': {
      const branches = reading.branches.map((branch) => avroValueReader(branch, type))
      return (input) => {
        const index = input.int()
        const read = branches[index]
        if (read === undefined) throw new AvroMalformed(`a union of ${branches.length} has the branch ${index}`)
        return read(input)
      }
    }
    case 'member': {
      if (type.kind !== 'struct') throw new Error('a member is of a struct')
      const { index, count } = reading
      const read = avroValueReader(reading.of, type.fields[index]!.type)
      return (input) => {
        const members = new Array<Value>(count).fill(null)
        members[index] = read(input)
        return members
      }
    }
    case 'record': {
      if (type.kind !== 'struct') throw new Error('a record is a struct')
      const count = type.fields.length
      const steps = reading.fields.map((f): ((input: AvroInput, into: Value[]) => void) => {
        if (!('reading' in f)) {
          const skip = avroSkipper(f.skipped)
          return skip
        }
        const read = avroValueReader(f.reading, type.fields[f.target]!.type)
        return (input, into) => {
          into[f.target] = read(input)
        }
      })
      const { missing } = reading
      return (input) => {
        const values = new Array<Value>(count).fill(null)
        for (const step of steps) step(input, values)
        for (const { target, value } of missing) values[target] = value
        return values
      }
    }
    case 'array': {
      if (type.kind !== 'array') throw new Error('an array is an array')
      const read = avroValueReader(reading.items, type.element)
      return (input) => {
        const items: Value[] = []
        readBlocks(input, () => {
          items.push(read(input))
          return items.length
        })
        return items
      }
    }
    case 'map': {
      if (type.kind !== 'map') throw new Error('a map is a map')
      const read = avroValueReader(reading.values, type.value)
      return (input) => {
        const entries = new Map<string, Value>()
        let count = 0
        readBlocks(input, () => {
          const key = readText(input)
          entries.set(key, read(input))
          return ++count
        })
        return new MapValue([...entries])
      }
    }
  }
}

/** `item` gives how many there are by now. */
function readBlocks(input: AvroInput, item: () => number): void {
  for (;;) {
    let count = input.length()
    if (count === 0) return
    if (count < 0) {
      // The size of the block, for those who pass over it.
      input.length()
      count = -count
    }
    const before = input.position
    for (; count > 0; count--) {
      if (item() > EMPTY_ITEMS_MAX && input.position === before)
        throw new AvroMalformed('an array has too many items of no bytes')
    }
  }
}

function readText(input: AvroInput): string {
  const length = input.length()
  const at = input.take(length)
  return decodeText(input.bytes, at, at + length)
}

function scalarReader({ wire, size, to }: AvroScalarReading, type: DataType): AvroValueReader {
  switch (wire) {
    case 'null':
      return () => null
    case 'boolean':
      return (input) => input.byte() === 1
    case 'float':
    case 'double': {
      const single = wire === 'float'
      return (input) => {
        const at = input.take(single ? 4 : 8)
        return single ? input.view.getFloat32(at, true) : input.view.getFloat64(at, true)
      }
    }
    case 'string':
    case 'bytes':
    case 'fixed': {
      const bytes = (input: AvroInput): number => (wire === 'fixed' ? size : input.length())
      if (to.kind === 'decimal') {
        return (input) => {
          const length = bytes(input)
          const at = input.take(length)
          if (length === 0) throw new AvroMalformed('a decimal has no bytes')
          const value = decimalValue(input.bytes, at, at + length, to.shift)
          if (!fitsPrecision(value, to.precision))
            throw new AvroMalformed(`a decimal has more digits than ${sqlTypeName(type)} holds`)
          return value
        }
      }
      const isText = type.kind === 'string'
      return (input) => {
        const length = bytes(input)
        const at = input.take(length)
        return isText ? decodeText(input.bytes, at, at + length) : new Uint8Array(input.bytes.subarray(at, at + length))
      }
    }
    case 'int':
    case 'long':
      return numberReader(wire, to, type)
  }
}

function numberReader(wire: 'int' | 'long', to: AvroScalarReading['to'], type: DataType): AvroValueReader {
  const isLong = wire === 'long'
  switch (to.kind) {
    case 'narrow':
      return (input) => {
        const value = input.int()
        if (value < to.minimum || value > to.maximum)
          throw new AvroMalformed(`${value} is out of the range of ${sqlTypeName(type)}`)
        return value
      }
    case 'times': {
      const factor = BigInt(to.factor)
      const { through } = to
      return (input) => {
        const value = (isLong ? input.long() : BigInt(input.int())) * factor
        const fits = through === undefined ? BigInt.asIntN(64, value) === value : value >= 0n && value < BigInt(through)
        if (!fits) throw new AvroMalformed(`${value / factor} is out of the range of ${sqlTypeName(type)}`)
        return value
      }
    }
    default:
      if (type.kind === 'bigint' || type.kind === 'interval_day_time') {
        return isLong ? (input) => input.long() : (input) => BigInt(input.int())
      }
      if (type.kind === 'float')
        return isLong ? (input) => Math.fround(Number(input.long())) : (input) => Math.fround(input.int())
      return isLong ? (input) => Number(input.long()) : (input) => input.int()
  }
}

/** Passes over a value. */
export function avroSkipper(
  schema: AvroSchema,
  records = new Map<AvroSchema, (input: AvroInput) => void>(),
): (input: AvroInput) => void {
  switch (schema.kind) {
    case 'null':
      return () => undefined
    case 'boolean':
      return (input) => void input.take(1)
    case 'int':
    case 'enum':
      return (input) => void input.int()
    case 'long':
      return (input) => void input.long()
    case 'float':
      return (input) => void input.take(4)
    case 'double':
      return (input) => void input.take(8)
    case 'bytes':
    case 'string':
      return (input) => void input.take(input.length())
    case 'fixed':
      return (input) => void input.take(schema.size)
    case 'array':
    case 'map': {
      const skip = avroSkipper(schema.kind === 'array' ? schema.items : schema.values, records)
      const keyed = schema.kind === 'map'
      return (input) => {
        let passed = 0
        readBlocks(input, () => {
          if (keyed) input.take(input.length())
          skip(input)
          return ++passed
        })
      }
    }
    case 'union': {
      const branches = schema.branches.map((branch) => avroSkipper(branch, records))
      return (input) => {
        const skip = branches[input.int()]
        if (skip === undefined) throw new AvroMalformed('a union has a branch that is not there')
        skip(input)
      }
    }
    case 'record': {
      const known = records.get(schema)
      if (known !== undefined) return (input) => known(input)
      const steps: ((input: AvroInput) => void)[] = []
      const skip = (input: AvroInput): void => {
        for (const step of steps) step(input)
      }
      records.set(schema, skip)
      for (const f of schema.fields) steps.push(avroSkipper(f.schema, records))
      return skip
    }
  }
}
