import { z } from 'zod';
import { anchorsSetting } from './anchors.ts';
import { gatesSchema, stewardshipShape, withoutTlsSetting } from './gates.ts';
import { receivablesWays } from '../../mapping/shape.ts';
import { linkageSchema } from './linkage.ts';
import { enforcesSetting, protectionSchema } from './protection.ts';
import { retentionSchema } from './retention.ts';
import { scopeSchema } from './scope.ts';
import { trialBalanceSchema } from './trialBalance.ts';

/** Settings of one source or target: `kind` names the connector, which judges the rest. */
const endpoint = z.looseObject({
  kind: z.string().describe('The connector; it judges the rest.'),
  ...stewardshipShape,
});

/** A system that messages are sent to apart from a run: `handover send`. */
const receiver = z.strictObject({
  address: z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[^:[\]\s]+):\d{1,5}$/, 'expected HOST:PORT')
    .describe('Where it listens, `HOST:PORT`.'),
  ...stewardshipShape,
});

/** The collector of the audit log: `handover audit forward`. */
const siemSetting = z.strictObject({
  url: z
    .string()
    .min(1)
    .describe(
      'tls://HOST:PORT (syslog, RFC 5425), tcp://HOST:PORT (RFC 6587), or https://… (OTLP logs, …/v1/logs).',
    ),
  token: z.string().min(1).optional().describe('Bearer token of OTLP; give it as ${NAME}.'),
  authorities: z
    .string()
    .min(1)
    .optional()
    .describe('tls: PEM file of the authorities that its certificate comes from.'),
  certificate: z.string().min(1).optional().describe('tls: PEM file of our certificate.'),
  key: z.string().min(1).optional().describe('tls: PEM file of its key.'),
  ...stewardshipShape,
});

/** What becomes of what a target had before; beside the settings of its connector. */
const existingSetting = z
  .enum(['link'])
  .optional()
  .describe(
    'The target is in use and has patients of its own: they are read first and linked to (`link`), never doubled, and what its users change is not written over. It should be empty if left out.',
  );

const target = endpoint.extend({ enforces: enforcesSetting, existing: existingSetting });

const disposition = z.strictObject({
  stream: z.string().describe('The stream, as `source.table`.'),
  columns: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Only these columns of it; the whole stream if left out.'),
  fate: z.enum(['archived', 'not moved']).describe('What becomes of it.'),
  reason: z.string().min(1).describe('Why; it stands in every report.'),
  owner: z.string().min(1).describe('Whose decision it is.'),
  approver: z.string().min(1).describe('Who agreed to it.'),
});

const route = z.strictObject({
  when: z
    .string()
    .optional()
    .describe('FHIRPath over the draft, true or false; without one the rule takes every draft.'),
  to: z.array(z.string()).min(1).describe('Names of targets.'),
  within: z
    .array(z.string().min(2))
    .min(1)
    .optional()
    .describe('Of those, only targets under one of these jurisdictions, such as `US`.'),
});

const goal = z.strictObject({
  different: z.int().min(0).optional().describe('Resources that say something else.'),
  missing: z.int().min(0).optional().describe('Resources that are not there.'),
  extra: z.int().min(0).optional().describe('Resources that should not be there.'),
  quarantined: z.int().min(0).optional().describe('Drafts that are held for review.'),
});

/** The shape of `handover.yaml`. One schema: validation, the reference page and editors use it. */
export const planSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and hyphens')
    .describe('The project’s name; what cannot be taken back asks for it.'),
  purpose: z
    .enum(['production', 'rehearsal', 'demonstration'])
    .default('rehearsal')
    .describe(
      'What it is for: a plan for `production` is refused until every source and target names its owner, jurisdiction and agreement; the others hold no real patient, or nobody works with what they load.',
    ),
  sources: z.record(z.string(), endpoint).describe('Systems that are read, by name.'),
  targets: z.record(z.string(), target).describe('Systems that are written to, by name.'),
  receivers: z
    .record(z.string(), receiver)
    .default({})
    .describe('Systems that `handover send` may send to, by name; this machine needs no naming.'),
  control: z
    .strictObject({ withoutTls: withoutTlsSetting })
    .default({})
    .describe('What is said of the databases in DATABASE_URL and HANDOVER_TARGET_URL.'),
  siem: siemSetting.optional().describe('The collector that the audit log is forwarded to.'),
  anchors: anchorsSetting,
  route: z
    .array(route)
    .min(1)
    .optional()
    .describe('Which drafts go where: the first rule that holds; all to all if left out.'),
  strategy: z
    .strictObject({
      kind: z.enum(['big-bang']).describe('One window in which everything moves.'),
    })
    .describe('When batches are made, and what is frozen meanwhile.'),
  mappings: z.string().default('mappings').describe('Folder of the mappings.'),
  codeMaps: z.string().default('codes').describe('Folder of the code maps.'),
  dispositions: z
    .array(disposition)
    .default([])
    .describe('What is not mapped, and by whose decision.'),
  scope: scopeSchema
    .optional()
    .describe('How far back each domain moves and how it lands; all of it if left out.'),
  check: z
    .strictObject({
      packages: z
        .array(z.string().min(1))
        .default([])
        .describe('Implementation guides, files `.tgz`, from the folder of the plan.'),
      profiles: z
        .array(z.string().min(1))
        .default([])
        .describe('Canonicals by which every draft of their type is judged.'),
      terminology: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Folder of releases, code systems and value sets by which codes are judged, from the folder of the plan.',
        ),
    })
    .default({ packages: [], profiles: [] })
    .describe('What drafts are judged by beside FHIR R4 and the profiles that they claim.'),
  linkage: linkageSchema
    .optional()
    .describe('One patient, one chart: who is who across streams. Nobody is compared if left out.'),
  protection: protectionSchema
    .optional()
    .describe(
      'Labels that are raised, restrictions that travel, and where what bears them may lie.',
    ),
  receivables: z
    .union([
      z.enum(receivablesWays),
      z.strictObject({
        way: z.enum(receivablesWays),
        owner: z.string().min(1).describe('Whose decision it is.'),
        approver: z.string().min(1).describe('Who agreed to it.'),
      }),
    ])
    .default('convert')
    .describe(
      'What becomes of open accounts: every charge and payment moves (`convert`), they stay and are worked off in the old system (`run-down`), or what is open moves as balances of accounts (`balance-forward`).',
    ),
  trialBalance: trialBalanceSchema
    .optional()
    .describe('The aged trial balance, legacy beside target, of every run.'),
  retention: retentionSchema
    .optional()
    .describe('How long Handover keeps its own working copies; for ever if left out.'),
  gates: gatesSchema
    .optional()
    .describe('Who owns which domain, and how many charts are reviewed before a target opens.'),
  goals: z
    .record(z.string(), goal)
    .default({})
    .describe('By resource type, the most of each that a run may have; more ends it with exit 4.'),
});

export type PlanDocument = z.infer<typeof planSchema>;
