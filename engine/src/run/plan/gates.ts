import { z } from 'zod';

const day = z.iso.date('expected a day such as "2027-06-30"');

/** A way to a system without verified TLS, which somebody answers for and which ends. */
export const withoutTlsSetting = z
  .strictObject({
    owner: z.string().min(1).describe('Who answers for it.'),
    reason: z.string().min(10).max(300).describe('Why, such as what seals the network instead.'),
    expires: day.describe('Its last day; afterwards no run begins.'),
  })
  .optional()
  .describe('Reach it over a network without verified TLS: an exception that shows at the gate.');

/** What a source or target says of itself beside its connector's settings. */
export const stewardshipShape = {
  owner: z.string().min(1).optional().describe('Who answers for the system.'),
  jurisdiction: z
    .string()
    .min(2)
    .optional()
    .describe('Whose law its data is under, such as `US-MA` or `DE`.'),
  agreement: z
    .strictObject({
      kind: z
        .enum(['BAA', 'DPA', 'own'])
        .describe(
          'Business associate agreement (45 CFR 164.504(e)), data processing agreement (GDPR Art. 28), or a system of one’s own.',
        ),
      with: z.string().min(1).describe('The other party.'),
      expires: day.describe('Its last day.'),
    })
    .optional()
    .describe('Under what agreement data goes there.'),
  withoutTls: withoutTlsSetting,
};

const account = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected the name of an account');

/** Domains of a gate in the order in which they are told. */
export const gateDomains = [
  'run',
  'identity',
  'allergies',
  'medications',
  'problems',
  'money',
  'labels',
  'other',
  'held',
  'samples',
  'endpoints',
] as const;

export type GateDomain = (typeof gateDomains)[number];

export const gatesSchema = z.strictObject({
  owners: z
    .partialRecord(z.enum(gateDomains), account)
    .default({})
    .describe('By domain, the account of its clinical or financial owner: who alone may waive.'),
  samples: z
    .strictObject({
      charts: z.int().min(1).max(1000).describe('Charts to review, old beside new.'),
    })
    .optional()
    .describe('Chart samples that must be reviewed and found safe.'),
});

export type GatesPlan = z.infer<typeof gatesSchema>;
