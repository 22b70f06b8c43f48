import { approximateCountFunctions } from './aggregate/approximate-count.ts'
import { averageFunctions } from './aggregate/average.ts'
import { bitAggregateFunctions } from './aggregate/bits.ts'
import { collectFunctions } from './aggregate/collect.ts'
import { countFunctions } from './aggregate/count.ts'
import { extremeFunctions } from './aggregate/extremes.ts'
import { histogramFunctions } from './aggregate/histogram.ts'
import { modeFunctions } from './aggregate/mode.ts'
import { momentFunctions, pairFunctions } from './aggregate/moments.ts'
import { percentileFunctions } from './aggregate/percentile.ts'
import { approximatePercentileFunctions } from './aggregate/percentile-approx.ts'
import { positionFunctions } from './aggregate/position.ts'
import { sumFunctions } from './aggregate/sum.ts'
import { vectorAggregateFunctions } from './aggregate/vector.ts'
import type { FunctionRecord } from './function.ts'
import { explodeFunctions } from './generator/explode.ts'
import { jsonTupleFunction } from './generator/json-tuple.ts'
import { arithmeticFunctions } from './operators/arithmetic.ts'
import { bitFunctions } from './operators/bits.ts'
import { comparisonFunctions } from './operators/comparison.ts'
import { elementFunctions } from './operators/element.ts'
import { logicFunctions } from './operators/logic.ts'
import { patternFunctions } from './operators/pattern-match.ts'
import { FunctionRegistry } from './registry.ts'
import { arrayChangeFunctions } from './scalar/array-change.ts'
import { arrayMakeFunctions } from './scalar/array-make.ts'
import { arrayOrderFunctions } from './scalar/array-order.ts'
import { arraySearchFunctions } from './scalar/array-search.ts'
import { arraySetFunctions } from './scalar/array-set.ts'
import { avroFunctions } from './scalar/avro.ts'
import { bitmapFunctions } from './scalar/bitmap.ts'
import { collectionSizeFunctions } from './scalar/collection-size.ts'
import { conditionalFunctions } from './scalar/conditional.ts'
import { conversionFunctions } from './scalar/conversion.ts'
import { csvFunctions } from './scalar/csv.ts'
import { datetimeFunctions } from './scalar/datetime.ts'
import { encryptionFunctions } from './scalar/encryption.ts'
import { formatFunctions } from './scalar/format-text.ts'
import { hashFunctions } from './scalar/hashing.ts'
import { higherOrderArrayFunctions } from './scalar/higher-order-array.ts'
import { higherOrderMapFunctions } from './scalar/higher-order-map.ts'
import { intervalFunctions } from './scalar/interval.ts'
import { jsonFunctions } from './scalar/json.ts'
import { jsonPartFunctions } from './scalar/json-parts.ts'
import { mapMakeFunctions } from './scalar/map-make.ts'
import { mapPartFunctions } from './scalar/map-parts.ts'
import { mathFunctions } from './scalar/math.ts'
import { randomFunctions } from './scalar/random.ts'
import { regexpFunctions } from './scalar/regexp.ts'
import { roundingFunctions } from './scalar/rounding.ts'
import { sentenceFunctions } from './scalar/sentences.ts'
import { sequenceFunctions } from './scalar/sequence.ts'
import { sessionFunctions } from './scalar/session.ts'
import { structFunctions } from './scalar/struct.ts'
import { textBuildFunctions } from './scalar/text-build.ts'
import { textByteFunctions } from './scalar/text-bytes.ts'
import { textPartFunctions } from './scalar/text-parts.ts'
import { textSearchFunctions } from './scalar/text-search.ts'
import { urlFunctions } from './scalar/url.ts'
import { vectorFunctions } from './scalar/vector.ts'
import { xmlFunctions } from './scalar/xml.ts'
import { xpathFunctions } from './scalar/xpath.ts'
import { windowFunctions } from './window.ts'

/** Every function of the product, by family. */
const FAMILIES: readonly (readonly FunctionRecord[])[] = [
  arithmeticFunctions,
  comparisonFunctions,
  logicFunctions,
  elementFunctions,
  patternFunctions,
  bitFunctions,
  conditionalFunctions,
  datetimeFunctions,
  intervalFunctions,
  conversionFunctions,
  textBuildFunctions,
  textPartFunctions,
  textSearchFunctions,
  textByteFunctions,
  formatFunctions,
  sentenceFunctions,
  regexpFunctions,
  mathFunctions,
  roundingFunctions,
  randomFunctions,
  hashFunctions,
  encryptionFunctions,
  bitmapFunctions,
  vectorFunctions,
  urlFunctions,
  sessionFunctions,
  arrayMakeFunctions,
  arrayChangeFunctions,
  arraySearchFunctions,
  arraySetFunctions,
  arrayOrderFunctions,
  collectionSizeFunctions,
  sequenceFunctions,
  mapMakeFunctions,
  mapPartFunctions,
  higherOrderArrayFunctions,
  higherOrderMapFunctions,
  structFunctions,
  jsonFunctions,
  jsonPartFunctions,
  csvFunctions,
  avroFunctions,
  xmlFunctions,
  xpathFunctions,
  countFunctions,
  sumFunctions,
  averageFunctions,
  extremeFunctions,
  positionFunctions,
  bitAggregateFunctions,
  momentFunctions,
  pairFunctions,
  collectFunctions,
  percentileFunctions,
  approximatePercentileFunctions,
  approximateCountFunctions,
  modeFunctions,
  histogramFunctions,
  vectorAggregateFunctions,
  explodeFunctions,
  [jsonTupleFunction],
  windowFunctions,
]

let registry: FunctionRegistry | undefined
/** The one registry of built-in functions; made when first asked for. */
export function builtinFunctions(): FunctionRegistry {
  registry ??= new FunctionRegistry(FAMILIES.flat())
  return registry
}
