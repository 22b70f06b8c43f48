/** How Spark's names of generated columns differ from what was written: data for print.ts. Observed on Spark 4.3. */

/** Printed in upper case, whatever was written. */
export const UPPER_CASE: ReadonlySet<string> = new Set([
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atan2',
  'atanh',
  'cbrt',
  'cos',
  'cosh',
  'cot',
  'csc',
  'degrees',
  'dense_rank',
  'exp',
  'expm1',
  'hypot',
  'log',
  'log10',
  'log1p',
  'log2',
  'percent_rank',
  'power',
  'radians',
  'rank',
  'regexp',
  'regexp_like',
  'rlike',
  'sec',
  'signum',
  'sin',
  'sinh',
  'sqrt',
  'tan',
  'tanh',
])

/** Schemas, options and seeds are not shown. */
export const FIRST_ARGUMENT_ONLY: ReadonlySet<string> = new Set([
  'from_csv',
  'from_json',
  'from_xml',
  'schema_of_csv',
  'schema_of_json',
  'schema_of_xml',
  'shuffle',
  'to_csv',
  'to_json',
  'to_xml',
])

/** Ranking functions take arguments and forget them. */
export const WITHOUT_ARGUMENTS: ReadonlySet<string> = new Set(['rank', 'dense_rank', 'percent_rank'])

/** The comparator of array_sort that is left out. */
const ASCENDING = (() => {
  const v = 'namedlambdavariable()'
  const order = `(IF((${v} < ${v}), -1, (IF((${v} > ${v}), 1, 0))))`
  const nulls = `(IF((${v} IS NULL), 1, (IF((${v} IS NULL), -1, ${order}))))`
  return `lambdafunction((IF(((${v} IS NULL) AND (${v} IS NULL)), 0, ${nulls})), ${v}, ${v})`
})()

/** Optional arguments that are printed with their defaults, by position of the first optional one. */
export const DEFAULT_ARGUMENTS: Readonly<Record<string, { readonly from: number; readonly values: readonly string[] }>> = {
  aes_decrypt: { from: 2, values: ['GCM', 'DEFAULT', ''] },
  aes_encrypt: { from: 2, values: ['GCM', 'DEFAULT', '', ''] },
  aggregate: { from: 3, values: ['lambdafunction(namedlambdavariable(), namedlambdavariable())'] },
  approx_percentile: { from: 2, values: ['10000'] },
  array_sort: { from: 1, values: [ASCENDING] },
  bround: { from: 1, values: ['0'] },
  from_avro: { from: 2, values: ['NULL'] },
  from_unixtime: { from: 1, values: ['yyyy-MM-dd HH:mm:ss'] },
  current_time: { from: 0, values: ['6'] },
  hmac: { from: 2, values: ['SHA-256'] },
  instr: { from: 3, values: ['1'] },
  lag: { from: 1, values: ['1', 'NULL'] },
  lead: { from: 1, values: ['1', 'NULL'] },
  listagg: { from: 1, values: ['NULL'] },
  locate: { from: 2, values: ['1'] },
  make_dt_interval: { from: 0, values: ['0', '0', '0', '0.000000'] },
  make_interval: { from: 0, values: ['0', '0', '0', '0', '0', '0', '0.000000'] },
  make_ym_interval: { from: 0, values: ['0', '0'] },
  mask: { from: 1, values: ['X', 'x', 'n', 'NULL'] },
  months_between: { from: 2, values: ['true'] },
  ntile: { from: 0, values: ['1'] },
  overlay: { from: 3, values: ['-1'] },
  percentile: { from: 2, values: ['1'] },
  percentile_approx: { from: 2, values: ['10000'] },
  position: { from: 2, values: ['1'] },
  reduce: { from: 3, values: ['lambdafunction(namedlambdavariable(), namedlambdavariable())'] },
  regexp_extract: { from: 2, values: ['1'] },
  regexp_extract_all: { from: 2, values: ['1'] },
  regexp_instr: { from: 2, values: ['0'] },
  regexp_replace: { from: 3, values: ['1'] },
  replace: { from: 2, values: [''] },
  round: { from: 1, values: ['0'] },
  schema_of_avro: { from: 1, values: ['NULL'] },
  sentences: { from: 1, values: ['', ''] },
  sort_array: { from: 1, values: ['true'] },
  split: { from: 2, values: ['-1'] },
  str_to_map: { from: 1, values: [',', ':'] },
  string_agg: { from: 1, values: ['NULL'] },
  substr: { from: 2, values: ['2147483647'] },
  substring: { from: 2, values: ['2147483647'] },
  to_avro: { from: 1, values: ['NULL'] },
  to_unix_timestamp: { from: 1, values: ['yyyy-MM-dd HH:mm:ss'] },
  try_aes_decrypt: { from: 2, values: ['GCM', 'DEFAULT', ''] },
  try_make_interval: { from: 0, values: ['0', '0', '0', '0', '0', '0', '0.000000'] },
  unix_timestamp: { from: 1, values: ['yyyy-MM-dd HH:mm:ss'] },
}
