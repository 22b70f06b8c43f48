/**
 * Functions and types of Spark that are left out, with the reason: docs/functions.md is generated from this list, and a call of one of them says why.
 */
export interface LeftOut {
  /** What they have in common. */
  readonly subject: string
  /** Completes "left out because …". */
  readonly reason: string
  /** Lower case. */
  readonly names: readonly string[]
}

const NUMBER_TYPES = ['bigint', 'double', 'float']
const SUMMARY_TYPES = ['double', 'integer']

export const LEFT_OUT: readonly LeftOut[] = [
  {
    subject: 'Sketches',
    reason: 'their values are binary formats of the Apache DataSketches library, which has no JavaScript counterpart',
    names: [
      'approx_top_k',
      'approx_top_k_accumulate',
      'approx_top_k_combine',
      'approx_top_k_estimate',
      'count_min_sketch',
      'hll_sketch_agg',
      'hll_sketch_estimate',
      'hll_union',
      'hll_union_agg',
      ...[
        'sketch_agg',
        'merge_agg',
        'sketch_get_n',
        'sketch_get_quantile',
        'sketch_get_rank',
        'sketch_merge',
        'sketch_to_string',
      ].flatMap((what) => NUMBER_TYPES.map((type) => `kll_${what}_${type}`)),
      'theta_difference',
      'theta_intersection',
      'theta_intersection_agg',
      'theta_sketch_agg',
      'theta_sketch_estimate',
      'theta_union',
      'theta_union_agg',
      ...[
        'difference',
        'difference_theta',
        'intersection',
        'intersection_agg',
        'intersection_theta',
        'sketch_agg',
        'sketch_estimate',
        'sketch_summary',
        'sketch_theta',
        'union',
        'union_agg',
        'union_theta',
      ].flatMap((what) => SUMMARY_TYPES.map((type) => `tuple_${what}_${type}`)),
    ],
  },
  {
    subject: 'VARIANT',
    reason: 'VARIANT is a binary value of its own; from_json, get_json_object and json_tuple read JSON into typed columns',
    names: [
      'variant',
      'parse_json',
      'try_parse_json',
      'is_variant_null',
      'is_valid_variant',
      'schema_of_variant',
      'schema_of_variant_agg',
      'to_variant_object',
      'variant_get',
      'try_variant_get',
      'variant_explode',
      'variant_explode_outer',
      'variant_array_append',
      'try_variant_array_append',
      'variant_delete',
      'variant_insert',
      'try_variant_insert',
      'variant_set',
      'try_variant_set',
      'variant_strip_nulls',
    ],
  },
  {
    subject: 'Geometry',
    reason: 'the types GEOMETRY and GEOGRAPHY are not there',
    names: ['geometry', 'geography', 'st_asbinary', 'st_geogfromwkb', 'st_geomfromwkb', 'st_setsrid', 'st_srid'],
  },
  {
    subject: 'Timestamps of nanoseconds',
    reason: 'the types TIMESTAMP_LTZ(9) and TIMESTAMP_NTZ(9), which Spark 4.3 keeps behind a switch, are not there',
    names: ['timestamp_nanos', 'unix_nanos'],
  },
  {
    subject: 'Collations',
    reason: 'text is compared by its bytes, as UTF8_BINARY does',
    names: ['collate', 'collations'],
  },
  {
    subject: 'Counters and key words',
    reason: 'lag() over the same window gives the difference to the row before, and docs/sql.md has the key words',
    names: ['counter_diff', 'sql_keywords'],
  },
  {
    subject: 'Calls into a JVM',
    reason: 'there is no JVM whose methods they could call',
    names: ['java_method', 'reflect', 'try_reflect'],
  },
  {
    subject: 'Protocol Buffers',
    reason: 'they belong to a module outside the core of Spark, and the format is not read',
    names: ['from_protobuf', 'to_protobuf'],
  },
  {
    subject: 'Python and metric views',
    reason: 'they serve Python workers and metric views, which are not there',
    names: ['python_worker_logs', 'measure'],
  },
]

/** Why a function is left out; undefined for one that is not. */
export function reasonLeftOut(name: string): string | undefined {
  const lower = name.toLowerCase()
  return LEFT_OUT.find(({ names }) => names.includes(lower))?.reason
}
