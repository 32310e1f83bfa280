import { z } from 'zod';

const conditions = z.record(z.string(), z.array(z.string()).min(1));
const where = conditions
  .default({})
  .describe('Columns and the values of which one must stand there for a record to count.');

/** Where a charge says of which site, class, payer or guarantor it is. */
const member = z.strictObject({
  column: z.string().describe('The column of the charge.'),
  through: z
    .strictObject({ stream: z.string(), column: z.string() })
    .optional()
    .describe('The column holds a key of this stream, whose own column is meant.'),
  stream: z.string().optional().describe('The stream whose key it is, where it is one.'),
  resource: z.string().optional().describe('What that stream’s records become.'),
  as: z
    .record(z.string(), z.string())
    .default({})
    .describe('Codes that the target has another word for.'),
  prefix: z.string().default('').describe('Stands before the key on the printed list.'),
});

/** How the aged trial balance is drawn from the old system's records. */
export const trialBalanceSchema = z.strictObject({
  asOf: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/, 'expected a day such as "2026-06-30"')
    .describe('The day at whose end it holds: that of the snapshot.'),
  ages: z.array(z.int().min(0)).min(1).describe('First days of the ages, the youngest first.'),
  charges: z.strictObject({
    stream: z.string(),
    resource: z.string().default('Claim').describe('What its records become, as in the mapping.'),
    where,
    amount: z.string().describe('Column of the total.'),
    day: z.strictObject({ column: z.string(), pattern: z.string() }),
    facility: member,
    class: member,
    payer: member,
    guarantor: member.extend({ otherwise: member.describe('Who answers where it is empty.') }),
  }),
  settlements: z
    .array(
      z.strictObject({
        stream: z.string(),
        resource: z.string().default('PaymentReconciliation'),
        where,
        amount: z.string().describe('Column of the amount.'),
        charge: z.string().describe('Column of the charge’s key; empty: cash not applied.'),
        badDebt: conditions.optional().describe('What counts as bad debt.'),
      }),
    )
    .min(1)
    .describe('Payments and adjustments.'),
  apart: z
    .array(
      z.strictObject({
        streams: z.array(z.string()).min(1),
        reason: z.string().min(1),
        owner: z.string().min(1),
        approver: z.string().min(1),
      }),
    )
    .default([])
    .describe(
      'Streams that tell of the same charges and payments once more: they move, and nothing of them is added up.',
    ),
  printed: z
    .strictObject({
      stream: z.string(),
      group: z.string(),
      member: z.string(),
      column: z.string(),
      amount: z.string(),
      words: z.record(z.string(), z.string()).describe('Words of the list for ours.'),
    })
    .optional()
    .describe('The list as the old system printed it.'),
});

export type TrialBalancePlan = z.infer<typeof trialBalanceSchema>;
export type MemberPlan = z.infer<typeof member>;

/** What mappings that bring balances forward go by: `%balanceDay`, and `%balanceAges` apart by spaces. */
export function balanceConstants(plan: TrialBalancePlan | undefined): Map<string, string> {
  if (plan === undefined) return new Map();
  return new Map([
    ['balanceDay', plan.asOf],
    ['balanceAges', plan.ages.join(' ')],
  ]);
}
