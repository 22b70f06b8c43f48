import type { OptimizerRule } from './rule.ts'

export const decorrelateSubqueries: OptimizerRule = {
  name: 'decorrelate-subqueries',
  required: true,
  apply: (plan) => plan,
}
