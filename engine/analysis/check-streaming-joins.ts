import { AnalysisError } from '../errors/engine-error.ts'
import { joinBounds } from '../plan/join-bounds.ts'
import type { AsOfJoin, Join, JoinType, SetOperation, Union } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import type { OutputMode } from '../plan/statement.ts'
import { isStreaming } from '../plan/walk.ts'
import { isEventTime, refusal } from './refusal.ts'

/** As users write the join. */
const JOIN_NAMES: Readonly<Record<JoinType, string>> = {
  inner: 'JOIN',
  cross: 'CROSS JOIN',
  left: 'LEFT JOIN',
  right: 'RIGHT JOIN',
  full: 'FULL JOIN',
  left_semi: 'LEFT SEMI JOIN',
  left_anti: 'LEFT ANTI JOIN',
}

export function checkJoin(join: Join | AsOfJoin, mode: OutputMode, warnings: string[]): void {
  if (join.kind === 'asof_join') {
    checkAsOfJoin(join)
    return
  }
  const left = isStreaming(join.left)
  const right = isStreaming(join.right)
  if (left && right) checkStreamStream(join, mode, warnings)
  else checkStreamStatic(join, left)
}

function checkAsOfJoin(join: AsOfJoin): void {
  if (!isStreaming(join.right)) return
  throw refusal('ASOF JOIN with a stream on the right is not supported', {
    hint: 'The right side must be a table, which is read anew in every epoch.',
    span: join.span,
  })
}

/** The side whose rows are kept without a match must be the stream: a table has no last row to wait for. Rule: spark.md 3.1. */
function checkStreamStatic(join: Join, streamOnLeft: boolean): void {
  const { type, span } = join
  const name = JOIN_NAMES[type]
  const kept = type === 'left' || type === 'left_semi' || type === 'left_anti' ? 'left' : type === 'right' ? 'right' : undefined
  if (type === 'full')
    throw refusal('FULL JOIN of a stream with a table is not supported', {
      hint: 'Keep the rows of the stream only: LEFT JOIN with the stream on the left.',
      span,
    })
  if (kept === undefined || (kept === 'left') === streamOnLeft) return
  throw refusal(`${name} with the stream on the ${streamOnLeft ? 'left' : 'right'} and a table on the ${kept} is not supported`, {
    detail: 'Whether a row of the table has a match is not known before the stream ends.',
    hint: 'Put the stream on the side whose rows are kept.',
    span,
  })
}

/** Two streams: rules of spark.md 3.2. */
function checkStreamStream(join: Join, mode: OutputMode, warnings: string[]): void {
  const { type, span } = join
  const name = JOIN_NAMES[type]
  const outer = type === 'left' || type === 'right' || type === 'full'
  if (type === 'left_anti')
    throw refusal('LEFT ANTI JOIN of two streams is not supported', {
      hint: 'Use LEFT JOIN and keep the rows whose right side IS NULL: they come when the watermark shows that no match can follow.',
      span,
    })
  if (mode === 'complete' || (mode === 'update' && outer))
    throw refusal(`${name} of two streams is not supported in ${mode} output mode`, {
      hint: 'Use append mode.',
      span,
    })
  const bounds = joinBounds(join)
  const byKey = bounds.keyWatermark !== undefined
  const bounded =
    type === 'left' || type === 'left_semi'
      ? bounds.leftBounded
      : type === 'right'
        ? bounds.rightBounded
        : bounds.leftBounded || bounds.rightBounded
  if ((outer || type === 'left_semi') && !byKey && !bounded)
    throw refusal(`${name} of two streams needs a watermark in the join keys, or one on the other side with a time range`, {
      detail: 'Without them a row could find a match at any later time, and an unmatched row would never come.',
      hint: timeRangeHint(join),
      span,
    })
  if (bounds.keys.length === 0)
    throw new AnalysisError('_LEGACY_ERROR_TEMP_1181', {
      message: 'a join of two streams needs at least one equality between a column of each side',
      hint: 'Add one, for example ON a.id = b.id AND a.at BETWEEN b.at AND b.at + INTERVAL 1 HOUR.',
      span,
    })
  const sides = [
    { side: 'left', kept: !byKey && bounds.leftOffsetMicros === undefined },
    { side: 'right', kept: !byKey && bounds.rightOffsetMicros === undefined },
  ]
  for (const { side } of sides.filter((s) => s.kept))
    warnings.push(
      `state of the ${side} side of ${name} is unbounded because no watermark and time range bound it: ${timeRangeHint(join)}`,
    )
}

function timeRangeHint(join: Join): string {
  const left = outputOf(join.left).find(isEventTime)
  const right = outputOf(join.right).find(isEventTime)
  if (left !== undefined && right !== undefined)
    return `Add a range such as ${right.name} BETWEEN ${left.name} AND ${left.name} + INTERVAL 1 HOUR to the condition.`
  return 'Declare a watermark on both sides and add a range such as r.at BETWEEN l.at AND l.at + INTERVAL 1 HOUR to the condition.'
}

export function checkUnion(union: Union): void {
  if (union.inputs.every(isStreaming)) return
  throw refusal('UNION of a stream and a table is not supported', {
    hint: 'Read the table as a stream, or insert both into one sink.',
    span: union.span,
  })
}

export function checkSetOperation(operation: SetOperation): void {
  if (operation.operator === 'intersect')
    throw refusal('INTERSECT with a stream is not supported', {
      hint: 'With a table on the right use LEFT SEMI JOIN.',
      span: operation.span,
    })
  if (isStreaming(operation.right))
    throw refusal('EXCEPT with a stream on the right is not supported', {
      hint: 'Only the left side may be a stream.',
      span: operation.span,
    })
}
