import { z } from 'zod';
import { sensitiveClasses, type SensitiveClassName } from '../../privacy/protection/classes.ts';
import { compileProtection, type Protection } from '../../privacy/protection/protection.ts';
import { restrictionNames } from '../../privacy/protection/restrictions.ts';

const classNames = Object.keys(sensitiveClasses) as [SensitiveClassName, ...SensitiveClassName[]];

const types = z.array(z.string().regex(/^[A-Z][A-Za-z]+$/, 'expected a FHIR resource type')).min(1);

const rule = z
  .strictObject({
    label: z
      .string()
      .regex(/^[A-Z]{2,12}$/, 'expected a code of HL7’s v3-ActCode such as ETH')
      .optional()
      .describe('The label it raises: a sensitivity of HL7’s v3-ActCode such as ETH or PSYTHPN.'),
    restriction: z
      .enum(restrictionNames)
      .optional()
      .describe('Or the restriction that travels with it.'),
    on: types.describe('Types of resources that are looked at.'),
    when: z
      .string()
      .optional()
      .describe('FHIRPath over the draft, true or false; every draft of those types if left out.'),
    reaches: z
      .enum(['itself', 'referring', 'subject'])
      .default('itself')
      .describe(
        'How far: `referring`, all that refers to it too; `subject`, its patient and all of that patient.',
      ),
    types: types.optional().describe('Of what it reaches, these types alone.'),
  })
  .refine(({ label, restriction }) => (label === undefined) !== (restriction === undefined), {
    message: 'expected a label or a restriction, and not both',
  });

export const protectionSchema = z.strictObject({
  classes: z
    .array(z.enum(classNames))
    .default([])
    .describe('Kinds of care that are told by their codes, each with a label of its own.'),
  minors: z
    .strictObject({
      asOf: z.iso.date('expected a day such as "2026-06-30"').describe('The day of their age.'),
      majority: z.int().min(12).max(21).default(18).describe('The age at which one is none.'),
    })
    .optional()
    .describe('Label what is sensitive of minors `ADOL` too.'),
  rules: z.array(rule).default([]).describe('What the site knows: programmes, wards, promises.'),
  within: z
    .record(z.string(), z.array(z.string().min(2)).min(1))
    .default({})
    .describe('By label or restriction, the jurisdictions that may hold it; any if left out.'),
});

export type ProtectionPlan = z.infer<typeof protectionSchema>;

/** What a target says of itself for this. */
export const enforcesSetting = z
  .array(z.enum(restrictionNames))
  .optional()
  .describe('Restrictions that the system enforces; what bears another one is held back from it.');

/** The rules of a plan, ready; undefined where it has none. */
export function planProtection(plan: ProtectionPlan | undefined): Protection | undefined {
  if (plan === undefined) return undefined;
  return compiledRules(plan).protection;
}

/** The rules with every mistake in their conditions. */
export function compiledRules({ classes, minors, rules }: ProtectionPlan) {
  return compileProtection({
    classes,
    minorsSince: minors && yearsBefore(minors.asOf, minors.majority),
    rules: rules.map(({ label, restriction, ...rest }) => ({
      ...rest,
      guard: label ?? restriction ?? '',
    })),
  });
}

/** Who turns 18 on the day is of age: born after the day 18 years before is a minor. */
function yearsBefore(day: string, years: number): string {
  return `${String(Number(day.slice(0, 4)) - years).padStart(4, '0')}${day.slice(4)}`;
}
