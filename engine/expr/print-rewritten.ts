import type { AggregateCall, Call } from './expression.ts'

/**
 * Calls that Spark names after what it makes of them, not after what was written. `args` are the printed arguments.
 * Undefined: named as any call. Observed on Spark 4.3.
 */
export function printRewritten(e: Call | AggregateCall, args: readonly string[]): string | undefined {
  const [first, second] = args
  switch (e.name) {
    case 'localtime':
      return `current_time(${first ?? '6'})`
    case 'dateadd':
      return args.length === 2 ? `date_add(${first}, ${second})` : undefined
    case 'make_timestamp_ltz':
    case 'try_make_timestamp_ltz':
      // A date and a time, and maybe a zone.
      return args.length <= 3 ? `make_timestamp(${args.join(', ')})` : undefined
    case 'try_make_timestamp':
      // The zone of seven arguments is not shown.
      return args.length === 7 ? `try_make_timestamp(${args.slice(0, 6).join(', ')})` : undefined
    case 'try_to_time':
      return `try_to_time(to_time(${args.join(', ')}))`
    case 'try_make_timestamp_ntz':
      return args.length === 2 ? `try_make_timestamp_ntz(make_timestamp_ntz(${first}, ${second}))` : undefined
    case 'convert_timezone':
      return args.length === 2 ? `convert_timezone(current_timezone(), ${first}, ${second})` : undefined
    case 'time_bucket': {
      if (args.length !== 2) return undefined
      const local = e.args[1]!.type?.kind === 'timestamp_ntz'
      return `time_bucket(${first}, ${second}, ${local ? 'TIMESTAMP_NTZ' : 'TIMESTAMP'} '1970-01-01 00:00:00')`
    }
    case 'assert_true':
      return args.length === 1 ? `assert_true(${first}, '${first}' is not true!)` : undefined
    case 'to_char':
    case 'to_varchar':
      return args.length === 2 ? printFormatted(e, args) : undefined
    case 'mode':
      return e.args.length === 2 ? printMode(e, first!) : undefined
    default:
      return undefined
  }
}

/** to_char: numbers under that name, moments as date_format, bytes as the encoding; to_varchar keeps its name for bytes alone. */
function printFormatted(e: Call | AggregateCall, args: readonly string[]): string {
  const [value, format] = args
  switch (e.args[0]!.type?.kind) {
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return `date_format(${value}, ${format})`
    case 'binary': {
      const encoding = format?.toLowerCase()
      if (encoding === 'base64' || encoding === 'hex') return `${e.name === 'to_char' ? encoding : e.name}(${value})`
      return `${e.name}(${value}, ${format})`
    }
    default:
      return `to_char(${value}, ${format})`
  }
}

/** mode(x, true) is the ordered form, whose order Spark keeps reversed. */
function printMode(e: Call | AggregateCall, value: string): string {
  const deterministic = e.args[1]!
  const ordered = deterministic.kind === 'literal' && deterministic.value === true
  return ordered ? `mode() WITHIN GROUP (ORDER BY ${value} DESC)` : `mode(${value})`
}
