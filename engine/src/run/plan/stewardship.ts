import type { Problem } from '../../model/problem.ts';
import type { ProjectText } from './read.ts';

/**
 * What a plan for production must say of every source and target: who answers for it, whose law its data
 * is under, and an agreement that has not ended. Every lack at once; plans for other purposes lack nothing.
 * @param today such as `2026-11-27`.
 */
export function stewardshipProblems(
  { document, place }: Pick<ProjectText, 'document' | 'place'>,
  today: string,
): Problem[] {
  if (document.purpose !== 'production') return [];
  return (['sources', 'targets'] as const).flatMap((end) =>
    Object.entries(document[end]).flatMap(([name, settings]) => {
      const at = { file: 'handover.yaml', ...place([end, name]) };
      const { agreement, owner, jurisdiction } = settings;
      const lacking = Object.entries({ owner, jurisdiction, agreement })
        .filter(([, value]) => value === undefined)
        .map(([setting]) => setting);
      const missing: Problem[] = lacking.map((setting) => ({
        ...at,
        code: 'steward-missing',
        message: `${end}.${name} does not name its ${setting}, which production needs.`,
        suggestion: fixes[setting] ?? '',
      }));
      if (agreement === undefined || agreement.expires >= today) return missing;
      const ended: Problem = {
        ...at,
        code: 'agreement-ended',
        message: `The agreement of ${end}.${name} ended on ${agreement.expires}.`,
        suggestion: 'Renew it, then write down its new last day.',
      };
      return [...missing, ended];
    }),
  );
}

const fixes: Readonly<Record<string, string>> = {
  owner: 'owner: who answers for the system',
  jurisdiction: 'jurisdiction: such as US-MA',
  agreement: 'agreement: { kind: BAA, with: the other party, expires: 2027-06-30 }',
};
