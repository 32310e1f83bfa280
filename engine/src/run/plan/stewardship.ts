import type { Problem } from '../../model/problem.ts';
import type { ProjectText } from './read.ts';
import { endedExceptions } from './wires.ts';

/**
 * What a plan for production must say of every system: who answers for it, whose law its data is under,
 * and an agreement that has not ended. Plans for other purposes lack nothing of it; what has ended of
 * exceptions from TLS is a lack of any plan. Every lack at once.
 * @param today such as `2026-11-27`.
 */
export function stewardshipProblems(
  text: Pick<ProjectText, 'document' | 'place'>,
  today: string,
): Problem[] {
  const { document, place } = text;
  const ended = endedExceptions(text, today);
  if (document.purpose !== 'production') return ended;
  const { sources, targets, receivers, siem } = document;
  const systems = Object.entries({ sources, targets, receivers }).flatMap(([end, named]) =>
    Object.entries(named).map(([name, settings]) => ({ path: [end, name], settings })),
  );
  const all = [...systems, ...(siem ? [{ path: ['siem'], settings: siem }] : [])];
  const lacking = all.flatMap(({ path, settings }) => {
    const at = { file: 'handover.yaml', ...place(path) };
    const { agreement, owner, jurisdiction } = settings;
    const unsaid = Object.entries({ owner, jurisdiction, agreement })
      .filter(([, value]) => value === undefined)
      .map(([setting]) => setting);
    const missing: Problem[] = unsaid.map((setting) => ({
      ...at,
      code: 'steward-missing',
      message: `${path.join('.')} does not name its ${setting}, which production needs.`,
      suggestion: fixes[setting] ?? '',
    }));
    if (agreement === undefined || agreement.expires >= today) return missing;
    const over: Problem = {
      ...at,
      code: 'agreement-ended',
      message: `The agreement of ${path.join('.')} ended on ${agreement.expires}.`,
      suggestion: 'Renew it, then write down its new last day.',
    };
    return [...missing, over];
  });
  return [...ended, ...lacking];
}

const fixes: Readonly<Record<string, string>> = {
  owner: 'owner: who answers for the system',
  jurisdiction: 'jurisdiction: such as US-MA',
  agreement: 'agreement: { kind: BAA, with: the other party, expires: 2027-06-30 }',
};
