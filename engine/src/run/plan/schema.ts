import { z } from 'zod';

/** Settings of one source or target: `kind` names the connector, which judges the rest. */
const endpoint = z.looseObject({ kind: z.string() });

const disposition = z.strictObject({
  stream: z.string(),
  columns: z.array(z.string()).min(1).optional(),
  fate: z.enum(['archived', 'not moved']),
  reason: z.string().min(1),
  owner: z.string().min(1),
  approver: z.string().min(1),
});

const route = z.strictObject({ when: z.string().optional(), to: z.array(z.string()).min(1) });

const scope = z.strictObject({
  since: z
    .string()
    .regex(/^\d+ (years?|months?|days?)$/, 'expected a span such as "5 years"')
    .optional(),
  lands: z.enum(['discrete', 'discrete-to-reconcile', 'document', 'archive', 'not moved']),
  owner: z.string().optional(),
});

const goal = z.strictObject({
  different: z.int().min(0).optional(),
  missing: z.int().min(0).optional(),
  extra: z.int().min(0).optional(),
  quarantined: z.int().min(0).optional(),
});

/** The shape of `handover.yaml`. One schema: validation, the reference page and editors use it. */
export const planSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and hyphens'),
  sources: z.record(z.string(), endpoint),
  targets: z.record(z.string(), endpoint),
  route: z.array(route).min(1).optional(),
  strategy: z.strictObject({ kind: z.enum(['big-bang']) }),
  mappings: z.string().default('mappings'),
  codeMaps: z.string().default('codes'),
  dispositions: z.array(disposition).default([]),
  scope: z.record(z.string(), scope).optional(),
  receivables: z.enum(['convert', 'run-down', 'balance-forward']).optional(),
  goals: z.record(z.string(), goal).default({}),
});

export type PlanDocument = z.infer<typeof planSchema>;
