import { z } from 'zod';
import { documentsBy, type DocumentsBy } from '../../mapping/shape.ts';

/** What becomes of a domain's records, in the words of the plan. */
const landings = ['discrete', 'discrete-to-reconcile', 'document', 'archive', 'not moved'] as const;

const rule = z.strictObject({
  since: z
    .string()
    .regex(/^([1-9]\d* (days?|months?|years?)|\d{4}-\d\d-\d\d)$/, 'expected "5 years" or a day')
    .optional()
    .describe('How far back: counted from `asOf`, or a day; everything if left out.'),
  lands: z.enum(landings).describe('How it lands.'),
  documents: z
    .enum(documentsBy)
    .optional()
    .describe('Where it lands as documents, of what there is one; of each patient if left out.'),
  site: z.array(z.string()).min(1).optional().describe('Only these sites.'),
  specialty: z.array(z.string()).min(1).optional().describe('Only these specialties.'),
  owner: z.string().min(1).describe('Whose decision it is.'),
  approver: z.string().min(1).describe('Who agreed to it.'),
});

/** How far back each domain moves, and how it lands. */
export const scopeSchema = z.strictObject({
  asOf: z.iso
    .date('expected a day such as "2026-06-30"')
    .describe('The day that periods are counted back from: a run at any time answers alike.'),
  archive: z
    .string()
    .optional()
    .describe('The target that `lands: archive` goes to, and to no other.'),
  domains: z
    .record(z.string(), z.union([rule, z.array(rule).min(1)]))
    .describe('By domain, as mappings name it: a rule, or the first that holds of several.'),
});

export type ScopePlan = z.infer<typeof scopeSchema>;

/** A rule of the plan with its name and the day that it begins at. */
export interface ScopeRule {
  domain: string;
  /** The domain, and the number of the rule where there are several: `results`, `results.2`. */
  name: string;
  /** First day that moves; undefined: however old. */
  from: string | undefined;
  since: string | undefined;
  lands: (typeof landings)[number];
  documents: DocumentsBy;
  site: readonly string[] | undefined;
  specialty: readonly string[] | undefined;
  owner: string;
  approver: string;
}

/** Every rule of the plan, in the order in which they are tried. */
export function scopeRules(plan: ScopePlan | undefined): ScopeRule[] {
  if (plan === undefined) return [];
  return Object.entries(plan.domains).flatMap(([domain, written]) => {
    const rules = Array.isArray(written) ? written : [written];
    return rules.map(
      ({ since, lands, documents = 'patient', site, specialty, owner, approver }, at) => ({
        domain,
        name: rules.length === 1 ? domain : `${domain}.${at + 1}`,
        from: since === undefined ? undefined : firstDay(since, plan.asOf),
        since,
        lands,
        documents,
        site,
        specialty,
        owner,
        approver,
      }),
    );
  });
}

/** The day `5 years` before another; the last day of a month that is too short for it. */
export function firstDay(since: string, asOf: string): string {
  const [count = '', unit = ''] = since.split(' ');
  if (unit === '') return since;
  const [year = 0, month = 0, day = 0] = asOf.split('-').map(Number);
  const number = Number(count);
  if (unit.startsWith('day')) return isoDay(Date.UTC(year, month - 1, day - number));
  const months = unit.startsWith('year') ? number * 12 : number;
  const last = new Date(Date.UTC(year, month - months, 0)).getUTCDate();
  return isoDay(Date.UTC(year, month - 1 - months, Math.min(day, last)));
}

function isoDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
