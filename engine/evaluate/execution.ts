import type { FunctionRecord, ScalarFunction } from '../functions/function.ts'
import { TEMPLATES } from './templates/table.ts'

/**
 * How a scalar function is computed where code is generated. Each has an interpreter (its record's `bind`); what it has besides:
 *
 * generated    a template writes its code into the loop over rows, or what it gives is put together of columns
 * columns      a kernel computes whole columns (its record's `bindColumns`)
 * called       the loop calls the record's function with values out of lanes: no row of values is made
 * interpreted  row by row, with a value for each argument
 *
 * The last two say why. A function may be generated for some types of arguments and called, or interpreted, for others.
 */
export interface Execution {
  readonly how: 'generated' | 'columns' | 'called' | 'interpreted'
  readonly because: string | undefined
}

/** undefined: nobody has said yet, which a test refuses. */
export function executionOf(record: ScalarFunction): Execution | undefined {
  const names = [record.name, ...(record.aliases ?? [])]
  if (names.some((name) => TEMPLATES[name] !== undefined || BRANCHES.has(name))) return { how: 'generated', because: undefined }
  if (record.bindColumns !== undefined) return { how: 'columns', because: undefined }
  for (const [how, reasons] of [
    ['called', CALLED],
    ['interpreted', INTERPRETED],
  ] as const)
    for (const [because, list] of reasons) if (list.split(' ').includes(record.name)) return { how, because }
  return undefined
}

/** Every name that the lists below hold. */
export function listedNames(): string[] {
  return [...CALLED, ...INTERPRETED].flatMap(([, list]) => list.split(' '))
}

/** Scalar functions by how they are computed and why, in the order of the lists. */
export interface ExecutionGroup extends Execution {
  readonly names: readonly string[]
}
export function executions(records: readonly FunctionRecord[]): readonly ExecutionGroup[] {
  const scalars = records.flatMap((record) => (record.kind === 'scalar' ? [{ name: record.name, ...executionOf(record) }] : []))
  const group = (how: Execution['how'], because: string | undefined): ExecutionGroup => ({
    how,
    because,
    names: scalars.filter((scalar) => scalar.how === how && scalar.because === because).map((scalar) => scalar.name),
  })
  return [
    group('generated', undefined),
    group('columns', undefined),
    ...CALLED.map(([because]) => group('called', because)),
    ...INTERPRETED.map(([because]) => group('interpreted', because)),
  ]
}

/** Written as branches of the loop, and structs, whose fields are columns of their own. */
const BRANCHES: ReadonlySet<string> = new Set(['if', 'coalesce', 'ifnull', 'nvl', 'struct', 'named_struct'])

type Reasons = readonly (readonly [because: string, names: string])[]

const CALLED: Reasons = [
  ['regular expressions run over JavaScript text', 'rlike regexp_replace regexp_extract regexp_count regexp_substr regexp_instr'],
  [
    'characters are looked at one by one, or by a format',
    'quote mask chr elt overlay levenshtein jaro_winkler_similarity soundex luhn_check to_base32 from_base32 encode decode ' +
      'is_valid_utf8 validate_utf8 try_validate_utf8 make_valid_utf8 to_number try_to_number to_char to_binary ' +
      'try_to_binary conv bin parse_url try_parse_url xpath_boolean xpath_double xpath_float xpath_int ' +
      'xpath_long xpath_short xpath_string',
  ],
  [
    'the rules of zones, calendars and fields are in functions',
    'months_between next_day timestampadd timestampdiff from_utc_timestamp to_utc_timestamp convert_timezone make_date make_timestamp ' +
      'make_timestamp_ltz make_timestamp_ntz try_make_timestamp try_make_timestamp_ltz try_make_timestamp_ntz make_time to_time try_to_time ' +
      'time_trunc time_diff time_from_seconds time_from_millis time_from_micros time_to_seconds time_to_millis time_to_micros time_bucket ' +
      'make_dt_interval make_ym_interval',
  ],
  ['node:crypto does the work', 'hmac aes_decrypt try_aes_decrypt'],
  ['rare, and the call is not what it costs', 'factorial width_bucket bitmap_bit_position bitmap_bucket_number bitmap_count'],
]

const INTERPRETED: Reasons = [
  [
    'its lambda is an expression of its own, which runs for each element',
    'array_sort transform filter exists forall aggregate reduce zip_with map_filter transform_keys transform_values map_zip_with',
  ],
  [
    'it makes arrays, maps or structs of new elements, or compares elements of any type',
    'array_repeat arrays_zip array_append array_prepend array_insert array_distinct array_union array_intersect array_except ' +
      'arrays_overlap sort_array sequence map map_from_arrays map_from_entries map_concat map_entries str_to_map regexp_extract_all sentences ' +
      'from_xml to_xml xpath make_interval try_make_interval',
  ],
  [
    'it folds vectors of elements in their order',
    'vector_inner_product vector_l2_distance vector_cosine_similarity vector_norm vector_normalize',
  ],
  [
    'it depends on no column: computed once, or once a batch',
    'pi e current_timestamp now current_date localtimestamp current_time current_timezone current_catalog current_path current_database ' +
      'current_user version input_file_name input_file_block_start input_file_block_length spark_partition_id typeof collation ' +
      'schema_of_json schema_of_csv schema_of_xml schema_of_avro',
  ],
  [
    'each call may give another value, so rows are done one by one and in order',
    'rand randn uniform randstr uuid shuffle monotonically_increasing_id aes_encrypt',
  ],
  ['it is there for its error', 'assert_true raise_error'],
]
